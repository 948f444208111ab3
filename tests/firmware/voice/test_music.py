"""Music on hold."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest

from firmware.voice.level import dbm0, rms
from firmware.voice.music import fallback_tone, music


@pytest.fixture(scope="module")
def piece() -> array[float]:
    return music()


def test_it_lasts_forty_seconds_at_minus_18_dbm0(piece: array[float]) -> None:
    assert len(piece) == 40 * 8000
    assert dbm0(rms(piece)) == pytest.approx(-18.0, abs=0.01)


def test_it_never_nears_full_scale(piece: array[float]) -> None:
    assert max(map(abs, piece)) < 16384


def test_it_never_falls_silent(piece: array[float]) -> None:
    second = 8000
    levels = [dbm0(rms(piece[at : at + second])) for at in range(0, len(piece), second)]
    assert min(levels) > -30


def test_the_end_meets_the_beginning(piece: array[float]) -> None:
    steps = [abs(b - a) for a, b in pairwise(piece)]
    assert abs(piece[0] - piece[-1]) <= max(steps)


def test_it_is_the_same_every_time(piece: array[float]) -> None:
    assert music() == piece


def test_the_fallback_tone_is_short_and_ends_quietly() -> None:
    tone = fallback_tone()
    assert len(tone) == 2 * 8000
    assert dbm0(rms(tone)) == pytest.approx(-18.0, abs=0.01)
    assert max(map(abs, tone[-400:])) < 400
