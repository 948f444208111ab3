"""Dispositions from the events into their table, and out of it for pages of calls.

On a connection of store.py, within its transaction, after the ledger's rows: a disposition takes
over the line and the interval of the stay it is about. The last one set is the call's; code 0 takes
it away. An event whose data make no sense is left out: events are the truth, and remain.

Leaves out: what they come to (dispositions.py, disposition_report.py).
Tests: tests/firmware/records/test_disposition_books.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from firmware.records.belonging import place, text
from firmware.records.disposition_schema import dispositions
from firmware.records.dispositions import Disposed
from firmware.records.messages import EventRow

DISPOSED: Final = "call.disposition"
"""Kind of the event: `code` (0: none any more), `name`, `is_resolved`, `queue`, `agent`."""
CODES: Final = range(1, 100)
BATCH: Final = 500
"""Calls asked about in one statement; SQLite takes 999 values in its oldest releases."""


def book(connection: Connection, event: EventRow) -> None:
    """Book what was set for a call; the event has its number and is in the tables."""
    code = event.data.get("code")
    if event.call is None or not isinstance(code, int) or isinstance(code, bool):
        return
    if code != 0 and code not in CODES:
        return
    connection.execute(delete(dispositions).where(dispositions.c.call == event.call))
    if code:
        connection.execute(insert(dispositions), [_row(connection, event, code)])


def of_calls(connection: Connection, calls: Sequence[str]) -> dict[str, Disposed]:
    """What is set for these calls, by call."""
    found: dict[str, Disposed] = {}
    columns = dispositions.c
    for first in range(0, len(calls), BATCH):
        question = select(
            columns.call, columns.code, columns.name, columns.is_resolved, columns.agent, columns.at
        ).where(columns.call.in_(calls[first : first + BATCH]))
        found |= {row[0]: Disposed(*row[1:]) for row in connection.execute(question)}
    return found


def _row(connection: Connection, event: EventRow, code: int) -> dict[str, Any]:
    is_resolved = event.data.get("is_resolved")
    return {
        "call": event.call,
        "seq": event.seq,
        "at": event.at,
        "code": code,
        "name": text(event, "name"),
        "is_resolved": is_resolved if isinstance(is_resolved, bool) else None,
        **place(connection, event, is_agents=True),
    }
