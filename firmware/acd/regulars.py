"""Callers who call again: whom they talked with last, and the place they lost when cut off.

Pure. Kept in memory for so many numbers, the longest unheard of given up first.
Left out: what is known of a caller from elsewhere (their owner comes with `Offered`).

Tests: tests/firmware/acd/test_regulars.py.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST: Final = 10_000
"""Numbers remembered: a busy office's callers of some weeks, a few MB."""


class Regulars:
    """What is remembered by the caller's number."""

    def __init__(self) -> None:
        self._agents: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._places: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def talked(self, number: str, agent: str, now: float) -> None:
        """A caller talked with an agent."""
        if number:
            self._agents[number] = (agent, now)
            _keep_newest(self._agents, number)

    def agent_of(self, number: str, now: float, within_s: float) -> str:
        """Whom they talked with last, if not longer ago; else empty."""
        agent, at = self._agents.get(number, ("", 0.0))
        return agent if agent and now - at <= within_s else ""

    def lost(self, queue: str, number: str, place: float, now: float) -> None:
        """A caller is gone without having been answered."""
        if number:
            self._places[queue, number] = (place, now)
            _keep_newest(self._places, (queue, number))

    def regain(self, queue: str, number: str, now: float, within_s: float) -> float | None:
        """The place of a caller who was cut off not longer ago, once; else None."""
        if (found := self._places.pop((queue, number), None)) is None:
            return None
        place, at = found
        return place if now - at <= within_s else None


def _keep_newest(kept: OrderedDict[K, V], key: K) -> None:
    kept.move_to_end(key)
    while len(kept) > MOST:
        kept.popitem(last=False)
