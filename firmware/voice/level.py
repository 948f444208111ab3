"""Loudness of prompts: brought to one level, so that callers need not hold the phone away.

Pure. Levels are dBm0: a sine of full scale is +3.14 dBm0 (ITU-T G.711, table 1a). The level
of speech is that of the parts where somebody speaks: frames of 20 ms not more than 20 dB below
the loudest, a plain form of the active speech level (ITU-T P.56).

Tests: tests/firmware/voice/test_level.py.
"""

from __future__ import annotations

from array import array
from math import log10, sqrt
from operator import mul
from typing import Final

SPEECH_DBM0: Final = -19.0
"""Where announcements go: within the -15 to -20 dBm0 usual on the telephone network."""
MOST_GAIN_DB: Final = 30.0
"""A recording more silent than that is noise: it is not blown up further."""
_FULL_SINE: Final = 32768 / sqrt(2)
_FULL_SINE_DBM0: Final = 3.14
_PEAK: Final = 32000.0
_FRAME: Final = 160
_GATE: Final = 10 ** (-20 / 20)


def rms(samples: array[float]) -> float:
    """Root of the mean square."""
    return sqrt(sum(map(mul, samples, samples)) / len(samples)) if samples else 0.0


def dbm0(value: float) -> float:
    """An rms value as a level; silence is -90."""
    return 20 * log10(value / _FULL_SINE) + _FULL_SINE_DBM0 if value > 0.5 else -90.0


def at_level(samples: array[float], target_dbm0: float) -> array[float]:
    """A steady sound (music, tones) brought to a level."""
    loudness = rms(samples)
    wanted = _FULL_SINE * 10 ** ((target_dbm0 - _FULL_SINE_DBM0) / 20)
    return array("d", (value * wanted / loudness for value in samples))


def active_level_dbm0(samples: array[float]) -> float:
    """The level of 8 kHz speech while somebody speaks."""
    frames = [rms(samples[at : at + _FRAME]) for at in range(0, len(samples), _FRAME)]
    gate = max(frames, default=0.0) * _GATE
    active = [value for value in frames if value >= gate]
    return dbm0(sqrt(sum(value * value for value in active) / len(active))) if active else -90.0


def levelled(samples: array[float], target_dbm0: float = SPEECH_DBM0) -> array[float]:
    """At the target level, without direct current; less if peaks would be cut off."""
    mean = sum(samples) / len(samples) if samples else 0.0
    centred = array("d", (value - mean for value in samples))
    gain_db = min(target_dbm0 - active_level_dbm0(centred), MOST_GAIN_DB)
    loudest = max(map(abs, centred), default=0.0)
    gain = min(10 ** (gain_db / 20), _PEAK / loudest if loudest else 1.0)
    return array("d", (value * gain for value in centred))
