"""Leaving a message, without a telephone."""

from __future__ import annotations

import math
import random
from array import array

import pytest

from firmware.config.mailboxes import Mailbox
from firmware.ivr.voicemail import (
    IGNORED,
    TABLE,
    Begin,
    Enough,
    Event,
    HangUp,
    HungUp,
    Keep,
    Play,
    Pressed,
    PromptEnded,
    Record,
    Run,
    State,
    Take,
    UnexpectedEvent,
)
from firmware.voice.built_in import BEEP
from hal.switch.g711 import from_pcm16

BOX = Mailbox(id="201", name="Anna", silence_s=3, max_message_s=20)


def tone(seconds: float, dbm0: float) -> bytes:
    """A sine of 1 kHz; of full scale it is 3.14 dBm0 (ITU-T G.711)."""
    peak = 32767 * 10 ** ((dbm0 - 3.14) / 20)
    wave = (int(peak * math.sin(2 * math.pi * n / 8)) for n in range(int(8000 * seconds)))
    return from_pcm16(array("h", wave).tobytes())


SPEECH, NOISE = -20.0, -60.0


def test_a_message_ended_by_the_key() -> None:
    run = Run(BOX)
    assert run.advance(Begin()) == [Play("box-mailbox-greeting")]
    assert run.advance(PromptEnded()) == [Play(BEEP)]
    assert run.advance(PromptEnded()) == [Record()]
    assert run.advance(Pressed("5")) == []
    assert run.advance(Pressed("#")) == [Keep("the caller pressed #", is_there=True)]
    assert run.advance(PromptEnded()) == [HangUp("the end of the mailbox")]
    assert run.state is State.DONE


def test_a_key_in_the_greeting_goes_to_the_tone() -> None:
    run = Run(BOX.model_copy(update={"greeting": "away"}))
    assert run.advance(Begin()) == [Play("away")]
    assert run.advance(Pressed("1")) == [Play(BEEP)]


def test_hanging_up_keeps_what_was_said() -> None:
    run = Run(BOX)
    for event in (Begin(), PromptEnded(), PromptEnded()):
        run.advance(event)
    assert run.advance(HungUp()) == [Keep("the caller hung up", is_there=False)]
    assert run.advance(HungUp()) == []


def test_hanging_up_before_the_tone_keeps_nothing() -> None:
    run = Run(BOX)
    run.advance(Begin())
    assert run.advance(HungUp()) == []


def test_a_full_mailbox_says_so() -> None:
    run = Run(BOX)
    assert run.advance(Begin(is_full=True)) == [Play("box-mailbox-full")]
    assert run.advance(PromptEnded()) == [HangUp("the end of the mailbox")]


def test_random_events_only_advance_or_are_refused() -> None:
    dice = random.Random(1)
    events: list[Event] = [Begin(), PromptEnded(), Pressed("#"), Enough("x"), HungUp()]
    reached = set()
    for _ in range(300):
        run = Run(BOX)
        run.advance(Begin())
        for _ in range(8):
            try:
                run.advance(dice.choice(events))
            except UnexpectedEvent:
                continue
            reached.add(run.state)
    assert reached == {State.TONE, State.SPEAKING, State.THANKS, State.DONE}
    assert not IGNORED & TABLE.keys()


def test_silence_ends_a_message_and_is_cut_off() -> None:
    take = Take(BOX)
    assert take.hear(tone(4, SPEECH)) is None
    assert take.hear(tone(2, NOISE)) is None
    assert take.hear(tone(1, NOISE)) == "nothing more was said"
    assert len(take.message) == pytest.approx(5 * 8000, abs=160)


def test_a_pause_within_a_message_stays() -> None:
    take = Take(BOX)
    for seconds, level in ((2, SPEECH), (2.5, NOISE), (2, SPEECH)):
        assert take.hear(tone(seconds, level)) is None
    assert len(take.message) == 6.5 * 8000


def test_the_longest_message() -> None:
    take = Take(BOX)
    assert take.hear(tone(19, SPEECH)) is None
    assert take.hear(tone(3, SPEECH)) == "the longest message was reached"
    assert len(take.message) == 20 * 8000


@pytest.mark.parametrize(
    "said",
    [b"", tone(0.5, SPEECH), tone(2, NOISE), tone(1, NOISE) + tone(0.1, -10) + tone(1, NOISE)],
    ids=["nothing", "too short", "noise", "a click"],
)
def test_what_is_no_message(said: bytes) -> None:
    take = Take(BOX)
    take.hear(said)
    assert take.message == b""


def test_octet_by_octet_is_the_same_message() -> None:
    said = tone(1.3, SPEECH) + tone(0.4, NOISE)
    whole, parts = Take(BOX), Take(BOX)
    whole.hear(said)
    for at in range(0, len(said), 37):
        parts.hear(said[at : at + 37])
    assert parts.message == whole.message == said
