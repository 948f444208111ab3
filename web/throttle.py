"""Slowing down password guessing without locking the office out.

Pure: the time is an argument (monotonic seconds). Failures are counted per source address and
account name, so a neighbour's guesses do not make the owner wait, and per source address with
more patience, so trying one password on many names is slowed as well. Waits are capped: nobody
is ever locked out. The table is bounded; the longest untouched entry makes room.

Tests: tests/web/test_throttle.py.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

FREE_TRIES: Final = 3
"""Wrong passwords per source and name before the first wait."""
FREE_TRIES_SOURCE: Final = 20
"""The same per source alone: a whole office may sit behind one address."""
MAX_WAIT_S: Final = 30.0
MAX_WAIT_SOURCE_S: Final = 5.0
FORGET_S: Final = 900.0
MAX_ENTRIES: Final = 1024

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Failures:
    times: int
    last_s: float


class Throttle:
    """Failed sign-ins of late, and how long the next attempt has to wait."""

    def __init__(self) -> None:
        self._failures: OrderedDict[Key, _Failures] = OrderedDict()

    def wait_s(self, source: str, name: str, now_s: float) -> float:
        """Seconds until an attempt is taken; 0 if now."""
        return max(
            self._wait_of((source, name.lower()), FREE_TRIES, MAX_WAIT_S, now_s),
            self._wait_of((source, ""), FREE_TRIES_SOURCE, MAX_WAIT_SOURCE_S, now_s),
        )

    def failed(self, source: str, name: str, now_s: float) -> None:
        """A wrong password or an unknown name."""
        for key in ((source, name.lower()), (source, "")):
            self._count(key, now_s)

    def succeeded(self, source: str, name: str) -> None:
        """The right password: forget this name's failures from this source."""
        self._failures.pop((source, name.lower()), None)

    def __len__(self) -> int:
        return len(self._failures)

    def _count(self, key: Key, now_s: float) -> None:
        times = 1 if self._is_forgotten(key, now_s) else self._failures[key].times + 1
        self._failures[key] = _Failures(times, now_s)
        self._failures.move_to_end(key)
        while len(self._failures) > MAX_ENTRIES:
            self._failures.popitem(last=False)

    def _is_forgotten(self, key: Key, now_s: float) -> bool:
        entry = self._failures.get(key)
        return entry is None or now_s - entry.last_s > FORGET_S

    def _wait_of(self, key: Key, free: int, most_s: float, now_s: float) -> float:
        if self._is_forgotten(key, now_s) or self._failures[key].times < free:
            return 0.0
        entry = self._failures[key]
        doublings = min(entry.times - free, 10)
        return max(0.0, entry.last_s + min(2.0**doublings, most_s) - now_s)
