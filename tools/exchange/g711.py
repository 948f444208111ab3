"""A-law coding: ITU-T G.711 (11/88) Table 1, as two look-up tables over numpy arrays.

Pure. Samples are float32 on the scale of 16-bit audio; level 0 dBm0 is a sine 3.14 dB below full
scale (G.711 Table 5 sequence gives 0 dBm0; its note puts the A-law overload at +3.14 dBm0).
Tests: tests/tools/exchange/test_g711.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Octets = NDArray[np.uint8]

RATE_HZ: Final = 8000
BLOCK: Final = 80
"""Samples in one tick of 10 ms."""
TICK_S: Final = BLOCK / RATE_HZ
OVERLOAD_DBM0: Final = 3.14
IDLE: Final = 0xD5
"""A-law for the smallest positive value: what an idle slot carries."""


def _decode_table() -> Samples:
    code = np.arange(256) ^ 0x55
    segment, step = (code >> 4) & 7, code & 15
    low = (step << 4) + 8
    magnitude = np.where(segment == 0, low, (low + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.float32)


def _encode_table() -> Octets:
    value = np.arange(65536).astype(np.uint16).view(np.int16).astype(np.int64)
    magnitude = np.where(value >= 0, value, -value - 1) >> 4
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int64) - 3, 0)
    step = (magnitude >> np.maximum(segment - 1, 0)) & 15
    code = (segment << 4) | step
    return np.asarray(np.where(value >= 0, code ^ 0xD5, code ^ 0x55), np.uint8)


_DECODE: Final = _decode_table()
_ENCODE: Final = _encode_table()


def decode(octets: Octets) -> Samples:
    """A-law octets as samples."""
    return _DECODE[octets]


def encode(samples: Samples) -> Octets:
    """Samples as A-law octets; beyond full scale is clipped."""
    whole = np.clip(samples, -32768, 32767).astype(np.int16)
    return _ENCODE[whole.view(np.uint16)]


def peak_of(dbm0: float) -> float:
    """Peak of a sine of that level."""
    return float(32768 * 10 ** ((dbm0 - OVERLOAD_DBM0) / 20))


def level_dbm0(samples: Samples) -> float:
    """Level of a stretch of audio; -99 for silence."""
    if not samples.size:
        return -99.0
    power = float(np.dot(samples, samples)) / samples.size
    full = 32768.0**2 / 2
    return max(-99.0, 10 * float(np.log10(power / full + 1e-12)) + OVERLOAD_DBM0)


def factor(db: float) -> float:
    """A gain in dB as a factor."""
    return float(10 ** (db / 20))
