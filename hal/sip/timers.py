"""Timers as values on one heap: what runs when, by an injected clock.

Pure: nothing here waits. The shell (`phones_task.py`) calls `fire` when `next_at` has come and is
told by `on_earlier` when that moment moves forward; tests turn a fake clock.
Tests: tests/hal/sip/test_small_rooms.py.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Clock = Callable[[], float]
"""Monotonic seconds."""


class Timer:
    """A running timer; `stop` may be called at any time and more than once."""

    __slots__ = ("action", "at")

    def __init__(self, at: float, action: Callable[[], None]) -> None:
        self.at = at
        self.action: Callable[[], None] | None = action

    def stop(self) -> None:
        """Never fire. The heap forgets it when its time comes."""
        self.action = None


class Timers:
    """All timers of one stack."""

    def __init__(self, clock: Clock, on_earlier: Callable[[float], None] | None = None) -> None:
        self.clock = clock
        self.on_earlier = on_earlier
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = count()

    def __len__(self) -> int:
        """Running, and stopped whose time has not come."""
        return len(self._heap)

    def start(self, delay_s: float, action: Callable[[], None]) -> Timer:
        """Run `action` once, `delay_s` from now."""
        timer = Timer(self.clock() + delay_s, action)
        is_first = not self._heap or timer.at < self._heap[0][0]
        heapq.heappush(self._heap, (timer.at, next(self._numbers), timer))
        if is_first and self.on_earlier is not None:
            self.on_earlier(timer.at)
        return timer

    @property
    def next_at(self) -> float | None:
        """When `fire` has something to do next; None while nothing runs."""
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def fire(self) -> None:
        """Run everything that is due."""
        now = self.clock()
        while (at := self.next_at) is not None and at <= now:
            timer = heapq.heappop(self._heap)[2]
            action, timer.action = timer.action, None
            if action is not None:
                action()
