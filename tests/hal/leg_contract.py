"""What every carrier's legs must do (hal/leg.py), for the carriers' own tests to call."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hal.leg import (
    Answered,
    Cause,
    Direction,
    HangupBy,
    Leg,
    LegEvent,
    Party,
    Progress,
    Released,
    State,
    TransferState,
    UnexpectedMove,
)


def check_released_once(events: Sequence[LegEvent], cause: Cause, by: HangupBy) -> None:
    """Exactly one Released, at the very end, as expected and with a reason in words."""
    released = [event for event in events if isinstance(event, Released)]
    assert len(released) == 1
    assert events[-1] is released[0]
    assert (released[0].cause, released[0].by) == (cause, by)
    assert released[0].why


def check_fresh(leg: Leg, direction: Direction) -> None:
    """A leg as it is handed to the call layer."""
    assert leg.direction is direction
    assert leg.state is (State.OFFERED if direction is Direction.INCOMING else State.CALLING)
    assert leg.address
    assert leg.caller.number or leg.caller.why_unknown or direction is Direction.OUTGOING


def check_events_wait_for_a_listener(leg: Leg) -> list[LegEvent]:
    """Release a leg that nobody listens to: the events come, in order, to who listens later."""
    leg.listener = None
    leg.release()
    told: list[LegEvent] = []
    leg.listener = told.append
    assert isinstance(told[-1], Released)
    return told


def check_dead(leg: Leg) -> None:
    """A released leg refuses everything but a second release, and tells nothing more."""
    assert leg.state is State.RELEASED
    told: list[LegEvent] = []
    leg.listener = told.append
    leg.release()
    for command in (leg.answer, leg.alert, leg.hold, leg.resume):
        with pytest.raises(UnexpectedMove):
            command()
    leg.identify(Party("1"))
    leg.report_transfer(TransferState.DONE)
    assert not leg.progress()
    assert told == []


def check_story(events: Sequence[LegEvent]) -> None:
    """Progress, then the answer, then the end: never in another order, the last two once."""
    answers = [at for at, event in enumerate(events) if isinstance(event, Answered)]
    ends = [at for at, event in enumerate(events) if isinstance(event, Released)]
    assert len(answers) <= 1
    assert len(ends) <= 1
    assert not ends or ends[0] == len(events) - 1
    progress = [at for at, event in enumerate(events) if isinstance(event, Progress)]
    assert not (answers and progress) or progress[0] < answers[0]
