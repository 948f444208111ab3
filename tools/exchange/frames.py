"""The timeslot stream: 32 octets a frame, frame alignment by ITU-T G.704 clause 2.3.

Pure. Slot 0 carries the alignment signal x0011011 in every other frame; bit 2 of slot 0 is 1 in
the frames between. Alignment is lost after three wrong signals in a row (G.706 clause 4.1.1).
CRC-4 is left out: nothing on this wire has it. Shell: tdm_task.py.
Tests: tests/tools/exchange/test_frames.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.exchange.g711 import BLOCK, IDLE, Octets

SLOTS: Final = 32
FAS: Final = 0x9B
NFAS: Final = 0xDF
BLOCK_OCTETS: Final = BLOCK * SLOTS
_PAIR: Final = 2 * SLOTS
_LOSS: Final = 3
MAX_BUFFER: Final = 64 * BLOCK_OCTETS


def idle_block() -> NDArray[np.uint8]:
    """10 ms of frames with nothing in the slots; begins with the alignment signal."""
    block = np.full((BLOCK, SLOTS), IDLE, np.uint8)
    block[0::2, 0], block[1::2, 0] = FAS, NFAS
    return block


class Aligner:
    """Finds the frames in a stream that may begin anywhere and slip at any time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._is_aligned = False
        self._wrong = 0
        self.losses = 0
        """Times alignment was lost after it had been found."""

    @property
    def is_aligned(self) -> bool:
        return self._is_aligned

    def receive(self, data: bytes) -> list[Octets]:
        """Whole pairs of frames completed by `data`, each an array of (2n, 32)."""
        self._buffer += data
        del self._buffer[:-MAX_BUFFER]
        found: list[Octets] = []
        while len(self._buffer) >= 2 * _PAIR:
            if not self._is_aligned and not self._hunt():
                break
            if (frames := self._take()) is not None:
                found.append(frames)
            if self._is_aligned:
                break
        return found

    def _hunt(self) -> bool:
        """Look for signal, no signal, signal at distance 32; drop what lies before it."""
        octets = np.frombuffer(bytes(self._buffer), np.uint8)
        reach = octets.size - _PAIR
        fits = (
            (octets[:reach] & 0x7F == FAS & 0x7F)
            & (octets[SLOTS : reach + SLOTS] & 0x40 != 0)
            & (octets[_PAIR : reach + _PAIR] & 0x7F == FAS & 0x7F)
        )
        where = np.flatnonzero(fits)
        if not where.size:
            del self._buffer[:reach]
            return False
        del self._buffer[: int(where[0])]
        self._is_aligned, self._wrong = True, 0
        return True

    def _take(self) -> Octets | None:
        count = len(self._buffer) // _PAIR
        if not count:
            return None
        pairs = np.frombuffer(bytes(self._buffer[: count * _PAIR]), np.uint8).reshape(count, _PAIR)
        good = (pairs[:, 0] & 0x7F == FAS & 0x7F) & (pairs[:, SLOTS] & 0x40 != 0)
        used = count
        if not good.all() or self._wrong:
            used = self._count_until_loss(good)
        del self._buffer[: used * _PAIR]
        return pairs[:used].reshape(-1, SLOTS) if used else None

    def _count_until_loss(self, good: NDArray[np.bool_]) -> int:
        for index, is_good in enumerate(good):
            self._wrong = 0 if is_good else self._wrong + 1
            if self._wrong >= _LOSS:
                self._is_aligned, self._wrong = False, 0
                self.losses += 1
                return index
        return int(good.size)
