"""Announcements to several phones."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.config.schema import PageGroup
from firmware.route.paging_task import ANSWER_S
from firmware.voice.built_in import BEEP
from hal.leg import Answered, Cause, Digit, HangupBy, Party, Released, State
from hal.switch.errors import SwitchFull

BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")
AWAY = Released(Cause.SUBSCRIBER_ABSENT, HangupBy.FAULT, "no phone is signed in")


@pytest.fixture
def page(branch: Any) -> Any:
    """All four people are members."""
    group = PageGroup(number="500", name="All", members=("201", "202", "203", "204"), limit_s=30)
    branch.attendant.configure(branch.desk.office.model_copy(update={"page_groups": (group,)}))
    branch.desk.audio.shelf.stock({("box-nobody-hears", "en"): b"n", (BEEP, ""): b"beep"})
    return branch


def answer(page: Any) -> list[Any]:
    legs = list(page.rung)
    for leg in legs:
        leg.far(Answered())
    return legs


async def test_members_hear_the_caller_and_nobody_else(page: Any) -> None:
    phone = page.phone("201", "500")
    assert [leg.called.number for leg in page.rung] == ["202", "203", "204"]
    legs = answer(page)
    assert page.switch.hears == {(leg.port, phone.port) for leg in legs}
    assert page.switch.sounds[page.switch.plays[phone.port]].endswith(b"beep")
    assert page.texts().count("announces to All: 202, 203, 204") == 1
    phone.far(BYE)
    assert all(leg.told == ["release NORMAL"] for leg in legs)
    page.is_empty()


async def test_who_is_on_a_call_or_wants_no_calls_is_left_alone(page: Any, alice: Party) -> None:
    people = tuple(
        e.model_copy(update={"do_not_disturb": e.number == "204"})
        for e in page.desk.office.extensions
    )
    page.attendant.configure(page.desk.office.model_copy(update={"extensions": people}))
    page.ring(alice).far(Digit("1", "inband"))
    rung = len(page.rung)
    page.phone("203", "500")
    assert [leg.called.number for leg in page.rung[rung:]] == ["202"]


async def test_phones_that_hear_it_get_no_queue_calls(page: Any, alice: Party) -> None:
    page.phone("202", "500")
    assert page.agent("201") == "busy"
    page.rung[0].far(Answered())
    page.rung[0].far(BYE)
    assert page.agent("201") == "ready"


async def test_nobody_can_hear_it(page: Any) -> None:
    phone = page.phone("201", "500")
    for leg in list(page.rung):
        leg.far(AWAY)
    assert page.switch.sounds[page.switch.plays[phone.port]].endswith(b"n")
    phone.far(BYE)
    page.is_empty()


async def test_a_phone_that_only_rings_is_let_go(page: Any) -> None:
    phone = page.phone("201", "500")
    page.rung[0].far(Answered())
    page.loop.pass_by(ANSWER_S)
    assert [leg.told for leg in page.rung] == [[], ["release NORMAL"], ["release NORMAL"]]
    assert page.switch.hears == {(page.rung[0].port, phone.port)}


async def test_the_last_listener_leaves(page: Any) -> None:
    phone = page.phone("201", "500")
    for leg in answer(page):
        leg.far(BYE)
    assert phone.told == ["release NORMAL"]
    page.is_empty()


async def test_it_does_not_last_for_ever(page: Any) -> None:
    phone = page.phone("201", "500")
    answer(page)
    page.loop.pass_by(30)
    assert phone.state is State.RELEASED
    assert "an announcement lasts 30 s at most" in page.texts()
    page.is_empty()


async def test_a_fault_in_it_ends_it_and_lets_every_phone_go(
    page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = page.phone("201", "500")

    def refuse(*_: object) -> None:
        raise SwitchFull("port 7: the audio thread is behind with its commands")

    monkeypatch.setattr(page.switch, "hear", refuse)
    page.rung[0].far(Answered())  # raises nothing: a carrier must not notice
    assert phone.told == ["release TEMPORARY_FAILURE"]
    assert all(leg.state is State.RELEASED for leg in page.rung)
    page.is_empty()
