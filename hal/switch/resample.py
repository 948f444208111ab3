"""Sound files at the telephone's rate and law: any rate from 8 kHz up to 8 kHz, and A-law.

The arithmetic of resample.c for Python callers, pure: no switch, no audio thread. A polyphase
windowed-sinc filter, flat to 3.4 kHz, the telephone band (ITU-T G.712 clause 3), and down by about
60 dB from 4 kHz, where aliases would begin. Beside switch.py the only user of the C core's `lib`:
the box speaks a hundred sentences when it starts for the first time, and in Python a second of
sound takes as long as a call that is set up.

Leaves out: rates below 8 kHz (there is nothing to filter).
Tests: tests/hal/switch/test_resample.py.
"""

from __future__ import annotations

from array import array
from typing import Final

from hal.switch._switch import ffi, lib

RATE_HZ: Final = 8000


def to_8k(samples: array[float], rate_hz: int) -> array[float]:
    """`samples` at 8 kHz."""
    if rate_hz == RATE_HZ:
        return samples
    if rate_hz < RATE_HZ:
        raise ValueError(f"{rate_hz} samples a second: expected {RATE_HZ} or more")
    out = array("d", bytes(8 * (len(samples) * RATE_HZ // rate_hz)))
    code = lib.switch_resample(_doubles(samples), len(samples), rate_hz, _doubles(out), len(out))
    if code != lib.SWITCH_OK:
        raise MemoryError(f"no memory for a filter from {rate_hz} Hz")
    return out


def to_alaw(samples: array[float]) -> bytes:
    """Samples as A-law octets, full scale ±32768; beyond it they are cut off."""
    out = bytearray(len(samples))
    lib.switch_alaw(_doubles(samples), len(samples), ffi.from_buffer("uint8_t[]", out))
    return bytes(out)


def _doubles(samples: array[float]) -> object:
    """The samples where they are, for the C core."""
    return ffi.from_buffer("double[]", samples)
