"""Tables of the records: events (append-only, the truth), calls, recordings, stays in queues,
agents' times, calls under way.

Pure: SQLAlchemy Core descriptions only. Times are stored as UTC without a zone, so that text
order is time order in SQLite too. Numbers are kept a second time as digits in reverse: people
search by the last digits of a number, and a prefix of the reverse is what an index can find.
Names and numbers are kept once more together, case folded, in `words`: one comparison a call,
answered from the index by time without touching the table.
`open_calls` is the index of calls that began and have no summary yet, kept by the same
transactions; after a crash it says at once which summaries must be rebuilt.

Tests: tests/firmware/records/test_store.py.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime; stored in UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r}: expected a time with a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("call", Text),
    Column("leg", Text),
    Column("data", JSON, nullable=False),
    Index("events_by_call", "call", "seq"),
    Index("events_by_kind", "kind", "seq"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started_at", UtcTime, nullable=False),
    Column("direction", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("cause", Integer, nullable=False),
    Column("line", Integer),
    Column("caller_number", Text, nullable=False),
    Column("caller_name", Text, nullable=False),
    Column("caller_why_unknown", Text, nullable=False),
    Column("called", Text, nullable=False),
    Column("digits", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("agent_name", Text, nullable=False),
    Column("answered_at", UtcTime),
    Column("queued_at", UtcTime),
    Column("joined_at", UtcTime),
    Column("wait_s", Float, nullable=False),
    Column("talk_s", Float, nullable=False),
    Column("hold_s", Float, nullable=False),
    Column("total_s", Float, nullable=False),
    Column("recording", Text, nullable=False),
    Column("caller_reversed", Text, nullable=False),
    Column("called_reversed", Text, nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Index("calls_by_time_and_words", "started_at", "words"),
    Index("calls_by_caller_and_time", "caller_reversed", "started_at"),
    Index("calls_by_called_and_time", "called_reversed", "started_at"),
    Index("calls_by_agent", "agent", "started_at"),
    Index("calls_by_queue", "queue", "queued_at"),
    Index("calls_by_direction", "direction", "started_at", "line", "caller_reversed"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("octets", Integer, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("missing_s", Float, nullable=False),
    Column("sha256", Text, nullable=False),
    Index("recordings_by_call", "call"),
)

stays = Table(
    "stays",
    metadata,
    Column("call", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("queue", Text, nullable=False),
    Column("offered_at", UtcTime, nullable=False),
    Column("offered_slot", Integer, nullable=False),
    Column("result", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("decided_at", UtcTime),
    Column("decided_slot", Integer),
    Column("wait_s", Float, nullable=False),
    Column("agent", Text, nullable=False),
    Column("talk_s", Float, nullable=False),
    Column("hold_s", Float, nullable=False),
    Column("wrap_up_s", Float, nullable=False),
    Column("is_transferred", Boolean, nullable=False),
    Column("line", Integer),
    Column("caller_number", Text, nullable=False),
    Column("caller_name", Text, nullable=False),
    Column("held_since", UtcTime),
    Column("is_open", Boolean, nullable=False),
    Index(
        "stays_open", "is_open", sqlite_where=text("is_open = 1"), postgresql_where=text("is_open")
    ),
    Index("stays_by_decision", "decided_slot"),
    Index(
        "stays_figures",  # all that a figure is made of: reports read this alone
        *("offered_slot", "queue", "result", "cause", "agent", "line", "is_transferred"),
        *("wait_s", "talk_s", "hold_s", "wrap_up_s", "call"),
    ),
)
"""Derived from the events by ledger.py, in the same transactions. A slot is a quarter of an hour
since 1970: every time zone's days and half-hours are made of whole ones."""

agent_times = Table(
    "agent_times",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("agent", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("from_at", UtcTime, nullable=False),
    Column("until_at", UtcTime),
    Column("seconds", Float, nullable=False),
    Column("call", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Index("agent_times_figures", "until_at", "from_at", "agent", "state", "seconds"),
    Index("agent_times_by_agent", "agent", "from_at"),
)
"""Derived likewise: what each agent did when."""

day_sums = Table(
    "day_sums",
    metadata,
    Column("basis", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("queue", Text, primary_key=True),
    Column("result", Text, primary_key=True),
    Column("cause", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("in_time", Integer, nullable=False),
    Column("short", Integer, nullable=False),
    Column("transferred", Integer, nullable=False),
    Column("wait_s", Float, nullable=False),
    Column("longest_s", Float, nullable=False),
    Column("talk_s", Float, nullable=False),
    Column("hold_s", Float, nullable=False),
    Column("wrap_up_s", Float, nullable=False),
    Index("day_sums_by_day", "day"),
)
"""Days that are over, added up once, so that a report of years need not read every stay: see
day_sums.py."""

subscribers = Table(
    "subscribers",
    metadata,
    Column("number", Text, primary_key=True),
    Column("backwards", Text, nullable=False),
    Column("subscriber", Text, nullable=False),
    Index("subscribers_by_subscriber", "subscriber", "backwards"),
    sqlite_with_rowid=False,
)
"""Whose each number is that calls came from or went to: see subscribers.py."""

caller_days = Table(
    "caller_days",
    metadata,
    Column("number", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("before", Integer, nullable=False),
    Column("is_again", Boolean, nullable=False),
    Column("again_before", Integer, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Index("caller_days_figures", "day", "before", "is_again", "again_before"),
    sqlite_with_rowid=False,
)
"""Every day on which a number called: see caller_days.py."""

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""How far what is made of the records later has come, by name."""

SLOT_S: Final = 900


def slot(at: datetime) -> int:
    """The quarter of an hour a moment is in."""
    return int(at.timestamp() // SLOT_S)


open_calls = Table("open_calls", metadata, Column("call", Text, primary_key=True))


def words(*texts: str) -> str:
    """What a search by part of a name looks in: letter case ignored in every script."""
    return "\n".join(texts).casefold()


def digits_reversed(number: str) -> str:
    """The digits of a number, last one first: `+27 21 555-7788` is `88775551272`."""
    return re.sub(r"[^0-9]", "", number)[::-1]
