"""Hours, holidays, the way of a call and the blacklist over the control API."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from firmware.api.client import ApiClient, Refused
from firmware.api.routing_schema import BlockApproval, BlockProposal, PathAsked, SwitchOrder
from firmware.call.story import Story
from firmware.config.errors import InvalidOffice
from firmware.config.schema import Office
from firmware.config.validate import office_from
from firmware.route.day_night_task import DayNight
from firmware.routing_side import RoutingSide

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)  # noon in Johannesburg
NUISANCE = "0215557788"


def office(document: dict[str, Any]) -> Office:
    document["schedules"] = [
        {"id": "day", "name": "Hours", "week": {"mon": [{"opens": "08:00", "closes": "17:00"}]},
         "open": {"to": "queue", "id": "sales"}, "closed": {"to": "message", "id": "nobody"}}
    ]  # fmt: skip
    document["lines"][0]["destination"] = {"to": "schedule", "id": "day"}
    document["users"] = [
        {"name": name, "password_hash": "x", "role": role}
        for name, role in (("boss", "supervisor"), ("anna", "agent"))
    ]
    return office_from(document)


@pytest.fixture
async def days(box: Any) -> DayNight:
    config = box.config
    config.change(office(config.office.model_dump(mode="json")), config.generation, "test", "hours")
    made = DayNight(config.office, Story(), asyncio.get_running_loop(), lambda: MONDAY)
    box.routing = RoutingSide(made, lambda: config.office)
    return made


async def test_hours_are_shown_and_switched(client: ApiClient, days: DayNight) -> None:
    (now,) = await asyncio.to_thread(client.schedules)
    assert (now.id, now.is_open, now.is_by_hand, now.code) == ("day", True, False, "*28")
    assert now.until == datetime(2026, 3, 2, 15, tzinfo=UTC)
    closed = SwitchOrder(who="boss", to="closed", until=MONDAY + timedelta(hours=1))
    now = await asyncio.to_thread(client.switch_schedule, "day", closed)
    assert (now.is_open, now.is_by_hand, now.words) == (False, True, "closed by hand (boss)")
    hours = SwitchOrder(who="boss", to="hours")
    now = await asyncio.to_thread(client.switch_schedule, "day", hours)
    assert (now.is_open, now.is_by_hand) == (True, False)


async def test_what_cannot_be_switched(client: ApiClient, days: DayNight) -> None:
    with pytest.raises(Refused, match="there is no schedule 'none': expected day"):
        await asyncio.to_thread(client.switch_schedule, "none", SwitchOrder(who="a", to="open"))
    late = SwitchOrder(who="a", to="open", until=MONDAY)
    with pytest.raises(Refused, match="expected a time that is to come"):
        await asyncio.to_thread(client.switch_schedule, "day", late)


async def test_the_holidays_of_a_year_ahead(client: ApiClient, days: DayNight) -> None:
    found = {h.day: h.name for h in await asyncio.to_thread(client.holidays)}
    # Public Holidays Act 36 of 1994, South Africa
    assert found[date(2026, 4, 27)] == "Freedom Day"
    assert found[date(2027, 1, 1)] == "New Year's Day"
    assert min(found) >= date(2026, 3, 2)
    assert max(found) <= date(2027, 3, 2)


async def test_what_would_happen_to_a_call(client: ApiClient, days: DayNight) -> None:
    asked = PathAsked(number=NUISANCE, line=1, at=datetime(2026, 3, 2, 18))  # local
    found = await asyncio.to_thread(client.path, asked)
    assert [(s.place, s.id) for s in found.steps] == [
        ("line", "1"),
        ("schedule", "day"),
        ("message", "nobody"),
    ]
    assert found.steps[1].words == (
        "Hours, closed: Monday, open 08:00 to 17:00: goes to the message Nobody is free"
    )
    now = await asyncio.to_thread(client.path, PathAsked(line=1))
    assert now.steps[-1].place == "queue"
    days.set("day", False, "boss")
    now = await asyncio.to_thread(client.path, PathAsked(line=1))
    assert now.steps[-1].place == "message"


async def test_which_skills_a_call_would_ask_for(
    client: ApiClient, box: Any, days: DayNight
) -> None:
    document = box.config.office.model_dump(mode="json")
    document["lines"][0]["language"] = "fr"
    document["skills"] = {
        "words": {"french": "speaks French"}, "by_language": {"fr": {"french": 2}},
    }  # fmt: skip
    with pytest.raises(InvalidOffice, match="french 2 is asked for by callers who may come to the"):
        box.config.change(document, box.config.generation, "test", "French")
    for person in document["extensions"]:
        person["skills"] = {"french": 2}
    box.config.change(document, box.config.generation, "test", "French")
    found = await asyncio.to_thread(client.path, PathAsked(line=1))
    assert found.skills == {"french": 2}
    assert "for somebody who speaks French" in found.steps[-1].words


async def test_a_number_is_proposed_approved_and_removed(
    client: ApiClient, box: Any, days: DayNight
) -> None:
    proposal = BlockProposal(who="anna", number=NUISANCE, reason="shouts")
    await asyncio.to_thread(client.propose_block, proposal)
    (entry,) = await asyncio.to_thread(client.blacklist)
    assert (entry.state, entry.proposed_by, entry.until) == ("proposed", "anna", None)
    with pytest.raises(Refused, match="'anna' has the role agent: only an owner or a supervisor"):
        await asyncio.to_thread(client.approve_block, NUISANCE, BlockApproval(who="anna"))
    with pytest.raises(Refused, match="'eve' is no account"):
        await asyncio.to_thread(client.remove_block, NUISANCE, "eve")
    await asyncio.to_thread(client.approve_block, NUISANCE, BlockApproval(who="Boss"))
    (entry,) = await asyncio.to_thread(client.blacklist)
    assert (entry.state, entry.until) == ("in_force", MONDAY + timedelta(days=45))
    assert box.applied[-1].callers.blacklist[0].approved_by == "Boss"
    found = await asyncio.to_thread(client.path, PathAsked(number=NUISANCE, line=1))
    assert (found.is_blocked, found.steps[-1].words) == (True, "the call is not answered")
    await asyncio.to_thread(client.remove_block, NUISANCE, "boss")
    assert await asyncio.to_thread(client.blacklist) == []
    who = [(c.who, c.what) for c in box.config.history()][:3]
    assert who == [
        ("boss", f"{NUISANCE} off the blacklist"),
        ("Boss", f"{NUISANCE} blocked"),
        ("anna", f"{NUISANCE} proposed for the blacklist"),
    ]


async def test_a_number_nobody_proposed(client: ApiClient, days: DayNight) -> None:
    with pytest.raises(Refused, match="there is no number '0311' on the blacklist") as refused:
        await asyncio.to_thread(client.approve_block, "0311", BlockApproval(who="boss"))
    assert refused.value.status == 404
