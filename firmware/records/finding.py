"""Calls by number, newest first, as quick for an extension that is in every second call as for a
number that called once.

On a connection of store.py; only reads. A number may be the caller's, the called one or the
agent's, whole or as the last digits: each of these is answered by an index of its own. What they
find is merged: first only the times, which the indexes have, to see from when on calls are wanted,
then these calls.

Tests: tests/firmware/records/test_finding.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from firmware.records.schema import calls


def newest(
    connection: Connection, branches: Sequence[ColumnElement[bool]], limit: int, offset: int
) -> list[Any]:
    """The newest calls that fulfil any of the conditions, after leaving out `offset`."""
    began, wanted = calls.c.started_at, limit + offset
    times: set[Any] = set()
    for one in branches:
        question = select(began).where(one).order_by(began.desc()).limit(wanted)
        times.update(connection.execute(question).scalars())
    if not times or not limit:
        return []
    since = sorted(times, reverse=True)[:wanted][-1]  # of calls at one time all are read
    found = {
        row.id: row
        for one in branches
        for row in connection.execute(select(calls).where(one, began >= since))
    }
    ordered = sorted(found.values(), key=lambda row: (row.started_at, row.id), reverse=True)
    return ordered[offset:wanted]
