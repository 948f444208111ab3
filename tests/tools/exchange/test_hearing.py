"""What a listener says about silence, tones and a voice."""

from __future__ import annotations

import numpy as np
import pytest

from tools.exchange import g711
from tools.exchange.hearing import Ear
from tools.exchange.sound import babble
from tools.exchange.tones import Tone, parse_cadence


def said(samples: g711.Samples) -> list[str]:
    ear = Ear()
    whole = samples[: samples.size // g711.BLOCK * g711.BLOCK]
    return [word for block in whole.reshape(-1, g711.BLOCK) if (word := ear.hear(block))]


def tone(cadence: str, seconds: float) -> g711.Samples:
    source = Tone(parse_cadence(cadence))
    blocks = [source.take() for _ in range(round(seconds * 100))]
    return np.concatenate([block for block in blocks if block is not None])


@pytest.mark.parametrize(
    ("cadence", "word"), [("425", "tone 425 Hz"), ("350+440", "tone 350+440 Hz")]
)
def test_a_tone_is_named(cadence: str, word: str) -> None:
    assert said(tone(cadence, 2)) == [word]


def test_the_gaps_between_words_are_not_silence() -> None:
    assert said(babble(10)) == ["sound"]


def test_silence_is_said_once_it_has_lasted() -> None:
    assert said(np.concatenate([babble(2), np.zeros(40_000, np.float32)])) == ["sound", "silence"]
