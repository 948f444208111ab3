"""Calls that people forward, from the first ring to where they end."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.config.schema import Destination
from firmware.ivr.briefing import ANSWER_S, ROUNDS
from firmware.records.messages import Outcome
from hal.leg import Answered, Cause, Digit, HangupBy, Party, Progress, Released, State
from hal.switch.face import Played

BUSY = Released(Cause.USER_BUSY, HangupBy.PARTY, "486 Busy Here")
AWAY = Released(Cause.SUBSCRIBER_ABSENT, HangupBy.FAULT, "no phone is signed in")


def set_up(branch: Any, extension: str, **fields: Any) -> None:
    """Change what one person has set up."""
    office = branch.desk.office
    people = tuple(
        e.model_copy(update=fields) if e.number == extension else e for e in office.extensions
    )
    branch.attendant.configure(office.model_copy(update={"extensions": people}))


def forwarded(branch: Any) -> list[str]:
    return [e.text for e in branch.events if e.kind == "call.forwarded"]


async def test_always(branch: Any) -> None:
    set_up(branch, "202", forward_always="203")
    phone = branch.phone("201", "202")
    assert [leg.called.number for leg in branch.rung] == ["203"]
    assert branch.last.caller == Party("201", "Anna")
    assert forwarded(branch) == ["Ben (202) forwards all calls: forwarded to Carla (203)"]
    branch.last.far(Answered())
    assert branch.hear(phone, branch.last)


async def test_busy_then_nobody_answers_then_the_queue(branch: Any) -> None:
    set_up(branch, "202", forward_busy="203")
    set_up(branch, "203", forward_no_answer="600")
    phone = branch.phone("204", "202")
    branch.last.far(BUSY)
    assert branch.last.called.number == "203"
    branch.loop.pass_by(25)
    assert branch.rung[1].told == ["release NO_ANSWER"]
    assert branch.last.called.number == "201"
    assert phone.state is State.ANSWERED
    assert forwarded(branch) == [
        "Ben (202) is busy: forwarded to Carla (203)",
        "Carla (203) did not answer: forwarded to the queue Sales",
    ]


async def test_to_a_mobile_with_the_callers_number(branch: Any, alice: Party) -> None:
    set_up(branch, "202", forward_no_answer="00825551234")
    ben = Destination(to="extension", id="202")
    menu = branch.desk.office.menus[0].model_copy(update={"options": {"2": ben}})
    branch.attendant.configure(branch.desk.office.model_copy(update={"menus": (menu,)}))
    line = branch.ring(alice)
    line.far(Digit("2", "inband"))
    branch.last.far(AWAY)
    assert (branch.last.called, branch.last.caller) == (Party("0825551234"), alice)
    branch.last.far(Answered())
    assert branch.hear(line, branch.last)
    line.far(Released(Cause.NORMAL, HangupBy.PARTY))
    assert branch.rows[0].outcome is Outcome.ANSWERED
    branch.is_empty()


async def test_a_phone_that_redirects_and_two_that_redirect_to_each_other(branch: Any) -> None:
    phone = branch.phone("201", "202")
    branch.last.far(Released(Cause.NORMAL_UNSPECIFIED, HangupBy.PARTY, "302", redirect="203"))
    assert branch.last.called.number == "203"
    branch.last.far(Released(Cause.USER_BUSY, HangupBy.PARTY, "302", redirect="202"))
    assert len(branch.rung) == 2
    assert phone.told == ["release USER_BUSY"]
    assert "the call came to Ben (202) already" in branch.texts()
    branch.is_empty()


@pytest.mark.parametrize("field", ["call_waiting", "do_not_disturb"])
async def test_busy_to_a_second_caller(branch: Any, field: str) -> None:
    branch.talk("202", "203")
    set_up(branch, "202", **{field: field == "do_not_disturb"})
    rung = len(branch.rung)
    third = branch.phone("204", "202")
    assert third.told == ["release USER_BUSY"]
    assert len(branch.rung) == rung
    assert branch.rows[-1].outcome is Outcome.BUSY


async def test_call_waiting_rings_at_a_phone_in_use(branch: Any) -> None:
    branch.talk("202", "203")
    branch.phone("204", "202")
    assert branch.last.called.number == "202"


async def test_an_agent_on_a_queue_call_is_busy_without_call_waiting(
    branch: Any, alice: Party
) -> None:
    set_up(branch, "201", call_waiting=False)
    branch.ring(alice).far(Digit("1", "inband"))
    branch.last.far(Answered())
    assert branch.phone("203", "201").told == ["release USER_BUSY"]


async def test_queue_calls_stay_with_the_agent(branch: Any, alice: Party) -> None:
    set_up(branch, "201", forward_always="203", forward_no_answer="203")
    branch.ring(alice).far(Digit("1", "inband"))
    assert branch.last.called.number == "201"
    branch.last.far(Released(Cause.NORMAL_UNSPECIFIED, HangupBy.PARTY, "302", redirect="203"))
    assert [leg.called.number for leg in branch.rung] == ["201"]
    assert branch.agent() == "ready"


@pytest.mark.parametrize("fields", [{"do_not_disturb": True}, {"forward_busy": "00825551234"}, {}])
async def test_a_caller_who_was_answered_is_told_that_nobody_takes_it(
    branch: Any, alice: Party, fields: dict[str, Any]
) -> None:
    branch.desk.audio.shelf.stock({("box-nobody-there", "en"): b"sorry"})
    set_up(branch, "202", **fields)
    ben = Destination(to="extension", id="202")
    menu = branch.desk.office.menus[0].model_copy(update={"options": {"2": ben}})
    branch.attendant.configure(branch.desk.office.model_copy(update={"menus": (menu,)}))
    branch.free = []
    line = branch.ring(alice)
    line.far(Digit("2", "inband"))
    for leg in branch.rung:
        leg.far(BUSY)
    sound = branch.switch.plays[line.port]
    assert branch.switch.sounds[sound].endswith(b"sorry")
    branch.desk.audio.played(Played(line.port, sound))
    assert line.told == ["release NORMAL"]
    assert branch.rows[0].outcome is Outcome.OVERFLOWED
    branch.is_empty()


async def test_the_caller_gives_up_while_the_second_phone_rings(branch: Any) -> None:
    set_up(branch, "202", forward_busy="203")
    phone = branch.phone("204", "202")
    branch.last.far(BUSY)
    phone.far(Released(Cause.NORMAL, HangupBy.PARTY, "CANCEL"))
    assert branch.last.told == ["release NORMAL"]
    branch.is_empty()


def to_a_mobile_that_confirms(branch: Any, alice: Party) -> tuple[Any, Any]:
    """A caller who was answered, and Ben's mobile, which is rung for them."""
    set_up(branch, "202", forward_always="00825551234", forward_confirm=True)
    ben = Destination(to="extension", id="202")
    menu = branch.desk.office.menus[0].model_copy(update={"options": {"2": ben}})
    branch.attendant.configure(branch.desk.office.model_copy(update={"menus": (menu,)}))
    line = branch.ring(alice)
    line.far(Digit("2", "inband"))
    return line, branch.last


