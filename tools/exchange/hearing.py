"""What a listener would say about the audio: silence, a tone, or something else.

Pure. A look every 200 ms at the spectrum; a change is reported once it has lasted, so that the
gaps between words are not silence. Tests: tests/tools/exchange/test_hearing.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.exchange.g711 import RATE_HZ, Samples, level_dbm0

Spectrum = NDArray[np.float64]

WINDOW: Final = RATE_HZ // 5
SILENCE_DBM0: Final = -50.0
_TONAL_SHARE: Final = 0.9
_LOOKS: Final = {"silence": 8, "tone": 2, "sound": 2}
"""Looks of 200 ms after which a change is believed."""


class Ear:
    """Feed blocks; get a word when what is heard has changed."""

    def __init__(self) -> None:
        self._blocks: list[Samples] = []
        self._size = 0
        self._said = ""
        self._now = ""
        self._looks = 0

    def hear(self, block: Samples) -> str:
        """`silence`, `tone 425 Hz`, `sound`, or an empty string while nothing has changed."""
        self._blocks.append(block)
        self._size += block.size
        if self._size < WINDOW:
            return ""
        window = np.concatenate(self._blocks)
        self._blocks.clear()
        self._size = 0
        return self._believe(describe(window))

    def _believe(self, what: str) -> str:
        self._looks = self._looks + 1 if what == self._now else 1
        self._now = what
        if what == self._said or self._looks < _LOOKS[what.split()[0]]:
            return ""
        self._said = what
        return what


def describe(window: Samples) -> str:
    """One look: a tone is one or two frequencies that hold nearly all of the power."""
    if level_dbm0(window) < SILENCE_DBM0:
        return "silence"
    power = np.abs(np.fft.rfft(window * np.hanning(window.size))) ** 2
    hz_per_bin = RATE_HZ / window.size
    strongest, rest = _take_peak(power)
    second, rest = _take_peak(rest)
    if rest.sum() > (1 - _TONAL_SHARE) * power.sum():
        return "sound"
    loud = [peak for peak in (strongest, second) if power[peak] > 0.1 * power.max()]
    hertz = [round(peak * hz_per_bin / 5) * 5 for peak in loud]
    return "tone " + "+".join(str(hz) for hz in sorted(hertz)) + " Hz"


def _take_peak(power: Spectrum) -> tuple[int, Spectrum]:
    peak = int(power.argmax())
    rest = power.copy()
    rest[max(0, peak - 3) : peak + 4] = 0
    return peak, rest
