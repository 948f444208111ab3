"""Numbers dialled in a menu, languages, and what is said about a wrong key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware.config.schema import Destination, Menu
from firmware.ivr.dialogue import (
    Begin,
    Event,
    Play,
    Pressed,
    PromptEnded,
    Speak,
    StartTimer,
    StopPlaying,
    StopTimer,
    TimedOut,
)
from firmware.ivr.menu import MOST_LANGUAGES, Command, Go, Run, State

SALES = Destination(to="queue", id="sales")
ANNA = Destination(to="extension", id="201")
BEN = Destination(to="extension", id="2015")
NUMBERS = {"201": ANNA, "2015": BEN, "600": SALES}
MENU = Menu(
    id="main",
    name="Main",
    greeting="hello",
    options={"1": SALES, "2": SALES},
    languages={"8": "fr", "2": "af"},
    dial_extensions=True,
    wrong_key="wrong",
    silence="silence",
)


def begun(menu: Menu = MENU) -> Run:
    run = Run(menu, NUMBERS)
    assert run.advance(Begin()) == [Play("hello")]
    return run


def press(run: Run, keys: str) -> list[Command]:
    last: list[Command] = []
    for key in keys:
        last = run.advance(Pressed(key))
    return last


def test_a_number_is_dialled_and_a_pause_ends_it() -> None:
    run = begun()
    assert press(run, "201") == [StopPlaying(), StartTimer(2)]
    assert run.advance(TimedOut()) == [StopTimer(), StopPlaying(), Go(ANNA, "dialled 201")]


def test_the_longest_number_needs_no_pause() -> None:
    assert press(begun(), "2015")[-1] == Go(BEN, "dialled 2015")
    assert press(begun(), "600")[-1] == Go(SALES, "dialled 600")


def test_hash_ends_a_number() -> None:
    assert press(begun(), "201#")[-1] == Go(ANNA, "dialled 201")


def test_a_key_no_number_begins_with_leads_at_once() -> None:
    assert press(begun(), "1")[-1] == Go(SALES, "pressed 1")


def test_a_key_some_number_begins_with_leads_after_a_pause() -> None:
    run = begun()
    press(run, "2")
    assert run.advance(PromptEnded()) == []
    assert run.advance(TimedOut()) == [
        Speak("af"),
        StopTimer(),
        StopPlaying(),
        Go(SALES, "pressed 2"),
    ]


def test_keys_typed_ahead_go_on_with_the_caller() -> None:
    assert press(begun(), "29")[-1] == Go(SALES, "pressed 2", rest="9")


def test_a_number_that_nobody_has_is_a_wrong_key() -> None:
    run = begun()
    press(run, "60")
    assert run.advance(TimedOut()) == [StopTimer(), Play("wrong")]
    assert run.advance(PromptEnded()) == [Play("hello")]
    assert run.advance(PromptEnded()) == [StartTimer(5)]
    assert run.advance(TimedOut()) == [StopTimer(), Play("silence")]
    press(run, "60")
    assert run.advance(TimedOut())[-1] == Go(
        MENU.otherwise, "number 60 leads nowhere, 3 times without a choice"
    )


def test_numbers_are_not_dialled_where_the_menu_does_not_say_so() -> None:
    closed = begun(MENU.model_copy(update={"dial_extensions": False}))
    assert press(closed, "2")[-1] == Go(SALES, "pressed 2")


def test_a_language_alone_begins_the_greeting_anew_and_is_no_try() -> None:
    run = begun()
    for _ in range(MOST_LANGUAGES):
        assert press(run, "8") == [Speak("fr"), StopTimer(), Play("hello")]
    assert run.tries == 0
    assert press(run, "8") == [StopTimer(), Play("wrong")]


@given(
    st.lists(
        st.one_of(
            st.sampled_from("0123456789*#").map(Pressed),
            st.sampled_from([PromptEnded(), TimedOut()]),
        ),
        max_size=60,
    )
)
def test_whatever_is_typed_the_caller_leaves_once_at_most(events: list[Event]) -> None:
    run = begun()
    commands: list[Command] = []
    for event in events:
        commands += run.advance(event)
    assert sum(isinstance(c, Go) for c in commands) == (run.state is State.DONE)
    assert run.tries <= MENU.tries
