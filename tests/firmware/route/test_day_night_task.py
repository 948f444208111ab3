"""Day and night by hand, on a clock of the test's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmware.call.story import Story
from firmware.config.destination import Destination
from firmware.config.places import Schedule
from firmware.config.schema import Office, Queue, Site
from firmware.records.messages import EventRow
from firmware.route.day_night_task import DayNight, UnknownSchedule

SALES = Destination(to="queue", id="sales")
HOURS = [{"opens": "08:00", "closes": "17:00"}]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), HOURS)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)  # noon in Johannesburg: open until 15:00 UTC


def schedule(id: str, **fields: Any) -> Schedule:
    return Schedule.model_validate({"id": id, "name": id, "week": WEEK, "open": SALES} | fields)


OFFICE = Office(
    site=Site(country="ZA", timezone="Africa/Johannesburg"),
    queues=(Queue(id="sales", name="Sales"),),
    schedules=(
        schedule("shop"),
        schedule("help", switch="1"),
        schedule("never", switch="2", week={}),
    ),
)


class Timer:
    def __init__(self, seconds: float, step: Any) -> None:
        self.seconds, self.step, self.is_set = seconds, step, True

    def cancel(self) -> None:
        self.is_set = False


class Box:
    """The shell with a clock that is set by hand, and what it told."""

    def __init__(self, office: Office = OFFICE) -> None:
        self.at = MONDAY
        self.timers: list[Timer] = []
        self.told: list[EventRow] = []
        self.changes = 0
        loop: Any = self
        self.days = DayNight(office, Story(self.told.append), loop, lambda: self.at)
        self.days.listeners.append(self.changed)

    def changed(self) -> None:
        self.changes += 1

    def call_later(self, seconds: float, step: Any) -> Timer:
        self.timers.append(Timer(seconds, step))
        return self.timers[-1]

    def until(self, at: datetime) -> None:
        """Let the timers run."""
        while due := [t for t in self.timers if t.is_set]:
            if self.at + timedelta(seconds=due[0].seconds) > at:
                break
            self.at += timedelta(seconds=due[0].seconds)
            due[0].is_set = False
            due[0].step()
        self.at = at


def test_closed_by_phone_until_the_hours_would_close_anyway() -> None:
    box = Box()
    assert box.days.toggle("", "Anna") is True
    shop = box.days.opening("shop")
    assert (shop.is_open, shop.why) == (False, "closed by hand (Anna)")
    assert shop.until == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert box.days.opening("help").is_open
    box.until(datetime(2026, 3, 3, 10, tzinfo=UTC))
    assert box.days.opening("shop").is_open
    assert [e.text for e in box.told] == [
        "shop: closed by hand by Anna until 2026-03-02 17:00",
        "shop: follows its hours again",
    ]
    assert box.changes == 2


def test_the_code_again_takes_it_back() -> None:
    box = Box()
    box.days.toggle("1", "Anna")
    assert (box.days.is_by_hand("1"), box.days.is_by_hand("")) == (True, False)
    assert box.days.toggle("1", "Ben") is False
    assert box.days.opening("help").is_open
    assert box.days.switches == {}
    assert not [t for t in box.timers if t.is_set]


def test_opened_at_night_until_the_morning() -> None:
    box = Box()
    box.at = datetime(2026, 3, 2, 20, tzinfo=UTC)
    box.days.toggle("", "Anna")
    assert box.days.opening("shop").is_open
    assert box.days.switches["shop"].until == datetime(2026, 3, 3, 6, tzinfo=UTC)


def test_hours_that_never_change_are_switched_until_switched_back() -> None:
    box = Box()
    box.days.toggle("2", "Anna")
    assert box.days.opening("never").is_open
    assert box.days.switches["never"].until is None


def test_a_code_without_hours_is_none() -> None:
    assert Box().days.toggle("7", "Anna") is None


def test_set_by_name_for_as_long_as_is_said() -> None:
    box = Box()
    box.days.set("shop", False, "boss", MONDAY + timedelta(days=9))
    box.until(MONDAY + timedelta(days=8))
    assert not box.days.opening("shop").is_open
    box.days.set("shop", None, "boss")
    assert box.days.opening("shop").is_open
    with pytest.raises(UnknownSchedule, match="no opening hours 'none'"):
        box.days.set("none", True, "boss")


def test_remembered_across_a_restart() -> None:
    box = Box()
    box.days.toggle("", "Anna")
    box.days.toggle("2", "Anna")
    again = Box()
    again.days.restore(box.days.as_json())
    assert again.days.switches == box.days.switches
    late = Box()
    late.at = MONDAY + timedelta(days=1)
    late.days.restore(box.days.as_json())
    assert late.days.switches.keys() == {"never"}


@pytest.mark.parametrize(
    "entry",
    [None, 1, {}, {"is_open": "yes"}, {"is_open": True, "until": "soon"},
     {"is_open": True, "until": 5}, {"is_open": True, "until": "2026-03-03T08:00:00"}],
)  # fmt: skip
def test_what_is_not_understood_leaves_the_hours(entry: Any) -> None:
    box = Box()
    box.days.restore({"shop": entry})
    box.days.restore(entry)
    assert box.days.switches == {}


def test_hours_that_are_gone_have_no_switch() -> None:
    box = Box()
    box.days.toggle("", "Anna")
    box.days.configure(OFFICE.model_copy(update={"schedules": OFFICE.schedules[1:]}))
    assert box.days.switches == {}
    assert not [t for t in box.timers if t.is_set]
