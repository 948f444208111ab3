"""Callbacks that came to nothing: tried in vain as often as the queue's rule says, or expired.

On a connection of store.py; only reads the events that the box told of its callbacks, the newest of
each kind and not more than so many. What the office cancelled, or the called one did, is none.

Leaves out: what became of these callers since (lost.py).
Tests: tests/firmware/records/test_lost.py, tests/firmware/route/test_callbacks.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from firmware.records.schema import events

TAKEN: Final = "callback.taken"
"""Kind of the event that says that a callback is promised: `number`, `queue`; its call is the one
in which the caller asked for it, if they did themselves."""
OVER: Final = ("callback.given_up", "callback.expired")
"""Kinds that say that there will be none: `number`, `queue`, `tries`, `is_missed`."""
MOST_READ: Final = 2000
"""Events of one kind."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A callback that was promised, and came to nothing."""

    at: datetime
    """When it was given up."""
    asked_at: datetime
    call: str
    """In which the caller asked for it; empty: somebody of the office did."""
    queue: str
    number: str
    tries: int


def broken(connection: Connection, since: datetime) -> list[Promise]:
    """Those that were given up since then, the newest first."""
    over = [row for kind in OVER for row in _newest(connection, kind) if row.at >= since]
    missed = [row for row in over if row.data.get("is_missed") is True]
    taken = _newest(connection, TAKEN) if missed else []
    found = [_promise(row, _taken_before(row, taken)) for row in missed]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _newest(connection: Connection, kind: str) -> Sequence[Any]:
    columns = events.c
    question = select(columns.seq, columns.at, columns.call, columns.data)
    question = question.where(columns.kind == kind).order_by(columns.seq.desc()).limit(MOST_READ)
    return connection.execute(question).all()


def _taken_before(over: Any, taken: Sequence[Any]) -> Any | None:
    """When it was asked for the last time; None: too long ago."""
    for row in taken:
        if row.seq < over.seq and _names(row) == _names(over):
            return row
    return None


def _names(row: Any) -> tuple[str, str]:
    return str(row.data.get("number") or ""), str(row.data.get("queue") or "")


def _promise(over: Any, taken: Any | None) -> Promise:
    (number, queue), tries = _names(over), over.data.get("tries")
    asked_at = taken.at if taken is not None else over.at
    call = (taken.call or "") if taken is not None else ""
    return Promise(over.at, asked_at, call, queue, number, tries if type(tries) is int else 0)
