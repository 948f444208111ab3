"""The books of a database that has none yet, made from all its events bit by bit, beside the calls.

On a connection of store.py, within its transaction. A small database gets its books at once. A
large one has millions of events: its box takes calls meanwhile, with books of their own from the
present on, and the past is folded in order by a ledger of its own, which closes at the end what was
open when the box stopped. Marks say how far that is, so that reports can say which days are not
counted yet. After a restart in the middle it goes on from the last event after which nothing was
open.

Leaves out: what the books mean (ledger.py), when the next step is due (figures_task.py).
Tests: tests/firmware/records/test_catching_up.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from firmware.records import books
from firmware.records.ledger import KINDS, RECOVERED, Ledger
from firmware.records.marks import PAST_DONE, PAST_UNTIL, mark, set_mark
from firmware.records.messages import EventRow
from firmware.records.schema import events
from firmware.records.writing import write_books

AT_ONCE: Final = 20_000
"""So many events do not keep a box waiting when it starts."""
STEP: Final = 1000
"""Events folded in one transaction."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A stretch of time whose figures are not complete yet."""

    since: datetime
    until: datetime


def begin(connection: Connection) -> None:
    """For a database without books."""
    last = connection.execute(select(func.max(events.c.seq))).scalar() or 0
    if last <= AT_ONCE:
        books.make_again(connection)
    else:
        set_mark(connection, PAST_UNTIL, f"{last}")


def step(connection: Connection, ledger: Ledger | None) -> Ledger | None:
    """Fold some more events; `ledger` is what the step before returned, or None after a start.
    None: the past is in the books."""
    until = int(mark(connection, PAST_UNTIL) or 0)
    done = int(mark(connection, PAST_DONE) or 0)
    if not until:
        return None
    if ledger is None:
        ledger, done = Ledger(), _last_closed(connection, done)
    rows = [
        EventRow(**row._mapping)
        for row in connection.execute(
            select(events)
            .where(events.c.seq > done, events.c.seq <= until, events.c.kind.in_(KINDS))
            .order_by(events.c.seq)
            .limit(STEP)
        )
    ]
    for row in rows:
        ledger.take(row)
    if is_last := len(rows) < STEP:
        ledger.take(EventRow(_at(connection, until), RECOVERED, "", seq=until))
    write_books(connection, ledger)
    set_mark(connection, PAST_DONE, "" if is_last else f"{rows[-1].seq}")
    if is_last:
        set_mark(connection, PAST_UNTIL, "")
    return None if is_last else ledger


def uncounted(connection: Connection, since: datetime, until: datetime) -> Uncounted | None:
    """What of a period is not in the books yet."""
    last = int(mark(connection, PAST_UNTIL) or 0)
    if not last:
        return None
    done = int(mark(connection, PAST_DONE) or 0)
    first = max(since, _at(connection, done))
    end = min(until, _at(connection, last))
    return Uncounted(first, end) if first < end else None


def _last_closed(connection: Connection, done: int) -> int:
    """The newest event so far after which nothing was open; 0: there was none."""
    question = select(func.max(events.c.seq)).where(
        events.c.kind == RECOVERED, events.c.seq <= done
    )
    return int(connection.execute(question).scalar() or 0)


def _at(connection: Connection, seq: int) -> datetime:
    """When an event was, or the next one there is."""
    question = select(events.c.at).where(events.c.seq >= seq).order_by(events.c.seq).limit(1)
    at: datetime = connection.execute(question).scalar_one()
    return at
