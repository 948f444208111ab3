"""How each party's audio was is told with the call, once."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.records.messages import EventRow
from hal.leg import Answered, Cause, Direction, HangupBy, Kind, Party, Quality, Released


def quality(mos: float, loss_percent: float) -> Quality:
    return Quality("PCMA", False, 1000, 1000, loss_percent, 2.0, None, None, None, -20.0, mos)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, make_leg: Any) -> None:
    """Every leg measures: phones that are called poorly, all others well."""

    def judge(leg: Any) -> Quality:
        is_called = leg.kind is Kind.PHONE and leg.direction is Direction.OUTGOING
        return quality(3.2, 9.0) if is_called else quality(4.4, 0.0)

    stand_in = type(make_leg(Kind.PHONE, Direction.OUTGOING))
    monkeypatch.setattr(stand_in, "quality", judge)


def told(branch: Any) -> list[EventRow]:
    return [event for event in branch.events if event.kind == "leg.quality"]


async def test_both_parties_of_a_call(branch: Any, measured: None) -> None:
    _, other = branch.talk("202", "203")
    other.far(Released(Cause.NORMAL, HangupBy.PARTY, "hung up"))
    caller, called = told(branch)
    assert caller.text == "Ben (202): Good (4.4), telephone sound: no loss, 2 ms jitter"
    assert caller.data["who"] == "Ben (202)"
    assert called.data["grade"] == "Poor"
    assert called.data["loss_percent"] == 9.0
    assert "check the phone's network cable" in str(called.data["sound"])
    assert {event.call for event in told(branch)} == {branch.rows[0].id}
    assert branch.is_empty()


async def test_who_left_before_the_end_is_told_of_too(branch: Any, measured: None) -> None:
    """Carla goes on at another phone of hers: three phones were heard, and each is told of."""
    phone, other = branch.talk("202", "203")
    visit = branch.attendant.visit_of(phone.id)
    newcomer = branch.make_leg(Kind.PHONE, Direction.OUTGOING, called=Party("203"))
    newcomer.far(Answered())
    visit.replace(other.id, newcomer)
    assert [event.data["who"] for event in told(branch)] == ["Carla (203)"]
    phone.far(Released(Cause.NORMAL, HangupBy.PARTY, "hung up"))
    assert len(told(branch)) == 3
    assert branch.is_empty()


async def test_nothing_is_told_of_who_had_no_audio(branch: Any) -> None:
    phone = branch.phone("202", "203")
    phone.far(Released(Cause.NORMAL, HangupBy.PARTY, "hung up"))
    assert told(branch) == []
    assert branch.is_empty()
