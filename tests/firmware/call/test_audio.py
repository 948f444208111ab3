"""Prompts, music and bridges, on a switch that remembers."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.call.audio import LEAD_IN, Audio, Tone
from hal.leg import PortId
from hal.switch.face import Played

A, B = PortId(1), PortId(2)


@pytest.fixture
def audio(switch: Any) -> Audio:
    made = Audio(switch)
    made.shelf.stock({("hello", "en"): b"hello", ("hello", "fr"): b"bonjour"})
    made.shelf.music = switch.load(b"music")
    return made


def heard(switch: Any, port: int) -> bytes:
    sound: bytes = switch.sounds[switch.plays[port]]
    return sound


def test_a_prompt_is_played_in_the_callers_language_after_a_lead_in(
    audio: Audio, switch: Any
) -> None:
    assert audio.play(A, "hello", "fr")
    assert heard(switch, A) == LEAD_IN + b"bonjour"


def test_a_missing_language_falls_back_and_a_missing_prompt_says_no(
    audio: Audio, switch: Any
) -> None:
    assert audio.play(A, "hello", "zu")
    assert heard(switch, A) == LEAD_IN + b"hello"
    assert not audio.play(A, "nothing", "en")


def test_the_end_of_a_prompt_is_told_once_and_not_for_another_sound(
    audio: Audio, switch: Any
) -> None:
    ends: list[str] = []
    audio.play(A, "hello", "en", lambda: ends.append("end"))
    sound = switch.plays[A]
    audio.played(Played(B, sound))
    audio.played(Played(A, sound + 1))
    assert ends == []
    audio.played(Played(A, sound))
    audio.played(Played(A, sound))
    assert ends == ["end"]


def test_a_prompt_that_is_stopped_tells_no_end(audio: Audio, switch: Any) -> None:
    ends: list[str] = []
    audio.play(A, "hello", "en", lambda: ends.append("end"))
    sound = switch.plays[A]
    audio.quiet(A)
    audio.played(Played(A, sound))
    assert ends == []


def test_restocking_keeps_what_is_the_same_and_unloads_the_rest(audio: Audio, switch: Any) -> None:
    before = audio.shelf.find("hello", "en")
    audio.shelf.stock({("hello", "en"): b"hello", ("bye", "en"): b"bye"})
    assert audio.shelf.find("hello", "en") == before
    assert sorted(switch.sounds.values()) == sorted(
        [LEAD_IN + b"hello", LEAD_IN + b"bye", b"music"]
    )


def test_a_tone_sounds_until_it_is_stopped_and_is_made_once(audio: Audio, switch: Any) -> None:
    audio.tone(A, Tone.RINGING)
    ringing = heard(switch, A)
    assert len(ringing) == 5 * 8000  # ITU-T E.180 clause 6: a period of 5 s, of which 1 s sounds
    assert ringing[8000:] == b"\xd5" * 4 * 8000
    assert len(set(ringing[:8000])) > 20
    first = switch.plays[A]
    audio.tone(B, Tone.RINGING)
    assert switch.plays[B] == first
    audio.quiet(A)
    assert A not in switch.plays


def test_a_short_tone_tells_its_end(audio: Audio, switch: Any) -> None:
    ends: list[str] = []
    audio.tone(A, Tone.BUSY, lambda: ends.append("end"))
    audio.played(Played(A, switch.plays[A]))
    assert ends == ["end"]


def test_prompts_are_played_in_order_without_those_that_are_not_there(
    audio: Audio, switch: Any
) -> None:
    audio.shelf.stock({("one", "en"): b"1", ("two", "en"): b"2"})
    ends: list[str] = []
    assert audio.play_all(
        A, ["nothing", "one", "nothing", "two", "nothing"], "en", lambda: ends.append("end")
    )
    assert heard(switch, A) == LEAD_IN + b"1"
    audio.played(Played(A, switch.plays[A]))
    assert heard(switch, A) == LEAD_IN + b"2"
    assert ends == []
    audio.played(Played(A, switch.plays[A]))
    assert ends == ["end"]


def test_prompts_none_of_which_is_there_are_not_played(audio: Audio) -> None:
    ends: list[str] = []
    assert not audio.play_all(A, ["nothing", "nowhere"], "en", lambda: ends.append("end"))
    assert not audio.play_all(A, [], "en", lambda: ends.append("end"))
    assert ends == []


def test_prompts_stopped_in_the_middle_do_not_go_on(audio: Audio, switch: Any) -> None:
    ends: list[str] = []
    audio.play_all(A, ["hello", "hello"], "en", lambda: ends.append("end"))
    sound = switch.plays[A]
    audio.quiet(A)
    audio.played(Played(A, sound))
    assert A not in switch.plays
    assert ends == []
