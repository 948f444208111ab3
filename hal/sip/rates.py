"""How much each source may send: token buckets, the busiest few thousand remembered.

Pure. This keeps one broken phone from costing the others their calls; a flood on the wire is
for the packet filter below us. Tests: tests/hal/sip/test_small_rooms.py.
"""

from __future__ import annotations

from collections import OrderedDict


class Rates:
    """A bucket of `burst` tokens per source, filled at `per_s`."""

    def __init__(self, per_s: float, burst: float, max_sources: int = 4096) -> None:
        self._per_s, self._burst, self.max_sources = per_s, burst, max_sources
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self.refused = 0
        """How many were refused since the start."""

    def __len__(self) -> int:
        return len(self._buckets)

    def allow(self, source: str, now: float) -> bool:
        """Take one token; False when the source has none left. The source not heard for the
        longest time is forgotten when there are too many."""
        tokens, at = self._buckets.get(source, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._per_s)
        is_allowed = tokens >= 1
        self.refused += not is_allowed
        self._buckets[source] = (tokens - is_allowed, now)
        self._buckets.move_to_end(source)
        if len(self._buckets) > self.max_sources:
            self._buckets.popitem(last=False)
        return is_allowed
