"""Where a waiting caller wants to be called back, without a telephone."""

from __future__ import annotations

import random
from typing import Any

import pytest

from firmware.ivr.callback_ask import (
    IGNORED,
    PAUSE_S,
    TABLE,
    TRIES,
    Declined,
    Run,
    State,
    Taken,
)
from firmware.ivr.dialogue import (
    Begin,
    Event,
    Play,
    Pressed,
    PromptEnded,
    StartTimer,
    StopPlaying,
    TimedOut,
    UnexpectedEvent,
)
from firmware.voice.built_in import BUILT_IN, digits

OWN, OTHER = "0215557788", "0835550001"


def run(own: str = OWN, may_key: bool = True, good: bool = True) -> Run:
    made = Run(own, may_key, lambda number: good)
    made.heard = heard = list[str]()  # type: ignore[attr-defined]  # what the test notes
    original = made.advance

    def advance(event: Event) -> list[Any]:
        commands = original(event)
        heard.extend(c.prompt for c in commands if isinstance(c, Play))
        return commands

    made.advance = advance  # type: ignore[method-assign]  # listens in
    return made


def listen(one: Run, event: Event) -> list[str]:
    """Everything that is played from an event to the pause after it."""
    heard, commands = list[str](), one.advance(event)
    while played := [c.prompt for c in commands if isinstance(c, Play)]:
        heard += played
        commands = one.advance(PromptEnded())
    assert commands == [StartTimer(PAUSE_S)]
    return heard


def keys(one: Run, typed: str) -> list[Any]:
    found: list[Any] = []
    for digit in typed:
        found = one.advance(Pressed(digit))
    return found


def test_the_callers_own_number_is_read_out_and_confirmed() -> None:
    one = run()
    assert listen(one, Begin()) == ["box-callback-at", *digits(OWN), "box-callback-own"]
    assert keys(one, "1")[-1] == Taken(OWN)
    assert one.state is State.DONE


def test_one_cuts_the_reading_short() -> None:
    one = run()
    one.advance(Begin())
    assert keys(one, "1")[1:] == [StopPlaying(), Taken(OWN)]


def test_another_number_is_keyed_in_and_confirmed() -> None:
    one = run()
    listen(one, Begin())
    assert keys(one, "2")[-1] == Play("box-callback-number")
    heard = listen(one, PromptEnded())
    assert heard == []
    keys(one, OTHER)
    assert listen(one, Pressed("#")) == ["box-you-entered", *digits(OTHER), "box-confirm"]
    assert keys(one, "1")[-1] == Taken(OTHER)


def test_who_withholds_their_number_keys_one_in() -> None:
    one = run(own="")
    assert listen(one, Begin()) == ["box-callback-number"]
    keys(one, OTHER)
    assert listen(one, TimedOut())[0] == "box-you-entered"  # a pause ends it too
    assert keys(one, "2")[-1] == Play("box-callback-number")  # a mistake


def test_only_their_own_where_the_office_says_so() -> None:
    one = run(may_key=False)
    assert listen(one, Begin())[-1] == "box-callback-only-own"
    assert keys(one, "2") == []
    assert keys(one, "1")[-1] == Taken(OWN)


@pytest.mark.parametrize("typed", ["10111", "112", "201"])
def test_emergency_numbers_and_extensions_are_not_called_back(typed: str) -> None:
    one = run(own="")
    listen(one, Begin())
    keys(one, typed)
    assert listen(one, Pressed("#")) == ["box-callback-not", "box-callback-number"]


def test_a_number_the_office_does_not_call_is_refused() -> None:
    one = run(own="", good=False)
    listen(one, Begin())
    keys(one, "0900123456")
    assert listen(one, Pressed("#"))[0] == "box-callback-not"


def test_no_number_is_longer_than_numbers_are() -> None:
    one = run(own="")
    listen(one, Begin())
    assert keys(one, "1" * 15)[-1] == Play("box-you-entered")


def test_star_goes_on_waiting_from_everywhere() -> None:
    for typed in ("*", "2*", "2083*"):
        one = run()
        one.advance(Begin())
        assert keys(one, typed)[-1] == Declined()


def test_silence_goes_on_waiting_in_the_end() -> None:
    one = run()
    listen(one, Begin())
    for _ in range(TRIES - 1):
        assert listen(one, TimedOut())[0] == "box-callback-at"
    assert one.advance(TimedOut())[-1] == Declined()


def test_everything_that_is_said_exists() -> None:
    known = {prompt.id for prompt in BUILT_IN}
    one = run()
    listen(one, Begin())
    keys(one, "2")
    keys(one, "123#")
    listen(one, PromptEnded())
    assert set(one.heard) <= known  # type: ignore[attr-defined]  # see run


def test_random_keys_end_once_at_most() -> None:
    dice = random.Random(9)
    keys = map(Pressed, "12345#*")
    events: list[Event] = [*(PromptEnded() for _ in range(20)), TimedOut(), *keys]
    reached = set()
    for _ in range(300):
        one, ends = run(dice.choice((OWN, ""))), 0
        one.advance(Begin())
        for _ in range(40):
            try:
                commands = one.advance(dice.choice(events))
            except UnexpectedEvent:
                continue
            ends += sum(isinstance(c, Taken | Declined) for c in commands)
            reached.add(one.state)
        assert ends <= 1
    assert reached == set(State) - {State.NEW}
    assert not IGNORED & TABLE.keys()
