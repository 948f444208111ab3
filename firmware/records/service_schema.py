"""Tables of what callers said and did beside the queues: answers to the question after a call,
menus that served them, and the lines' days.

Pure: SQLAlchemy Core descriptions only. `answers` and `served` are derived from the events, in the
same transactions (service_books.py); `line_days` from the calls, once a day is over (line_days.py).

Tests: tests/firmware/records/test_service_books.py.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, Index, Integer, Table, Text

from firmware.records.schema import UtcTime, metadata

answers: Final = Table(
    "answers",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("call", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("survey", Text, nullable=False),
    Column("scale", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("queue", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("line", Integer),
    Column("offered_slot", Integer, nullable=False),
    Column("decided_slot", Integer, nullable=False),
    Index(
        "answers_figures",
        *("offered_slot", "scale", "score", "queue", "agent", "line", "call"),
    ),
    Index("answers_by_decision", "decided_slot"),
)
"""`seq` of the event. The slots (quarters of an hour) are those of the call's stay in the queue, so
that an answer belongs to the interval its call belongs to."""

served: Final = Table(
    "served",
    metadata,
    Column("call", Text, primary_key=True),
    Column("menu", Text, nullable=False),
    Column("key", Text, nullable=False),
)
"""Callers who chose something in a menu that is marked as what they had called for. Whether that
was the end of it says the call: no queue, nobody talked to."""

line_days: Final = Table(
    "line_days",
    metadata,
    Column("zone", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("clock", Text, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("reached", Integer, nullable=False),
    Column("served", Integer, nullable=False),
    Column("busy_s", Float, nullable=False),
    Column("lost", Float, nullable=False),
    Column("full_hours", Integer, nullable=False),
)
"""By half-hours of the wall clock. Line 0: all lines together (`busy_s`, `lost`, `full_hours`); one
with an empty clock says that the day has been added up."""
