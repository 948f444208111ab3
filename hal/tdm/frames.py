"""Frame alignment of the timeslot stream: 32 slots of A-law, 8000 frames a second.

Slot 0 carries the E1 frame alignment signal (ITU-T G.704 (10/98) clause 2.3.2): the FAS
x0011011 in one frame, bit 2 = 1 (NFAS) in the next. `Aligner` finds and watches it as ITU-T
G.706 (04/91) clause 4.1 says: aligned after FAS, NFAS bit 2, FAS; lost after three consecutive
wrong FAS, or three consecutive wrong NFAS bits 2. Bit 1 (international, CRC-4) and bits 3 to 8
of NFAS are not looked at: they differ from network to network.

Time never stretches. While the frame is lost every 2560 octets that arrive still give one block,
of idle code; when it is found again the gap is filled with idle code to the nearest pair of
frames, so what follows is at most one frame (125 us) from where it would have been. A real slip
moves time by no more than that either.

Octets after a slip sit in the wrong slots: everything from the last right FAS on is replaced, so
that no caller hears another. Only when the slip fell in the last three pairs of frames of a block
had they been handed on before it could be known (0.75 ms at most).

Leaves out: the CRC-4 multiframe, alarms (bit 3 of NFAS, AIS), signalling in slot 16.
Pure: no I/O, no clock. Shell: pump_task.py. Tests: tests/hal/tdm/test_frames.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SLOTS: Final = 32
"""Octets in a frame (G.704 clause 2.3.1)."""
PAIR_OCTETS: Final = 2 * SLOTS
"""A frame with FAS and the one without: the pattern repeats after this."""
BLOCK_FRAMES: Final = 80
"""10 ms: the tick of the switch with lines."""
BLOCK_OCTETS: Final = BLOCK_FRAMES * SLOTS
FAS: Final = 0x9B
"""x0011011 with bit 1, reserved for international use, at 1 as G.704 advises when unused."""
NFAS: Final = 0xDF
"""Bit 2 = 1, no alarm, spare bits 1."""
IDLE_ALAW: Final = 0xD5
"""A-law positive zero (G.711) with its even bits inverted: silence."""

_FAS_WRONG: Final = bytes((octet & 0x7F) != (FAS & 0x7F) for octet in range(256))
_NFAS_WRONG: Final = bytes(not octet & 0x40 for octet in range(256))
_ALL_RIGHT: Final = bytes(BLOCK_FRAMES // 2)
_LOSS: Final = b"\1\1\1"
_ALIGNMENT: Final = re.compile(rb"[\x1b\x9b].{31}[\x40-\x7f\xc0-\xff].{31}[\x1b\x9b]", re.DOTALL)
_PATTERN_OCTETS: Final = PAIR_OCTETS + 1
_IDLE_PAIR: Final = (
    bytes([FAS])
    + bytes([IDLE_ALAW]) * (SLOTS - 1)
    + bytes([NFAS])
    + bytes([IDLE_ALAW]) * (SLOTS - 1)
)
IDLE_BLOCK: Final = _IDLE_PAIR * (BLOCK_FRAMES // 2)


@dataclass(frozen=True, slots=True)
class Block:
    """10 ms of the stream: 80 frames, slot 0 first, the first frame with FAS."""

    octets: bytes
    is_filled: bool = False
    """Part or all of it is idle code in place of octets that could not be aligned."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """The frame was found: at the start, or again after a loss that moved nothing."""

    skipped_octets: int
    """Octets that came before it and could not be used."""


@dataclass(frozen=True, slots=True)
class Slipped:
    """The frame was found again, but at another place."""

    octets: int
    """How far it moved, -31 to 32: positive, octets too many came; negative, some are missing.
    Whole pairs of frames more or less cannot be seen, and do not matter."""
    skipped_octets: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The pattern is gone; idle-code blocks follow until it is found."""


Found = Block | Slipped | Aligned | Lost


