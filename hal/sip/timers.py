"""Timers as values on one heap: what runs when, by an injected clock.

Pure: nothing here waits. The shell (`phones_task.py`) calls `fire` when `next_at` has come and is
told by `on_earlier` when that moment moves forward; tests turn a fake clock.
Tests: tests/hal/sip/test_small_rooms.py.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any, Final

Clock = Callable[[], float]
"""Monotonic seconds."""


MANY: Final = 1000
"""Stopped timers that wait for their time, from which on it is worth while to clear them out."""


class Timer:
    """A running timer; `stop` may be called at any time and more than once."""

    __slots__ = ("_owner", "action", "at", "given")

    def __init__(
        self, owner: Timers, at: float, action: Callable[..., None], given: tuple[Any, ...]
    ) -> None:
        """`given`: what the action is called with, of whatever types it takes."""
        self._owner, self.at, self.given = owner, at, given
        self.action: Callable[..., None] | None = action

    def stop(self) -> None:
        """Never fire, and hold nothing any more."""
        if self.action is not None:
            self.action, self.given = None, ()
            self._owner.stopped()


class Timers:
    """All timers of one stack."""

    def __init__(self, clock: Clock, on_earlier: Callable[[float], None] | None = None) -> None:
        self.clock = clock
        self.on_earlier = on_earlier
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = count()
        self._stopped = 0
        """How many on the heap, at least, will not fire."""

    def __len__(self) -> int:
        """Running, and stopped whose time has not come."""
        return len(self._heap)

    def start(self, delay_s: float, action: Callable[..., None], *given: Any) -> Timer:
        """Run `action` once, `delay_s` from now, with what is given for it."""
        timer = Timer(self, self.clock() + delay_s, action, given)
        is_first = not self._heap or timer.at < self._heap[0][0]
        heapq.heappush(self._heap, (timer.at, next(self._numbers), timer))
        if is_first and self.on_earlier is not None:
            self.on_earlier(timer.at)
        return timer

    def stopped(self) -> None:
        """A timer was stopped: when they are the greater part, the heap is made anew without them.
        Most timers of a call wait for what does not happen, half a minute long."""
        self._stopped += 1
        if self._stopped > MANY and 2 * self._stopped > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].action is not None]
            heapq.heapify(self._heap)
            self._stopped = 0

    @property
    def next_at(self) -> float | None:
        """When `fire` has something to do next; None while nothing runs."""
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
            self._stopped -= 1
        return self._heap[0][0] if self._heap else None

    def fire(self) -> None:
        """Run everything that is due."""
        now = self.clock()
        while (at := self.next_at) is not None and at <= now:
            timer = heapq.heappop(self._heap)[2]
            action, timer.action = timer.action, None
            if action is not None:
                action(*timer.given)
