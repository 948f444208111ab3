"""How long a caller will wait, as announced, and how wrong that was.

Pure. The office's definition: (position x mean handling time of the last hour, same queue) /
agents logged in and not paused. Nothing is announced without calls in that hour or without agents:
a guess would be no better than silence. `Announced` belongs to one caller: spoken as a range, and
neither end of it ever grows while the caller only waits. `Accuracy` compares what a caller was told
first with what they waited, for the supervisor.

Left out: speaking it, and when. Tests: tests/firmware/acd/test_expected_wait.py.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

HOUR_S: Final = 3600.0
MOST: Final = 1000
"""Calls kept of one queue: more than any small office handles in an hour."""
MINUTE_S: Final = 60.0
EARLY: Final = 0.75
LATE: Final = 1.25
"""The range is spoken from so much to so much of what was worked out, in whole minutes."""


class Handling:
    """Handling times (talk, hold and wrap-up) of one queue's calls of the last hour."""

    def __init__(self) -> None:
        self._calls: deque[tuple[float, float]] = deque(maxlen=MOST)
        self._sum = 0.0

    def add(self, seconds: float, now: float) -> None:
        """A call is dealt with."""
        if len(self._calls) == MOST:
            self._sum -= self._calls[0][1]
        self._calls.append((now, seconds))
        self._sum += seconds

    def mean_s(self, now: float) -> float | None:
        """Mean of the last hour; None without any call."""
        while self._calls and now - self._calls[0][0] > HOUR_S:
            self._sum -= self._calls.popleft()[1]
        return self._sum / len(self._calls) if self._calls else None


def expected_s(position: int, mean_s: float | None, agents: int) -> float | None:
    """Expected wait; None if nothing can be said. `agents`: logged in and not paused."""
    if mean_s is None or agents < 1 or position < 1:
        return None
    return position * mean_s / agents


@dataclass(frozen=True, slots=True)
class Range:
    """What is said: "between `low_min` and `high_min` minutes"; (0, 1) is "less than a minute"."""

    low_min: int
    high_min: int


def spoken(seconds: float) -> Range:
    """The range around an expected wait."""
    low = math.floor(EARLY * seconds / MINUTE_S)
    high = max(math.ceil(LATE * seconds / MINUTE_S), low + 1)
    return Range(low, high)


class Announced:
    """What one caller has been told."""

    def __init__(self) -> None:
        self.first_s: float | None = None
        """What was worked out when something was said first."""
        self.first_at = 0.0
        """When that was."""
        self._least_s: float | None = None

    def next(self, seconds: float | None, now: float) -> Range | None:
        """What to say now, if `seconds` are expected; None: nothing. Never more than before."""
        if seconds is None:
            return None
        if self._least_s is None:
            self.first_s = self._least_s = seconds
            self.first_at = now
        self._least_s = min(self._least_s, seconds)
        return spoken(self._least_s)

    def against(self, now: float) -> tuple[float, float] | None:
        """What they were told first, and how long they have waited since; None: told nothing."""
        return None if self.first_s is None else (self.first_s, now - self.first_at)


class Accuracy:
    """What callers were told first against what they waited: the last `MOST` of them."""

    def __init__(self) -> None:
        self._pairs: deque[tuple[float, float]] = deque(maxlen=MOST)

    def add(self, told_s: float, waited_s: float) -> None:
        """A caller who was told something was answered, so long after it was said first."""
        self._pairs.append((told_s, waited_s))

    @property
    def count(self) -> int:
        return len(self._pairs)

    @property
    def mean_error_s(self) -> float | None:
        """Mean of what it was off by, either way; None without any caller."""
        return self._mean([abs(told - waited) for told, waited in self._pairs])

    @property
    def bias_s(self) -> float | None:
        """Above 0: callers were told more than they waited."""
        return self._mean([told - waited for told, waited in self._pairs])

    def _mean(self, values: list[float]) -> float | None:
        return sum(values) / len(values) if values else None
