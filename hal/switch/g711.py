"""A-law and linear 16-bit audio for Python callers (ITU-T G.711).

Pure, and only for sound files and tests: calls are companded in the C core. Samples are
little-endian 16 bit, full scale as in G.711 (a full-scale sine is +3.14 dBm0). Leaves out mu-law
to linear: Python handles mu-law nowhere. Tests: tests/hal/switch/test_g711.py.
"""

from __future__ import annotations

import sys
from array import array
from functools import cache
from typing import Final

SILENCE: Final = 0xD5
"""The A-law octet nearest to zero, with even bits inverted (table 1a)."""
_SIGN: Final = 0x80
_EVEN_BITS: Final = 0x55


def expand(octet: int) -> int:
    """One A-law octet as a 16-bit sample."""
    value = octet ^ _EVEN_BITS
    segment = value >> 4 & 7
    magnitude = ((value & 15) << 4) + 8
    if segment:
        magnitude = (magnitude + 0x100) << (segment - 1)
    return magnitude if value & _SIGN else -magnitude


def compress(sample: int) -> int:
    """One 16-bit sample as an A-law octet."""
    magnitude = (~sample if sample < 0 else sample) >> 4
    segment = max(magnitude.bit_length() - 4, 0)
    step = magnitude >> max(segment - 1, 0) & 15
    return (segment << 4 | step | (0 if sample < 0 else _SIGN)) ^ _EVEN_BITS


@cache
def _expanded() -> list[int]:
    return [expand(octet) for octet in range(256)]


@cache
def _by_upper_bits() -> bytes:
    """Nothing below the upper 12 bits of a sample matters to A-law."""
    return bytes(compress((i if i < 2048 else i - 4096) << 4) for i in range(4096))


def to_pcm16(alaw: bytes) -> bytes:
    """A-law octets as little-endian 16-bit samples."""
    table = _expanded()
    samples = array("h", [table[octet] for octet in alaw])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def from_pcm16(pcm: bytes) -> bytes:
    """Little-endian 16-bit samples as A-law octets."""
    if len(pcm) % 2:
        raise ValueError(f"{len(pcm)} octets of 16-bit audio: expected an even number")
    samples = array("H", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    table = _by_upper_bits()
    return bytes([table[sample >> 4] for sample in samples])
