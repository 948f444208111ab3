"""Times at which something is due, by name: set, moved, stopped, and the earliest asked for.

Pure. A heap whose stale entries are left in until they come up, or are the most of it: setting and
stopping cost the same however many there are, and memory follows the timers that are set.

Tests: tests/firmware/acd/test_timers.py.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Generic, TypeVar

K = TypeVar("K")


class Timers(Generic[K]):
    """Timers named by keys."""

    def __init__(self) -> None:
        self._at: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: K, at: float | None) -> None:
        """Due at `at`, whatever it was before; None: not at all."""
        if at is None:
            self._at.pop(key, None)
            return
        if self._at.get(key) == at:
            return
        self._at[key] = at
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, key))
        if len(self._heap) > 64 + 2 * len(self._at):
            self._heap = [row for row in self._heap if self._at.get(row[2]) == row[0]]
            heapq.heapify(self._heap)

    def clear(self) -> None:
        """Stop all."""
        self._at.clear()
        self._heap.clear()

    def __iter__(self) -> Iterator[K]:
        return iter(self._at)

    def at(self, key: K) -> float | None:
        """When this one is due; None if it is not set."""
        return self._at.get(key)

    def due(self, now: float) -> Iterator[K]:
        """Every timer that is due, earliest first; each is stopped. Others may be set meanwhile."""
        while (first := self.next()) is not None and first <= now:
            key = heapq.heappop(self._heap)[2]
            del self._at[key]
            yield key

    def next(self) -> float | None:
        """When the earliest is due; None if none is set."""
        heap, at = self._heap, self._at
        while heap and at.get(heap[0][2]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None
