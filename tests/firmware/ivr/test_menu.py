"""The menu core, told as stories, then its table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.config.schema import HANG_UP, Destination, Menu
from firmware.ivr.dialogue import UnexpectedEvent
from firmware.ivr.menu import (
    IGNORED,
    TABLE,
    Begin,
    Event,
    Go,
    Play,
    Pressed,
    PromptEnded,
    Run,
    StartTimer,
    State,
    StopPlaying,
    StopTimer,
    TimedOut,
)

SALES = Destination(to="queue", id="sales")
MENU = Menu(id="main", name="Main", greeting="hello", options={"1": SALES}, timeout_s=4, tries=2)


def test_a_key_after_the_greeting_leads_on() -> None:
    run = Run(MENU)
    assert run.advance(Begin()) == [Play("hello")]
    assert run.advance(PromptEnded()) == [StartTimer(4)]
    assert run.advance(Pressed("1")) == [StopTimer(), StopPlaying(), Go(SALES, "pressed 1")]
    assert run.state is State.DONE


def test_a_key_that_is_marked_says_that_it_serves_the_caller() -> None:
    told = Destination(to="message", id="hours")
    run = Run(MENU.model_copy(update={"options": {"1": SALES, "2": told}, "served": ("2",)}))
    run.advance(Begin())
    assert run.advance(Pressed("2"))[-1] == Go(told, "pressed 2", served_by="2")


def test_a_key_during_the_greeting_stops_it() -> None:
    run = Run(MENU)
    run.advance(Begin())
    assert run.advance(Pressed("1"))[-1] == Go(SALES, "pressed 1")


def test_silence_repeats_the_greeting_and_then_goes_elsewhere() -> None:
    run = Run(MENU)
    run.advance(Begin())
    run.advance(PromptEnded())
    assert run.advance(TimedOut()) == [StopTimer(), Play("hello")]
    run.advance(PromptEnded())
    last = run.advance(TimedOut())[-1]
    assert last == Go(HANG_UP, "no key for 4 s, 2 times without a choice")


def test_a_wrong_key_counts_as_a_try() -> None:
    run = Run(MENU)
    run.advance(Begin())
    assert run.advance(Pressed("9")) == [StopTimer(), Play("hello")]
    last = run.advance(Pressed("8"))[-1]
    assert last == Go(HANG_UP, "key 8 leads nowhere, 2 times without a choice")


def test_keys_after_the_choice_are_nobodys() -> None:
    run = Run(MENU)
    run.advance(Begin())
    run.advance(Pressed("1"))
    assert run.advance(Pressed("1")) == []


def test_table_and_ignored_are_disjoint_and_every_state_is_left() -> None:
    assert not set(TABLE) & IGNORED
    assert {state for state, _ in TABLE} == set(State) - {State.DONE}


def test_an_undeclared_event_is_refused_by_name() -> None:
    with pytest.raises(UnexpectedEvent, match="menu main: TimedOut while NEW"):
        Run(MENU).advance(TimedOut())


@given(
    st.lists(st.sampled_from([Pressed("1"), Pressed("5"), PromptEnded(), TimedOut()]), max_size=30)
)
def test_whatever_happens_the_caller_leaves_once_at_most(events: list[Event]) -> None:
    run = Run(MENU)
    commands = run.advance(Begin())
    for event in events:
        commands += run.advance(event)
    assert sum(isinstance(c, Go) for c in commands) == (run.state is State.DONE)
    assert run.tries <= MENU.tries
