"""The ring of one call: bursts by the country's cadence, caller ID in the first long pause.

Pure; counts blocks of 10 ms. FSK caller ID begins 600 ms after the first ring pattern and ends at
least 250 ms before the next one (EN 300 659-1 clause 6.2: 500 to 2000 ms, 200 ms); a pause that
is too short for a long name is stretched, as exchanges do.
Tests: tests/tools/exchange/test_caller_id.py.
"""

from __future__ import annotations

from typing import Final

from tools.exchange.g711 import BLOCK, Samples
from tools.exchange.tones import Clip

CID_AFTER_MS: Final = 600
CID_GUARD_MS: Final = 250


class Ringer:
    """Ring current and caller-ID audio of a call that has not been answered."""

    def __init__(self, ring_ms: tuple[int, ...], caller_id: Samples | None = None) -> None:
        self._blocks = 0
        again = [ms // 10 for ms in ring_ms]
        first = list(again)
        self._cid: Clip | None = None
        self._cid_at = sum(first[:-1]) + CID_AFTER_MS // 10
        if caller_id is not None:
            self._cid = Clip(caller_id, pause_s=0)
            needed = CID_AFTER_MS // 10 + -(-caller_id.size // BLOCK) + CID_GUARD_MS // 10
            first[-1] = max(first[-1], needed)
        self._first, self._again = first, again

    def tick(self) -> tuple[bool, Samples | None]:
        """The next 10 ms: whether ring current is on, and what can be heard."""
        now = self._blocks
        self._blocks += 1
        heard = None
        if self._cid is not None and now >= self._cid_at:
            heard = self._cid.take()
        if now < sum(self._first):
            return _is_on(now, self._first), heard
        return _is_on((now - sum(self._first)) % sum(self._again), self._again), heard


def _is_on(at: int, cadence: list[int]) -> bool:
    for index, length in enumerate(cadence):
        if at < length:
            return index % 2 == 0
        at -= length
    return False