class Aligner:
    """Cuts a raw octet stream into aligned blocks. Feed it whatever came, in any portions."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._is_aligned = False
        self._was_aligned = False
        self._fas_run = b""  # wrong FAS at the end of the last block, at most two
        self._nfas_run = b""
        self._head = b""  # searching: usable frames of the block in which the loss began
        self._gap_octets = 0  # searching: octets given up and not yet paid for by idle code
        self._skipped_octets = 0  # searching: all octets given up
        self._filled = 0  # octets at the start of the buffer up to the end of the fill in it

    @property
    def is_aligned(self) -> bool:
        return self._is_aligned

    def receive(self, data: bytes) -> list[Found]:
        """Return the blocks and changes that `data` completes."""
        self._buffer += data
        found: list[Found] = []
        while self._cut(found) if self._is_aligned else self._search(found):
            pass
        return found

    def _cut(self, found: list[Found]) -> bool:
        """Take one block off the buffer; False when there is no whole one."""
        if len(self._buffer) < BLOCK_OCTETS:
            return False
        block = bytes(self._buffer[:BLOCK_OCTETS])
        fas = block[0::PAIR_OCTETS].translate(_FAS_WRONG)
        nfas = block[SLOTS::PAIR_OCTETS].translate(_NFAS_WRONG)
        if fas == _ALL_RIGHT == nfas:
            self._fas_run = self._nfas_run = b""
        else:
            lost_at = _first_loss(self._fas_run + fas, len(self._fas_run))
            lost_at = min(lost_at, _first_loss(self._nfas_run + nfas, len(self._nfas_run)))
            if lost_at < BLOCK_OCTETS:
                found.append(Lost())
                self._lose(block, lost_at, found)
                return True
            self._fas_run = _wrong_at_end(fas)
            self._nfas_run = _wrong_at_end(nfas)
        del self._buffer[:BLOCK_OCTETS]
        found.append(self._block(block))
        return True

    def _block(self, octets: bytes) -> Block:
        """The block, marked when idle code was put into it by `_realign`."""
        is_filled, self._filled = self._filled > 0, max(0, self._filled - BLOCK_OCTETS)
        return Block(octets, is_filled)

    def _lose(self, block: bytes, at: int, found: list[Found]) -> None:
        """Keep what is surely good, search on from the first wrong signal.

        A slip falls between the last right signal and the first wrong one, so that pair of
        frames goes too. It must not be searched: it still looks like the start of a frame.
        """
        good = max(0, at - PAIR_OCTETS)
        self._head = block[:good]
        del self._buffer[:good]
        self._is_aligned = False
        self._fas_run = self._nfas_run = b""
        self._gap_octets = self._skipped_octets = self._filled = 0
        self._give_up(at - good, found)

    def _search(self, found: list[Found]) -> bool:
        """Look for the pattern in all that is there; False when more octets are needed."""
        match = _ALIGNMENT.search(self._buffer)
        if match is not None:
            self._give_up(match.start(), found)
            self._realign(found)
            return True
        self._give_up(max(0, len(self._buffer) - _PATTERN_OCTETS + 1), found)
        return False

    def _give_up(self, octets: int, found: list[Found]) -> None:
        """Discard octets, paying one idle block for each block's worth of them."""
        del self._buffer[:octets]
        self._skipped_octets += octets
        self._gap_octets += octets
        while len(self._head) + self._gap_octets >= BLOCK_OCTETS:
            self._gap_octets -= BLOCK_OCTETS - len(self._head)
            found.append(Block(self._head + IDLE_BLOCK[len(self._head) :], is_filled=True))
            self._head = b""

    def _realign(self, found: list[Found]) -> None:
        """The buffer starts at a FAS: fill the gap before it and go on."""
        pairs = (self._gap_octets + PAIR_OCTETS // 2) // PAIR_OCTETS
        fill = self._head + _IDLE_PAIR * pairs
        self._buffer[:0] = fill
        self._filled = len(fill)
        moved = self._skipped_octets % PAIR_OCTETS
        if self._was_aligned and moved:
            moved -= PAIR_OCTETS if moved > PAIR_OCTETS // 2 else 0
            found.append(Slipped(moved, self._skipped_octets))
        else:
            found.append(Aligned(self._skipped_octets))
        self._is_aligned = self._was_aligned = True
        self._head = b""


def _first_loss(wrong: bytes, carried: int) -> int:
    """Octet of the block where three consecutive wrong signals begin; its length if nowhere."""
    at = wrong.find(_LOSS)
    return BLOCK_OCTETS if at < 0 else max(0, at - carried) * PAIR_OCTETS


def _wrong_at_end(wrong: bytes) -> bytes:
    """The run of wrong signals at the end of a block: it may go on in the next."""
    return wrong[len(wrong.rstrip(b"\1")) :]
