"""What a search means in SQL.

Pure: builds SQLAlchemy conditions. A text of digits (spaces, dashes, a leading + allowed) is a
number: it finds calls whose caller's or called number ends with it, with or without a leading 0
(`021 555 7788` finds `+27215557788`), and calls of that extension; and those of the numbers that it
stands for or that begin with it, which subscribers.py knows (`+27 21 555` finds `0215557788`).
Anything else is part of a name or number, letter case ignored; `%` and `_` mean themselves.

Tests: tests/firmware/records/test_store.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, ColumnElement, Table, and_, func, or_, select

from firmware.records.disposition_schema import dispositions
from firmware.records.messages import AnswersWanted, DispositionsWanted, Search, StaysWanted
from firmware.records.schema import calls, digits_reversed, slot, stays
from firmware.records.service_schema import answers, served

_NUMBER: Final = re.compile(r"\+?[0-9 ()./-]*[0-9][0-9 ()./-]*")

WITHOUT_A_PERSON: Final = (calls.c.queued_at.is_(None), calls.c.joined_at.is_(None))
"""Neither waited in a queue nor talked to anybody."""


def is_number(search: Search) -> bool:
    """The text is a number, or part of one."""
    return _NUMBER.fullmatch(search.text.strip()) is not None


def conditions(search: Search, meant: Sequence[str] = ()) -> ColumnElement[bool]:
    """Which calls a search wants. `meant`: numbers the text stands for, in reverse."""
    text = search.text.strip()
    return and_(_text(text, meant) if text else True, *_others(search))


def number_conditions(search: Search, meant: Sequence[str] = ()) -> list[ColumnElement[bool]]:
    """The same, if the text is a number, as conditions which an index answers each, newest first;
    together they find the calls that `conditions` finds. Empty: the text is no number."""
    if not is_number(search):
        return []
    wanted = _others(search, is_beside_number=True)
    return [and_(one, *wanted) for one in _numbers(digits_reversed(search.text), meant)]


def _others(search: Search, is_beside_number: bool = False) -> list[ColumnElement[bool]]:
    """What is wanted beside the text. Beside a number no column is left bare that has an index of
    its own: SQLite might take that, in which far more calls are alike."""
    wanted: list[ColumnElement[bool]] = []
    began: ColumnElement[datetime] = calls.c.started_at
    if is_beside_number:
        began = func.coalesce(began, began)
    if search.since is not None:
        wanted.append(began >= search.since)
    if search.until is not None:
        wanted.append(began < search.until)
    if search.line is not None:
        wanted.append(calls.c.line == search.line)
    if search.outcome is not None:
        wanted.append(calls.c.outcome == search.outcome.value)
    for column, value in (
        (calls.c.agent, search.agent),
        (calls.c.queue, search.queue),
        (calls.c.direction, search.direction),
    ):
        if value:
            wanted.append((column.concat("") if is_beside_number else column) == value)
    if search.stays is not None:
        wanted.append(calls.c.id.in_(select(stays.c.call).where(stay_conditions(search.stays))))
    if search.answers is not None:
        asked = select(answers.c.call).where(answer_conditions(search.answers))
        wanted.append(calls.c.id.in_(asked))
    if search.dispositions is not None:
        noted = select(dispositions.c.call).where(disposition_conditions(search.dispositions))
        wanted.append(calls.c.id.in_(noted))
    if search.is_served:
        wanted += [calls.c.id.in_(select(served.c.call)), *WITHOUT_A_PERSON]
    if search.ids is not None:
        wanted.append(calls.c.id.in_(search.ids))
    return wanted


def stay_conditions(asked: StaysWanted) -> ColumnElement[bool]:
    """Which stays make a figure. Beginning and end are taken to the quarter of an hour, which
    every report's are."""
    at = stays.c.decided_slot if asked.is_by_decision else stays.c.offered_slot
    wanted: list[ColumnElement[bool]] = []
    if asked.since is not None:
        wanted.append(at >= slot(asked.since))
    if asked.until is not None:
        wanted.append(at < slot(asked.until))
    if asked.line is not None:
        wanted.append(stays.c.line == asked.line)
    if asked.within_s is not None:
        wanted.append(stays.c.wait_s <= asked.within_s)
    if asked.over_s is not None:
        wanted.append(stays.c.wait_s > asked.over_s)
    if asked.below_s is not None:
        wanted.append(stays.c.wait_s < asked.below_s)
    if asked.is_transferred is not None:
        wanted.append(stays.c.is_transferred.is_(asked.is_transferred))
    for column, value in (
        (stays.c.queue, asked.queue),
        (stays.c.agent, asked.agent),
        (stays.c.result, asked.result.value if asked.result is not None else ""),
        (stays.c.cause, asked.cause),
    ):
        if value:
            wanted.append(column == value)
    return and_(True, *wanted)


def answer_conditions(wanted: AnswersWanted) -> ColumnElement[bool]:
    """Which answers are meant, in SQL."""
    found = _belonging(answers, wanted.of)
    if wanted.least is not None:
        found.append(answers.c.score >= wanted.least)
    if wanted.most is not None:
        found.append(answers.c.score <= wanted.most)
    if wanted.scale:
        found.append(answers.c.scale == wanted.scale)
    return and_(True, *found)


def disposition_conditions(wanted: DispositionsWanted) -> ColumnElement[bool]:
    """Which dispositions are meant, in SQL."""
    columns, found = dispositions.c, _belonging(dispositions, wanted.of)
    if wanted.code is not None:
        found.append(columns.code == wanted.code)
    if wanted.is_resolved is not None:
        found.append(columns.is_resolved.is_(wanted.is_resolved))
    if wanted.is_counted:
        found.append(columns.is_resolved.is_not(None))
    return and_(True, *found)


def _belonging(said: Table, of: StaysWanted) -> list[ColumnElement[bool]]:
    """What was said about calls, by the stays that it belongs to."""
    at = said.c.decided_slot if of.is_by_decision else said.c.offered_slot
    found: list[ColumnElement[bool]] = []
    if of.since is not None:
        found.append(at >= slot(of.since))
    if of.until is not None:
        found.append(at < slot(of.until))
    if of.line is not None:
        found.append(said.c.line == of.line)
    if of.queue:
        found.append(said.c.queue == of.queue)
    if of.agent:
        found.append(said.c.agent == of.agent)
    return found


def _text(text: str, meant: Sequence[str]) -> ColumnElement[bool]:
    if _NUMBER.fullmatch(text):
        return or_(*_numbers(digits_reversed(text), meant))
    return calls.c.words.contains(text.casefold(), autoescape=True)


def _numbers(backwards: str, meant: Sequence[str]) -> list[ColumnElement[bool]]:
    extension = backwards[::-1]
    if len(backwards) > 6 and backwards.endswith("0"):
        backwards = backwards[:-1]  # the national 0 is absent from the +27 form
    return [
        calls.c.agent == extension,
        *(
            one
            for column in (calls.c.caller_reversed, calls.c.called_reversed)
            for one in (
                column == backwards,
                _goes_on(column, backwards),
                *([column.in_(meant)] if meant else ()),
            )
        ),
    ]


def _goes_on(column: Column[str], digits: str) -> ColumnElement[bool]:
    """Begins with them and has more. A range, which an index answers; LIKE would not use it in
    SQLite."""
    return and_(column > digits, column < digits + ":")  # ":" follows "9" in ASCII
