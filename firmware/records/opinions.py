"""What callers answered after their calls, read from the records: by queue, day, half-hour, agent
and line.

On a connection of store.py; only reads. An answer belongs to the interval its call belongs to. What
the figures are: scores.py; how answers get into their table: service_books.py.

Tests: tests/firmware/records/test_opinions.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from firmware.records.messages import AnswersWanted, StaysWanted
from firmware.records.periods import half_hour_of
from firmware.records.scores import Scores, of_answers
from firmware.records.search import answer_conditions
from firmware.records.service_schema import answers


@dataclass(frozen=True, slots=True)
class Opinions:
    """All answers of a report. Every grouping adds up to `total`."""

    total: Scores = field(default_factory=Scores)
    queues: Mapping[str, Scores] = field(default_factory=dict)
    days: Mapping[date, Scores] = field(default_factory=dict)
    half_hours: Mapping[datetime | str, Scores] = field(default_factory=dict)
    """Of one day by its beginning in UTC, of several by the clock."""
    agents: Mapping[str, Scores] = field(default_factory=dict)
    lines: Mapping[int | None, Scores] = field(default_factory=dict)


def opinions_of(
    connection: Connection, wanted: StaysWanted, zone: str, is_one_day: bool
) -> Opinions:
    """What was answered in a period."""
    columns = answers.c
    at = columns.decided_slot if wanted.is_by_decision else columns.offered_slot
    rows = connection.execute(
        select(
            at, columns.queue, columns.agent, columns.line, columns.scale, columns.score,
            func.count(),
        )
        .where(answer_conditions(AnswersWanted(wanted)))
        .group_by(
            at, columns.queue, columns.agent, columns.line, columns.scale, columns.score
        )
    )  # fmt: skip
    sums = _Sums()
    place = ZoneInfo(zone)
    known: dict[int, tuple[date, datetime | str]] = {}
    for at_, queue, agent, line, scale, score, count in rows:
        if (when := known.get(at_)) is None:
            begins = half_hour_of(at_, place)
            half = begins.astimezone(UTC) if is_one_day else f"{begins:%H:%M}"
            when = known[at_] = begins.date(), half
        for by, key in zip(sums.by, (None, queue, *when, agent, line), strict=True):
            by[key][scale, score] += count
    found: list[dict[Any, Scores]] = [
        {key: _scores(counts) for key, counts in by.items()} for by in sums.by
    ]
    return Opinions(found[0].get(None, Scores()), *found[1:])


Counts = dict[tuple[str, int], int]


def _by() -> dict[Any, Counts]:
    return defaultdict(lambda: defaultdict(int))


@dataclass(slots=True)
class _Sums:
    """All, by queue, day, half-hour, agent, line."""

    by: tuple[dict[Any, Counts], ...] = field(
        default_factory=lambda: tuple(_by() for _ in range(6))
    )


def _scores(counts: Counts) -> Scores:
    return sum((of_answers(*key, count) for key, count in counts.items()), Scores())
