"""DTMF: sender by ITU-T Q.23, receiver by Q.24, and caller ID sent as digits.

Pure. The receiver looks at the last 20 ms every 10 ms; two looks that agree make a digit, so
40 ms of tone are always enough and 20 ms never (Q.24 Annex A, most administrations).
Caller ID: ETSI EN 300 659-1 annex A: start code, number, end code.
Tests: tests/tools/exchange/test_dtmf.py, with spandsp and multimon-ng as the other ends.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tools.exchange.g711 import BLOCK, RATE_HZ, Samples, factor, level_dbm0, peak_of

LOW_HZ: Final = (697, 770, 852, 941)
HIGH_HZ: Final = (1209, 1336, 1477, 1633)
KEYS: Final = ("123A", "456B", "789C", "*0#D")
DIGITS: Final = frozenset("".join(KEYS))
LEVEL_DBM0: Final = -9.0
TWIST_DB: Final = 2.0
"""Senders put the high group 2 dB above the low one, for the cable's loss (Q.23)."""
ON_MS: Final = 80
OFF_MS: Final = 80
_WINDOW: Final = 2 * BLOCK
_MIN_DBM0: Final = -36.0
_MAX_TWIST_DB: Final = 8.0
_PURITY: Final = 0.85
"""Share of all power that must lie in the two tones; speech stays below."""
_OFFSETS: Final = (-0.018, -0.009, 0.0, 0.009, 0.018)
"""Where around each frequency to look: Q.24 accepts deviations up to 1.5 %."""


def tone(digit: str, ms: int = ON_MS, level_dbm0: float = LEVEL_DBM0) -> Samples:
    """One digit's tone pair."""
    row = next(i for i, keys in enumerate(KEYS) if digit in keys)
    turn = 2 * np.pi * np.arange(ms * RATE_HZ // 1000) / RATE_HZ
    low = peak_of(level_dbm0) * np.sin(turn * LOW_HZ[row])
    high = peak_of(level_dbm0) * factor(TWIST_DB)
    wave = low + high * np.sin(turn * HIGH_HZ[KEYS[row].index(digit)])
    return np.asarray(wave, np.float32)


def dial(digits: str, on_ms: int = ON_MS, off_ms: int = OFF_MS) -> Samples:
    """A string of digits, each followed by a pause."""
    pause = np.zeros(off_ms * RATE_HZ // 1000, np.float32)
    pieces = [piece for digit in digits for piece in (tone(digit, on_ms), pause)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def caller_id(number: str, absent: str, start: str = "A", end: str = "C") -> str:
    """The digits that tell the number; absence is information code B, 00 or 10 (withheld)."""
    if absent or not number:
        return "B" + ("10" if absent == "P" else "00") + end
    return start + "".join(digit for digit in number if digit.isdigit()) + end


class Receiver:
    """Feed 10 ms blocks; get each digit once, when it is sure."""

    def __init__(self) -> None:
        turn = 2 * np.pi * np.arange(_WINDOW) / RATE_HZ
        hertz = np.outer(LOW_HZ + HIGH_HZ, 1 + np.array(_OFFSETS)).reshape(-1)
        angle = np.outer(hertz, turn)
        self._kernel = np.concatenate([np.cos(angle), np.sin(angle)]).astype(np.float32)
        self._last = np.zeros(_WINDOW, np.float32)
        self._seen = ""
        self._given = ""

    def receive(self, block: Samples) -> str:
        """The digit that has just been recognised, or an empty string."""
        self._last = np.concatenate([self._last[BLOCK:], block])
        now = self._look()
        was, self._seen = self._seen, now
        if now != was:
            return ""
        if now == self._given:
            return ""
        self._given = now
        return now

    def _look(self) -> str:
        if level_dbm0(self._last) < _MIN_DBM0:
            return ""
        # power of a sine from its correlation c over n samples: 2 |c|^2 / n^2
        squares = (self._kernel @ self._last) ** 2
        power = 2 * (squares[: squares.size // 2] + squares[squares.size // 2 :]) / _WINDOW**2
        best = power.reshape(-1, len(_OFFSETS)).max(axis=1)
        low, high = int(best[:4].argmax()), int(best[4:].argmax())
        twist_db = abs(10 * np.log10(best[low] / max(float(best[4 + high]), 1e-9)))
        total = float(np.dot(self._last, self._last)) / _WINDOW
        if twist_db > _MAX_TWIST_DB or float(best[low] + best[4 + high]) < _PURITY * total:
            return ""
        return KEYS[low][high]
