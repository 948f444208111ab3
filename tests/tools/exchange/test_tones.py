"""Tones: frequencies, levels and cadence, against the tone zone library's own figures."""

from __future__ import annotations

import numpy as np
import pytest

from tools.exchange import country, g711
from tools.exchange.country import CallerId, ToneName
from tools.exchange.errors import BadRequest, NoToneTable
from tools.exchange.tones import Clip, Part, Tone, parse_cadence


def play(text: str, seconds: float) -> g711.Samples:
    tone = Tone(parse_cadence(text))
    blocks = [tone.take() for _ in range(round(seconds * 100))]
    return np.concatenate([np.zeros(80, np.float32) if b is None else b for b in blocks])


def lines_of(samples: g711.Samples) -> list[int]:
    """Frequencies within 20 dB of the strongest."""
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    middle = power[1:-1]
    is_peak = (middle > power[:-2]) & (middle >= power[2:]) & (middle > 0.01 * power.max())
    return [round((i + 1) * 8000 / samples.size) for i in np.flatnonzero(is_peak)]


@pytest.mark.parametrize(
    ("text", "hertz"),
    [
        ("425", [425]),
        ("350+440", [350, 440]),
        ("480+620", [480, 620]),
        ("400*33", [367, 400, 433]),  # a modulated tone has both side lines
        ("400*25", [375, 400, 425]),
    ],
)
def test_frequencies(text: str, hertz: list[int]) -> None:
    assert lines_of(play(text, 1.0)) == hertz


@pytest.mark.parametrize("text", ["425", "350+440", "400*33"])
def test_every_tone_has_the_level_of_e180(text: str) -> None:
    assert g711.level_dbm0(play(text, 1.0)) == pytest.approx(-10, abs=0.2)


def test_a_cadence_keeps_time_across_blocks() -> None:
    loud = np.abs(play("425/375,0/325", 2.1)).reshape(-1, 40).max(axis=1) > 100
    edges = np.flatnonzero(np.diff(loud.astype(int))) + 1
    assert list(edges * 5) == [375, 700, 1075, 1400, 1775]


def test_parts_marked_once_are_not_repeated() -> None:
    audio = play("!950/100,!1400/100,425", 1.0)
    assert lines_of(audio[:800]) == [950]
    assert lines_of(audio[3200:]) == [425]


def test_a_cadence_of_parts_all_marked_once_ends() -> None:
    tone = Tone(parse_cadence("!950/20"))
    assert [tone.take() is None for _ in range(4)] == [False, False, True, True]


@pytest.mark.parametrize("text", ["", "abc", "425/", "425//3", "1+2+3", "-4"])
def test_what_is_no_cadence_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="tone part"):
        parse_cadence(text)


def test_a_clip_is_repeated_with_its_pause() -> None:
    clip = Clip(np.ones(160, np.float32), repeat=2, pause_s=0.01)
    blocks = [clip.take() for _ in range(7)]
    levels = [None if block is None else float(block.max()) for block in blocks]
    assert levels == [1, 1, 0, 1, 1, None, None]


@pytest.mark.parametrize(
    ("code", "ring_ms", "dial", "caller_id"),
    [
        # ITU-T E.180 supplement 2 and the national networks' interface descriptions
        ("ZA", (400, 200, 400, 2000), (400, 33), CallerId.V23),
        ("GB", (400, 200, 400, 2000), (350, 440), CallerId.V23),
        ("US", (2000, 4000), (350, 440), CallerId.BELL202),
        ("DE", (1000, 4000), (425, 0), CallerId.V23),
        ("SE", (1000, 5000), (425, 0), CallerId.DTMF),
    ],
)
def test_countries(
    code: str, ring_ms: tuple[int, ...], dial: tuple[int, int], caller_id: CallerId
) -> None:
    home = country.load(code)
    assert home.ring_ms == ring_ms
    tone: Part = home.tones[ToneName.DIAL][0]
    assert (tone.f1_hz, tone.f2_hz) == dial
    assert home.habits.caller_id is caller_id


@pytest.mark.parametrize("code", ["AU", "BR", "CN", "IN", "IT", "JP", "MX", "NZ", "PT", "ZA"])
def test_the_tones_of_many_countries_can_be_read(code: str) -> None:
    home = country.load(code)
    assert all(home.tones.values())
    assert len(home.ring_ms) % 2 == 0


def test_every_second_burst_of_australias_congestion_tone_is_quieter() -> None:
    audio = play("425/375,0/375,425@/375,0/375", 1.5)
    loud, quiet = g711.level_dbm0(audio[:3000]), g711.level_dbm0(audio[6000:9000])
    assert loud - quiet == pytest.approx(10, abs=0.2)


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(NoToneTable, match="country 'XX'"):
        country.load("xx")
