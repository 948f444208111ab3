"""Phones that ask to be set up and that nobody knows: a short list for the installer.

Pure: time is an argument (monotonic seconds). Anybody in the office's network can ask, under any
MAC address, so everything is bounded: names per source, names in all, questions a minute. When
the list is full nobody is pushed off it: a flood must not hide the phone that was just unpacked.
Names that were not asked under for an hour leave by themselves.

Tests: tests/firmware/phones/test_newcomers.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

MOST: Final = 50
MOST_PER_SOURCE: Final = 4
"""A phone asks under one name; a router in between may stand for a few."""
FORGET_S: Final = 3600.0
ASKS_A_MINUTE: Final = 30
"""Per source: a phone that starts asks for half a dozen files, and perhaps starts again."""
MOST_SOURCES: Final = 512


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One phone that asked."""

    mac: str
    brand: str
    model: str
    address: str
    user_agent: str
    since: float
    last: float


class Newcomers:
    """The list."""

    def __init__(self) -> None:
        self._known: dict[str, Newcomer] = {}
        self._asks: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self.unlisted = 0

    def may_ask(self, source: str, now: float) -> bool:
        """Count a question; False if there were too many from there in this minute."""
        began, count = self._asks.get(source, (now, 0))
        if now - began >= 60:
            began, count = now, 0
        self._asks[source] = began, count + 1
        self._asks.move_to_end(source)
        while len(self._asks) > MOST_SOURCES:
            self._asks.popitem(last=False)
        return count < ASKS_A_MINUTE

    def asked(
        self, mac: str, brand: str, model: str, address: str, user_agent: str, now: float
    ) -> bool:
        """Note who asked; True if that is news."""
        self._expire(now)
        known = self._known.get(mac)
        if known is not None and known.address == address:
            self._known[mac] = replace(
                known, brand=brand, model=model or known.model, user_agent=user_agent, last=now
            )
            return False
        if known is None and not self._has_room(address):
            self.unlisted += 1
            return False
        if known is not None:
            return False  # under another's name: the first stays, or its approval could be caught
        self._known[mac] = Newcomer(mac, brand, model, address, user_agent, now, now)
        return True

    def get(self, mac: str, now: float) -> Newcomer | None:
        """Who asked under this name of late."""
        self._expire(now)
        return self._known.get(mac)

    def forget(self, mac: str) -> None:
        """It is known now."""
        self._known.pop(mac, None)

    def all(self, now: float) -> Iterable[Newcomer]:
        """Longest waiting first."""
        self._expire(now)
        return tuple(self._known.values())

    def _has_room(self, address: str) -> bool:
        mine = sum(1 for n in self._known.values() if n.address == address)
        return len(self._known) < MOST and mine < MOST_PER_SOURCE

    def _expire(self, now: float) -> None:
        for mac, newcomer in list(self._known.items()):
            if now - newcomer.last > FORGET_S:
                del self._known[mac]
        if not self._known:
            self.unlisted = 0
