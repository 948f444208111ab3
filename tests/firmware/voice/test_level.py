"""Loudness, against G.711's own reference."""

from __future__ import annotations

from array import array
from math import pi, sin

import pytest

from firmware.voice.level import active_level_dbm0, dbm0, levelled, rms


def sine(amplitude: float, seconds: float = 0.5) -> array[float]:
    return array(
        "d", (amplitude * sin(2 * pi * 1000 * n / 8000) for n in range(int(8000 * seconds)))
    )


def test_a_sine_of_full_scale_is_3_14_dbm0() -> None:
    assert dbm0(rms(sine(32768))) == pytest.approx(3.14, abs=0.01)


def test_pauses_do_not_count_as_speech() -> None:
    speech = sine(3000) + array("d", bytes(8 * 8000)) + sine(3000)
    assert active_level_dbm0(speech) == pytest.approx(active_level_dbm0(sine(3000)), abs=0.1)


@pytest.mark.parametrize("amplitude", [300, 3000, 20000])
def test_every_recording_comes_to_one_level(amplitude: int) -> None:
    out = levelled(sine(amplitude))
    assert dbm0(rms(out)) == pytest.approx(-19.0, abs=0.1)


def test_noise_is_not_blown_up() -> None:
    quiet = sine(3)
    assert dbm0(rms(levelled(quiet))) == pytest.approx(dbm0(rms(quiet)) + 30, abs=0.1)


def test_peaks_are_never_cut_off() -> None:
    click = array("d", [0.0] * 8000)
    click[4000] = 100.0
    click[2000:2400] = sine(12, 0.05)
    assert max(map(abs, levelled(click))) <= 32000


def test_direct_current_is_taken_out() -> None:
    shifted = array("d", (value + 5000 for value in sine(3000)))
    out = levelled(shifted)
    assert abs(sum(out) / len(out)) < 1


def test_silence_stays_silent() -> None:
    assert set(levelled(array("d", bytes(800)))) == {0.0}
    assert len(levelled(array("d"))) == 0
