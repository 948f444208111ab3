"""The further calls of callers whom the first one did not help: what opens behind first-call
resolution.

On a connection of store.py; only reads, every call of the period: not for long ones.
Tests: tests/firmware/records/test_again.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from firmware.records.caller_days import MOST_DAYS_READ
from firmware.records.callers import calls_of

MOST_LISTED: Final = 5000
"""Further calls listed."""


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
    in_order = calls_of(connection, asked.since, asked.until + asked.within, asked.line)
    for caller, at, call in in_order:
        if caller in last and at - last[caller] <= asked.within:
            found.append(call)
        if at < asked.until:
            last[caller] = at
    return found[:MOST_LISTED]
