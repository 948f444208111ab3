"""What the queues want to know of the time before the core's start: who wanted calls, who talked
with whom, who was cut off while waiting.

On a connection of store.py (`Records.ask`); only reads, and of old times no more than so many rows.
What follows from it: firmware.acd.resume. Tests: tests/firmware/test_look_back.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from firmware.records.kpi import Result
from firmware.records.messages import CallId, StayRow
from firmware.records.schema import events, slot, stays

WISH: Final = "agent.wish"
"""Kind of the event that says what an agent wants."""
MOST_WISHES: Final = 5_000
MOST_OFFERS: Final = 1_000
MOST_STAYS: Final = 20_000
MOST_TALKS: Final = 3_000
"""The callers of some weeks; more would make the start slow on a small computer."""
EVENING: Final = timedelta(hours=4)
"""So long before midnight a caller of today may have come."""

_STAY: Final = tuple(field.name for field in fields(StayRow))


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent wanted from then on."""

    at: datetime
    agent: str
    presence: str
    """`out`, `ready`, `paused`."""
    reason: str = ""
    phone: str = ""
    back_in_s: float | None = None
    """So long after it a pause was to end by itself."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A caller talked with an agent until `at`."""

    number: str
    agent: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BeforeStart:
    """All of it, in the order of its time."""

    wishes: tuple[Wish, ...] = ()
    stays: tuple[StayRow, ...] = ()
    """Of today, and of the evening before."""
    talks: tuple[Talk, ...] = ()
    """Of as long as callers are remembered by the queues."""
    last_offered: Mapping[str, str] | None = None
    """By queue, who was rung last."""


def before_start(
    connection: Connection, midnight: datetime, talks_since: datetime | None
) -> BeforeStart:
    """What is known. `talks_since`: None if no queue asks with whom a caller talked last."""
    return BeforeStart(
        tuple(reversed(list(_wishes(connection)))),
        tuple(reversed(list(_stays(connection, midnight - EVENING)))),
        tuple(reversed(list(_talks(connection, talks_since)))) if talks_since is not None else (),
        _last_offered(connection),
    )


def _newest(connection: Connection, kind: str, most: int) -> Iterator[Any]:
    question = select(events.c.at, events.c.data).where(events.c.kind == kind)
    yield from connection.execute(question.order_by(events.c.seq.desc()).limit(most))


def _wishes(connection: Connection) -> Iterator[Wish]:
    for at, data in _newest(connection, WISH, MOST_WISHES):
        back_in_s = data.get("back_in_s")
        yield Wish(
            at,
            str(data.get("agent") or ""),
            str(data.get("presence") or ""),
            str(data.get("reason") or ""),
            str(data.get("phone") or ""),
            float(back_in_s) if isinstance(back_in_s, int | float) else None,
        )


def _stays(connection: Connection, since: datetime) -> Iterator[StayRow]:
    question = (
        select(stays)
        .where(stays.c.offered_slot >= slot(since))
        .order_by(stays.c.offered_slot.desc(), stays.c.offered_at.desc(), stays.c.number.desc())
        .limit(MOST_STAYS)
    )
    for row in connection.execute(question).mappings():
        values = {name: row[name] for name in _STAY}
        read = {"result": Result(row["result"]), "call": CallId(row["call"])}
        yield StayRow(**values | read)


def _talks(connection: Connection, since: datetime) -> Iterator[Talk]:
    c = stays.c
    question = (
        select(c.caller_number, c.agent, c.decided_at, c.offered_at, c.talk_s, c.hold_s)
        .where(
            c.offered_slot >= slot(since),
            c.result == Result.ANSWERED.value,
            c.caller_number != "",
        )
        .order_by(c.offered_slot.desc(), c.offered_at.desc())
        .limit(MOST_TALKS)
    )
    for number, agent, decided_at, offered_at, talk_s, hold_s in connection.execute(question):
        began = decided_at or offered_at
        yield Talk(number, agent, began + timedelta(seconds=talk_s + hold_s))


def _last_offered(connection: Connection) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, data in _newest(connection, "queue.offered", MOST_OFFERS):
        found.setdefault(str(data.get("queue") or ""), str(data.get("agent") or ""))
    return found
