"""What people of the office type during a call: the shell of firmware.call.keys in a visit.

A typist per phone of the call, with the pauses kept by the visit's timers. What is asked for is
handed to the visit. Tests: tests/firmware/route/test_transfer.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from firmware.call.keys import Heard, Typing
from firmware.route.seats_task import Seats
from hal.leg import Leg, LegId


class Keys:
    """The keys of one call."""

    def __init__(self, seats: Seats, asked: Callable[[Leg, Heard], None]) -> None:
        self._seats, self._asked = seats, asked
        self._typing: dict[LegId, Typing] = {}

    def press(self, leg: Leg, digit: str) -> None:
        """A key of a phone of the office."""
        typing = self._typing.setdefault(leg.id, Typing())
        self._settle(leg, typing, typing.press(digit))

    def hung_up(self, leg: Leg) -> Heard | None:
        """Who may have been typing is gone: what they asked for by that."""
        self._seats.stop(_timer(leg))
        typing = self._typing.pop(leg.id, None)
        return typing.stop() if typing is not None else None

    def _pause(self, leg: Leg, typing: Typing) -> None:
        self._settle(leg, typing, typing.pause())

    def _settle(self, leg: Leg, typing: Typing, heard: Heard | None) -> None:
        if (wait_s := typing.wait_s) is not None:
            self._seats.after(_timer(leg), wait_s, partial(self._pause, leg, typing))
        else:
            self._seats.stop(_timer(leg))
        if heard is not None:
            self._asked(leg, heard)


def _timer(leg: Leg) -> str:
    return f"keys {leg.id}"
