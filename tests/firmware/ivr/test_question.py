"""Digits asked of a caller, told as stories, then the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.config.destination import Destination
from firmware.config.places import Question
from firmware.ivr.dialogue import (
    Begin,
    Event,
    Play,
    Pressed,
    PromptEnded,
    StartTimer,
    StopPlaying,
    StopTimer,
    TimedOut,
    UnexpectedEvent,
)
from firmware.ivr.question import IGNORED, TABLE, Collected, Command, Run, State

SALES = Destination(to="queue", id="sales")
ASKED = Question(
    id="who", name="customer number", prompt="ask", min_digits=3, max_digits=5, tries=2, then=SALES
)


def begun(**fields: object) -> Run:
    run = Run(ASKED.model_copy(update=fields))
    assert run.advance(Begin()) == [StopTimer(), Play("ask")]
    return run


def press(run: Run, keys: str) -> list[Command]:
    last: list[Command] = []
    for key in keys:
        last = run.advance(Pressed(key))
    return last


def heard(run: Run, commands: list[Command]) -> list[str]:
    """Every prompt up to the next silence."""
    prompts: list[str] = []
    while played := [c.prompt for c in commands if isinstance(c, Play)]:
        prompts += played
        commands = run.advance(PromptEnded())
    return prompts


def test_a_number_is_read_back_and_confirmed() -> None:
    run = begun()
    assert press(run, "407") == [StopPlaying(), StartTimer(5)]
    assert heard(run, run.advance(Pressed("#"))) == [
        "box-you-entered",
        "box-digit-4",
        "box-digit-0",
        "box-digit-7",
        "box-confirm",
    ]
    assert press(run, "1") == [StopTimer(), StopPlaying(), Collected("407")]


def test_as_many_digits_as_there_can_be_need_no_hash() -> None:
    run = begun(confirm=False)
    assert press(run, "40712")[-1] == Collected("40712")


def test_a_pause_ends_a_number() -> None:
    run = begun(confirm=False)
    press(run, "4071")
    assert run.advance(TimedOut())[-1] == Collected("4071")


def test_star_begins_anew() -> None:
    assert press(begun(confirm=False), "99*407#")[-1] == Collected("407")


def test_too_few_digits_are_asked_for_again_and_then_given_up() -> None:
    run = begun()
    assert press(run, "40#") == [StopTimer(), Play("ask")]
    run.advance(PromptEnded())
    assert run.advance(TimedOut())[-1] == Collected("")


def test_a_wrong_number_is_entered_again() -> None:
    run = begun()
    press(run, "407#")
    assert press(run, "2") == [StopTimer(), Play("ask")]
    press(run, "408#")
    assert press(run, "91")[-1] == Collected("408")


def test_who_does_not_confirm_is_asked_again() -> None:
    run = begun()
    heard(run, press(run, "407#"))
    assert run.advance(TimedOut()) == [StopTimer(), Play("ask")]


def test_table_and_ignored_are_disjoint_and_every_state_is_left() -> None:
    assert not set(TABLE) & IGNORED
    assert {state for state, _ in TABLE} == set(State) - {State.DONE}
    with pytest.raises(UnexpectedEvent, match="question who: TimedOut while NEW"):
        Run(ASKED).advance(TimedOut())


@given(
    st.lists(
        st.one_of(
            st.sampled_from("0123456789*#").map(Pressed),
            st.sampled_from([PromptEnded(), TimedOut()]),
        ),
        max_size=80,
    )
)
def test_whatever_is_typed_it_ends_once_with_a_number_of_the_right_length(
    events: list[Event],
) -> None:
    run = begun()
    commands = [command for event in events for command in run.advance(event)]
    ends = [c.digits for c in commands if isinstance(c, Collected)]
    assert len(ends) == (run.state is State.DONE)
    assert all(digits == "" or 3 <= len(digits) <= 5 for digits in ends)
