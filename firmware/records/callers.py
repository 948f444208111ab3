"""Callers by their numbers: how many reached the lines, and whose first call settled it.

On a connection of store.py; only reads calls as they are. Two forms of a number (021..., +27 21...)
are the same if their last nine digits are.

Leaves out: days added up once (caller_days.py). Tests: tests/firmware/records/test_reports.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, select

from firmware.records.schema import calls

AGAIN_DAYS: Final = 7
"""A further call from the same number so soon means that the first one did not settle it."""
NUMBER_DIGITS: Final = 9
"""Last digits by which two forms of a number are the same."""

Moments = Mapping[str, Sequence[datetime]]
"""When each number called, in order."""


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


def numbers(since: datetime, until: datetime, line: int | None = None) -> Select[Any]:
    """Who called then, as `number`."""
    digits = func.substr(calls.c.caller_reversed, 1, NUMBER_DIGITS)
    known = calls.c.caller_reversed != ""
    return select(digits.label("number")).where(incoming(since, until, line), known)


def moments_of(
    connection: Connection, since: datetime, until: datetime, line: int | None = None
) -> Moments:
    """When each number called."""
    found: dict[str, list[datetime]] = defaultdict(list)
    question = numbers(since, until, line).add_columns(calls.c.started_at)
    for number, at in connection.execute(question.order_by(calls.c.started_at)):
        found[number].append(at)
    return found


def resolved(called: Moments, until: datetime, within: timedelta) -> Callers:
    """Of callers before `until`; calls from then on only tell of a further call."""
    known = [moments for moments in called.values() if moments[0] < until]
    again = sum(is_unsettled(moments, until, within) for moments in known)
    return Callers(len(known), len(known) - again)


def is_unsettled(moments: Sequence[datetime], until: datetime, within: timedelta) -> bool:
    """A call before `until` was followed by another, so soon that it had not settled it."""
    return any(at < until and later - at <= within for at, later in pairwise(moments))
