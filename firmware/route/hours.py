"""Is the office open at a moment, why, and until when.

Pure: the time is an argument. The manual switch wins, then a special day, then a public holiday
(config.holiday_calendar), then the week. Judged by the office's wall clock, so a change of the
clocks moves nothing; "until" is a moment, right also across such a change.

Tests: tests/firmware/route/test_hours.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from firmware.config.holiday_calendar import UnknownRegion as UnknownRegion
from firmware.config.holiday_calendar import public_holidays
from firmware.config.hours import WEEKDAYS, Hours, Span, Spans

LOOK_AHEAD_DAYS: Final = 400
"""Longer than any office is closed: then there is no next change."""
DAY_NAMES: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where the office is, for its clock and its holidays."""

    zone: str
    country: str
    region: str = ""
    """Subdivision as in ISO 3166-2 without the country: `WC`, `BY`; empty: the whole country's."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Somebody opened or closed the office by hand."""

    is_open: bool
    by: str
    until: datetime | None = None
    """None: until it is switched back."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The answer."""

    is_open: bool
    why: str
    """Plain words: `Tuesday 08:00 to 17:00`, `closed: Heritage Day`."""
    is_holiday: bool = False
    """Closed by a holiday or a special day, not by the hour."""
    until: datetime | None = None
    """When it changes next, aware; None if it does not within a year."""


def opening(hours: Hours, at: datetime, place: Place, switch: Switch | None = None) -> Opening:
    """Is it open at `at` (aware)?"""
    if switch is not None and (switch.until is None or at < switch.until):
        words = "opened" if switch.is_open else "closed"
        return Opening(switch.is_open, f"{words} by hand ({switch.by})", until=switch.until)
    local = at.astimezone(ZoneInfo(place.zone))
    spans, name = _day(hours, local.date(), place)
    clock = f"{local:%H:%M}"
    current = next((span for span in spans if span.opens <= clock < span.closes), None)
    is_holiday = bool(name) and current is None
    return Opening(
        current is not None,
        _why(local, spans, name, current),
        is_holiday,
        _next_change(hours, at, place, current is not None),
    )


def calendar(place: Place, first: date, days: int = 366) -> list[tuple[date, str]]:
    """The public holidays of the coming days, for the page that shows them."""
    last = first + timedelta(days=days - 1)
    found: list[tuple[date, str]] = []
    for year in range(first.year, last.year + 1):
        found += [(d, n) for d, n in public_holidays(place.country, place.region, year).items()]
    return sorted((day, name) for day, name in found if first <= day <= last)


def _day(hours: Hours, day: date, place: Place) -> tuple[Spans, str]:
    """When it is open on a day, and what the day is called if it is not an ordinary one."""
    for special in hours.special_days:
        if special.day == day:
            return special.spans, special.name
    usual = hours.week.get(WEEKDAYS[day.weekday()], ())
    if hours.holidays == "as_usual":
        return usual, ""
    name = public_holidays(place.country, place.region, day.year).get(day, "")
    return ((), name) if name else (usual, "")


def _why(local: datetime, spans: Spans, name: str, current: Span | None) -> str:
    day = name or DAY_NAMES[local.weekday()]
    if current is not None:
        return f"{day} {current.opens} to {current.closes}"
    if not spans:
        return f"closed: {day}"
    times = ", ".join(f"{span.opens} to {span.closes}" for span in spans)
    return f"closed: {day}, open {times}"


def _next_change(hours: Hours, at: datetime, place: Place, is_open: bool) -> datetime | None:
    """The first edge after `at` behind which the answer is another one."""
    zone = ZoneInfo(place.zone)
    edges = _edges(hours, at.astimezone(zone).date(), place)
    for moment, opens in edges:
        if moment > at and opens is not is_open:
            return moment
    return None


def _edges(hours: Hours, first: date, place: Place) -> Iterator[tuple[datetime, bool]]:
    """Openings and closings in order. Where one span ends and the next begins at the same moment
    (midnight) there is no edge."""
    zone = ZoneInfo(place.zone)
    pending: datetime | None = None
    for ahead in range(LOOK_AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        for span in _day(hours, day, place)[0]:
            opens, closes = _moment(day, span.opens, zone), _moment(day, span.closes, zone)
            if pending is not None and pending != opens:
                yield pending, False
            if pending != opens:
                yield opens, True
            pending = closes
    if pending is not None and pending < _moment(first + timedelta(LOOK_AHEAD_DAYS), "00:00", zone):
        yield pending, False


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time.fromisoformat(clock), zone)
