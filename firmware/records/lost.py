"""Lost callers: who gave up waiting, whether somebody called back, and whether they were reached.

On a connection of store.py; only reads. One entry for each number, about the last time it gave up.
An entry closes by itself: the number calls again (the newer call tells how that went), or is
called back and answers. Nobody has to tick anything off. Numbers are the same if their keys are
(subscribers.py); callers without a number cannot be called back and are only listed.

Tests: tests/firmware/records/test_lost.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, select

from firmware.records.kpi import Result
from firmware.records.messages import CallId, Outcome
from firmware.records.schema import calls, digits_reversed, slot, stays
from firmware.records.subscribers import forms_of, keys_of

MOST_READ: Final = 2000
"""Stays looked through for as many callers as are wanted."""
MOST_TRIES: Final = 200
"""Calls to one lost caller looked through."""
_DIRECTION: Final = calls.c.direction.concat("")
"""Not the bare column: SQLite would take the index by direction, in which nearly all calls are
alike, before the one by number."""
UNREACHED: Final = ("timeout", "full", "empty", "paused", "unreachable")
"""Causes of leaving a queue that are the caller's loss too, if the call reached nobody."""


class State(Enum):
    """What became of a lost caller."""

    OPEN = "open"  # nobody has called back
    TRIED = "tried"  # called back, in vain so far
    CALLED_AGAIN = "called_again"  # closed: the caller did, by another way or later
    REACHED = "reached"  # closed: answered when called back


@dataclass(frozen=True, slots=True)
class LostCaller:
    """A caller who gave up."""

    call: CallId
    at: datetime
    queue: str
    wait_s: float
    number: str
    name: str
    state: State
    times: int = 1
    """How often this number gave up in the period."""
    by: str = ""
    """Extension of who called back last, or of who talked with them in the end; empty: the box
    itself called, and reached nobody."""
    by_name: str = ""
    last_at: datetime | None = None
    """When that was."""
    last_call: str = ""

    @property
    def is_open(self) -> bool:
        return self.state in (State.OPEN, State.TRIED)


def lost_callers(connection: Connection, since: datetime, limit: int) -> list[LostCaller]:
    """Since then, the newest first, those that are closed among them."""
    times: dict[str, int] = {}
    latest: dict[str, Any] = {}
    rows = connection.execute(_given_up(since)).all()
    keys = keys_of(connection, {row.caller_number for row in rows})
    for row in rows:
        key = keys[row.caller_number] or row.call
        times[key] = times.get(key, 0) + 1
        latest.setdefault(key, row)
    newest = list(latest.items())[: max(0, limit)]
    return [_followed(connection, key, row, times[key]) for key, row in newest]


def _given_up(since: datetime) -> Any:
    gave_up = or_(
        stays.c.result == Result.ABANDONED.value,
        and_(
            stays.c.result == Result.LEFT.value,
            stays.c.cause.in_(UNREACHED),
            calls.c.outcome != Outcome.ANSWERED.value,
        ),
    )
    return (
        select(stays, calls.c.started_at)
        .join(calls, calls.c.id == stays.c.call)
        .where(stays.c.offered_slot >= slot(since), stays.c.offered_at >= since, gave_up)
        .where(_DIRECTION == "incoming", calls.c.joined_at.is_(None))
        .order_by(stays.c.offered_slot.desc(), stays.c.offered_at.desc())
        .limit(MOST_READ)
    )


def _followed(connection: Connection, key: str, row: Any, times: int) -> LostCaller:
    """An entry, with what came after."""
    state, last = State.OPEN, None
    if key != row.call:
        for later in _later(connection, key, row):
            state, last = _after(later), later
            if state is not State.TRIED:
                break
    is_out = last is not None and last.direction == "outgoing"
    if last is not None and last.caller_number == last.called:
        is_out = False  # the box itself called back, for whichever agent would be free
    who = (last.agent or (last.caller_number if is_out else "")) if last is not None else ""
    name = (last.agent_name or (last.caller_name if is_out else "")) if last is not None else ""
    return LostCaller(
        CallId(row.call),
        row.offered_at,
        row.queue,
        row.wait_s,
        row.caller_number,
        row.caller_name,
        state,
        times,
        who,
        name,
        last.started_at if last is not None else None,
        last.id if last is not None else "",
    )


def _after(later: Any) -> State:
    if later.direction == "incoming":
        return State.CALLED_AGAIN
    return State.REACHED if later.outcome == Outcome.ANSWERED.value else State.TRIED


def _later(connection: Connection, key: str, row: Any) -> Iterator[Any]:
    """Calls from and to the number after it was lost, oldest first."""
    c, after = calls.c, calls.c.started_at > row.started_at
    forms = sorted({row.caller_number, *forms_of(connection, key)})
    from_them = and_(_DIRECTION == "incoming", _is(c.caller_number, c.caller_reversed, forms))
    to_them = and_(_DIRECTION == "outgoing", _is(c.called, c.called_reversed, forms))
    oldest_first = calls.c.started_at
    first = select(calls).where(after, from_them).order_by(oldest_first).limit(1)
    tries = select(calls).where(after, to_them).order_by(oldest_first).limit(MOST_TRIES)
    found = [*connection.execute(first), *connection.execute(tries)]
    yield from sorted(found, key=lambda call: call.started_at)


def _is(number: Column[str], backwards: Column[str], forms: Sequence[str]) -> ColumnElement[bool]:
    """One of these; the digits in reverse are what an index finds."""
    return and_(backwards.in_([digits_reversed(form) for form in forms]), number.in_(forms))
