"""Calls parked, taken up, rung back, and what dies meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.config.schema import Destination, PageGroup, Parking
from firmware.records.messages import Outcome
from hal.leg import (
    Answered,
    Cause,
    Digit,
    HangupBy,
    Held,
    Party,
    Released,
    State,
    TransferAsked,
)
from hal.switch.face import Played

BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")
DEAD = Released(Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "the phone answers nothing")


def set_up(branch: Any, **fields: Any) -> None:
    parking = Parking(**{"first_slot": "71", "last_slot": "72", "timeout_s": 60} | fields)
    branch.attendant.configure(branch.desk.office.model_copy(update={"parking": parking}))


def parked(branch: Any) -> dict[str, str]:
    """Who waits in which slot."""
    return {p.slot: p.party.number for p in branch.attendant.services.parked.lot.parked}


@pytest.fixture
def talking(branch: Any, alice: Party) -> tuple[Any, Any]:
    """Alice on a line, talking with Anna (201)."""
    set_up(branch)
    line = branch.ring(alice)
    line.far(Digit("1", "inband"))
    branch.last.far(Answered())
    return line, branch.last


async def test_parked_by_transfer_and_taken_at_another_phone(
    branch: Any, talking: tuple[Any, Any]
) -> None:
    line, anna = talking
    anna.far(TransferAsked("70"))
    assert parked(branch) == {"71": "0215557788"}
    assert branch.has_music(line)
    assert anna.reports[-1] == "done"
    anna.far(BYE)
    assert branch.agent() == "wrap_up"
    taker = branch.phone("203", "71")
    assert branch.hear(line, taker)
    assert parked(branch) == {}
    assert "taken from slot 71 by Carla" in branch.texts()
    line.far(BYE)
    assert branch.rows[-1].outcome is Outcome.ANSWERED
    assert branch.rows[-1].ended_by == "caller"
    branch.is_empty()


async def test_into_a_slot_of_choice(branch: Any, talking: tuple[Any, Any]) -> None:
    talking[1].far(TransferAsked("72"))
    assert parked(branch) == {"72": "0215557788"}


async def test_all_slots_taken_gives_the_caller_back(branch: Any, talking: tuple[Any, Any]) -> None:
    line, anna = talking
    set_up(branch, last_slot="71")
    _, ben = branch.talk("203", "202")
    ben.far(TransferAsked("70"))
    assert parked(branch) == {"71": "203"}
    anna.far(TransferAsked("70"))
    assert branch.hear(line, anna)
    assert "not parked: all 1 slots are taken" in branch.texts()


async def test_the_parked_caller_hangs_up(branch: Any, talking: tuple[Any, Any]) -> None:
    line, anna = talking
    anna.far(TransferAsked("70"))
    line.far(BYE)
    assert parked(branch) == {}
    branch.loop.pass_by(200)
    assert len(branch.rung) == 1
    branch.is_empty()


async def test_rung_back_at_who_parked_it(branch: Any, talking: tuple[Any, Any]) -> None:
    line, anna = talking
    anna.far(TransferAsked("70"))
    branch.loop.pass_by(60)
    back = branch.last
    assert (back.called.number, back.caller) == ("201", Party("0215557788", "71: Alice Example"))
    assert parked(branch) == {}
    back.far(Answered())
    assert branch.hear(line, back)


@pytest.mark.parametrize("way", ["dead", "silent", "gone"])
async def test_nobody_takes_it_back(branch: Any, talking: tuple[Any, Any], way: str) -> None:
    line, anna = talking
    set_up(branch, otherwise=Destination(to="queue", id="help"))
    branch.queues.log_in("204")
    anna.far(TransferAsked("70"))
    if way == "gone":
        people = branch.desk.office.extensions[1:]
        branch.attendant.configure(branch.desk.office.model_copy(update={"extensions": people}))
    branch.loop.pass_by(60)
    if way == "dead":
        branch.last.far(DEAD)
    if way == "silent":
        branch.loop.pass_by(25)
    assert branch.last.called.number == "204"
    assert line.state is State.ANSWERED
    branch.last.far(Answered())
    assert branch.hear(line, branch.last)


async def test_without_another_place_the_caller_is_let_go(
    branch: Any, talking: tuple[Any, Any]
) -> None:
    line, anna = talking
    anna.far(TransferAsked("70"))
    branch.loop.pass_by(60)
    branch.last.far(DEAD)
    assert line.state is State.RELEASED
    branch.is_empty()


async def test_who_takes_it_dies_or_the_caller_goes_while_it_is_rung_back(
    branch: Any, talking: tuple[Any, Any]
) -> None:
    line, anna = talking
    anna.far(TransferAsked("70"))
    branch.loop.pass_by(60)
    line.far(BYE)
    assert branch.last.told == ["release NORMAL"]
    branch.is_empty()


async def test_who_parks_by_keys_is_told_the_slot(
    branch: Any, talking: tuple[Any, Any], alice: Party
) -> None:
    line, anna = talking
    said = {"box-parked-at": b"at", "box-digit-1": b"1", "box-digit-7": b"7"}
    branch.desk.audio.shelf.stock({(name, "en"): sound for name, sound in said.items()})
    for key in "##70#":
        anna.far(Digit(key, "rfc4733"))
    assert parked(branch) == {"71": "0215557788"}
    heard = []
    while anna.state is State.ANSWERED:
        sound = branch.switch.plays[anna.port]
        heard.append(branch.switch.sounds[sound].lstrip(b"\xd5"))
        branch.desk.audio.played(Played(anna.port, sound))
    assert heard == [b"at", b"7", b"1"]
    assert branch.agent() == "wrap_up"
    told = branch.rows[0]
    assert (told.caller_number, told.called, told.outcome) == ("201", "70", Outcome.ANSWERED)
    line.far(BYE)
    assert branch.rows[1].ended_by == "caller"
    branch.is_empty()


async def test_who_has_put_it_on_hold_is_let_go_at_once(
    branch: Any, talking: tuple[Any, Any]
) -> None:
    line, anna = talking
    anna.far(Held(True))
    anna.far(TransferAsked("70"))
    assert (anna.state, anna.reports[-1]) == (State.RELEASED, "done")
    assert branch.has_music(line)


async def test_a_slot_with_nobody_and_parking_dialled_without_a_call(branch: Any) -> None:
    set_up(branch)
    for number in ("71", "70"):
        phone = branch.phone("202", number)
        assert phone.state is State.RELEASED
    assert "no call is parked in slot 71" in branch.texts()
    branch.is_empty()


async def test_parking_goes_on_when_its_settings_change(
    branch: Any, talking: tuple[Any, Any]
) -> None:
    talking[1].far(TransferAsked("72"))
    set_up(branch, is_enabled=False)
    assert parked(branch) == {"72": "0215557788"}
    branch.loop.pass_by(60)
    assert branch.last.called.number == "201"


async def test_nothing_is_transferred_to_an_announcement(
    branch: Any, talking: tuple[Any, Any]
) -> None:
    group = PageGroup(number="500", name="All", members=("202",))
    branch.attendant.configure(branch.desk.office.model_copy(update={"page_groups": (group,)}))
    line, anna = talking
    for number in ("500", "*78"):
        anna.far(TransferAsked(number))
        assert branch.hear(line, anna)
