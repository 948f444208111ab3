"""The two-wire line's hybrid: what the box sends comes back to it, weaker and a little later.

Pure. The echo path is a short linear filter: 1 ms of delay, then a decaying swing over 5 ms,
the form ITU-T G.168 (04/2015) annex D gives for hybrids (its own coefficients are not used).
Echo return loss is that of white noise: minus the energy of the impulse response in dB.
Tests: tests/tools/exchange/test_hybrid.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tools.exchange.g711 import BLOCK, RATE_HZ, Samples, factor

DEFAULT_ERL_DB: Final = 20.0
DEFAULT_NOISE_DBM0: Final = -65.0
_DELAY: Final = RATE_HZ // 1000
_LENGTH: Final = 6 * RATE_HZ // 1000


def impulse_response(erl_db: float) -> Samples:
    """Echo path of that return loss."""
    after = np.arange(_LENGTH - _DELAY)
    swing = np.exp(-after / 9.0) * np.cos(2 * np.pi * after / 7.3)
    response = np.concatenate([np.zeros(_DELAY), swing])
    return np.asarray(response / np.sqrt(np.sum(response**2)) * factor(-erl_db), np.float32)


class Hybrid:
    """One line's echo path, fed block by block."""

    def __init__(self, erl_db: float = DEFAULT_ERL_DB) -> None:
        self._before = np.zeros(_LENGTH - 1, np.float32)
        self.set_erl(erl_db)

    def set_erl(self, erl_db: float) -> None:
        """Change the return loss; what is under way keeps its past."""
        self.erl_db = erl_db
        self._response = impulse_response(erl_db)

    def echo(self, sent: Samples) -> Samples:
        """What comes back during the block in which `sent` goes out."""
        line = np.concatenate([self._before, sent])
        self._before = line[BLOCK:]
        return np.convolve(line, self._response, "valid")


class Noise:
    """White noise of a given level: slices of one long table, so it costs almost nothing."""

    _table: Final[Samples] = np.random.default_rng(1876).standard_normal(1 << 16, np.float32)

    def __init__(self, dbm0: float = DEFAULT_NOISE_DBM0, start: int = 0) -> None:
        self._at = start % (self._table.size - BLOCK)
        self.set_level(dbm0)

    def set_level(self, dbm0: float) -> None:
        """Total power of the noise; a sine's rms is its peak by the root of two."""
        self.dbm0 = dbm0
        self._rms = 32768 * factor(dbm0 - 3.14) / float(np.sqrt(2))

    def take(self) -> Samples:
        """The next block."""
        at = self._at
        # a step that shares no factor with the table's length: it takes minutes to repeat
        self._at = (at + 4099) % (self._table.size - BLOCK)
        return self._table[at : at + BLOCK] * np.float32(self._rms)
