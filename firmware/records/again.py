"""The further calls of callers whom the first one did not help: what opens behind first-call
resolution.

On a connection of store.py; only reads, every call of the period: not for long ones.
Tests: tests/firmware/records/test_again.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, func, literal, select

from firmware.records.callers import NUMBER_DIGITS
from firmware.records.schema import calls

MOST_DAYS_READ: Final = 92
"""Longest period of which every call is read."""
MOST_LISTED: Final = 5000
"""Further calls listed."""

Called = tuple[str, datetime, str]
"""The number's last digits, when, and the call."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which callers, and how soon a further call counts."""

    since: datetime
    until: datetime
    line: int | None
    within: timedelta

    @property
    def is_too_long(self) -> bool:
        return self.until - self.since > timedelta(days=MOST_DAYS_READ, hours=1)


def further_calls(connection: Connection, asked: Asked) -> list[str]:
    """The further calls, oldest first; some may be after the period's end."""
    if asked.is_too_long:
        return []
    last: dict[str, datetime] = {}
    found: list[str] = []
    for number, at, call in _called(connection, asked):
        if number in last and at - last[number] <= asked.within:
            found.append(call)
        if at < asked.until:
            last[number] = at
    return found[:MOST_LISTED]


def _called(connection: Connection, asked: Asked) -> Iterator[Called]:
    columns = calls.c
    within = and_(
        columns.direction == "incoming",
        columns.started_at >= asked.since,
        columns.started_at < asked.until + asked.within,
        columns.line == asked.line if asked.line is not None else literal(True),
        columns.caller_reversed != "",
    )
    number = func.substr(columns.caller_reversed, 1, NUMBER_DIGITS)
    question = select(number, columns.started_at, columns.id).where(within)
    for row in connection.execute(question.order_by(columns.started_at)):
        yield row[0], row[1], row[2]
