"""Callers by day, linked to the days on which the same number called before: first-call resolution
of any period without reading its calls.

On a connection of store.py. A row is one caller on one day; `number` is the key (subscribers.py).
A number that called in a period is
counted once if of its rows there only the first counts: the one whose day `before` lies before the
period. Likewise a number whose call did not settle it: of its rows with `is_again` (another call
followed soon) only the first counts. So a period's figures are two counts in one
index, and no caller is counted twice. What is soon, the office says, in days.

Days are linked in their order, each once it is long over; a mark says how far. Calls of later are
read as they are, and set against the newest row of their number. Rows past the mark are left over
from before a correction and mean nothing.

Leaves out: one line's callers (callers.py). Tests: tests/firmware/records/test_caller_days.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from firmware.records import subscribers
from firmware.records.callers import Callers, Moments, is_unsettled, moments_of, resolved
from firmware.records.day_sums import SETTLED, day_of
from firmware.records.marks import LINKED, mark, set_mark
from firmware.records.periods import day_bounds
from firmware.records.schema import caller_days, calls

MOST_DAYS_READ: Final = 92
"""Most days, not linked, of which every call is read for this."""
_ASKED: Final = 500
"""Callers in one question."""


@dataclass(frozen=True, slots=True)
class Row:
    """The newest row of a number."""

    day: int
    is_again: bool
    again_before: int
    last_at: datetime

    @property
    def again(self) -> int:
        """The newest day whose call did not settle it; 0: none."""
        return self.day if self.is_again else self.again_before


# -- linking -----------------------------------------------------------------------------------


def linked_until(connection: Connection, zone: str, again_days: int) -> int:
    """Number of the newest day that is linked; 0: none."""
    of, _, number = mark(connection, LINKED).rpartition(" ")
    return int(number) if of == f"{zone} {again_days}" else 0


def go_back(connection: Connection, day: int) -> None:
    """Forget the links that a call of this day may change: its number's rows of some days before
    may know of it. Days are not all of 24 hours."""
    of, _, number = mark(connection, LINKED).rpartition(" ")
    if not of:
        return
    newest = day - int(of.rpartition(" ")[2]) - 3
    if int(number) > newest:
        set_mark(connection, LINKED, f"{of} {newest}")


def link_next(connection: Connection, zone: str, again_days: int, now: datetime) -> bool:
    """Link the oldest day that is over and has not been; False if all have, or if whose the
    numbers are is still being worked out."""
    if not subscribers.is_settled(connection):
        return False
    oldest = connection.execute(select(func.min(calls.c.started_at))).scalar()
    if oldest is None:
        return False
    begins = day_of(oldest, zone).toordinal()
    day = max(begins, linked_until(connection, zone, again_days) + 1)
    if day >= day_of(now - SETTLED, zone).toordinal():
        return False
    set_mark(connection, LINKED, f"{zone} {again_days} {day}")  # from here on nobody else writes
    _link(connection, day, zone, timedelta(days=again_days))
    return True


def _link(connection: Connection, day: int, zone: str, within: timedelta) -> None:
    connection.execute(delete(caller_days).where(caller_days.c.day == day))
    since, until = day_bounds(date.fromordinal(day), zone)
    called = moments_of(connection, since, until)
    known = _newest(connection, called, day - 1)
    rows, followed = [], []
    for number, moments in called.items():
        last = known.get(number)
        is_soon = last is not None and moments[0] - last.last_at <= within
        if last is not None and is_soon and not last.is_again:
            followed.append({"whose": number, "then": last.day})
        rows.append(
            {
                "number": number,
                "day": day,
                "before": last.day if last is not None else 0,
                "is_again": is_unsettled(moments, until, within),
                "again_before": 0 if last is None else last.day if is_soon else last.again,
                "last_at": moments[-1],
            }
        )
    if rows:
        connection.execute(insert(caller_days), rows)
    if followed:
        connection.execute(_FOLLOWED, followed)


_FOLLOWED: Final = (
    update(caller_days)
    .where(caller_days.c.number == bindparam("whose"), caller_days.c.day == bindparam("then"))
    .values(is_again=True)
)


def _newest(connection: Connection, called: Iterable[str], day: int) -> dict[str, Row]:
    """The newest row of each caller up to a day."""
    older, rows = caller_days.alias(), caller_days.c
    newest = select(func.max(older.c.day)).where(older.c.number == rows.number, older.c.day <= day)
    question = select(rows.number, rows.day, rows.is_again, rows.again_before, rows.last_at).where(
        rows.day == newest.scalar_subquery()
    )
    ordered, found = sorted(called), dict[str, Row]()
    for at in range(0, len(ordered), _ASKED):
        some = question.where(rows.number.in_(ordered[at : at + _ASKED]))
        found.update((row[0], Row(*row[1:])) for row in connection.execute(some))
    return found


# -- counting ----------------------------------------------------------------------------------


def callers_of(
    connection: Connection, first: date, last: date, zone: str, line: int | None, again_days: int
) -> Callers | None:
    """The callers of a period, both days included. None: too many days of it are not linked."""
    linked = linked_until(connection, zone, again_days) if line is None else 0
    begins, ends, within = first.toordinal(), last.toordinal(), timedelta(days=again_days)
    if ends - max(begins, linked + 1) >= MOST_DAYS_READ:
        return None
    since, until = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    if linked < begins:
        return resolved(moments_of(connection, since, until + within, line), until, within)
    known, again = _counted(connection, begins, min(ends, linked))
    after = day_bounds(date.fromordinal(linked + 1), zone)[0]
    if after < until + within:
        later = moments_of(connection, after, until + within)
        last_of = _newest(connection, later, linked)
        more = _and_later(later, last_of, (begins, ends), until, within)
        known, again = known + more[0], again + more[1]
    return Callers(known, known - again)


def _counted(connection: Connection, begins: int, ends: int) -> tuple[int, int]:
    """Numbers on linked days, and those whose call did not settle it."""
    rows = caller_days.c
    question = select(
        func.count().filter(rows.before < begins),
        func.count().filter(and_(rows.is_again, rows.again_before < begins)),
    ).where(rows.day >= begins, rows.day <= ends)
    known, again = connection.execute(question).one()
    return int(known), int(again)


def _and_later(
    later: Moments,
    last_of: Mapping[str, Row],
    period: tuple[int, int],
    until: datetime,
    within: timedelta,
) -> tuple[int, int]:
    """What calls after the linked days add to both: numbers that are new to the period, and
    numbers that now turn out not to have been settled."""
    (begins, ends), known, again = period, 0, 0
    for number, moments in later.items():
        row = last_of.get(number)
        is_in_period = row is not None and begins <= row.day <= ends
        known += not is_in_period and moments[0] < until
        if row is not None and row.again >= begins:
            continue  # counted already, or of after the period
        is_followed = row is not None and is_in_period and moments[0] - row.last_at <= within
        again += is_followed or is_unsettled(moments, until, within)
    return known, again
