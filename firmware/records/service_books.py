"""Answers after a call, menus that served a caller, and dispositions, from the events into their
tables.

On a connection of store.py, within its transaction, after the ledger's rows: an answer takes over
the line and the interval of the stay it is about. An event whose data make no sense (a score of
text) is left out: events are the truth, and remain.

Leaves out: what they come to (scores.py, line_days.py), and how dispositions are booked
(disposition_books.py). Tests: tests/firmware/records/test_service_books.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from firmware.records.belonging import place, text
from firmware.records.disposition_books import DISPOSED, book
from firmware.records.disposition_schema import dispositions
from firmware.records.messages import EventRow
from firmware.records.schema import events
from firmware.records.scores import CSAT, CSAT_BEST, NPS
from firmware.records.service_schema import answers, served

ANSWERED: Final = "survey.answered"
"""`survey`, `scale` csat or nps, `score`, `queue`, `agent`."""
SERVED: Final = "menu.served"
"""`menu`, `key`."""
KINDS: Final = (ANSWERED, SERVED, DISPOSED)
BATCH: Final = 5000
_RANGES: Final = {CSAT: range(1, CSAT_BEST + 1), NPS: range(11)}


def write(connection: Connection, told: Iterable[EventRow]) -> None:
    """Book what is in these events, which have their numbers and are in the tables."""
    for event in told:
        if event.kind == ANSWERED:
            _answer(connection, event)
        elif event.kind == SERVED and event.call is not None:
            connection.execute(delete(served).where(served.c.call == event.call))
            row = {"call": event.call, "menu": text(event, "menu"), "key": text(event, "key")}
            connection.execute(insert(served), [row])
        elif event.kind == DISPOSED:
            book(connection, event)


def make_again(connection: Connection) -> None:
    """Make them anew from every event: for a database that had none."""
    connection.execute(delete(answers))
    connection.execute(delete(served))
    connection.execute(delete(dispositions))
    last = -1
    while rows := _next(connection, last):
        write(connection, rows)
        last = rows[-1].seq


def _next(connection: Connection, last: int) -> Sequence[EventRow]:
    found = connection.execute(
        select(events)
        .where(events.c.seq > last, events.c.kind.in_(KINDS))
        .order_by(events.c.seq)
        .limit(BATCH)
    )
    return [EventRow(**row._mapping) for row in found]


def _answer(connection: Connection, event: EventRow) -> None:
    scale, score = event.data.get("scale"), event.data.get("score")
    is_whole = isinstance(score, int) and not isinstance(score, bool)
    if event.call is None or scale not in _RANGES or not is_whole or score not in _RANGES[scale]:
        return
    row = {
        "seq": event.seq,
        "call": event.call,
        "at": event.at,
        "survey": text(event, "survey"),
        "scale": scale,
        "score": score,
        **place(connection, event),
    }
    connection.execute(insert(answers), [row])
