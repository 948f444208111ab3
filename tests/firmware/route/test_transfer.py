"""Calls handed on by phones and by keys, and whoever of the three dies on the way."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.call.call import Stage
from firmware.call.keys import NEXT_S
from firmware.call.transfer import RETURNED_S
from firmware.records.messages import Outcome
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
    TransferAsked,
)

BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")
DEAD = Released(Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "answers nothing")
BUSY = Released(Cause.USER_BUSY, HangupBy.PARTY, "486 Busy Here")


def press(leg: Any, keys: str) -> None:
    for key in keys:
        leg.far(Digit(key, "rfc4733"))


def stage(branch: Any) -> Stage:
    (visit,) = branch.attendant.visits.values()
    result: Stage = visit.call.stage
    return result


class QueueCall:
    """Alice talks with agent Anna (201), who has the call from the queue."""

    def __init__(self, branch: Any, alice: Party) -> None:
        self.branch = branch
        self.alice = branch.ring(alice)
        press(self.alice, "1")
        self.anna = branch.last
        self.anna.far(Answered())

    @property
    def target(self) -> Any:
        return self.branch.last


@pytest.fixture
def call(branch: Any, alice: Party) -> QueueCall:
    return QueueCall(branch, alice)


# -- by the phone's own key ------------------------------------------------------------------------


async def test_a_blind_transfer_joins_the_target_and_frees_the_agent(
    branch: Any, call: QueueCall, alice: Party
) -> None:
    call.anna.far(Held(True))
    call.anna.far(TransferAsked("203"))
    assert call.target.called == Party("203")
    assert call.target.caller == alice
    assert branch.has_music(call.alice)
    assert stage(branch) is Stage.TRANSFERRING
    call.target.far(Progress())
    assert branch.agent() == "on_call"
    branch.loop.pass_by(10)
    call.target.far(Answered())
    assert call.anna.reports == ["trying", "ringing", "done"]
    assert call.anna.told == ["release NORMAL"]
    assert branch.hear(call.alice, call.target)
    assert not branch.has_music(call.alice)
    assert branch.agent() == "wrap_up"
    branch.loop.pass_by(20)
    call.alice.far(BYE)
    (row,) = branch.rows
    assert (row.outcome, row.agent, row.agent_name, row.queue, row.ended_by) == (
        Outcome.ANSWERED,
        "203",
        "Carla",
        "sales",
        "caller",
    )
    assert (row.talk_s, row.hold_s) == (20.0, 10.0)
    assert len(branch.shelf.opened) == 1
    assert branch.is_empty()


async def test_the_agent_who_hangs_up_at_once_is_free_at_once(branch: Any, call: QueueCall) -> None:
    call.anna.far(TransferAsked("203"))
    call.anna.far(BYE)
    assert branch.agent() == "wrap_up"
    assert branch.has_music(call.alice)
    call.target.far(Answered())
    assert branch.hear(call.alice, call.target)
    assert call.target.shown is not None


async def test_who_listens_again_while_the_target_is_rung_hears_that(
    branch: Any, call: QueueCall
) -> None:
    call.anna.far(Held(True))
    call.anna.far(TransferAsked("203"))
    assert call.anna.port not in branch.switch.plays
    call.anna.far(Held(False))
    assert call.anna.port in branch.switch.plays
    assert not branch.has_music(call.anna)


@pytest.mark.parametrize("way", ["key", "hang up", "code", "asked first", "queue", "two calls"])
async def test_every_transfer_that_succeeds_is_told_once(
    branch: Any, call: QueueCall, way: str
) -> None:
    match way:
        case "key":
            call.anna.far(TransferAsked("203"))
            call.target.far(Answered())
        case "hang up":
            call.anna.far(TransferAsked("203"))
            call.anna.far(BYE)
            call.target.far(Answered())
        case "code":
            press(call.anna, "##203#")
            call.target.far(Answered())
        case "asked first":
            press(call.anna, "*2203#")
            call.target.far(Answered())
            call.anna.far(BYE)
        case "queue":
            call.anna.far(TransferAsked("601"))
        case "two calls":
            phone, _ = branch.talk("201", "203")
            call.anna.far(TransferAsked("203", with_leg=phone.id))
    (event,) = [e for e in branch.events if e.kind == "call.transferred"]
    assert event.data["transferred_by"] == "201"
    assert event.text.startswith("Anna (201) has transferred it to ")


@pytest.mark.parametrize(
    ("outcome", "cause"), [("busy", Cause.USER_BUSY), ("silent", Cause.NO_ANSWER)]
)
async def test_a_target_that_does_not_take_it_gives_the_caller_back(
    branch: Any, call: QueueCall, outcome: str, cause: Cause
) -> None:
    call.anna.far(Held(True))
    call.anna.far(TransferAsked("203"))
    if outcome == "busy":
        call.target.far(BUSY)
    else:
        branch.loop.pass_by(25)
        assert call.target.told == ["release NO_ANSWER"]
    assert call.anna.reports[-1] == f"failed {cause.name}"
    assert stage(branch) is Stage.HELD
    assert branch.has_music(call.alice)
    call.anna.far(Held(False))
    assert branch.hear(call.alice, call.anna)
    assert branch.agent() == "on_call"
    call.alice.far(BYE)
    assert branch.rows[0].agent == "201"
    assert branch.is_empty()


@pytest.mark.parametrize("number", ["299", "abc", "*8", "00215557788", ""])
async def test_a_number_that_leads_nowhere_gives_the_caller_back(
    branch: Any, call: QueueCall, number: str
) -> None:
    branch.free = []
    call.anna.far(TransferAsked(number))
    assert call.anna.reports[-1].startswith("failed")
    assert branch.hear(call.alice, call.anna)


async def test_nobody_takes_it_and_the_asker_is_rung_back(branch: Any, call: QueueCall) -> None:
    call.anna.far(TransferAsked("203"))
    call.anna.far(BYE)
    branch.loop.pass_by(25)
    back = branch.last
    assert back.called == Party("201")
    assert back.caller == Party("0215557788", "back from 203: Alice Example")
    assert branch.has_music(call.alice)
    back.far(Answered())
    assert branch.hear(call.alice, back)
    call.alice.far(BYE)
    assert branch.rows[0].agent == "201"
    assert branch.is_empty()


async def test_a_phone_that_hangs_up_because_it_failed_is_rung_back(
    branch: Any, call: QueueCall
) -> None:
    """baresip does, and the caller would be lost."""
    call.anna.far(TransferAsked("203"))
    call.target.far(BUSY)
    call.anna.far(BYE)
    back = branch.last
    assert back.called == Party("201")
    assert branch.has_music(call.alice)
    assert branch.agent() == "wrap_up"
    back.far(Answered())
    assert branch.hear(call.alice, back)
    branch.loop.pass_by(RETURNED_S)
    call.alice.far(BYE)
    assert branch.is_empty()


async def test_hanging_up_later_is_the_end_of_the_call(branch: Any, call: QueueCall) -> None:
    call.anna.far(TransferAsked("203"))
    call.target.far(BUSY)
    branch.loop.pass_by(RETURNED_S)
    call.anna.far(BYE)
    assert branch.rows[0].ended_by == "agent"
    assert branch.is_empty()


async def test_a_transfer_can_be_asked_for_again_at_once(branch: Any, call: QueueCall) -> None:
    call.anna.far(TransferAsked("203"))
    call.target.far(BUSY)
    call.anna.far(TransferAsked("204"))
    call.target.far(Answered())
    assert branch.hear(call.alice, call.target)
    branch.loop.pass_by(RETURNED_S)
    call.alice.far(BYE)
    assert branch.is_empty()


async def test_nobody_takes_it_at_all_and_the_caller_is_told_and_let_go(
    branch: Any, call: QueueCall
) -> None:
    call.anna.far(TransferAsked("203"))
    call.anna.far(BYE)
    branch.loop.pass_by(25)
    branch.loop.pass_by(25)
    assert stage(branch) is Stage.MESSAGE
    assert call.alice.port in branch.switch.plays
    assert not branch.has_music(call.alice)
    branch.loop.pass_by(20)
    assert call.alice.told == ["release NO_ANSWER"]
    assert branch.rows[0].outcome is Outcome.ANSWERED
    assert branch.is_empty()


async def test_a_transfer_into_a_queue_waits_there_and_is_not_lost(
    branch: Any, call: QueueCall
) -> None:
    branch.queues.log_in("204")
    call.anna.far(TransferAsked("601"))
    assert call.anna.reports == ["trying", "done"]
    assert call.anna.told == ["release NORMAL"]
    assert branch.agent() == "wrap_up"
    dan = branch.last
    assert dan.called == Party("204")
    dan.far(Answered())
    assert branch.hear(call.alice, dan)
    assert branch.agent("204") == "on_call"
    dan.far(BYE)
    (row,) = branch.rows
    assert (row.queue, row.agent, row.outcome) == ("sales", "204", Outcome.ANSWERED)
    assert branch.is_empty()


async def test_an_agent_who_is_sent_into_a_queue_is_no_agent_of_the_call(branch: Any) -> None:
    """A colleague who reached the agent through the queue hands the agent on."""
    branch.queues.log_in("204")
    ben = branch.phone("202", "600")
    anna = branch.last
    anna.far(Answered())
    ben.far(TransferAsked("601"))
    dan = branch.last
    assert branch.agent("201") == "wrap_up"
    dan.far(Answered())
    assert branch.hear(anna, dan)
    dan.far(BYE)
    assert (branch.agent("201"), branch.agent("204")) == ("wrap_up", "wrap_up")
    assert branch.is_empty()


async def test_who_called_out_transfers_the_party_outside(branch: Any) -> None:
    phone, line = branch.talk("201", "00215557788")
    phone.far(TransferAsked("202"))
    assert branch.last.caller == Party("0215557788")
    assert branch.switch.taps == {line.port}
    branch.last.far(Answered())
    assert branch.hear(line, branch.last)
    line.far(BYE)
    row = branch.rows[0]
    assert (row.direction, row.caller_number, row.called, row.agent, row.ended_by) == (
        "outgoing", "201", "0215557788", "202", "called",
    )  # fmt: skip
    assert branch.is_empty()


async def test_either_side_of_an_internal_call_transfers_the_other(branch: Any) -> None:
    phone, other = branch.talk("202", "203")
    other.far(TransferAsked("204"))
    branch.last.far(Answered())
    assert branch.hear(phone, branch.last)
    phone.far(TransferAsked("203"))
    assert branch.last.called == Party("203")
    branch.last.far(Answered())
    assert phone.told == ["release NORMAL"]
    branch.last.far(BYE)
    assert branch.rows[0].ended_by == "caller"  # stands where the first caller stood
    assert branch.is_empty()


async def test_an_outside_party_handed_to_another_is_cut_off_some_time(
    branch: Any, call: QueueCall
) -> None:
    call.anna.far(TransferAsked("00825551234"))
    outside = branch.last
    assert outside.kind is Kind.LINE
    outside.far(Progress(early_media=True))
    assert branch.hear(call.alice, outside)
    outside.far(Answered())
    branch.loop.pass_by(OUTSIDE_LIMIT_S)
    assert call.alice.told == ["release NORMAL"]
    assert branch.is_empty()


async def test_a_party_outside_cannot_transfer(branch: Any, call: QueueCall) -> None:
    call.alice.far(TransferAsked("00900123456"))
    assert call.alice.reports == ["failed NOT_IMPLEMENTED"]
    press(call.alice, "##203#")
    assert branch.hear(call.alice, call.anna)
    assert len(branch.rung) == 1


async def test_a_phone_that_waits_in_a_queue_has_nobody_to_transfer(branch: Any) -> None:
    phone = branch.phone("203", "600")
    phone.far(TransferAsked("202"))
    assert phone.reports == ["failed NOT_IMPLEMENTED"]
    assert stage(branch) is Stage.OFFERING


async def test_a_call_ended_by_order_ends_its_transfer(branch: Any, call: QueueCall) -> None:
    call.anna.far(TransferAsked("203"))
    (visit,) = branch.attendant.visits
    branch.attendant.hang_up(visit)
    assert call.anna.reports == ["trying", "failed NORMAL"]
    assert branch.is_empty()


# -- two calls joined ------------------------------------------------------------------------------


async def test_an_attended_transfer_joins_the_two_others(branch: Any, call: QueueCall) -> None:
    call.anna.far(Held(True))
    phone, carla = branch.talk("201", "203")
    phone.far(Held(True))
    call.anna.far(TransferAsked("203", with_leg=phone.id))
    assert call.anna.reports == ["done"]
    assert (call.anna.told, phone.told) == (["release NORMAL"], ["release NORMAL"])
    assert branch.hear(call.alice, carla)
    assert not branch.has_music(carla)
    assert branch.agent() == "wrap_up"
    (ended,) = branch.rows
    assert (ended.direction, ended.ended_by, ended.outcome) == (
        "internal", "transfer", Outcome.ANSWERED,
    )  # fmt: skip
    assert (carla.shown, call.alice.port in branch.switch.taps) == (
        Party("0215557788", "Alice Example"),
        True,
    )
    carla.far(BYE)
    assert (branch.rows[1].agent, branch.rows[1].queue) == ("203", "sales")
    assert "joins it with call" in branch.texts()
    assert branch.is_empty()


async def test_the_call_with_somebody_outside_goes_on_whichever_is_transferred(
    branch: Any, call: QueueCall
) -> None:
    phone, carla = branch.talk("201", "203")
    phone.far(TransferAsked("", with_leg=call.anna.id))
    assert phone.reports == ["done"]
    assert branch.hear(call.alice, carla)
    assert branch.rows[0].direction == "internal"


async def test_an_attended_transfer_while_it_still_rings(branch: Any, call: QueueCall) -> None:
    phone = branch.phone("201", "203")
    carla = branch.last
    call.anna.far(TransferAsked("203", with_leg=phone.id))
    assert phone.told == ["release NORMAL"]
    assert branch.rows[0].ended_by == "transfer"
    carla.far(Answered())
    assert call.anna.reports == ["trying", "done"]
    assert branch.hear(call.alice, carla)


async def test_an_attended_transfer_with_a_call_that_is_over(branch: Any, call: QueueCall) -> None:
    phone, carla = branch.talk("201", "203")
    carla.far(BYE)
    call.anna.far(TransferAsked("203", with_leg=phone.id))
    assert call.anna.reports == ["failed NORMAL_UNSPECIFIED"]
    assert branch.hear(call.alice, call.anna)


async def test_nobody_joins_a_call_with_that_of_somebody_else(branch: Any, call: QueueCall) -> None:
    phone, other = branch.talk("202", "203")
    call.anna.far(TransferAsked("203", with_leg=phone.id))
    assert call.anna.reports == ["failed NORMAL_UNSPECIFIED"]
    assert branch.hear(phone, other)
    assert branch.hear(call.alice, call.anna)


# -- by keys ---------------------------------------------------------------------------------------


async def test_a_blind_transfer_by_keys(branch: Any, call: QueueCall) -> None:
    press(call.anna, "##")
    assert branch.has_music(call.alice)
    assert call.anna.port in branch.switch.plays  # dial tone
    press(call.anna, "2")
    assert call.anna.port not in branch.switch.plays
    press(call.anna, "03")
    branch.loop.pass_by(NEXT_S)
    assert call.target.called == Party("203")
    call.target.far(Answered())
    assert branch.hear(call.alice, call.target)
    assert call.anna.told == ["release NORMAL"]


async def test_hanging_up_completes_the_number(branch: Any, call: QueueCall) -> None:
    press(call.anna, "##203")
    call.anna.far(BYE)
    assert call.target.called == Party("203")
    assert branch.agent() == "wrap_up"
    call.target.far(Answered())
    assert branch.hear(call.alice, call.target)


async def test_hanging_up_behind_a_wrong_number_rings_back(branch: Any, call: QueueCall) -> None:
    press(call.anna, "##299")
    call.anna.far(BYE)
    assert branch.last.called == Party("201")
    assert branch.has_music(call.alice)


@pytest.mark.parametrize("keys", ["##*", "##299#", "*2299#", "###"])
async def test_a_wrong_number_or_none_returns_to_the_call(
    branch: Any, call: QueueCall, keys: str
) -> None:
    press(call.anna, keys)
    assert branch.hear(call.alice, call.anna)
    assert not branch.has_music(call.alice)
    assert stage(branch) is Stage.TALKING
    call.alice.far(BYE)
    assert branch.is_empty()


async def test_asking_first_and_hanging_up_connects(branch: Any, call: QueueCall) -> None:
    press(call.anna, "*2203#")
    assert call.target.caller == Party("201", "Anna")  # who speaks first
    assert call.anna.port in branch.switch.plays  # ringing tone
    call.target.far(Answered())
    assert branch.hear(call.anna, call.target)
    assert branch.has_music(call.alice)
    assert branch.agent() == "on_call"
    call.anna.far(BYE)
    assert branch.hear(call.alice, call.target)
    assert call.target.shown == Party("0215557788", "Alice Example")
    assert branch.agent() == "wrap_up"


async def test_asking_first_and_going_back(branch: Any, call: QueueCall) -> None:
    press(call.anna, "*2203#")
    call.target.far(Answered())
    press(call.anna, "*1")
    assert call.target.told == ["release NORMAL"]
    assert branch.hear(call.alice, call.anna)
    assert stage(branch) is Stage.TALKING


async def test_a_conference_of_three_and_what_remains_of_it(branch: Any, call: QueueCall) -> None:
    press(call.anna, "*2203#")
    call.target.far(Answered())
    press(call.anna, "*3")
    assert branch.hear(call.alice, call.anna, call.target)
    assert stage(branch) is Stage.CONFERENCE
    assert branch.switch.taps == {call.alice.port}
    call.anna.far(BYE)
    assert branch.hear(call.alice, call.target)
    assert branch.agent() == "wrap_up"
    assert stage(branch) is Stage.TALKING
    call.alice.far(BYE)
    assert branch.rows[0].agent == "203"
    assert branch.is_empty()


async def test_the_one_called_last_is_let_go_from_a_conference(
    branch: Any, call: QueueCall
) -> None:
    press(call.anna, "*2203#")
    call.target.far(Answered())
    press(call.anna, "*3")
    press(call.anna, "*1")
    assert call.target.told == ["release NORMAL"]
    assert branch.hear(call.alice, call.anna)
    assert branch.agent() == "on_call"
    call.alice.far(BYE)
    assert branch.rows[0].agent == "201"
    assert branch.is_empty()


async def test_the_caller_leaves_a_conference_and_the_colleagues_go_on(
    branch: Any, call: QueueCall
) -> None:
    press(call.anna, "*2203#")
    call.target.far(Answered())
    press(call.anna, "*3")
    call.alice.far(BYE)
    assert branch.hear(call.anna, call.target)
    assert branch.rows[0].ended_by == "caller"
    assert branch.agent() == "wrap_up"
    call.target.far(BYE)
    assert (branch.rows[1].direction, branch.rows[1].called) == ("internal", "203")
    assert branch.is_empty()


async def test_two_outside_parties_do_not_stay_together_when_the_office_leaves(
    branch: Any, call: QueueCall
) -> None:
    press(call.anna, "*200825551234#")
    call.target.far(Answered())
    press(call.anna, "*3")
    assert branch.hear(call.alice, call.anna, call.target)
    call.anna.far(BYE)
    assert (call.alice.told, call.target.told) == (["release NORMAL"], ["release NORMAL"])
    assert branch.is_empty()


async def test_codes_that_make_no_sense_now_change_nothing(branch: Any, call: QueueCall) -> None:
    press(call.anna, "*1*3")
    assert branch.hear(call.alice, call.anna)
    press(call.anna, "*2203#*3##")
    assert len(branch.rung) == 2
    call.target.far(Answered())
    press(call.target, "##204#")
    assert branch.hear(call.anna, call.target)


@pytest.mark.parametrize("keys", ["##", "*2203#", "*2203# "])
async def test_a_call_can_be_parked_whatever_is_being_done_with_it(
    branch: Any, call: QueueCall, keys: str
) -> None:
    press(call.anna, keys.rstrip())
    if keys.endswith(" "):
        call.target.far(Answered())
    (visit,) = branch.attendant.visits.values()
    visit.park("parked by order")
    assert visit.call.stage is Stage.PARKED
    assert branch.has_music(call.alice)
    assert branch.agent() == "wrap_up"
    call.alice.far(BYE)
    assert branch.is_empty()


async def test_a_call_that_is_handed_on_is_picked_up(branch: Any, call: QueueCall) -> None:
    call.anna.far(TransferAsked("203"))
    ringing = call.target
    picker = branch.make_leg(Kind.PHONE, Direction.INCOMING, caller=Party("204"))
    (visit,) = branch.attendant.visits.values()
    visit.take(picker, "204", "picked up by Dan")
    assert ringing.told == ["release ANSWERED_ELSEWHERE"]
    assert call.anna.reports == ["trying", "done"]
    assert branch.hear(call.alice, picker)
    second = branch.make_leg(Kind.PHONE, Direction.INCOMING, caller=Party("202"))
    picker.far(Digit("#", "rfc4733"))
    picker.far(Digit("#", "rfc4733"))
    visit.take(second, "202", "picked up by Ben")
    assert second.told == ["release REJECTED"]
    call.alice.far(BYE)
    assert branch.is_empty()


# -- who dies, and when ----------------------------------------------------------------------------

STEPS = {
    "talking": [],
    "held": [("anna", Held(True))],
    "typing": [("keys", "##2")],
    "blind, ringing": [("anna", TransferAsked("203"))],
    "blind, agent gone": [("anna", TransferAsked("203")), ("anna", BYE)],
    "rung back": [("anna", TransferAsked("203")), ("anna", BYE), ("target", BUSY)],
    "blind, given back": [("anna", TransferAsked("203")), ("target", BUSY)],
    "asking, ringing": [("keys", "*2203#")],
    "asking": [("keys", "*2203#"), ("target", Answered())],
    "conference": [("keys", "*2203#"), ("target", Answered()), ("keys", "*3")],
    "transferred": [("anna", TransferAsked("203")), ("target", Answered())],
}


@pytest.mark.parametrize("end", [BYE, DEAD], ids=["hangs up", "dies"])
@pytest.mark.parametrize("who", ["alice", "anna", "target"])
@pytest.mark.parametrize("step", STEPS)
async def test_whoever_goes_at_whatever_step_nothing_is_left_behind(
    branch: Any, call: QueueCall, step: str, who: str, end: Released
) -> None:
    for actor, event in STEPS[step]:
        if actor == "keys":
            press(call.anna, str(event))
        else:
            getattr(call, actor).far(event)
    getattr(call, who).far(end)
    for visit in branch.attendant.visits.values():
        for leg in visit.legs:  # nobody hears nothing: a person, music, or a tone
            heard = {listener for listener, _ in branch.switch.hears} | set(branch.switch.plays)
            assert leg.state is not State.RELEASED
            is_rung = leg.state in (State.CALLING, State.RINGING)
            held_by_itself = visit.bridge.is_held_by(leg)
            assert leg.port in heard or is_rung or held_by_itself, f"{leg.id} hears nothing"
    branch.loop.pass_by(200)  # nobody answers any more
    for leg in (call.alice, call.anna, *branch.rung):
        leg.far(BYE)
    branch.loop.pass_by(200)
    assert branch.is_empty()
    assert branch.agent() == "ready"
    first = branch.rows[0] if len(branch.rows) == 1 else min(branch.rows, key=lambda r: r.id)
    assert Outcome.ANSWERED in {row.outcome for row in branch.rows}, first
    assert [row.queue for row in branch.rows].count("sales") == 1
