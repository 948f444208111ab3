"""The ledger's rows in the tables: opened again after a start, read, made anew from all events.

On a connection of store.py, within its transaction. What the books mean: ledger.py.
Tests: tests/firmware/records/test_books.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, literal, or_, select, tuple_

from firmware.records.kpi import Result
from firmware.records.ledger import KINDS, Caller, Ledger
from firmware.records.marks import PAST_UNTIL, mark
from firmware.records.messages import AgentTime, CallId, EventRow, StayRow, StaysWanted
from firmware.records.rebuild import STARTED
from firmware.records.schema import agent_times, day_sums, events, open_calls, stays
from firmware.records.search import stay_conditions
from firmware.records.writing import write_books

BATCH: Final = 5000
_STAY: Final = tuple(field.name for field in fields(StayRow))


def opened(connection: Connection) -> Ledger:
    """The ledger as the tables stand; of a past that is still being booked nothing is open."""
    past = int(mark(connection, PAST_UNTIL) or 0)
    begun = select(events.c.call).where(events.c.kind == STARTED, events.c.seq > past)
    is_now = stays.c.call.in_(begun) if past else literal(True)
    under_way = select(open_calls.c.call)
    if past:
        under_way = under_way.where(open_calls.c.call.in_(begun))
    told = connection.execute(
        select(events)
        .where(events.c.call.in_(under_way), events.c.kind.in_((STARTED, "call.identified")))
        .order_by(events.c.seq)
    )
    callers = Ledger()
    for row in told:
        callers.take(EventRow(**row._mapping))
    known = dict(callers.callers)
    present = [
        AgentTime(**row._mapping)
        for row in connection.execute(
            select(agent_times).where(agent_times.c.until_at.is_(None), agent_times.c.seq > past)
        )
    ]
    found = connection.execute(
        select(stays)
        .where(or_(stays.c.call.in_(under_way), and_(stays.c.is_open, is_now)))
        .order_by(stays.c.call, stays.c.number)
    )
    for stay in _stays(found):
        known.setdefault(stay.call, Caller()).stays.append(stay)
    keys = [(time.call, time.number) for time in present if time.call]
    answered = connection.execute(
        select(stays).where(tuple_(stays.c.call, stays.c.number).in_(keys))
    )
    just_answered = [
        stay
        for caller in known.values()
        for stay in caller.stays
        if stay.is_open and stay.agent and stay.agent not in {t.agent for t in present if t.call}
    ]
    return Ledger(known, present, [*just_answered, *_stays(answered)])


def make_again(connection: Connection) -> None:
    """Make the books anew from every event: for a database that had none."""
    connection.execute(delete(stays))
    connection.execute(delete(agent_times))
    connection.execute(delete(day_sums))
    ledger, last = Ledger(), -1
    while rows := connection.execute(
        select(events)
        .where(events.c.seq > last, events.c.kind.in_(KINDS))
        .order_by(events.c.seq)
        .limit(BATCH)
    ).all():
        for row in rows:
            ledger.take(EventRow(**row._mapping))
        write_books(connection, ledger)
        last = rows[-1].seq


def stays_wanted(connection: Connection, wanted: StaysWanted, limit: int) -> list[StayRow]:
    """Stays, the newest first."""
    question = select(stays).where(stay_conditions(wanted)).limit(max(0, limit))
    order = question.order_by(stays.c.offered_slot.desc(), stays.c.offered_at.desc())
    return list(_stays(connection.execute(order)))


def _stays(rows: Iterable[Any]) -> Iterable[StayRow]:
    for row in rows:
        values = {name: row._mapping[name] for name in _STAY}
        yield StayRow(
            **values | {"result": Result(values["result"]), "call": CallId(values["call"])}
        )
