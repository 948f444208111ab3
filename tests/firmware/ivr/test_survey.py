"""One question after a call, told as stories, then the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.config.places import Survey
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
from firmware.ivr.survey import IGNORED, TABLE, TEN_S, Command, Finished, Run, Scored, State

CSAT = Survey(id="happy", name="Happy?", prompt="ask", thanks="thanks")
NPS = CSAT.model_copy(update={"kind": "nps", "thanks": None})


def begun(survey: Survey) -> Run:
    run = Run(survey)
    assert run.advance(Begin()) == [Play("ask")]
    return run


def press(run: Run, keys: str) -> list[Command]:
    last: list[Command] = []
    for key in keys:
        last = run.advance(Pressed(key))
    return last


def test_an_answer_is_told_before_the_thanks() -> None:
    run = begun(CSAT)
    assert press(run, "4") == [StopTimer(), Scored(4), Play("thanks")]
    assert run.advance(PromptEnded()) == [Finished()]


@pytest.mark.parametrize("key", ["0", "6", "9", "*", "#"])
def test_csat_is_1_to_5(key: str) -> None:
    run = begun(CSAT)
    assert press(run, key) == [StopTimer(), Play("ask")]
    assert press(run, key) == [StopTimer(), StopPlaying(), Finished()]


@pytest.mark.parametrize(("keys", "score"), [("0", 0), ("9", 9), ("10", 10), ("1#", 1), ("15", 1)])
def test_nps_is_0_to_10(keys: str, score: int) -> None:
    assert press(begun(NPS), keys) == [Scored(score), StopTimer(), StopPlaying(), Finished()]


def test_a_one_that_is_no_ten() -> None:
    run = begun(NPS)
    assert press(run, "1") == [StopPlaying(), StartTimer(TEN_S)]
    assert run.advance(TimedOut())[0] == Scored(1)


def test_silence_ends_it() -> None:
    run = begun(CSAT)
    assert run.advance(PromptEnded()) == [StartTimer(6)]
    assert run.advance(TimedOut()) == [StopTimer(), Play("ask")]
    run.advance(PromptEnded())
    assert run.advance(TimedOut())[-1] == Finished()


def test_table_and_ignored_are_disjoint_and_every_state_is_left() -> None:
    assert not set(TABLE) & IGNORED
    assert {state for state, _ in TABLE} == set(State) - {State.DONE}
    with pytest.raises(UnexpectedEvent, match="survey happy: TimedOut while NEW"):
        Run(CSAT).advance(TimedOut())


@given(
    st.sampled_from([CSAT, NPS]),
    st.lists(
        st.one_of(
            st.sampled_from("0123456789*#").map(Pressed),
            st.sampled_from([PromptEnded(), TimedOut()]),
        ),
        max_size=30,
    ),
)
def test_whatever_is_typed_there_is_one_answer_at_most_and_one_end(
    survey: Survey, events: list[Event]
) -> None:
    run = begun(survey)
    commands = [command for event in events for command in run.advance(event)]
    scores = [c.score for c in commands if isinstance(c, Scored)]
    assert len(scores) <= 1
    assert all(0 <= score <= 10 for score in scores)
    assert commands.count(Finished()) == (run.state is State.DONE)
