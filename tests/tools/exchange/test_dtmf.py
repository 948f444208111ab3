"""DTMF: our sender against spandsp's receiver, and our receiver against ITU-T Q.24."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tools.exchange import dtmf, g711
from tools.exchange.sound import babble

ALL = "1234567890*#ABCD"


def received(samples: g711.Samples) -> str:
    receiver = dtmf.Receiver()
    padded = np.concatenate([samples, np.zeros(800 - samples.size % 80, np.float32)])
    blocks = g711.decode(g711.encode(padded)).reshape(-1, g711.BLOCK)
    return "".join(receiver.receive(block) for block in blocks)


def pair(low_hz: float, high_hz: float, ms: float, low_dbm0: float, high_dbm0: float) -> Any:
    turn = 2 * np.pi * np.arange(int(ms * 8)) / 8000
    low = g711.peak_of(low_dbm0) * np.sin(turn * low_hz)
    return (low + g711.peak_of(high_dbm0) * np.sin(turn * high_hz)).astype(np.float32)


def test_spandsp_hears_every_digit(spandsp: Any) -> None:
    assert spandsp.digits(g711.decode(g711.encode(dtmf.dial(ALL)))) == ALL


def test_every_digit_comes_back_once() -> None:
    assert received(dtmf.dial(ALL)) == ALL


def test_the_same_digit_twice_is_two_digits() -> None:
    assert received(dtmf.dial("1100")) == "1100"


@pytest.mark.parametrize("deviation", [-0.015, 0.015])
def test_q24_frequency_tolerance(deviation: float) -> None:
    # Q.24 Table A-1: deviations up to 1.5 % are accepted
    stretch = 1 + deviation
    assert received(pair(770 * stretch, 1336 * stretch, 80, -9, -7)) == "5"


@pytest.mark.parametrize(("ms", "expected"), [(40, "8"), (70, "8"), (15, "")])
def test_q24_duration(ms: int, expected: str) -> None:
    # Q.24 Table A-1: 40 ms must be taken, 20 to 24 ms must not
    assert received(pair(852, 1336, ms, -9, -7)) == expected


@pytest.mark.parametrize(("low", "high"), [(-6, -12), (-14, -7), (-28, -27)])
def test_q24_levels_and_twist(low: float, high: float) -> None:
    assert received(pair(941, 1209, 80, low, high)) == "*"


def test_a_pause_of_40_ms_separates() -> None:
    assert received(dtmf.dial("55", 60, 40)) == "55"


def test_one_tone_alone_noise_and_a_voice_are_no_digits() -> None:
    noise = np.random.default_rng(2).standard_normal(80_000).astype(np.float32) * 2000
    assert received(pair(770, 1336, 500, -60, -9)) == ""
    assert received(noise) == ""
    assert received(babble(20.0)) == ""


def test_spandsp_hears_a_number_sent_as_dtmf_caller_id(spandsp: Any) -> None:
    digits = dtmf.caller_id("0215557788", "")
    assert digits == "A0215557788C"
    quiet = np.zeros(2400, np.float32)
    audio = np.concatenate([quiet, dtmf.dial(digits, 70, 70), quiet])
    messages = spandsp.caller_id(g711.decode(g711.encode(audio)), 5)
    assert b"0215557788" in b"".join(messages)


@pytest.mark.parametrize(("absent", "expected"), [("P", "B10C"), ("O", "B00C")])
def test_absence_by_information_code(absent: str, expected: str) -> None:
    assert dtmf.caller_id("0215557788", absent) == expected
