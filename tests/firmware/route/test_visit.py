"""What can be done with a call in progress: picked up, parked, taken over, sent on, held."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.call.call import Stage
from firmware.records.messages import Outcome
from firmware.route.desk import Failure, Unreached
from firmware.route.seats_task import HOLD_TOLD_S
from firmware.route.visit_task import OUTSIDE_LIMIT_S
from hal.leg import (
    Answered,
    Cause,
    Digit,
    Direction,
    HangupBy,
    Held,
    Kind,
    Party,
    Progress,
    Released,
    State,
)

BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")


def visit_of(branch: Any, leg: Any) -> Any:
    visit = branch.attendant.visit_of(leg.id)
    assert visit is not None
    return visit


async def test_a_ringing_call_is_picked_up_and_the_phone_that_rang_is_told_so(branch: Any) -> None:
    phone = branch.phone("201", "202")
    ringing = branch.last
    picker = branch.make_leg(Kind.PHONE, Direction.INCOMING, caller=Party("203"))
    visit_of(branch, phone).take(picker, "203", "picked up by Carla")
    assert ringing.told == ["release ANSWERED_ELSEWHERE"]
    assert (phone.state, picker.state) == (State.ANSWERED, State.ANSWERED)
    assert branch.hear(phone, picker)
    picker.far(BYE)
    assert (branch.rows[0].agent, branch.rows[0].outcome) == ("203", Outcome.ANSWERED)
    assert branch.is_empty()


async def test_a_call_offered_to_an_agent_is_picked_up(branch: Any, alice: Party) -> None:
    line = branch.ring(alice)
    line.far(Digit("1", "inband"))
    picker = branch.make_leg(Kind.PHONE, Direction.INCOMING, caller=Party("203"))
    visit_of(branch, line).take(picker, "203", "picked up by Carla")
    assert branch.last.told == ["release ANSWERED_ELSEWHERE"]
    assert branch.hear(line, picker)
    assert branch.agent() == "ready"
    line.far(BYE)
    assert (branch.rows[0].agent, branch.rows[0].queue) == ("203", "sales")
    assert branch.is_empty()


async def test_a_leg_that_replaces_a_ringing_one_picks_its_call_up(branch: Any) -> None:
    phone = branch.phone("201", "202")
    ringing = branch.last
    picker = branch.phone("203", "202", replaces=ringing.id)
    assert ringing.told == ["release ANSWERED_ELSEWHERE"]
    assert branch.hear(phone, picker)
    assert len(branch.attendant.visits) == 1


async def test_a_leg_that_replaces_a_talking_one_takes_its_place(branch: Any) -> None:
    phone, other = branch.talk("201", "202")
    stand_in = branch.phone("201", "202", replaces=phone.id)
    assert phone.told == ["release NORMAL"]
    assert branch.hear(stand_in, other)
    assert branch.switch.taps == {stand_in.port}
    stand_in.far(BYE)
    assert branch.rows[0].ended_by == "caller"
    assert branch.is_empty()


async def test_nobody_takes_a_call_from_who_talks(branch: Any) -> None:
    phone, other = branch.talk("201", "202")
    thief = branch.phone("203", "202", replaces=other.id)
    assert thief.told == ["release REJECTED"]
    assert branch.hear(phone, other)


async def test_a_parked_party_hears_music_and_is_taken_back(branch: Any, alice: Party) -> None:
    line = branch.ring(alice)
    line.far(Digit("1", "inband"))
    agent = branch.last
    agent.far(Answered())
    visit = visit_of(branch, line)
    visit.park("parked in 701 by Anna")
    assert agent.told == ["release NORMAL"]
    assert branch.agent() == "wrap_up"
    assert visit.call.stage is Stage.PARKED
    assert branch.has_music(line)
    branch.loop.pass_by(30)
    phone = branch.make_leg(Kind.PHONE, Direction.INCOMING, caller=Party("203"))
    visit.unpark(phone, "203")
    assert branch.hear(line, phone)
    assert not branch.has_music(line)
    line.far(BYE)
    row = branch.rows[0]
    assert (row.agent, row.hold_s, row.outcome) == ("203", 30.0, Outcome.ANSWERED)
    assert len(branch.shelf.opened) == 1  # one recording, from agent to agent
    assert branch.is_empty()


async def test_the_party_outside_is_parked_whoever_called(branch: Any) -> None:
    phone, line = branch.talk("201", "00215557788")
    visit_of(branch, phone).park("parked")
    assert phone.told == ["release NORMAL"]
    assert branch.has_music(line)
    assert branch.switch.taps == {line.port}
    line.far(BYE)
    assert branch.rows[0].ended_by == "called"
    assert branch.is_empty()


@pytest.mark.parametrize(
    ("cause", "failure"),
    [
        (Cause.USER_BUSY, Failure.BUSY),
        (Cause.REJECTED, Failure.BUSY),
        (Cause.NO_ANSWER, Failure.NO_ANSWER),
        (Cause.SUBSCRIBER_ABSENT, Failure.UNREACHABLE),
        (Cause.NO_CIRCUIT, Failure.UNREACHABLE),
    ],
)
async def test_somebody_decides_where_a_call_goes_that_is_not_taken(
    branch: Any, alice: Party, cause: Cause, failure: Failure
) -> None:
    line = branch.ring(alice)
    visit = visit_of(branch, line)
    asked: list[Unreached] = []

    def otherwise(unreached: Unreached) -> bool:
        asked.append(unreached)
        visit.ring_extension("203")
        return True

    visit.ring_extension("202", otherwise)
    branch.last.far(Released(cause, HangupBy.PARTY, "no", redirect="00825551234"))
    (unreached,) = asked
    assert (unreached.number, unreached.failure) == ("202", failure)
    assert unreached.redirect == "00825551234"
    assert branch.has_music(line)
    branch.last.far(Answered())
    assert branch.hear(line, branch.last)
    branch.last.far(BYE)
    assert branch.rows[0].agent == "203"


async def test_a_call_with_no_other_place_ends_as_it_was_refused(branch: Any) -> None:
    phone = branch.phone("201", "299")
    assert phone.told == ["release UNALLOCATED"]
    phone = branch.phone("201", "202")
    visit_of(branch, phone)._otherwise = lambda unreached: False
    branch.loop.pass_by(25)
    assert phone.told == ["release NO_ANSWER"]
    assert branch.rows[1].outcome is Outcome.NO_ANSWER
    assert branch.is_empty()


async def test_a_party_on_hold_is_known_and_told_of_when_it_is_forgotten(branch: Any) -> None:
    phone, other = branch.talk("201", "202")
    visit = visit_of(branch, phone)
    assert visit.party_on_hold is None
    phone.far(Held(True))
    assert visit.party_on_hold is other
    assert branch.has_music(other)
    branch.loop.pass_by(HOLD_TOLD_S)
    assert branch.kinds().count("call.held_long") == 1
    other.far(Held(True))
    assert visit.party_on_hold is None
    phone.far(Held(False))
    assert visit.party_on_hold is phone
    assert branch.has_music(phone)
    other.far(Held(False))
    assert visit.call.stage is Stage.TALKING
    assert branch.hear(phone, other)
    branch.loop.pass_by(HOLD_TOLD_S)
    assert branch.kinds().count("call.held_long") == 1


async def test_two_calls_on_one_phone_are_two_calls(branch: Any) -> None:
    """Call waiting: the phone holds one and answers the other."""
    phone, other = branch.talk("201", "202")
    second = branch.phone("203", "201")
    phone.far(Held(True))
    branch.last.far(Answered())
    assert branch.hear(second, branch.last)
    assert branch.has_music(other)
    second.far(BYE)
    phone.far(Held(False))
    assert branch.hear(phone, other)


async def test_two_outside_lines_do_not_talk_for_ever(branch: Any, alice: Party) -> None:
    line = branch.ring(alice)
    visit_of(branch, line).ring_outside("0825551234")
    outside = branch.last
    outside.far(Progress(early_media=True))
    outside.far(Answered())
    assert branch.hear(line, outside)
    branch.loop.pass_by(OUTSIDE_LIMIT_S - 1)
    assert line.state is State.ANSWERED
    branch.loop.pass_by(1)
    assert [leg.told[-1] for leg in (line, outside)] == ["release NORMAL"] * 2
    assert branch.is_empty()
