"""What agents noted, read from the records: by queue, day, half-hour, agent and line.

On a connection of store.py; only reads. A disposition belongs to the interval its call belongs to.
What the figures are: dispositions.py; how dispositions get into their table: disposition_books.py.

Tests: tests/firmware/records/test_disposition_report.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, func, select

from firmware.records.disposition_schema import dispositions
from firmware.records.dispositions import Noted, of_calls
from firmware.records.messages import DispositionsWanted, StaysWanted
from firmware.records.periods import half_hour_of
from firmware.records.search import disposition_conditions


@dataclass(frozen=True, slots=True)
class Dispositions:
    """All dispositions of a report. Every grouping adds up to `total`."""

    total: Noted = field(default_factory=Noted)
    queues: Mapping[str, Noted] = field(default_factory=dict)
    days: Mapping[date, Noted] = field(default_factory=dict)
    half_hours: Mapping[datetime | str, Noted] = field(default_factory=dict)
    """Of one day by its beginning in UTC, of several by the clock."""
    agents: Mapping[str, Noted] = field(default_factory=dict)
    lines: Mapping[int | None, Noted] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    """What each code was called, for the latest of these calls."""


def dispositions_of(
    connection: Connection, wanted: StaysWanted, zone: str, is_one_day: bool
) -> Dispositions:
    """What was noted in a period."""
    of = disposition_conditions(DispositionsWanted(wanted))
    total, queues, agents, lines = _by_place(connection, of)
    if not total:
        return Dispositions()
    days, half_hours = _by_time(connection, of, wanted.is_by_decision, ZoneInfo(zone), is_one_day)
    names = _names(connection, of)
    return Dispositions(total[None], queues, days, half_hours, agents, lines, names)


def _by_place(connection: Connection, of: ColumnElement[bool]) -> list[dict[Any, Noted]]:
    """All, by queue, agent and line."""
    columns = dispositions.c
    by = (columns.queue, columns.agent, columns.line, columns.code, columns.is_resolved)
    groups: list[dict[Any, Counts]] = [defaultdict(_counts) for _ in range(4)]
    rows = connection.execute(select(*by, func.count()).where(of).group_by(*by))
    for queue, agent, line, code, is_resolved, count in rows:
        for group, key in zip(groups, (None, queue, agent, line), strict=True):
            group[key][code, is_resolved] += count
    return [_noted(group) for group in groups]


def _by_time(
    connection: Connection,
    of: ColumnElement[bool],
    is_by_decision: bool,
    place: ZoneInfo,
    is_one_day: bool,
) -> list[dict[Any, Noted]]:
    """By day and half-hour: apart from the rest, as a year has some ten thousands of these."""
    columns = dispositions.c
    at = columns.decided_slot if is_by_decision else columns.offered_slot
    by = (at, columns.code, columns.is_resolved)
    groups: list[dict[Any, Counts]] = [defaultdict(_counts) for _ in range(2)]
    known: dict[int, tuple[Counts, Counts]] = {}
    rows = connection.execute(select(*by, func.count()).where(of).group_by(*by))
    for at_, code, is_resolved, count in rows:
        if (counts := known.get(at_)) is None:
            begins = half_hour_of(at_, place)
            half = begins.astimezone(UTC) if is_one_day else f"{begins:%H:%M}"
            counts = known[at_] = groups[0][begins.date()], groups[1][half]
        for some in counts:
            some[code, is_resolved] += count
    return [_noted(group) for group in groups]


Counts = dict[tuple[int, bool | None], int]


def _counts() -> Counts:
    return defaultdict(int)


def _noted(group: Mapping[Any, Counts]) -> dict[Any, Noted]:
    return {
        key: sum((of_calls(*one, count) for one, count in counts.items()), Noted())
        for key, counts in group.items()
    }


def _names(connection: Connection, of: ColumnElement[bool]) -> dict[int, str]:
    """By the calls' intervals, which are in the index."""
    columns = dispositions.c
    last = func.max(columns.offered_slot)
    found = connection.execute(
        select(columns.code, columns.name, last)
        .where(of)
        .group_by(columns.code, columns.name)
        .order_by(last, columns.name)
    )
    return {code: name for code, name, _ in found}
