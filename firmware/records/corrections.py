"""What was added up too early: put away when a row comes late, to be added up anew.

On a connection of store.py, within the transaction that writes the rows. Sums are made of days that
are long over, so a late row is rare: a call of more than half a day, a wrong clock, a repaired
database. A mark says up to which moment anything has been added up; rows of later, which is nearly
all, cost one comparison.

Tests: tests/firmware/records/test_sums_random.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import Connection, delete

from firmware.records import caller_days
from firmware.records.marks import mark, set_mark
from firmware.records.messages import AgentTime, CallRow, StayRow
from firmware.records.periods import day_bounds
from firmware.records.schema import day_sums
from firmware.records.service_schema import line_days

ADDED_UP: Final = "sums.until"
"""Mark: the end of the newest day that has been added up, UTC."""


def expect(connection: Connection, day: date, zone: str) -> None:
    """From now on rows of this day are late."""
    ends = day_bounds(day, zone)[1].astimezone(UTC).isoformat()
    set_mark(connection, ADDED_UP, max(ends, mark(connection, ADDED_UP)))


def put_away(
    connection: Connection,
    calls: Iterable[CallRow],
    stays: Iterable[StayRow],
    times: Iterable[AgentTime],
) -> None:
    """Put away the sums that do not know these rows."""
    if not (until := mark(connection, ADDED_UP)):
        return
    end = datetime.fromisoformat(until)
    called = {call.started_at for call in calls if call.started_at < end}
    late = called | {
        at for stay in stays for at in (stay.offered_at, stay.decided_at) if at and at < end
    }
    for number in {n for at in late for n in _days(at)}:
        connection.execute(delete(day_sums).where(day_sums.c.day == number))
        connection.execute(delete(line_days).where(line_days.c.day == number))
    if called:
        caller_days.go_back(connection, min(_days(min(called))))
    if since := [at for time in times for at in (time.until_at or time.from_at,) if at < end]:
        connection.execute(delete(day_sums).where(day_sums.c.day >= min(_days(min(since)))))


def _days(at: datetime) -> tuple[int, int, int]:
    """The days that a moment may be in, whatever the zone."""
    number = at.astimezone(UTC).date().toordinal()
    return number - 1, number, number + 1
