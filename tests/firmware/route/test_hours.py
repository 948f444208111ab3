"""Open or closed. Holidays as gazetted in South Africa; clock changes as in Berlin 2026."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from firmware.config.hours import Hours
from firmware.route.hours import Place, Switch, UnknownRegion, calendar, opening

CAPE = Place("Africa/Johannesburg", "ZA")
BERLIN = Place("Europe/Berlin", "DE", "BE")
DAY = [{"opens": "08:00", "closes": "12:30"}, {"opens": "13:00", "closes": "17:00"}]
OFFICE = Hours.model_validate(
    {
        "id": "office",
        "name": "Office",
        "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY),
        "special_days": [
            {"day": "2026-12-24", "name": "Christmas Eve", "spans": DAY[:1]},
            {"day": "2026-12-28", "name": "Year-end closing"},
        ],
    }
)
NEVER_SHUT = [{"opens": "00:00", "closes": "24:00"}]


def at(text: str, place: Place = CAPE) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(place.zone))


@pytest.mark.parametrize(
    ("moment", "is_open", "why", "until"),
    [
        ("2026-11-24 08:00", True, "Tuesday 08:00 to 12:30", "2026-11-24 12:30"),
        ("2026-11-24 07:59:59", False, "closed: Tuesday, open 08:00 to 12:30, 13:00 to 17:00",
         "2026-11-24 08:00"),
        ("2026-11-24 12:30", False, "closed: Tuesday, open 08:00 to 12:30, 13:00 to 17:00",
         "2026-11-24 13:00"),
        ("2026-11-27 17:00", False, "closed: Friday, open 08:00 to 12:30, 13:00 to 17:00",
         "2026-11-30 08:00"),
        ("2026-11-28 10:00", False, "closed: Saturday", "2026-11-30 08:00"),
        ("2026-12-16 10:00", False, "closed: Day of Reconciliation", "2026-12-17 08:00"),
        ("2026-12-24 10:00", True, "Christmas Eve 08:00 to 12:30", "2026-12-24 12:30"),
        ("2026-12-24 15:00", False, "closed: Christmas Eve, open 08:00 to 12:30",
         "2026-12-29 08:00"),  # holidays on the 25th and 26th, a weekend, and the closing
        ("2026-12-28 10:00", False, "closed: Year-end closing", "2026-12-29 08:00"),
    ],
)  # fmt: skip
def test_opening(moment: str, is_open: bool, why: str, until: str) -> None:
    found = opening(OFFICE, at(moment), CAPE)
    assert (found.is_open, found.why, found.until) == (is_open, why, at(until))


def test_holidays_can_be_days_as_usual() -> None:
    open_always = OFFICE.model_copy(update={"holidays": "as_usual"})
    assert opening(open_always, at("2026-12-16 10:00"), CAPE).is_open
    assert opening(OFFICE, at("2026-12-16 10:00"), CAPE).is_holiday


def test_the_switch_wins_until_its_time() -> None:
    closed = Switch(False, "Mary", at("2026-11-24 14:00"))
    found = opening(OFFICE, at("2026-11-24 10:00"), CAPE, closed)
    assert (found.is_open, found.why, found.until) == (False, "closed by hand (Mary)", closed.until)
    assert opening(OFFICE, at("2026-11-24 14:00"), CAPE, closed).is_open
    for_good = opening(OFFICE, at("2026-11-29 03:00"), CAPE, Switch(True, "Mary"))
    assert (for_good.is_open, for_good.until) == (True, None)


def test_midnight_between_two_open_days_is_no_change() -> None:
    weekend = Hours.model_validate(
        {"id": "a", "name": "A", "week": {"sat": NEVER_SHUT, "sun": NEVER_SHUT}}
    )
    found = opening(weekend, at("2026-11-28 10:00"), CAPE)
    assert (found.is_open, found.until) == (True, at("2026-11-30 00:00"))


def test_always_open_and_never_open_have_no_next_change() -> None:
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), NEVER_SHUT)
    always = Hours.model_validate({"id": "a", "name": "A", "week": week, "holidays": "as_usual"})
    never = Hours.model_validate({"id": "b", "name": "B"})
    assert opening(always, at("2026-11-28 10:00"), CAPE).until is None
    assert opening(never, at("2026-11-28 10:00"), CAPE).until is None


def test_a_change_of_the_clocks_moves_no_hours() -> None:
    """29 March 2026: 02:00 becomes 03:00; 25 October: 03:00 becomes 02:00."""
    night = Hours.model_validate(
        {"id": "n", "name": "N", "week": {"sun": [{"opens": "00:00", "closes": "08:00"}]}}
    )
    for day, hours in (("2026-03-29", 7), ("2026-10-25", 9), ("2026-11-01", 8)):
        found = opening(night, at(f"{day} 00:00", BERLIN), BERLIN)
        assert found.until is not None
        begins = at(f"{day} 00:00", BERLIN)
        assert (found.until.timestamp() - begins.timestamp()) / 3600 == hours


def test_the_coming_holidays() -> None:
    coming = calendar(CAPE, date(2026, 11, 22))
    assert coming[0] == (date(2026, 12, 16), "Day of Reconciliation")
    assert (date(2027, 9, 24), "Heritage Day") in coming
    assert coming[-1][0] <= date(2027, 11, 22)
    # Berlin alone keeps the 8th of March (Women's Day); Bavaria does not.
    assert date(2027, 3, 8) in [day for day, _ in calendar(BERLIN, date(2027, 1, 1))]
    munich = Place("Europe/Berlin", "DE", "BY")
    assert date(2027, 3, 8) not in [day for day, _ in calendar(munich, date(2027, 1, 1))]


def test_a_region_without_a_calendar_is_named() -> None:
    with pytest.raises(UnknownRegion, match="DE, region ZZ"):
        calendar(Place("Europe/Berlin", "DE", "ZZ"), date(2026, 1, 1))
