"""Telephone tones as A-law sounds: a cadence of sines and pauses (ITU-T E.180 for its kinds).

Pure. What a tone is in which country is known elsewhere; this only renders one period of it, to
be played in a loop. Frequencies of a step are summed, each at `level_dbm0`.
Tests: tests/hal/switch/test_tones.py.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Final

from hal.switch.g711 import from_pcm16

RATE_HZ: Final = 8000
FULL_SCALE: Final = 32768
FULL_SCALE_DBM0: Final = 3.14
RAMP_SAMPLES: Final = 16
"""2 ms at each edge of a tone, so that it does not click."""
Step = tuple[Sequence[int], int]
"""Frequencies in Hz (none: pause) and milliseconds."""


def render(cadence: Sequence[Step], level_dbm0: float = -13.0) -> bytes:
    """One period of a cadence as A-law, e.g. `[([425], 500), ([], 500)]` for busy."""
    samples = array("h")
    for frequencies, ms in cadence:
        samples.extend(_step(frequencies, ms, level_dbm0))
    if not samples:
        raise ValueError(f"cadence {cadence!r}: expected at least one step longer than 0 ms")
    return from_pcm16(samples.tobytes())


def _step(frequencies: Sequence[int], ms: int, level_dbm0: float) -> list[int]:
    count = RATE_HZ * ms // 1000
    peak = FULL_SCALE * 10 ** ((level_dbm0 - FULL_SCALE_DBM0) / 20)
    if peak * len(frequencies) >= FULL_SCALE:
        raise ValueError(
            f"{len(frequencies)} tones at {level_dbm0} dBm0: expected a sum below 3 dBm0"
        )
    turns = [2 * math.pi * hz / RATE_HZ for hz in frequencies]
    return [
        round(_ramp(n, count) * peak * sum(math.sin(turn * n) for turn in turns))
        for n in range(count)
    ]


def _ramp(n: int, count: int) -> float:
    return min(1.0, (n + 1) / RAMP_SAMPLES, (count - n) / RAMP_SAMPLES)
