"""What an agent hears before the caller, without a telephone."""

from __future__ import annotations

import random
from typing import Any

import pytest

from firmware.config.schema import Comfort, Queue
from firmware.ivr.briefing import (
    ANSWER_S,
    IGNORED,
    TABLE,
    Begin,
    Decided,
    Event,
    PlayAll,
    Pressed,
    PromptEnded,
    StartTimer,
    State,
    TimedOut,
    UnexpectedEvent,
    for_agent,
    for_called_back,
    for_forwarded,
    words,
)
from firmware.voice.built_in import BUILT_IN, queue_name

NAME = queue_name("Sales").id


def queue(**comfort: Any) -> Queue:
    return Queue(id="sales", name="Sales", comfort=Comfort(**comfort))


@pytest.mark.parametrize(
    ("waited_s", "said"),
    [
        (59, ()),
        (60, ("box-agent-waited", "box-minutes-1", "box-wait-minute")),
        (7.5 * 60, ("box-agent-waited", "box-minutes-7", "box-wait-minutes")),
        (9000, ("box-agent-waited", "box-minutes-60", "box-wait-minutes")),
    ],
)
def test_queue_and_wait(waited_s: float, said: tuple[str, ...]) -> None:
    assert words(queue(agent_hears="queue_and_wait"), waited_s) == (NAME, *said)
    assert words(queue(agent_hears="queue"), waited_s) == (NAME,)
    assert words(queue(), waited_s) == ()


def briefed(**comfort: Any) -> Any:
    return for_agent(queue(**comfort), 5)


def test_the_caller_follows_what_is_said() -> None:
    run = briefed(agent_hears="queue")
    assert run.advance(Begin()) == [PlayAll((NAME,))]
    assert run.advance(PromptEnded()) == [Decided(True)]
    assert run.advance(Pressed("1")) == []


def test_any_key_cuts_it_short() -> None:
    run = briefed(agent_hears="queue")
    run.advance(Begin())
    assert run.advance(Pressed("5")) == [Decided(True)]


def test_only_a_one_takes_a_call_that_is_to_be_confirmed() -> None:
    run = briefed(agent_confirms=True)
    assert run.advance(Begin()) == [PlayAll(("box-agent-confirm",))]
    assert run.advance(Pressed("2")) == []
    assert run.advance(PromptEnded()) == [StartTimer(ANSWER_S)]
    assert run.advance(Pressed("1")) == [Decided(True)]


def test_an_answering_machine_does_not_get_it() -> None:
    run = briefed(agent_confirms=True)
    run.advance(Begin())
    run.advance(PromptEnded())
    assert run.advance(TimedOut()) == [Decided(False)]


def test_who_is_called_back_hears_the_question_thrice() -> None:
    run = for_called_back("our-shop")
    said = PlayAll(("our-shop", "box-callback-here", "box-callback-now"))
    assert run.advance(Begin()) == [said]
    for _ in range(2):
        assert run.advance(PromptEnded()) == [StartTimer(ANSWER_S)]
        assert run.advance(TimedOut()) == [said]
    run.advance(PromptEnded())
    assert run.advance(TimedOut()) == [Decided(False)]  # an answering machine
    assert not run.is_refused


def test_who_is_called_back_may_need_it_no_more() -> None:
    run = for_called_back(None)
    run.advance(Begin())
    assert run.advance(Pressed("3")) == []
    assert run.advance(Pressed("2")) == [Decided(False)]
    assert run.is_refused


def test_an_agent_hears_that_it_is_a_callback() -> None:
    assert words(queue(agent_hears="queue"), 5, is_callback=True) == (NAME, "box-agent-callback")
    assert for_agent(queue(), 5, is_callback=True) is None


def test_what_is_said_exists() -> None:
    known = {prompt.id for prompt in BUILT_IN}
    for run in (for_called_back(None), for_forwarded()):
        (said,) = run.advance(Begin())
        assert isinstance(said, PlayAll)
        assert set(said.prompts) <= known


def test_random_events_decide_once_at_most() -> None:
    dice = random.Random(4)
    events: list[Event] = [Begin(), PromptEnded(), Pressed("1"), Pressed("2"), TimedOut()]
    reached = set()
    for _ in range(200):
        run, decided = briefed(agent_confirms=True), 0
        run.advance(Begin())
        for _ in range(8):
            try:
                commands = run.advance(dice.choice(events))
            except UnexpectedEvent:
                continue
            decided += sum(isinstance(command, Decided) for command in commands)
            reached.add(run.state)
        assert decided <= 1
    assert reached == set(State) - {State.NEW}
    assert not IGNORED & TABLE.keys()
