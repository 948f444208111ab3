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

from sqlalchemy import Connection, func, select

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
    """What each code meant, the last time it was set."""


def dispositions_of(
    connection: Connection, wanted: StaysWanted, zone: str, is_one_day: bool
) -> Dispositions:
    """What was noted in a period."""
    columns = dispositions.c
    at = columns.decided_slot if wanted.is_by_decision else columns.offered_slot
    by = (at, columns.queue, columns.agent, columns.line, columns.code, columns.is_resolved)
    rows = connection.execute(
        select(*by, func.count())
        .where(disposition_conditions(DispositionsWanted(wanted)))
        .group_by(*by)
    )
    groups: list[dict[Any, Counts]] = [defaultdict(_counts) for _ in range(6)]
    place = ZoneInfo(zone)
    known: dict[int, tuple[date, datetime | str]] = {}
    for at_, queue, agent, line, code, is_resolved, count in rows:
        if (when := known.get(at_)) is None:
            begins = half_hour_of(at_, place)
            half = begins.astimezone(UTC) if is_one_day else f"{begins:%H:%M}"
            when = known[at_] = begins.date(), half
        for group, key in zip(groups, (None, queue, *when, agent, line), strict=True):
            group[key][code, is_resolved] += count
    found = [{key: _noted(counts) for key, counts in group.items()} for group in groups]
    total = found[0].get(None)
    if total is None:
        return Dispositions()
    _, queues, days, half_hours, agents, lines = found
    names = _names(connection, wanted)
    return Dispositions(total, queues, days, half_hours, agents, lines, names)


Counts = dict[tuple[int, bool | None], int]


def _counts() -> Counts:
    return defaultdict(int)


def _noted(counts: Counts) -> Noted:
    return sum((of_calls(*key, count) for key, count in counts.items()), Noted())


def _names(connection: Connection, wanted: StaysWanted) -> dict[int, str]:
    columns = dispositions.c
    found = connection.execute(
        select(columns.code, columns.name, func.max(columns.seq))
        .where(disposition_conditions(DispositionsWanted(wanted)))
        .group_by(columns.code, columns.name)
        .order_by(func.max(columns.seq))
    )
    return {code: name for code, name, _ in found}
