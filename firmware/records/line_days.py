"""What the lines did, by day, half-hour and line: read from the calls, or from days added up once.

On a connection of store.py. A caller belongs to the half-hour in which the line was seized. A day
that is over is added up by the lines the office has then, and keeps its sums: with a line more or
fewer today, last year's busy seconds stay what they were. A day without sums is read from its
calls, by the lines of now.

Leaves out: what the figures mean (line_use.py). Tests: tests/firmware/records/test_line_days.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from firmware.records import corrections
from firmware.records.day_sums import SETTLED, gaps
from firmware.records.line_use import LineUse, busy_spells, cut, lost_by_hour
from firmware.records.periods import HALF_HOUR, day_bounds, days
from firmware.records.schema import calls
from firmware.records.service_schema import line_days, served

LONGEST_CALL: Final = timedelta(days=1)
"""A call that began earlier holds no line any more."""
ALL: Final = 0
"""In the place of a line's number: all of them together."""
MARK: Final = ""
_SUMS: Final = ("reached", "served", "busy_s", "lost", "full_hours")
_HALF_HOUR_S: Final = HALF_HOUR.total_seconds()


@dataclass(frozen=True, slots=True)
class LinesReport:
    """The lines in a period. Days and half-hours add up to `total`; lines as well, but for what
    only all of them together have: busy seconds and lost callers."""

    lines: int = 0
    """As set up now; 0: not known, so nothing is said about their being busy."""
    total: LineUse = field(default_factory=LineUse)
    days: Mapping[date, LineUse] = field(default_factory=dict)
    half_hours: Mapping[datetime | str, LineUse] = field(default_factory=dict)
    """Of one day by its beginning in UTC, of several by the clock."""
    by_line: Mapping[int, LineUse] = field(default_factory=dict)


def lines_of(
    connection: Connection, first: date, last: date, zone: str, lines: int, line: int | None
) -> LinesReport:
    """The lines, or one of them, from the first to the last day. One of them has no busy seconds
    of its own."""
    sums = _Sums()
    done = set() if first == last else _summed(connection, zone, first, last)
    for begins, ends in gaps(first, last, done):
        for day in days(begins, ends):
            for (at, which), use in _day(connection, day, zone, lines).items():
                key = at if first == last else _clock(at, zone)
                sums.add(day, key, which, use, line)
    if done:
        _add_kept(sums, connection, _between(zone, first, last), line)
    total = sum(sums.days.values(), LineUse())
    return LinesReport(lines, total, dict(sums.days), dict(sums.half_hours), dict(sums.lines))


def sum_up(connection: Connection, zone: str, lines: int, now: datetime) -> bool:
    """Add up the newest day that is over and has not been; False if all have."""
    oldest = connection.execute(select(func.min(calls.c.started_at))).scalar()
    if oldest is None:
        return False
    place = ZoneInfo(zone)
    first = oldest.astimezone(place).date()
    last = (now - SETTLED).astimezone(place).date() - timedelta(days=1)
    done = _summed(connection, zone, first, last)
    count = (last - first).days + 1
    day = next((d for n in range(count) if (d := last - timedelta(days=n)) not in done), None)
    if day is None:
        return False
    corrections.expect(connection, day, zone)
    _keep(connection, zone, day, _day(connection, day, zone, lines))
    return True


# -- days kept ---------------------------------------------------------------------------------


def _keep(
    connection: Connection, zone: str, day: date, found: Mapping[tuple[datetime, int], LineUse]
) -> None:
    sums: dict[tuple[str, int], LineUse] = defaultdict(LineUse)
    for (at, line), use in found.items():
        sums[_clock(at, zone), line] += use
    sums[MARK, ALL] = LineUse()
    own = and_(line_days.c.zone == zone, line_days.c.day == day.toordinal())
    connection.execute(delete(line_days).where(own))
    rows = [
        {"zone": zone, "day": day.toordinal(), "clock": clock, "line": line}
        | dict(zip(_SUMS, astuple(use), strict=True))
        for (clock, line), use in sums.items()
    ]
    connection.execute(insert(line_days), rows)


