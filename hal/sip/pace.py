"""So many at a time: what is to be sent waits its turn, in order, each key once.

Pure: runs on injected timers. Used for NOTIFYs (subscriptions.py), which are never urgent enough to
keep the calls waiting. Tests: tests/hal/sip/test_subscriptions.py.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from hal.sip.timers import Timer, Timers

PACE_S: Final = 0.05
PACE: Final = 25
"""At most so many NOTIFYs in each `PACE_S`: 500 a second, and never a burst that keeps the calls
waiting."""

K = TypeVar("K", bound=Hashable)


class Pace(Generic[K]):
    """Calls `send` for each key that was added, some at once and the rest in portions."""

    def __init__(self, timers: Timers, send: Callable[[K], None]) -> None:
        self._timers, self._send = timers, send
        self._due: dict[K, None] = {}
        self._left = PACE
        self._refilling: Timer | None = None

    def __len__(self) -> int:
        return len(self._due)

    def add(self, key: K) -> None:
        """Send it as soon as its turn comes: now, if not too much was sent just before."""
        self._due[key] = None
        self._run()

    def drop(self, key: K) -> None:
        """It need not be sent any more."""
        self._due.pop(key, None)

    def _run(self) -> None:
        while self._due and self._left:
            self._left -= 1
            key = next(iter(self._due))
            del self._due[key]
            self._send(key)
        if self._refilling is None:
            self._refilling = self._timers.start(PACE_S, self._refill)

    def _refill(self) -> None:
        self._refilling, self._left = None, PACE
        if self._due:
            self._run()
