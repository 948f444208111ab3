"""Lost callers: who gave up waiting, whether somebody called back, and whether they were reached.

On a connection of store.py; only reads. One entry for each number, about the last time it gave up.
An entry closes by itself: the number calls again (the newer call tells how that went), or is
called back and answers. Nobody has to tick anything off. A caller who was promised a callback is
lost when that has come to nothing (promised.py). Numbers are the same if their keys are
(subscribers.py); callers without a number cannot be called back and are only listed.

Tests: tests/firmware/records/test_lost.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, select

from firmware.records.catching_up import Uncounted, uncounted
from firmware.records.kpi import Result
from firmware.records.messages import CallId, Outcome
from firmware.records.promised import Promise, broken
from firmware.records.schema import calls, digits_reversed, slot, stays
from firmware.records.subscribers import forms_of, is_settled, keys_of

MOST_READ: Final = 2000
"""Stays looked through for as many callers as are wanted."""
MOST_FORMS: Final = 64
"""Forms of one number that are looked for."""
MOST_TRIES: Final = 200
"""Calls to one lost caller looked through."""
_DIRECTION: Final = calls.c.direction.concat("")
"""Not the bare column: SQLite would take the index by direction, in which nearly all calls are
alike, before the one by number."""
CALLBACK: Final = "callback"
"""Cause of leaving a queue for a callback."""
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
    """A caller who gave up, or whom the box could not call back as it had promised."""

    call: CallId
    """Empty: there was none, the office asked for the callback."""
    at: datetime
    """When they gave up, or when the box did."""
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
    callback_tries: int | None = None
    """How often the box called back in vain, as it had promised; None: it had promised nothing."""

    @property
    def is_open(self) -> bool:
        return self.state in (State.OPEN, State.TRIED)


@dataclass(frozen=True, slots=True)
class _Loss:
    """Once that a caller was lost."""

    at: datetime
    call: str
    queue: str
    number: str
    name: str
    wait_s: float
    began: datetime
    """Calls to them after this were for calling them back."""
    gone_at: datetime
    """A call from them after this is another one."""
    tries: int | None = None


def lost_callers(connection: Connection, since: datetime, limit: int) -> list[LostCaller]:
    """Since then, the newest first, those that are closed among them."""
    losses = [_gave_up(row) for row in connection.execute(_given_up(since))]
    losses += _not_called_back(connection, since)
    losses.sort(key=lambda loss: loss.at, reverse=True)
    keys = keys_of(connection, {loss.number for loss in losses})
    times: dict[str, int] = {}
    latest: dict[str, _Loss] = {}
    for loss in losses:
        key = keys[loss.number] or loss.call
        times[key] = times.get(key, 0) + 1
        latest.setdefault(key, loss)
    newest = dict(list(latest.items())[: max(0, limit)])
    forms = forms_of(connection, newest)
    return [
        _followed(connection, {loss.number, *forms[key]}, loss, times[key])
        for key, loss in newest.items()
    ]


def unsettled(connection: Connection, since: datetime, until: datetime) -> Uncounted | None:
    """Of which time the list does not know all yet: an old database is still being counted, or
    whose numbers are whose is still being worked out."""
    if not is_settled(connection):
        return Uncounted(since, until)
    return uncounted(connection, since, until)


def _gave_up(row: Any) -> _Loss:
    return _Loss(
        row.offered_at,
        row.call,
        row.queue,
        row.caller_number,
        row.caller_name,
        row.wait_s,
        row.started_at,
        row.started_at,
    )


def _not_called_back(connection: Connection, since: datetime) -> list[_Loss]:
    promises = broken(connection, since)
    asked = {one.call for one in promises if one.call}
    question = select(stays).where(stays.c.call.in_(asked), stays.c.cause == CALLBACK)
    waited = {row.call: row for row in connection.execute(question)} if asked else {}
    return [_loss(one, waited.get(one.call)) for one in promises]


def _loss(one: Promise, stay: Any | None) -> _Loss:
    name = stay.caller_name if stay is not None and stay.caller_number == one.number else ""
    wait_s = stay.wait_s if stay is not None else 0.0
    whose = one.call, one.queue, one.number, name
    return _Loss(one.at, *whose, wait_s, one.asked_at, one.at, one.tries)


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


def _followed(
    connection: Connection, numbers: Collection[str], loss: _Loss, times: int
) -> LostCaller:
    """An entry, with what came after."""
    state, last = State.TRIED if loss.tries else State.OPEN, None
    if digits_reversed(loss.number):
        for later in _later(connection, sorted(numbers)[:MOST_FORMS], loss):
            state, last = _after(later), later
            if state is not State.TRIED:
                break
    is_out = last is not None and last.direction == "outgoing"
    if last is not None and last.caller_number == last.called:
        is_out = False  # the box itself called back, for whichever agent would be free
    who = (last.agent or (last.caller_number if is_out else "")) if last is not None else ""
    name = (last.agent_name or (last.caller_name if is_out else "")) if last is not None else ""
    return LostCaller(
        CallId(loss.call),
        loss.at,
        loss.queue,
        loss.wait_s,
        loss.number,
        loss.name,
        state,
        times,
        who,
        name,
        last.started_at if last is not None else None,
        last.id if last is not None else "",
        loss.tries,
    )


def _after(later: Any) -> State:
    if later.direction == "incoming":
        return State.CALLED_AGAIN
    return State.REACHED if later.outcome == Outcome.ANSWERED.value else State.TRIED


def _later(connection: Connection, forms: Sequence[str], loss: _Loss) -> Iterator[Any]:
    """Calls from and to the number after it was lost, oldest first."""
    c, at = calls.c, calls.c.started_at
    from_them = and_(_DIRECTION == "incoming", _is(c.caller_number, c.caller_reversed, forms))
    to_them = and_(_DIRECTION == "outgoing", _is(c.called, c.called_reversed, forms))
    first = select(calls).where(at > loss.gone_at, from_them).order_by(at).limit(1)
    tries = select(calls).where(at > loss.began, to_them).order_by(at).limit(MOST_TRIES)
    found = [*connection.execute(first), *connection.execute(tries)]
    yield from sorted(found, key=lambda call: call.started_at)


def _is(number: Column[str], backwards: Column[str], forms: Sequence[str]) -> ColumnElement[bool]:
    """One of these; the digits in reverse are what an index finds."""
    return and_(backwards.in_([digits_reversed(form) for form in forms]), number.in_(forms))
