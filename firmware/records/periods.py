"""Days and half-hours on the office's clock, as moments.

Pure. A day with a change of the clock has 23 or 25 hours (46 or 50 half-hours), or whatever the
zone does: the bounds are moments, so sums over them agree.

Tests: tests/firmware/records/test_reports.py.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from firmware.records.schema import SLOT_S

HALF_HOUR: Final = timedelta(minutes=30)


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First moment of a day and of the next one, in a zone."""
    place = ZoneInfo(zone)
    return (
        datetime.combine(day, time(), place),
        datetime.combine(day + timedelta(days=1), time(), place),
    )


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def half_hours(day: date, zone: str) -> list[datetime]:
    """Beginnings of a day's half-hours, in order, on the zone's clock."""
    begins, ends = (moment.astimezone(UTC) for moment in day_bounds(day, zone))
    count = -(-(ends - begins) // HALF_HOUR)
    return [(begins + n * HALF_HOUR).astimezone(ZoneInfo(zone)) for n in range(count)]


def half_hour_of(slot: int, zone: ZoneInfo) -> datetime:
    """Beginning of the half-hour that a slot is in, on the zone's clock."""
    at = datetime.fromtimestamp(slot * SLOT_S, UTC)
    past = timedelta(minutes=at.astimezone(zone).minute % 30)
    return (at - past).astimezone(zone)
