"""Days that are over, added up once: what makes a report of years as quick as one of a day.

On a connection of store.py. The sums of a day rest on a `basis`: the time zone, which says what the
day is, the interval rule, and the queues' limits. Sums of another basis are not used, and are
replaced as days are added up anew; a day without sums is read from the stays themselves, so a
report never depends on them being there. A day is added up `SETTLED` after its end: by then whoever
joined a queue in it is through with it. Where that proves wrong, its sums are put away
(corrections.py).

Kinds of rows: `day` (name: empty), `half` (name: the clock), `agent`, `line`; of one agent
`agent_half` and `agent_line` (name: the agent, queue: the clock, the line), of one line `line_half`
(name: the line, queue: the clock); `state` (name: the agent, queue: the state, wait_s: its
seconds); `reached` (name: the line). Which rows a day has is made in add_up.py.

Tests: tests/firmware/records/test_day_sums.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from firmware.records.periods import day_bounds
from firmware.records.schema import SLOT_S, agent_times, calls, day_sums, stays

SETTLED: Final = timedelta(hours=12)
MARK: Final = "mark"
"""Kind of the row that says that a day has been added up, also if nothing happened in it."""
_SUMS: Final = ("calls", "in_time", "short", "transferred", "wait_s", "longest_s", "talk_s",
                "hold_s", "wrap_up_s")  # fmt: skip
_INSERT: Final = insert(day_sums)

Kinds = Mapping[str, Sequence[tuple[Any, ...]]]
"""Of each kind rows of name, queue, result, cause and nine sums."""


def basis(zone: str, rule: str, limits: Mapping[str, tuple[float, float]]) -> str:
    """The name of what the sums rest on."""
    text = f"3|{zone}|{rule}" + "".join(f"|{q}:{t:g}:{s:g}" for q, (t, s) in sorted(limits.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def summed(connection: Connection, on: str, first: date, last: date) -> set[date]:
    """Which days have their sums."""
    days = day_sums.c.day
    question = select(days).where(
        day_sums.c.basis == on,
        day_sums.c.kind == MARK,
        days >= first.toordinal(),
        days <= last.toordinal(),
    )
    return {date.fromordinal(row[0]) for row in connection.execute(question)}


def next_day(connection: Connection, on: str, zone: str, now: datetime) -> date | None:
    """The newest day that is over and has no sums yet; None if all have."""
    first_slot = connection.execute(select(func.min(stays.c.offered_slot))).scalar()
    oldest = select(agent_times.c.from_at).order_by(agent_times.c.seq).limit(1)
    began = connection.execute(oldest).scalar()
    firsts = [began] if began is not None else []
    if (called := connection.execute(select(func.min(calls.c.started_at))).scalar()) is not None:
        firsts.append(called)
    if first_slot is not None:
        firsts.append(datetime.fromtimestamp(first_slot * SLOT_S, UTC))
    if not firsts:
        return None
    first = day_of(min(firsts), zone)
    last = day_of(now - SETTLED, zone) - timedelta(days=1)
    done = summed(connection, on, first, last)
    days = ((last - timedelta(days=n)) for n in range((last - first).days + 1))
    return next((day for day in days if day not in done), None)


def store(connection: Connection, day: date, sums: Mapping[str, Kinds]) -> None:
    """Keep a day's sums, by their bases. Sums of the day on another basis go."""
    number = day.toordinal()
    connection.execute(delete(day_sums).where(day_sums.c.day == number))
    names = ("name", "queue", "result", "cause", *_SUMS)
    values = [
        {"basis": on, "kind": kind, "day": number, **dict(zip(names, row, strict=True))}
        for on, kinds in sums.items()
        for kind, some in {**kinds, MARK: [("", "", "", "", 0, 0, 0, 0, 0, 0, 0, 0, 0)]}.items()
        for row in some
    ]
    connection.execute(_INSERT, values)


def read(
    connection: Connection,
    on: str,
    kind: str,
    by: tuple[ColumnElement[Any], ...],
    days: tuple[date, date],
    queue: str = "",
    name: str = "",
) -> Iterator[Sequence[Any]]:
    """Sums of the days that have them: the values of `by`, result, cause, and nine sums. `queue`
    and `name` narrow, unless empty."""
    sums = day_sums.c
    added = [func.max(sums[n]) if n == "longest_s" else func.sum(sums[n]) for n in _SUMS]
    wanted = and_(
        sums.basis == on,
        sums.kind == kind,
        sums.day >= days[0].toordinal(),
        sums.day <= days[1].toordinal(),
    )
    if queue:
        wanted = and_(wanted, sums.queue == queue)
    if name:
        wanted = and_(wanted, sums.name == name)
    by = (*by, sums.result, sums.cause)
    yield from connection.execute(select(*by, *added).where(wanted).group_by(*by))


def gaps(first: date, last: date, done: set[date]) -> Iterator[tuple[date, date]]:
    """The days of a period without sums, as stretches."""
    begins: date | None = None
    for n in range((last - first).days + 2):
        day = first + timedelta(days=n)
        is_gap = day <= last and day not in done
        if is_gap and begins is None:
            begins = day
        elif not is_gap and begins is not None:
            yield begins, day - timedelta(days=1)
            begins = None


def day_of(at: datetime, zone: str) -> date:
    """The day a moment is in."""
    near = at.date() - timedelta(days=1)
    while day_bounds(near, zone)[1] <= at:
        near += timedelta(days=1)
    return near
