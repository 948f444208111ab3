"""Prompts, music and bridges, on a switch that remembers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from firmware.call.audio import LEAD_IN, MUSIC, Audio, Tone
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


# -- sounds that are still being made ------------------------------------------------------------


def comes(audio: Audio, prompt: str) -> None:
    """The sound is made: nothing else is coming."""
    audio.shelf.expect(set())
    audio.shelf.stock({("hello", "en"): b"hello", (prompt, "en"): prompt.encode()})


async def test_a_sound_that_is_coming_is_asked_for_and_played_when_it_has_come(
    audio: Audio, switch: Any
) -> None:
    wanted: list[tuple[str, str]] = []
    audio.shelf.on_wanted = lambda prompt, language: wanted.append((prompt, language))
    audio.shelf.expect({("place", "en"), ("place", "fr")})
    ends: list[str] = []
    assert audio.play(A, "place", "en", lambda: ends.append("end"))
    assert wanted == [("place", "en")]
    assert A not in switch.plays
    assert audio.waiting == 1
    comes(audio, "place")
    assert heard(switch, A) == LEAD_IN + b"place"
    audio.played(Played(A, switch.plays[A]))
    assert (ends, audio.waiting) == (["end"], 0)


async def test_one_that_does_not_come_in_time_is_replaced_and_the_call_goes_on(
    audio: Audio, switch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware.call.audio.COMING_S", 0.0)
    audio.shelf.expect({("place", "en"), ("minutes", "en")})
    over = asyncio.Event()
    late: list[str] = []
    audio.shelf.on_late = lambda prompt, language: late.append(f"{prompt} {language}")
    audio.shelf.in_place = "hello"
    audio.play(A, "place", "en", over.set)
    while A not in switch.plays:  # noqa: ASYNC110  # a timer of no time
        await asyncio.sleep(0)
    assert heard(switch, A) == LEAD_IN + b"hello"
    audio.played(Played(A, switch.plays[A]))
    assert over.is_set()
    audio.shelf.in_place = "nothing"
    over.clear()
    audio.play_all(A, ["place", "minutes"], "en", over.set)
    async with asyncio.timeout(5):
        await over.wait()
    assert audio.waiting == 0
    assert late == ["place en", "place en", "minutes en"]


async def test_a_row_of_sentences_is_asked_for_as_a_whole(audio: Audio, switch: Any) -> None:
    wanted: list[str] = []
    audio.shelf.on_wanted = lambda prompt, language: wanted.append(prompt)
    audio.shelf.expect({("place", "en"), ("three", "en")})
    audio.play_all(A, ["hello", "place", "three"], "en", lambda: None)
    assert heard(switch, A) == LEAD_IN + b"hello"
    assert wanted == ["place", "three"]


@pytest.mark.parametrize("other", ["play", "music", "tone", "quiet", "forget"])
async def test_who_hears_something_else_meanwhile_does_not_hear_it_later(
    audio: Audio, switch: Any, other: str
) -> None:
    audio.shelf.expect({("place", "en")})
    audio.play(A, "place", "en")
    match other:
        case "play":
            audio.play(A, "hello", "en")
        case "music":
            audio.music(A)
        case "tone":
            audio.tone(A, Tone.BUSY)
        case "quiet":
            audio.quiet(A)
        case _:
            audio.forget(A)
    before = dict(switch.plays)
    comes(audio, "place")
    assert switch.plays == before
    assert audio.waiting == 0


async def test_music_begins_as_soon_as_it_is_there(switch: Any) -> None:
    audio = Audio(switch)
    audio.shelf.expect({MUSIC})
    audio.music(A)
    audio.music(B)
    audio.quiet(B)
    audio.shelf.stock({})
    assert switch.plays == {}
    audio.shelf.music = switch.load(b"music")
    audio.shelf.expect(set())
    audio.shelf.stock({})
    assert heard(switch, A) == b"music"
    assert B not in switch.plays