async def test_a_mobile_takes_it_by_a_key(branch: Any, alice: Party) -> None:
    line, mobile = to_a_mobile_that_confirms(branch, alice)
    mobile.far(Progress(early_media=True, is_answer_guessed=True))
    assert not branch.hear(line, mobile)  # its announcements are not for the caller
    mobile.far(Answered())
    assert branch.has_music(line)
    assert not branch.hear(line, mobile)
    mobile.far(Digit("1", "inband"))
    assert branch.hear(line, mobile)
    mobile.far(Released(Cause.NORMAL, HangupBy.PARTY))
    assert branch.rows[0].outcome is Outcome.ANSWERED
    assert branch.is_empty()


async def test_an_answering_machine_at_the_mobile_does_not_get_it(
    branch: Any, alice: Party
) -> None:
    line, mobile = to_a_mobile_that_confirms(branch, alice)
    mobile.far(Answered())
    for _ in range(ROUNDS):
        branch.loop.pass_by(ANSWER_S)
    assert mobile.state is State.RELEASED
    assert "nobody pressed 1" in branch.texts()
    branch.attendant.end_all("the end")
    assert (line.state, branch.rows[0].outcome) == (State.RELEASED, Outcome.OVERFLOWED)
    assert branch.is_empty()


@pytest.mark.parametrize("who", ["caller", "mobile"])
async def test_hanging_up_while_the_mobile_is_asked(branch: Any, alice: Party, who: str) -> None:
    line, mobile = to_a_mobile_that_confirms(branch, alice)
    mobile.far(Answered())
    gone = line if who == "caller" else mobile
    gone.far(Released(Cause.NORMAL, HangupBy.PARTY))
    branch.loop.pass_by(ANSWER_S * ROUNDS + 1)
    branch.attendant.end_all("the end")
    assert mobile.state is State.RELEASED
    assert branch.is_empty()
