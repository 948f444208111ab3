"""What the queues want to know of the time before the core's start: who wanted calls, who talked
with whom, who was cut off while waiting, who was writing notes.

On a connection of store.py (`Records.ask`); only reads, and of old times no more than so many rows.
What follows from it: firmware.acd.resume. Tests: tests/firmware/test_look_back.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, select

from firmware.records.kpi import Result
from firmware.records.messages import CallId, StayRow
from firmware.records.schema import events, slot, stays

WISH: Final = "agent.wish"
"""Kind of the event that says what an agent wants."""
NOTES: Final = "agent.wrap_up"
"""Kind of the event that says until when an agent writes the notes of a call."""
NOT_TAKEN: Final = "agent.not_taken"
"""Kind of the event that counts the offers in a row which an agent did not take."""
ANSWERED: Final = "queue.answered"
STATE: Final = "agent.state"
PAUSED: Final = "paused"
MOST_WISHES: Final = 5_000
MOST_OFFERS: Final = 1_000
MOST_STAYS: Final = 20_000
MOST_STATES: Final = 5_000
MOST_ANSWERS: Final = 3_000
MOST_TALKS: Final = 3_000
"""The callers of some weeks; more would make the start slow on a small computer."""
EVENING: Final = timedelta(hours=4)
"""So long before midnight a caller of today may have come."""
LATELY: Final = timedelta(hours=1)
"""The queues reckon with calls that were dealt with so long ago."""

_STAY: Final = tuple(field.name for field in fields(StayRow))


State: TypeAlias = tuple[int, str, datetime]
"""Number of the event that says what an agent did, what, and since when."""


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
class Notes:
    """What an agent was doing when the core ended: the notes of a call."""

    agent: str
    queue: str
    talk_from: datetime
    began: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """A caller was told how long it would be, and answered so long after."""

    queue: str
    told_s: float
    waited_s: float


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
    not_taken: Mapping[str, int] = field(default_factory=dict)
    """By agent, offers in a row."""
    notes: tuple[Notes, ...] = ()
    """That were not over."""
    paused_since: Mapping[str, datetime] = field(default_factory=dict)
    """By agent, of those who were shown so: whoever pauses in a call is when it is over."""
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far to look back."""

    now: datetime
    midnight: datetime
    talks_since: datetime | None = None
    """None: no queue asks with whom a caller talked last."""
    is_promised: bool = False
    """Callers are told how long it will be."""


def before_start(connection: Connection, wanted: Wanted) -> BeforeStart:
    """What is known."""
    midnight, talks_since = wanted.midnight, wanted.talks_since
    wishes = tuple(reversed(list(_wishes(connection))))
    notes = dict(_notes(connection, wanted.now - LATELY))
    states: dict[str, State] = {}
    latest = {wish.agent: wish.presence for wish in wishes}
    if notes or PAUSED in latest.values():
        states = dict(_states(connection))
    return BeforeStart(
        wishes,
        tuple(reversed(list(_stays(connection, midnight - EVENING)))),
        tuple(reversed(list(_talks(connection, talks_since)))) if talks_since is not None else (),
        _last_offered(connection),
        _not_taken(connection),
        tuple(one for seq, one in notes.values() if seq > _seq_of(states, one.agent)),
        {who: at for who, (_, state, at) in states.items() if state == PAUSED},
        tuple(reversed(list(_promises(connection)))) if wanted.is_promised else (),
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


def _not_taken(connection: Connection) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, data in _newest(connection, NOT_TAKEN, MOST_OFFERS):
        found.setdefault(str(data.get("agent") or ""), _count(data.get("in_a_row")))
    return {agent: count for agent, count in found.items() if count}


def _notes(connection: Connection, since: datetime) -> Iterator[tuple[str, tuple[int, Notes]]]:
    """By agent, the latest; those over by `since` are left out."""
    c, seen = events.c, set[str]()
    told = select(c.seq, c.at, c.data).where(c.kind == NOTES, c.at >= since - LATELY)
    for seq, at, data in connection.execute(told.order_by(c.seq.desc()).limit(MOST_OFFERS)):
        notes = _read_notes(at, data)
        if notes.until > since and notes.agent not in seen:
            yield notes.agent, (seq, notes)
        seen.add(notes.agent)


def _states(connection: Connection) -> Iterator[tuple[str, State]]:
    """By agent, what they did last."""
    c, seen = events.c, set[str]()
    told = select(c.seq, c.at, c.data).where(c.kind == STATE)
    for seq, at, data in connection.execute(told.order_by(c.seq.desc()).limit(MOST_STATES)):
        if (agent := str(data.get("agent") or "")) not in seen:
            yield agent, (seq, str(data.get("state") or ""), at)
        seen.add(agent)


def _seq_of(states: Mapping[str, State], agent: str) -> int:
    return states[agent][0] if agent in states else 0


def _read_notes(at: datetime, data: Mapping[str, Any]) -> Notes:
    began = at - timedelta(seconds=_seconds(data.get("began_s")))
    return Notes(
        str(data.get("agent") or ""),
        str(data.get("queue") or ""),
        began - timedelta(seconds=_seconds(data.get("talked_s"))),
        began,
        at + timedelta(seconds=_seconds(data.get("ends_in_s"))),
    )


def _promises(connection: Connection) -> Iterator[Promise]:
    for _, data in _newest(connection, ANSWERED, MOST_ANSWERS):
        told_s, waited_s = data.get("told_s"), data.get("told_ago_s")
        if isinstance(told_s, int | float) and isinstance(waited_s, int | float):
            yield Promise(str(data.get("queue") or ""), float(told_s), float(waited_s))


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
