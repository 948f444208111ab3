"""A call's stages and the row that is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmware.call.call import FOLLOWS, Call, Stage, UnexpectedStage, new_call_id, who_hung_up
from firmware.records.messages import CallId, Outcome
from hal.leg import Cause, Direction, HangupBy, Kind, Party, Released

AT = datetime(2026, 3, 2, 7, 0, 0, tzinfo=UTC)
BYE = Released(Cause.NORMAL, HangupBy.PARTY, "BYE")


@pytest.fixture
def call(make_leg: Any) -> Call:
    leg = make_leg(Kind.LINE, Direction.INCOMING)
    made = Call(CallId("c1"), "incoming", leg, AT, began=100.0, line=1, since=100.0)
    made.party = Party("0215557788", "Alice Example")
    return made


def test_times_of_an_answered_call_add_up(call: Call) -> None:
    call.answer(102.0)
    call.enter(Stage.MENU, 102.0)
    call.queue_up("sales", 110.0)
    call.enter(Stage.OFFERING, 111.0)
    call.join("201", "Anna", 125.0)
    call.enter(Stage.HELD, 140.0)
    call.enter(Stage.TALKING, 150.0)
    row = call.end("caller", BYE, 185.0)
    assert (row.wait_s, row.talk_s, row.hold_s, row.total_s) == (15.0, 50.0, 10.0, 85.0)
    assert row.answered_at == AT + timedelta(seconds=2)
    assert row.queued_at == AT + timedelta(seconds=10)
    assert row.joined_at == AT + timedelta(seconds=25)
    assert row.ended_at == AT + timedelta(seconds=85)
    assert (row.outcome, row.agent, row.ended_by) == (Outcome.ANSWERED, "201", "caller")


@pytest.mark.parametrize(
    ("stages", "outcome"),
    [
        ([], Outcome.MISSED),
        ([Stage.MENU], Outcome.IN_MENU),
        ([Stage.MENU, Stage.WAITING], Outcome.ABANDONED),
        ([Stage.MENU, Stage.WAITING, Stage.OFFERING], Outcome.ABANDONED),
        ([Stage.DIALLING], Outcome.MISSED),
    ],
)
def test_outcome_of_a_caller_who_gave_up(call: Call, stages: list[Stage], outcome: Outcome) -> None:
    for second, stage in enumerate(stages):
        call.enter(stage, 101.0 + second)
    assert call.end("caller", BYE, 110.0).outcome is outcome


def test_outcome_after_the_queue_sent_the_caller_away(call: Call) -> None:
    call.queue_up("sales", 101.0)
    call.unqueue(131.0)
    call.overflowed = True
    call.enter(Stage.MESSAGE, 131.0)
    row = call.end("box", BYE, 135.0)
    assert (row.outcome, row.wait_s) == (Outcome.OVERFLOWED, 30.0)


@pytest.mark.parametrize(
    ("by", "cause", "outcome"),
    [
        ("called", Cause.USER_BUSY, Outcome.BUSY),
        ("called", Cause.NO_ANSWER, Outcome.NO_ANSWER),
        ("caller", Cause.NORMAL, Outcome.NO_ANSWER),
        ("box", Cause.UNALLOCATED, Outcome.FAILED),
        ("fault", Cause.NETWORK_OUT_OF_ORDER, Outcome.FAILED),
    ],
)
def test_outcome_of_a_call_that_was_not_answered(
    call: Call, by: str, cause: Cause, outcome: Outcome
) -> None:
    call.direction = "outgoing"
    call.enter(Stage.DIALLING, 101.0)
    assert call.end(by, Released(cause, HangupBy.PARTY), 120.0).outcome is outcome


def test_an_ended_call_stays_ended(call: Call) -> None:
    call.end("caller", BYE, 101.0)
    with pytest.raises(UnexpectedStage, match="menu cannot follow ended"):
        call.enter(Stage.MENU, 102.0)


def test_every_stage_but_the_last_can_be_left() -> None:
    assert set(FOLLOWS) == set(Stage)
    assert [stage for stage, after in FOLLOWS.items() if not after] == [Stage.ENDED]


def test_call_ids_begin_with_their_utc_time() -> None:
    assert new_call_id(AT).startswith("20260302-070000-")


@pytest.mark.parametrize(
    ("by", "words"),
    [(HangupBy.PARTY, "agent"), (HangupBy.BOX, "box"), (HangupBy.FAULT, "fault")],
)
def test_who_hung_up(by: HangupBy, words: str) -> None:
    assert who_hung_up(Released(Cause.NORMAL, by), "agent") == words


def test_calls_that_begin_in_the_same_second_have_ids_of_their_own() -> None:
    assert len({new_call_id(AT) for _ in range(10_000)}) == 10_000
