"""Callers by their numbers: how many reached the lines, and whose first call settled it.

On a connection of store.py; only reads. Tests: tests/firmware/records/test_reports.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, literal, select

from firmware.records.schema import calls

AGAIN_DAYS: Final = 7
"""A further call from the same number so soon means that the first one did not settle it."""
MOST_DAYS_OF_CALLERS: Final = 92
"""Longest report that says so: it reads every call."""
MOST_AGAIN: Final = 5000
"""Further calls listed."""
NUMBER_DIGITS: Final = 9
"""Last digits by which two forms of a number (021..., +27 21...) are the same."""


@dataclass(frozen=True, slots=True)
class Callers:
    """First-call resolution: callers known by number, and those of them without a further call
    within the days asked for."""

    known: int
    once: int

    @property
    def resolution(self) -> float | None:
        return self.once / self.known if self.known else None


def _incoming(since: datetime, until: datetime, line: int | None) -> ColumnElement[bool]:
    return and_(
        calls.c.direction == "incoming",
        calls.c.started_at >= since,
        calls.c.started_at < until,
        calls.c.line == line if line is not None else literal(True),
    )


def reached(connection: Connection, since: datetime, until: datetime, line: int | None) -> int:
    """Every seizure of a line by a caller."""
    question = select(func.count()).select_from(calls).where(_incoming(since, until, line))
    return int(connection.execute(question).scalar() or 0)


def callers_of(
    connection: Connection,
    since: datetime,
    until: datetime,
    line: int | None,
    again_days: int = AGAIN_DAYS,
) -> Callers | None:
    """None: too long a period."""
    if until - since > timedelta(days=MOST_DAYS_OF_CALLERS, hours=1):
        return None
    within = timedelta(days=again_days)
    rows = connection.execute(
        select(func.substr(calls.c.caller_reversed, 1, NUMBER_DIGITS), calls.c.started_at)
        .where(_incoming(since, until + within, line), calls.c.caller_reversed != "")
        .order_by(calls.c.started_at)
    )
    return _resolved(((number, at) for number, at in rows), until, within)


def calls_again(
    connection: Connection,
    since: datetime,
    until: datetime,
    line: int | None,
    again_days: int = AGAIN_DAYS,
) -> list[str]:
    """The further calls that say of their callers that the one before did not settle it, oldest
    first; at most `MOST_AGAIN`."""
    within = timedelta(days=again_days)
    rows = connection.execute(
        select(
            func.substr(calls.c.caller_reversed, 1, NUMBER_DIGITS), calls.c.started_at, calls.c.id
        )
        .where(_incoming(since, until + within, line), calls.c.caller_reversed != "")
        .order_by(calls.c.started_at)
    )
    last: dict[str, datetime] = {}
    found: list[str] = []
    for number, at, id in rows:
        if number in last and at - last[number] <= within:
            found.append(id)
        if at < until:
            last[number] = at
    return found[:MOST_AGAIN]


def _resolved(
    called: Iterable[tuple[str, datetime]], until: datetime, within: timedelta
) -> Callers:
    """`called`: numbers and times, oldest first; those from `until` on only tell of a further
    call."""
    last: dict[str, datetime] = {}
    again: set[str] = set()
    for number, at in called:
        if number in last and at - last[number] <= within:
            again.add(number)
        if at < until:
            last[number] = at
    return Callers(len(last), len(last) - len(again & last.keys()))
