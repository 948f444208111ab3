"""What the records have counted, for planning: half-hours, handling times, lines, whole stretches.

On a connection of store.py (`Records.ask`); only reads. Half-hours are those of the office's wall
clock; where a change of the clocks brings one twice, both are counted as one.

Leaves out: what follows from it (adviser.py, firmware.acd.recall).
Tests: tests/firmware/records/test_history.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from firmware.records.adviser import Counts, Held, Slot
from firmware.records.errors import TooMuch
from firmware.records.kpi import Result
from firmware.records.messages import AgentTime, CallId, CallRow, Outcome, StayRow
from firmware.records.periods import day_bounds, half_hour_of
from firmware.records.schema import agent_times, calls, slot, stays

MOST_STAYS: Final = 200_000
"""Largest stretch that is read whole: ten days of 20 000 calls."""
LONGEST_CALL: Final = timedelta(days=1)
"""A call that began earlier holds no line any more."""

_CALL: Final = tuple(field.name for field in fields(CallRow))
_STAY: Final = tuple(field.name for field in fields(StayRow))
_TIME: Final = tuple(field.name for field in fields(AgentTime))


@dataclass(frozen=True, slots=True)
class Habit:
    """A queue's means over a period. None: no call to learn from."""

    handling_s: float | None
    patience_s: float | None
    """All waiting time over the number who gave up."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Everything of some days."""

    stays: tuple[StayRow, ...]
    times: tuple[AgentTime, ...]
    calls: tuple[CallRow, ...]
    """With a line."""


def first_whole_day(connection: Connection, zone: str) -> date | None:
    """The day after the first call to a queue; None: there was none yet."""
    first = connection.execute(select(func.min(stays.c.offered_slot))).scalar()
    if first is None:
        return None
    return _local(int(first), ZoneInfo(zone))[0] + timedelta(days=1)


def offered(connection: Connection, first: date, last: date, zone: str) -> dict[str, Counts]:
    """Calls offered to each queue, by day and half-hour, both days included."""
    place = ZoneInfo(zone)
    found: dict[str, Counter[Slot]] = defaultdict(Counter)
    question = (
        select(stays.c.queue, stays.c.offered_slot, func.count())
        .where(_within(first, last, zone))
        .group_by(stays.c.queue, stays.c.offered_slot)
    )
    for queue, at, count in connection.execute(question):
        found[queue][_local(at, place)] += count
    return dict(found)


def habits(connection: Connection, first: date, last: date, zone: str) -> dict[str, Habit]:
    """Each queue's handling time and patience."""
    is_answered = stays.c.result == Result.ANSWERED.value
    handling_s = stays.c.talk_s + stays.c.hold_s + stays.c.wrap_up_s
    question = (
        select(
            stays.c.queue,
            func.avg(case((is_answered, handling_s))),
            func.sum(stays.c.wait_s),
            func.sum(case((stays.c.result == Result.ABANDONED.value, 1), else_=0)),
        )
        .where(_within(first, last, zone))
        .group_by(stays.c.queue)
    )
    return {
        queue: Habit(mean, waited_s / gave_up if gave_up else None)
        for queue, mean, waited_s, gave_up in connection.execute(question)
    }


def held(connection: Connection, since: datetime, until: datetime) -> list[Held]:
    """From when to when each line was held, seconds since 1970, cut at the bounds."""
    start, end = since.timestamp(), until.timestamp()
    return [
        (max(call.started_at.timestamp(), start), min(call.ended_at.timestamp(), end))
        for call in _with_line(connection, since, until)
    ]


def stretch(connection: Connection, since: datetime, until: datetime) -> Stretch:
    """Everything from one moment to another. Raise `TooMuch`."""
    within = and_(
        stays.c.offered_slot >= slot(since),
        stays.c.offered_slot <= slot(until),
        stays.c.offered_at >= since,
        stays.c.offered_at < until,
        stays.c.result != Result.WAITING.value,
    )
    count = connection.execute(select(func.count()).select_from(stays).where(within)).scalar() or 0
    if count > MOST_STAYS:
        raise TooMuch(f"{count} calls from {since} to {until}", f"at most {MOST_STAYS}")
    overlap = and_(
        agent_times.c.from_at < until,
        or_(agent_times.c.until_at.is_(None), agent_times.c.until_at > since),
    )
    return Stretch(
        tuple(
            StayRow(**_part(row, _STAY, result=Result(row["result"]), call=CallId(row["call"])))
            for row in connection.execute(select(stays).where(within)).mappings()
        ),
        tuple(
            AgentTime(**_part(row, _TIME))
            for row in connection.execute(select(agent_times).where(overlap)).mappings()
        ),
        tuple(_with_line(connection, since, until)),
    )


def _with_line(connection: Connection, since: datetime, until: datetime) -> list[CallRow]:
    question = select(calls).where(
        calls.c.line.is_not(None),
        calls.c.started_at >= since - LONGEST_CALL,
        calls.c.started_at < until,
        calls.c.ended_at > since,
    )
    return [
        CallRow(**_part(row, _CALL, outcome=Outcome(row["outcome"])))
        for row in connection.execute(question).mappings()
    ]


def _part(row: Mapping[Any, Any], names: tuple[str, ...], **read: object) -> dict[str, Any]:
    return {name: row[name] for name in names} | read


def _within(first: date, last: date, zone: str) -> ColumnElement[bool]:
    since, until = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    return and_(stays.c.offered_slot >= slot(since), stays.c.offered_slot < slot(until))


def _local(at: int, zone: ZoneInfo) -> Slot:
    begins = half_hour_of(at, zone)
    return begins.date(), begins.hour * 2 + begins.minute // 30
