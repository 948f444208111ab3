"""Music on hold, composed and synthesised here: free of anybody's rights, gentle on the ear.

Pure and deterministic: a soft plucked tone plays broken chords over a bass note, sixteen bars of
quiet 4/4 that end where they begin, so that it can go round for ever: notes that ring past the
end ring on at the beginning. Only frequencies that the telephone carries.

Tests: tests/firmware/voice/test_music.py.
"""

from __future__ import annotations

from array import array
from cmath import exp
from functools import cache
from itertools import accumulate, repeat
from math import pi
from operator import add, mul
from typing import Final

from firmware.voice.level import at_level

RATE_HZ: Final = 8000
LEVEL_DBM0: Final = -18.0
_STEP_S: Final = 0.3125
"""An eighth note at 96 to the minute: eight a bar, sixteen bars, 40 s."""
_RINGS_S: Final = 2.5
_PARTIALS: Final = ((1, 1.0), (2, 0.42), (3, 0.14), (4, 0.07))
"""Harmonic number and strength: a tone between guitar and electric piano."""

# Bars as MIDI notes: bass, then the four notes the arpeggio is made of.
_C: Final = (48, 60, 64, 67, 71)
_AM: Final = (45, 60, 64, 69, 72)
_F: Final = (53, 60, 65, 69, 72)
_G: Final = (55, 62, 67, 71, 74)
_EM: Final = (52, 64, 67, 71, 76)
_DM: Final = (50, 62, 65, 69, 74)
_BARS: Final = (_C, _AM, _F, _G, _C, _EM, _F, _G, _AM, _EM, _F, _C, _DM, _AM, _F, _G)
_EVEN: Final = (1, 2, 3, 4, 3, 2, 3, 2)
_ODD: Final = (1, 3, 2, 4, 2, 3, 4, 3)
"""Which note of the bar each eighth plays."""


def music() -> array[float]:
    """The whole piece at 8 kHz, full scale ±32768."""
    step = int(_STEP_S * RATE_HZ)
    piece = array("d", bytes(8 * step * 8 * len(_BARS)))
    for number, bar in enumerate(_BARS):
        start = number * 8 * step
        _add(piece, start, _note(bar[0]), 0.6)
        for eighth, which in enumerate(_ODD if number % 2 else _EVEN):
            accent = 0.5 if eighth % 4 else 0.65
            _add(piece, start + eighth * step, _note(bar[which]), accent)
    return at_level(piece, LEVEL_DBM0)


@cache
def _note(midi: int) -> array[float]:
    """One plucked note; higher partials fade sooner, as on a string."""
    pitch_hz = 440.0 * 2 ** ((midi - 69) / 12)
    count = int(_RINGS_S * RATE_HZ)
    tone = array("d", bytes(8 * count))
    for number, strength in _PARTIALS:
        turn = 2 * pi * pitch_hz * number / RATE_HZ
        fade = (1.2 + 0.9 * number) / RATE_HZ
        # A fading sine is the imaginary part of a complex number's powers.
        powers = accumulate(repeat(exp(-fade + 1j * turn), count - 1), mul, initial=1 + 0j)
        both = zip(tone, powers, strict=True)
        tone = array("d", (old + strength * new.imag for old, new in both))
    _soften(tone)
    return tone


def _soften(tone: array[float]) -> None:
    """No click at the beginning, none at the end."""
    attack, release = RATE_HZ // 100, RATE_HZ // 4
    for n in range(attack):
        tone[n] *= n / attack
    for n in range(release):
        tone[-1 - n] *= n / release


def _add(piece: array[float], start: int, tone: array[float], gain: float) -> None:
    """A note into the piece; what rings past its end rings on at the beginning."""
    while len(tone):
        fits = tone[: len(piece) - start]
        mixed = map(add, piece[start : start + len(fits)], map(mul, repeat(gain), fits))
        piece[start : start + len(fits)] = array("d", mixed)
        start, tone = 0, tone[len(fits) :]


def fallback_tone() -> array[float]:
    """Two soft falling tones: heard where a prompt should be and cannot be made."""
    high, low = _note(76), _note(72)
    tone = array("d", bytes(8 * RATE_HZ * 2))
    _add(tone, 0, high[: RATE_HZ * 3 // 4], 1.0)
    _add(tone, RATE_HZ // 2, low[: RATE_HZ * 5 // 4], 1.0)
    return at_level(tone, LEVEL_DBM0)
