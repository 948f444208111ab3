"""Who called, whatever the form of the number: for every number that calls came from or went to,
the subscriber's key. `021 555 7788`, `0027215557788` and `+27215557788` have one.

On a connection of store.py. The key is the international number's digits (ITU-T E.164) by the
numbering plan of the office's country (firmware.config.subscriber), or the number's own digits if
it is none of that plan: an extension, a short code, something garbled. It is written with the call,
once for each form. Calls keep the number as it was delivered; who compares callers compares keys.

A mark says by which country's plan the keys are. When the office's country changes, or the plan
does with a new release, all of them are worked out anew, so many at a time beside the calls, and
callers linked by day (caller_days.py) are linked again. A database of an earlier release gets its
keys the same way, the newest calls first. After a restart either goes on where it was. Until then
numbers not worked out yet are compared by their own digits.

Leaves out: when the next step is due (firmware/figures_task.py).
Tests: tests/firmware/records/test_subscribers.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, and_, or_, select

from firmware.config.subscriber import PLANS, beginnings, subscriber
from firmware.records.bulk import Bulk
from firmware.records.marks import LINKED, mark, set_mark
from firmware.records.schema import calls, digits_reversed, subscribers

STEP: Final = 1000
"""Calls, or numbers, worked through in one transaction."""
MOST_FOUND: Final = 1000
"""Numbers that are found by their beginning; one that more have finds nobody."""
LEAST_DIGITS: Final = 4
"""Fewer are no beginning that anybody looks for."""
_ASKED: Final = 500
"""Numbers in one question."""

PLAN: Final = "subscribers.plan"
"""Mark: the country, and the release of its numbering plan, by which keys are worked out."""
_ANEW: Final = "subscribers.anew"
"""Mark: keys up to this number are of this plan, later ones maybe of another."""
_WALKED: Final = "subscribers.walked"
"""Mark: of calls before this one nobody has worked out the keys."""
_ALL: Final = "all"
_PAST: Final = "past "

_ROWS: Final = Bulk(subscribers)


def key(number: str, country: str) -> str:
    """The subscriber's; empty: the number has no digits."""
    return digits_reversed(subscriber(number, country))[::-1]


# -- writing -----------------------------------------------------------------------------------


def keep(connection: Connection, numbers: Iterable[str]) -> None:
    """Write down whose these numbers are; most have called before, and nothing is written."""
    if named := sorted({number for number in numbers if digits_reversed(number)}):
        country, before = country_of(connection), dict(_stored(connection, named))
        rows = [_row(number, country) for number in named]
        _ROWS.put(connection, [row for row in rows if before.get(row[0]) != row[-1]])


def outside(direction: str, caller: str, called: str) -> str:
    """The number of the party outside; empty: none."""
    return {"incoming": caller, "outgoing": called}.get(direction, "")


def begin(connection: Connection) -> None:
    """For a database without keys."""
    if connection.execute(select(calls.c.id).limit(1)).first() is not None:
        set_mark(connection, _WALKED, _ALL)
        set_mark(connection, LINKED, "")


def use_country(connection: Connection, country: str) -> None:
    """From now on numbers are of this country's plan."""
    if mark(connection, PLAN) != (plan := f"{country} {PLANS}"):
        set_mark(connection, PLAN, plan)
        is_empty = connection.execute(select(subscribers.c.number).limit(1)).first() is None
        set_mark(connection, _ANEW, "" if is_empty else _ALL)


def step(connection: Connection) -> bool:
    """Work out some more keys; False: there is nothing left."""
    if at := mark(connection, _WALKED):
        _walk(connection, at)
    elif at := mark(connection, _ANEW):
        _work_out_anew(connection, at)
    else:
        return False
    return True


def is_settled(connection: Connection) -> bool:
    """Every key is there, and of the plan in force."""
    return not mark(connection, _WALKED) and not mark(connection, _ANEW)


def _walk(connection: Connection, at: str) -> None:
    c = calls.c
    question = select(c.id, c.direction, c.caller_number, c.called).order_by(c.id.desc())
    if at != _ALL:
        question = question.where(c.id < at.removeprefix(_PAST))
    rows = connection.execute(question.limit(STEP)).all()
    keep(connection, (outside(*row[1:]) for row in rows))
    set_mark(connection, _WALKED, _PAST + rows[-1][0] if len(rows) == STEP else "")


def _work_out_anew(connection: Connection, at: str) -> None:
    c = subscribers.c
    question = select(c.number, c.subscriber).order_by(c.number)
    if at != _ALL:
        question = question.where(c.number > at.removeprefix(_PAST))
    rows, country = connection.execute(question.limit(STEP)).all(), country_of(connection)
    changed = [row for number, before in rows if (row := _row(number, country))[-1] != before]
    _ROWS.put(connection, changed)
    if changed:
        set_mark(connection, LINKED, "")
    set_mark(connection, _ANEW, _PAST + rows[-1][0] if len(rows) == STEP else "")


def _row(number: str, country: str) -> tuple[str, str, str]:
    return number, digits_reversed(number), key(number, country)


# -- reading -----------------------------------------------------------------------------------


def country_of(connection: Connection) -> str:
    """Whose plan the keys are of; empty: nobody has said."""
    return mark(connection, PLAN).partition(" ")[0]


def keys_of(connection: Connection, numbers: Iterable[str]) -> dict[str, str]:
    """Each number's key."""
    wanted = set(numbers)
    found = dict(_stored(connection, sorted(wanted)))
    return found | {one: digits_reversed(one)[::-1] for one in wanted - found.keys()}


def _stored(connection: Connection, ordered: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Of numbers in their order, as neighbours are read together, those that are known."""
    c = subscribers.c
    for at in range(0, len(ordered), _ASKED):
        some = ordered[at : at + _ASKED]
        question = select(c.number, c.subscriber).where(c.number.in_(some))
        yield from ((number, whose) for number, whose in connection.execute(question))


def forms_of(connection: Connection, whose: Iterable[str]) -> dict[str, list[str]]:
    """The numbers of some keys, as they were delivered or dialled."""
    found: dict[str, list[str]] = {one: [] for one in whose}
    c, ordered = subscribers.c, sorted(found)
    for at in range(0, len(ordered), _ASKED):
        some = ordered[at : at + _ASKED]
        question = select(c.subscriber, c.number).where(c.subscriber.in_(some)).order_by(c.number)
        for one, number in connection.execute(question):
            found[one].append(number)
    return found


def found_by(connection: Connection, typed: str) -> Sequence[str]:
    """Numbers that are meant by what somebody typed, their digits in reverse: those of that
    subscriber, in whatever form it is typed, and those that begin with it."""
    country, whose = country_of(connection), subscribers.c.subscriber
    digits = digits_reversed(typed)
    begin = beginnings(typed, country) if len(digits) >= LEAST_DIGITS else ()
    wanted = or_(
        whose == key(typed, country),
        *(and_(whose >= some, whose < some + ":") for some in begin),  # ":" follows "9" in ASCII
    )
    question = select(subscribers.c.backwards).where(wanted).limit(MOST_FOUND + 1)
    found = connection.execute(question).scalars().all()
    return found if len(found) <= MOST_FOUND else ()
