"""Any rate from 8 kHz up to the telephone's 8 kHz: a polyphase windowed-sinc filter.

Pure, standard library only, so slow: about 0.3 s of computing for a second of 48 kHz; `render`
runs it in a process of its own. Flat to 3.4 kHz, the telephone band (ITU-T G.712 clause 3), and
down by about 60 dB from 4 kHz, where aliases would begin.

Tests: tests/firmware/voice/test_resample.py.
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from math import ceil, gcd, pi, sin, sqrt
from operator import mul
from typing import Final

RATE_HZ: Final = 8000
_CUTOFF_HZ: Final = 3700.0
"""Half way between the end of the band and the beginning of the aliases."""
_HALF_WIDTH_S: Final = 0.003
"""Half the filter's length: 24 samples of 8 kHz. Kaiser: 60 dB in 600 Hz takes 48 in all."""
_BETA: Final = 5.65
"""Kaiser's 0.1102 (A - 8.7) for A = 60 dB (J. F. Kaiser, 1974)."""


def to_8k(samples: array[float], rate_hz: int) -> array[float]:
    """`samples` at 8 kHz."""
    if rate_hz == RATE_HZ:
        return samples
    common = gcd(rate_hz, RATE_HZ)
    step, phases = rate_hz // common, RATE_HZ // common
    half = ceil(_HALF_WIDTH_S * rate_hz)
    kernels = _kernels(phases, half, rate_hz)
    silence = array("d", bytes(8 * (half + 1)))
    padded = silence + samples + silence
    count = len(samples) * phases // step
    out = array("d", bytes(8 * count))
    width = 2 * half + 1
    for n in range(count):
        at, phase = divmod(n * step, phases)
        out[n] = sum(map(mul, kernels[phase], padded[at + 1 : at + 1 + width]))
    return out


@lru_cache(maxsize=2)
def _kernels(phases: int, half: int, rate_hz: int) -> list[array[float]]:
    """As long to compute as two seconds of sound: kept for the next one of the same rate."""
    return [_kernel(phase / phases, half, rate_hz) for phase in range(phases)]


def _kernel(fraction: float, half: int, rate_hz: int) -> array[float]:
    """Weights of the samples from -half to +half around a moment `fraction` samples later."""
    weights = array("d", (_weight(k - fraction, half, rate_hz) for k in range(-half, half + 1)))
    whole = sum(weights)
    return array("d", (weight / whole for weight in weights))  # a steady level stays as it is


def _weight(distance: float, half: int, rate_hz: int) -> float:
    place = distance / (half + 1)
    x = 2 * _CUTOFF_HZ / rate_hz * distance
    sinc = 1.0 if x == 0 else sin(pi * x) / (pi * x)
    return sinc * _bessel_i0(_BETA * sqrt(1 - place * place)) / _bessel_i0(_BETA)


def _bessel_i0(x: float) -> float:
    """Modified Bessel function of the first kind, order 0, by its series."""
    term = total = 1.0
    k = 1
    while term > total * 1e-12:
        term *= (x / (2 * k)) ** 2
        total += term
        k += 1
    return total
