"""Where callers begin, and which way opening hours lead them."""

from datetime import UTC, datetime, timedelta

import pytest

from firmware.config.destination import HANG_UP, Destination
from firmware.config.hours import Span, SpecialDay
from firmware.config.places import Schedule
from firmware.config.schema import Line, Office, Prompt, Queue, Site
from firmware.route import decide
from firmware.route.hours import Switch
from firmware.route.lists import approve, propose

SALES = Destination(to="queue", id="sales")
HELP = Destination(to="queue", id="help")
NIGHT = Destination(to="message", id="night")
FEAST = Destination(to="message", id="feast")
WEEK = {day: (Span(opens="08:00", closes="17:00"),) for day in ("mon", "tue", "wed", "thu", "fri")}
DAY = Schedule.model_validate(
    {"id": "day", "name": "Day", "week": WEEK, "open": SALES, "closed": NIGHT, "holiday": FEAST}
)
LINE = Line(number=1, name="Main", destination=Destination(to="schedule", id="day"))
OFFICE = Office.model_validate(
    {
        "site": Site(country="ZA", timezone="Africa/Johannesburg"),
        "lines": [LINE],
        "queues": [Queue(id=i, name=i) for i in ("sales", "help")],
        "prompts": [Prompt(id=i, name=i, texts={"en": i}) for i in ("night", "feast")],
        "schedules": [DAY],
        "callers": {
            "rules": [
                {
                    "id": "vip",
                    "name": "our best customers",
                    "numbers": ["0215557788"],
                    "destination": HELP,
                    "priority": 7,
                    "language": "af",
                }
            ]
        },
    }
)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)  # noon in Johannesburg


def test_a_caller_begins_where_the_line_leads() -> None:
    found = decide.start(OFFICE, LINE, "0311", MONDAY)
    assert (found.to, found.language, found.priority) == (LINE.destination, "en", 0)


def test_a_number_has_its_own_way_language_and_priority() -> None:
    found = decide.start(OFFICE, LINE, "0215557788", MONDAY)
    assert (found.to, found.language, found.priority) == (HELP, "af", 7)
    assert found.why == "calls on Main, is one of our best customers"


def test_a_line_of_their_own_for_the_best_customers() -> None:
    everybody = {"id": "gold", "name": "the gold line", "numbers": ["*", "withheld"], "lines": [2],
                 "priority": 9, "destination": HELP.model_dump()}  # fmt: skip
    gold = Line(number=2, name="Gold", destination=SALES)
    document = OFFICE.model_dump(mode="json")
    document["lines"].append(gold.model_dump(mode="json"))
    document["callers"]["rules"].insert(0, everybody)
    office = Office.model_validate(document)
    for number in ("0311", "0215557788", ""):
        found = decide.start(office, gold, number, MONDAY)
        assert (found.to, found.priority) == (HELP, 9)
    assert decide.start(office, LINE, "0311", MONDAY).priority == 0


def test_the_blacklist_comes_before_all_rules_until_it_expires() -> None:
    number = "0215557788"
    callers = propose(OFFICE.callers, number, "anna", "shouts", MONDAY, "ZA")
    callers = approve(callers, number, "boss", MONDAY, None, "ZA")
    office = OFFICE.model_copy(update={"callers": callers})
    found = decide.start(office, LINE, number, MONDAY)
    assert (found.to, found.why, found.is_blocked) == (HANG_UP, "on the blacklist: shouts", True)
    later = MONDAY + timedelta(days=45)
    assert decide.start(office, LINE, number, later).rule == "our best customers"


@pytest.mark.parametrize(
    ("at", "to", "why"),
    [
        (datetime(2026, 3, 2, 10, tzinfo=UTC), SALES, "open: Monday 08:00 to 17:00"),
        (datetime(2026, 3, 2, 15, tzinfo=UTC), NIGHT, "closed: Monday, open 08:00 to 17:00"),
        (datetime(2026, 3, 1, 10, tzinfo=UTC), NIGHT, "closed: Sunday"),
        # Freedom Day, 27 April (Public Holidays Act 36 of 1994), a Monday in 2026
        (datetime(2026, 4, 27, 10, tzinfo=UTC), FEAST, "closed: Freedom Day"),
    ],
    ids=["open", "evening", "sunday", "holiday"],
)
def test_opening_hours_lead(at: datetime, to: Destination, why: str) -> None:
    found = decide.turn(OFFICE, DAY, at, {})
    assert (found.to, found.why) == (to, why)


def test_a_special_day_that_is_closed_is_led_as_a_holiday() -> None:
    day = DAY.model_copy(update={"special_days": (SpecialDay(day=MONDAY.date(), name="Stock"),)})
    assert decide.turn(OFFICE, day, MONDAY, {}).to == FEAST
    without = day.model_copy(update={"holiday": None})
    assert decide.turn(OFFICE, without, MONDAY, {}).to == NIGHT


def test_the_switch_wins_until_it_gives_way() -> None:
    until = datetime(2026, 3, 2, 15, tzinfo=UTC)
    switches = {"day": Switch(is_open=False, by="Anna", until=until)}
    found = decide.turn(OFFICE, DAY, MONDAY, switches)
    assert (found.to, found.why) == (NIGHT, "closed by hand (Anna)")
    assert decide.turn(OFFICE, DAY, MONDAY + timedelta(days=1), switches).to == SALES


def test_a_calendar_that_is_gone_leaves_the_week() -> None:
    site = OFFICE.site.model_copy(update={"country": "ZZ"})
    office = OFFICE.model_copy(update={"site": site})
    assert decide.turn(office, DAY, datetime(2026, 4, 27, 10, tzinfo=UTC), {}).to == SALES
