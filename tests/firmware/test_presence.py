"""What is told of each number: the office, its agents and its parking slots as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from firmware.acd import messages
from firmware.acd.queue import Acd
from firmware.call.story import Story
from firmware.config.demo import demo_office
from firmware.config.schema import Office
from firmware.presence import Lamps, NoMailboxes, codes_of
from firmware.records.messages import CallId, EventRow
from firmware.route.day_night_task import DayNight
from firmware.route.parking import Lot
from hal.leg import Party
from hal.sip.watch import Messages, Talk, TalkState

RINGING = Talk("sip-1", TalkState.EARLY, remote=Party("5551234", "Ann"), call_id="a")


class Watchers:
    """Keeps what changed."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def changed(self, *entities: str) -> None:
        self.told += entities

    def all_changed(self) -> None:
        self.told.append("all")


class Site:
    """An office, its queue core and its lamps."""

    def __init__(self) -> None:
        self.office = demo_office()
        self.acd = Acd()
        self.lot = Lot()
        self.lot.configure(self.office.parking)
        self.unreachable: set[str] = set()
        self.watchers = Watchers()
        self.lamps = Lamps(lambda: self.office)
        self.lamps.connect(self.watchers, self.acd, lambda number: number not in self.unreachable)
        self.lamps.watch_slots(self.lot)
        names = {e.number: e.name for e in self.office.extensions}
        self.acd.advance(messages.Configured(self.office.queues, names), 0.0)

    @property
    def agent(self) -> str:
        return self.office.queues[0].members[0]

    def change(self, number: str, **fields: Any) -> None:
        document = self.office.model_dump()
        row = next(e for e in document["extensions"] if e["number"] == number)
        row.update(fields)
        self.office = Office.model_validate(document)

    def is_lit(self, entity: str, watcher: str) -> bool:
        status = self.lamps.status(entity, watcher, ())
        assert status is not None
        return bool(status.talks)


@pytest.fixture
def site() -> Site:
    return Site()


def event(kind: str, **data: str) -> EventRow:
    values: Mapping[str, str] = data
    return EventRow(datetime(2026, 1, 1, tzinfo=UTC), kind, "", data=dict(values))


def test_a_persons_calls_are_told_as_they_are(site: Site) -> None:
    status = site.lamps.status("201", "202", (RINGING,))
    assert status is not None
    assert (status.talks, status.is_open, status.note) == ((RINGING,), True, "")


def test_who_cannot_be_reached(site: Site) -> None:
    site.unreachable.add("201")
    status = site.lamps.status("201", "202", ())
    assert status is not None
    assert (status.talks, status.is_open) == ((), False)
    assert status.note == "no phone can be reached"


def test_who_does_not_want_to_be_disturbed_looks_busy(site: Site) -> None:
    site.change("201", do_not_disturb=True)
    status = site.lamps.status("201", "202", ())
    assert status is not None
    assert [talk.state for talk in status.talks] == [TalkState.CONFIRMED]
    assert site.is_lit("*78", "201")
    assert not site.is_lit("*78", "202")


def test_forwarding_has_a_lamp(site: Site) -> None:
    assert not site.is_lit("*73", "201")
    site.change("201", forward_always="202")
    assert site.is_lit("*73", "201")


def test_an_agents_log_in(site: Site) -> None:
    agent = site.agent
    assert not site.is_lit(f"*45{agent}", agent)
    assert site.is_lit("*52", agent)
    site.acd.advance(messages.LoggedIn(agent), 1.0)
    assert site.is_lit(f"*45{agent}", agent)
    assert site.is_lit("*45", agent)
    assert not site.is_lit("*46", agent)
    site.acd.advance(messages.Paused(agent, "lunch"), 2.0)
    assert site.is_lit("*46", agent)
    assert site.is_lit("*45", agent)


def test_another_agents_log_in_can_be_watched(site: Site) -> None:
    agent = site.agent
    other = next(e.number for e in site.office.extensions if e.number != agent)
    site.acd.advance(messages.LoggedIn(agent), 1.0)
    assert site.is_lit(f"*45{agent}", other)


def test_a_parking_slot(site: Site) -> None:
    assert not site.is_lit("71", "201")
    site.lot.park("71", CallId("c"), Party("5551234", "Ann"), "201", 0.0)
    status = site.lamps.status("71", "201", ())
    assert status is not None
    (talk,) = status.talks
    assert (talk.state, talk.remote) == (TalkState.CONFIRMED, Party("5551234", "Ann"))
    site.lot.leave(CallId("c"))
    assert not site.is_lit("71", "201")
    assert site.watchers.told == ["71", "71"]


def test_the_office_closed_by_hand(site: Site) -> None:
    document = site.office.model_dump()
    sales = {"to": "queue", "id": "sales"}
    document["schedules"] = [
        {"id": "shop", "name": "Shop", "open": sales},
        {"id": "help", "name": "Help", "open": sales, "switch": "1"},
    ]
    site.office = Office.model_validate(document)
    loop: Any = None  # hours without an end have no timer
    days = DayNight(site.office, Story(), loop)
    site.lamps.watch_days(days)
    assert not site.is_lit("*28", "201")
    assert site.lamps.status("*287", "201", ()) is None
    days.toggle("1", "Anna")
    assert site.is_lit("*281", "201")
    assert not site.is_lit("*28", "201")
    assert set(site.watchers.told) == {"*28", "*281"}


@pytest.mark.parametrize("entity", ["299", "70", "*99", "*90", "", "sales", "*45299"])
def test_what_there_is_not(site: Site, entity: str) -> None:
    assert site.lamps.status(entity, "201", ()) is None


def test_a_person_who_left_is_told_nothing(site: Site) -> None:
    assert site.lamps.status("201", "299", ()) is None


def test_mailboxes_are_empty_while_there_are_none(site: Site) -> None:
    assert site.lamps.messages("201", "201") == Messages(0, 0)
    assert site.lamps.messages("299", "201") is None
    assert NoMailboxes().count("201") == Messages()


def test_a_phone_that_the_box_set_up_asks_by_its_own_account(site: Site) -> None:
    document = site.office.model_dump()
    document["phone_sets"] = [
        {
            "mac": "001565a1b2c3",
            "extension": "201",
            "secret": "secret-of-phone",
            "admin_password": "password",
        }
    ]
    site.office = Office.model_validate(document)
    assert site.lamps.messages("201-a1b2c3", "201") == Messages()
    assert site.lamps.status("201-a1b2c3", "202", ()) is None


def test_whose_lamps_an_event_may_have_changed(site: Site) -> None:
    site.lamps.hear(event("agent.state", agent="201"))
    assert site.watchers.told == codes_of("201")
    assert {"*45", "*45201", "*46201"} <= set(site.watchers.told)
    site.watchers.told.clear()
    site.lamps.hear(event("call.joined", agent="201"))
    assert site.watchers.told == []
    site.lamps.hear(event("config.applied"))
    assert site.watchers.told == ["all"]


def test_hears_nothing_before_it_is_connected() -> None:
    lamps = Lamps(demo_office)
    lamps.hear(event("agent.state", agent="201"))
    assert lamps.status("71", "201", ()) is not None
