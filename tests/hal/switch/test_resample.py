"""Sound files at the telephone's rate and law: the frequency response measured with sines, A-law
against G.711's own form in Python."""

from __future__ import annotations

import sys
from array import array
from itertools import pairwise
from math import log10, pi, sin, sqrt

import pytest

from hal.switch.g711 import from_pcm16
from hal.switch.resample import to_8k, to_alaw


def rms(samples: array[float]) -> float:
    return sqrt(sum(value * value for value in samples) / len(samples))


def sine(hz: float, rate_hz: int, seconds: float = 0.1) -> array[float]:
    return array(
        "d", (1000 * sin(2 * pi * hz * n / rate_hz) for n in range(int(rate_hz * seconds)))
    )


def gain_db(hz: float, rate_hz: int) -> float:
    out = to_8k(sine(hz, rate_hz), rate_hz)
    return 20 * log10(max(rms(out[100:-100]) / rms(sine(1000, 8000)), 1e-9))


RATES = [11025, 16000, 22050, 44100, 48000]


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("hz", [300, 1000, 2400, 3400])
def test_the_telephone_band_passes(hz: int, rate_hz: int) -> None:
    assert abs(gain_db(hz, rate_hz)) < 0.25  # ITU-T G.712: -0.25 dB is its upper limit


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("hz", [4000, 4600, 5200])
def test_aliases_do_not(hz: int, rate_hz: int) -> None:
    assert gain_db(hz, rate_hz) < -45


def test_the_right_rate_is_left_alone() -> None:
    samples = sine(1000, 8000)
    assert to_8k(samples, 8000) is samples


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_second_stays_a_second_and_in_tune(rate_hz: int) -> None:
    out = to_8k(sine(500, rate_hz, 0.2), rate_hz)
    assert abs(len(out) - 1600) <= 1
    rising = [n for n in range(100, 1500) if out[n - 1] < 0 <= out[n]]
    assert {b - a for a, b in pairwise(rising)} <= {15, 16, 17}
    assert rising[-1] - rising[0] == pytest.approx(16 * (len(rising) - 1), abs=1)


def test_a_steady_level_stays() -> None:
    out = to_8k(array("d", [500.0] * 4800), 48000)
    assert list(out[50:-50]) == pytest.approx([500.0] * (len(out) - 100))


def test_a_very_short_sound() -> None:
    assert len(to_8k(array("d", [1.0]), 48000)) == 0
    assert len(to_8k(array("d", [1.0] * 6), 48000)) == 1


def test_a_lower_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="4000 samples a second: expected 8000 or more"):
        to_8k(array("d", [1.0] * 100), 4000)


def test_alaw_is_what_the_table_says_and_loud_sound_is_cut_off() -> None:
    every = array("d", range(-32768, 32768))
    pcm = array("h", range(-32768, 32768))
    if sys.byteorder == "big":
        pcm.byteswap()
    assert to_alaw(every) == from_pcm16(pcm.tobytes())
    assert to_alaw(array("d", [40000.0, -1e9])) == to_alaw(array("d", [32767.0, -32768.0]))
    assert to_alaw(array("d", [15.6, -16.4])) == to_alaw(array("d", [16.0, -16.0]))
    assert to_alaw(array("d")) == b""
