"""Table of dispositions: how calls of queues ended in the agents' words, one row a call.

Pure: SQLAlchemy Core descriptions only. Derived from the events, in the same transactions
(disposition_books.py). Name and meaning are those of the moment it was set.

Tests: tests/firmware/records/test_disposition_books.py.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from firmware.records.schema import UtcTime, metadata

dispositions: Final = Table(
    "dispositions",
    metadata,
    Column("call", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("code", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("is_resolved", Boolean),
    Column("queue", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("line", Integer),
    Column("offered_slot", Integer, nullable=False),
    Column("decided_slot", Integer, nullable=False),
    Index(
        "dispositions_figures",
        *("offered_slot", "code", "is_resolved", "queue", "agent", "line", "name", "call"),
    ),
    Index("dispositions_by_decision", "decided_slot"),
    Index("dispositions_by_code", "code"),
)
"""`seq` of the event that set it last. The slots (quarters of an hour) are those of the stay in the
queue which the agent answered, so that it belongs to the interval its call belongs to."""
