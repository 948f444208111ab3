"""Callers by their numbers: how many reached the lines, and whose first call settled it.

On a connection of store.py; only reads calls as they are. Callers are told apart by their keys
(subscribers.py): 021... and +27 21... are one.

Leaves out: days added up once (caller_days.py). Tests: tests/firmware/records/test_reports.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, literal, select

from firmware.records.schema import calls, subscribers

AGAIN_DAYS: Final = 7
"""A further call from the same number so soon means that the first one did not settle it."""

Moments = Mapping[str, Sequence[datetime]]
"""When each caller called, in order, by key."""


@dataclass(frozen=True, slots=True)
class Callers:
    """First-call resolution: callers known by number, and those of them without a further call
    within the days asked for."""

    known: int
    once: int

    @property
    def resolution(self) -> float | None:
        return self.once / self.known if self.known else None


def incoming(since: datetime, until: datetime, line: int | None) -> ColumnElement[bool]:
    """Which calls seized a line then."""
    return and_(
        calls.c.direction == "incoming",
        calls.c.started_at >= since,
        calls.c.started_at < until,
        calls.c.line == line if line is not None else literal(True),
    )


def reached(connection: Connection, since: datetime, until: datetime, line: int | None) -> int:
    """Every seizure of a line by a caller."""
    question = select(func.count()).select_from(calls).where(incoming(since, until, line))
    return int(connection.execute(question).scalar() or 0)


def calls_of(
    connection: Connection, since: datetime, until: datetime, line: int | None = None
) -> list[tuple[str, datetime, str]]:
    """Calls then whose caller is known by number: whose, when, and the call; in order."""
    whose = func.coalesce(subscribers.c.subscriber, "")
    question = (
        select(whose, calls.c.caller_reversed, calls.c.started_at, calls.c.id)
        .outerjoin(subscribers, subscribers.c.number == calls.c.caller_number)
        .where(incoming(since, until, line), calls.c.caller_reversed != "")
        .order_by(calls.c.started_at)
    )
    found = connection.execute(question)
    return [(whose or backwards[::-1], at, call) for whose, backwards, at, call in found]


def moments_of(
    connection: Connection, since: datetime, until: datetime, line: int | None = None
) -> Moments:
    """When each caller called."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for caller, at, _ in calls_of(connection, since, until, line):
        found[caller].append(at)
    return found


def resolved(called: Moments, until: datetime, within: timedelta) -> Callers:
    """Of callers before `until`; calls from then on only tell of a further call."""
    known = [moments for moments in called.values() if moments[0] < until]
    again = sum(is_unsettled(moments, until, within) for moments in known)
    return Callers(len(known), len(known) - again)


def is_unsettled(moments: Sequence[datetime], until: datetime, within: timedelta) -> bool:
    """A call before `until` was followed by another, so soon that it had not settled it."""
    return any(at < until and later - at <= within for at, later in pairwise(moments))
