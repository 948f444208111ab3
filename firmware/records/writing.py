"""How rows get into the tables: many together by a handful of statements, or one by one.

On a connection of store.py, within its transaction. Together is how the core writes while calls
come and go: a statement for each row costs as much processor time as everything else that is done
for a call. One by one finds the row that the database refuses.

Tests: tests/firmware/records/test_store.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from firmware.records import service_books, subscribers
from firmware.records.bulk import Bulk
from firmware.records.corrections import put_away
from firmware.records.ledger import Ledger
from firmware.records.messages import AgentTime, CallRow, EventRow, RecordingRow, StayRow
from firmware.records.rebuild import STARTED
from firmware.records.schema import (
    agent_times,
    calls,
    digits_reversed,
    events,
    open_calls,
    recordings,
    slot,
    stays,
    words,
)

RecordRow = EventRow | CallRow | RecordingRow

_NAMES: Final = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (EventRow, CallRow, RecordingRow, StayRow, AgentTime)
}
_COLUMNS: Final = {
    table.name: tuple(column.name for column in table.columns)
    for table in (events, calls, recordings, stays, agent_times)
}
_EVENTS: Final = Bulk(events, is_once=True)
_CALLS, _RECORDINGS, _STAYS, _TIMES, _OPEN = map(
    Bulk, (calls, recordings, stays, agent_times, open_calls)
)


def can_go_together(rows: Sequence[RecordRow]) -> bool:
    """Every event has its number."""
    return all(row.seq for row in rows if isinstance(row, EventRow))


def write_together(connection: Connection, rows: Sequence[RecordRow], ledger: Ledger) -> None:
    """Store rows, and what the ledger makes of their events; a database error does not tell which
    one was wrong."""
    told = [row for row in rows if isinstance(row, EventRow)]
    ended = {row.id: _call_values(row) for row in rows if isinstance(row, CallRow)}
    kept = {row.id: _values(row) for row in rows if isinstance(row, RecordingRow)}
    begun = {row.call for row in told if row.kind == STARTED and row.call is not None}
    _EVENTS.put(connection, _in_order(events, map(_values, told)))
    _CALLS.put(connection, _in_order(calls, ended.values()))
    subscribers.keep(connection, map(_outside, ended.values()))
    _RECORDINGS.put(connection, _in_order(recordings, kept.values()))
    _OPEN.remove(connection, ([call] for call in ended))
    _OPEN.put(connection, ([call] for call in begun - ended.keys()))
    for row in told:
        ledger.take(row)
    write_books(connection, ledger, [row for row in rows if isinstance(row, CallRow)])
    service_books.write(connection, told)


def write_books(connection: Connection, ledger: Ledger, ended: Iterable[CallRow] = ()) -> None:
    """Store what changed in the ledger. `ended`: the calls written with it."""
    changed, times = ledger.changes()
    put_away(connection, ended, changed, times)
    _STAYS.put(connection, _in_order(stays, map(_stay_values, changed)))
    _TIMES.put(connection, _in_order(agent_times, map(_values, times)))


def write_event(connection: Connection, row: EventRow, last: int | None, ledger: Ledger) -> int:
    """Store an event, numbered after `last` (None: the newest in the database) if it has no
    number yet; return the highest number now."""
    seq = row.seq
    if not seq:
        if last is None:
            last = connection.execute(select(func.max(events.c.seq))).scalar() or 0
        seq = last + 1
    row = replace(row, seq=seq)
    connection.execute(insert(events).values(**_values(row)))
    ledger.take(row)
    if row.kind == STARTED and row.call is not None:
        _replace(connection, open_calls, "call", {"call": row.call})
    return max(seq, last or 0)


def write_summary(connection: Connection, row: CallRow | RecordingRow) -> None:
    """Store what is known of a call or a recording, or replace it."""
    if isinstance(row, RecordingRow):
        _replace(connection, recordings, "id", _values(row))
        return
    _replace(connection, calls, "id", _call_values(row))
    subscribers.keep(connection, [_outside(_values(row))])
    connection.execute(delete(open_calls).where(open_calls.c.call == row.id))


def _values(row: RecordRow | StayRow | AgentTime) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _NAMES[type(row)]}


def _call_values(row: CallRow) -> dict[str, Any]:
    return _values(row) | {
        "outcome": row.outcome.value,
        "caller_reversed": digits_reversed(row.caller_number),
        "called_reversed": digits_reversed(row.called),
        "words": words(
            row.caller_name, row.agent_name, row.caller_number, row.called, row.queue, row.id
        ),
    }


def _outside(values: dict[str, Any]) -> str:
    return subscribers.outside(values["direction"], values["caller_number"], values["called"])


def _stay_values(row: StayRow) -> dict[str, Any]:
    decided = row.decided_at
    return _values(row) | {
        "result": row.result.value,
        "offered_slot": slot(row.offered_at),
        "decided_slot": slot(decided) if decided is not None else None,
    }


def _replace(connection: Connection, table: Table, key: str, values: dict[str, Any]) -> None:
    found = connection.execute(
        update(table).where(table.c[key] == values[key]).values(**values)
    ).rowcount
    if not found:
        connection.execute(insert(table).values(**values))


def _in_order(table: Table, rows: Iterable[dict[str, Any]]) -> list[list[Any]]:
    """The values in the order of the table's columns."""
    names = _COLUMNS[table.name]
    return [[row[name] for name in names] for row in rows]