def _summed(connection: Connection, zone: str, first: date, last: date) -> set[date]:
    question = select(line_days.c.day).where(
        _between(zone, first, last), line_days.c.clock == MARK, line_days.c.line == ALL
    )
    return {date.fromordinal(row[0]) for row in connection.execute(question)}


def _add_kept(
    sums: _Sums, connection: Connection, wanted: ColumnElement[bool], line: int | None
) -> None:
    table = line_days.c
    wanted = and_(wanted, table.clock != MARK)
    if line is not None:
        wanted = and_(wanted, table.line == line)
    added = [func.sum(table[name]) for name in _SUMS]

    def by(column: ColumnElement[Any]) -> Iterator[tuple[Any, LineUse]]:
        for row in connection.execute(select(column, *added).where(wanted).group_by(column)):
            yield row[0], LineUse(*row[1:])

    for number, use in by(table.day):
        sums.days[date.fromordinal(number)] += use
    for clock, use in by(table.clock):
        sums.half_hours[clock] += use
    for which, use in by(table.line):
        if which != ALL:
            sums.lines[which] += use


def _between(zone: str, first: date, last: date) -> ColumnElement[bool]:
    table = line_days.c
    return and_(table.zone == zone, table.day >= first.toordinal(), table.day <= last.toordinal())


def _clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


# -- one day, from its calls -------------------------------------------------------------------


def _day(
    connection: Connection, day: date, zone: str, lines: int
) -> dict[tuple[datetime, int], LineUse]:
    """By half-hours (their beginnings in UTC) and lines."""
    since, until = (moment.astimezone(UTC) for moment in day_bounds(day, zone))
    found: dict[tuple[datetime, int], LineUse] = defaultdict(LineUse)
    held, came_in, callers = [], [], Counter[tuple[float, int, bool]]()
    for row in _calls(connection, since, until):
        started = row.started_at
        start, end = started.timestamp(), row.ended_at.timestamp()
        if row.line is not None:
            held.append((max(start, since.timestamp()), min(end, until.timestamp())))
        if row.direction == "incoming" and started >= since:
            came_in.append(start)
            is_served = row.menu is not None and row.queued_at is None and row.joined_at is None
            callers[start // _HALF_HOUR_S, row.line or ALL, is_served] += 1
    for (half, line, is_served), count in callers.items():
        served_too = count if is_served else 0
        found[_half(half * _HALF_HOUR_S), line] += LineUse(reached=count, served=served_too)
    for at, seconds in cut(busy_spells(held, lines), _HALF_HOUR_S).items():
        found[_half(at), ALL] += LineUse(busy_s=seconds)
    for at, lost in lost_by_hour(held, came_in, lines).items():
        at = max(at, since.timestamp())  # a day may begin within a clock hour of UTC
        estimate = LineUse(full_hours=1) if lost is None else LineUse(lost=lost)
        found[_half(at), ALL] += estimate
    return found


def _half(at: float) -> datetime:
    return datetime.fromtimestamp(at // _HALF_HOUR_S * _HALF_HOUR_S, UTC)


def _calls(connection: Connection, since: datetime, until: datetime) -> Iterator[Any]:
    columns = calls.c
    question = (
        select(
            columns.started_at, columns.ended_at, columns.line, columns.direction,
            columns.queued_at, columns.joined_at, served.c.menu,
        )
        .outerjoin(served, served.c.call == columns.id)
        .where(
            columns.started_at >= since - LONGEST_CALL,
            columns.started_at < until,
            columns.ended_at > since,
        )
    )  # fmt: skip
    yield from connection.execute(question)


@dataclass(slots=True)
class _Sums:
    """Of a period, by each of its groupings."""

    days: dict[date, LineUse] = field(default_factory=lambda: defaultdict(LineUse))
    half_hours: dict[datetime | str, LineUse] = field(default_factory=lambda: defaultdict(LineUse))
    lines: dict[int, LineUse] = field(default_factory=lambda: defaultdict(LineUse))

    def add(
        self, day: date, half: datetime | str, which: int, use: LineUse, only: int | None
    ) -> None:
        if only is not None and which != only:
            return
        self.days[day] += use
        self.half_hours[half] += use
        if which != ALL:
            self.lines[which] += use
