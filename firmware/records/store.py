"""The records database: SQLAlchemy Core over SQLite (WAL, every commit synced) or any URL.

Blocking; every method is one transaction. The core writes through `writer_task.RecordsWriter`;
the web process opens the same file with `read_only=True` and cannot write even by mistake.
Events are numbered in order of writing without gaps: an event that comes without a number gets
the next one, one that was numbered by the box keeps its own.

SQLite settings: WAL with synchronous=FULL loses no acknowledged row in a power cut; NORMAL does.
Leaves out: queueing and retries (writer_task.py), what a search means (search.py).
Tests: tests/firmware/records/test_store.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    case,
    create_engine,
    event,
    func,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
)

from firmware.records import (
    add_up,
    books,
    catching_up,
    finding,
    line_days,
    reports,
    service_books,
    subscribers,
)
from firmware.records.callers import AGAIN_DAYS
from firmware.records.errors import RecordsAway, RowRefused
from firmware.records.kpi import Result
from firmware.records.ledger import RECOVERED, Ledger
from firmware.records.lost import LostCaller, lost_callers
from firmware.records.messages import (
    CallId,
    CallRow,
    EventRow,
    Outcome,
    RecordingRow,
    Search,
    StayRow,
    StaysWanted,
)
from firmware.records.periods import day_bounds
from firmware.records.rebuild import rebuilt
from firmware.records.reports import Asked, Limits, Report
from firmware.records.schema import (
    calls,
    day_sums,
    events,
    metadata,
    open_calls,
    recordings,
    slot,
    stays,
)
from firmware.records.search import conditions, is_number, number_conditions
from firmware.records.writing import (
    RecordRow,
    can_go_together,
    write_books,
    write_event,
    write_summary,
    write_together,
)

__all__ = ["QueueDay", "RecordRow", "Records", "day_bounds"]

BUSY_MS: Final = 5000
"""How long SQLite waits for another process's lock."""
MAX_ROWS: Final = 10_000
"""Most rows one question may return."""

CLOSED: Final = "the box had stopped: whoever waited or worked then does so no more"
"""What the event says that closes the books of before a start."""

_ROW_ERRORS: Final = (IntegrityError, DataError, InterfaceError, ProgrammingError)

_VALUE_ERRORS: Final = (ValueError, TypeError, OverflowError)
"""Past SQLAlchemy: text that is no Unicode, a number over 64 bit, data that are not JSON."""

AnyRow = Row[*tuple[Any, ...]]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class QueueDay:
    """One queue's day. A call belongs to the day in which it joined the queue;
    offered = answered + abandoned + left_otherwise."""

    queue: str
    offered: int
    answered: int
    abandoned: int
    left_otherwise: int


class Records:
    """Events, calls and recordings. `where`: a database URL, or the path of a SQLite file."""

    def __init__(self, where: str | Path, read_only: bool = False) -> None:
        """Open, and create the tables if need be. Raise `RecordsAway`."""
        self.url = str(where) if "://" in str(where) else f"sqlite:///{where}"
        self._engine = _engine(self.url, read_only)
        self._ledger: Ledger | None = None
        """As the tables stand; None: to be read from them."""
        self._past: Ledger | None = None
        """Of the past that has no books yet."""
        if not read_only:
            with self._write() as connection:
                is_new = not inspect(connection).has_table("stays")
                has_answers = inspect(connection).has_table("answers")
                has_keys = inspect(connection).has_table("subscribers")
                metadata.create_all(connection)
                _complete(connection)
                if is_new:
                    catching_up.begin(connection)
                if not has_answers:
                    service_books.make_again(connection)
                if not has_keys:
                    subscribers.begin(connection)

    def close(self) -> None:
        self._engine.dispose()

    # Writing

    def append(self, *rows: EventRow) -> None:
        """Add events at the end."""
        self.write(rows)

    def put_call(self, row: CallRow) -> None:
        """Write a call's summary, or replace it."""
        self.write([row])

    def put_recording(self, row: RecordingRow) -> None:
        """Write what is known of a recording, or replace it."""
        self.write([row])

    def write(self, rows: Sequence[RecordRow]) -> None:
        """Store all rows in one transaction, or none. Raise `RecordsAway` or `RowRefused`."""
        if not (can_go_together(rows) and self._write_together(rows)):
            self._write_singly(rows)

    def _write_together(self, rows: Sequence[RecordRow]) -> bool:
        """False if the database refused some row: nothing was stored."""
        try:
            with self._booking() as (connection, ledger):
                try:
                    write_together(connection, rows, ledger)
                except StatementError as error:
                    if _is_about_a_row(error):
                        raise _SomeRowRefused from error
                    raise
                except _VALUE_ERRORS as error:
                    raise _SomeRowRefused from error
        except _SomeRowRefused:
            return False
        return True

    def _write_singly(self, rows: Sequence[RecordRow]) -> None:
        with self._booking() as (connection, ledger):
            last = None
            told: list[EventRow] = []
            for row in rows:
                try:
                    if isinstance(row, EventRow):
                        last = write_event(connection, row, last, ledger)
                        told.append(replace(row, seq=row.seq or last))
                    else:
                        write_summary(connection, row)
                except StatementError as error:
                    if not _is_about_a_row(error):
                        raise
                    raise RowRefused(row, str(error.orig)) from error
                except _VALUE_ERRORS as error:
                    raise RowRefused(row, str(error)) from error
            write_books(connection, ledger, [row for row in rows if isinstance(row, CallRow)])
            service_books.write(connection, told)

    def use_country(self, country: str) -> None:
        """Callers' numbers are of this country's plan (ISO 3166). Where it is another than before,
        `sum_up` works out anew whose they are."""
        with self._write() as connection:
            subscribers.use_country(connection, country)

    def recover(self) -> list[CallRow]:
        """After a crash: write the missing summaries from the events, and return them. Whoever
        was in a queue or in a state then is there no more."""
        missing = [(call, self.timeline(call)) for call in self.open_calls()]
        rows = [rebuilt(call, timeline) for call, timeline in missing if timeline]
        last = self.last_events(1)
        with self._booking() as (_, ledger):
            has_open = ledger.has_open
        closing = [EventRow(last[0].at, RECOVERED, CLOSED)] if last and has_open else []
        self.write([*closing, *rows])
        return rows

    # Reading

    def calls(self, search: Search) -> list[CallRow]:
        """The calls a search finds, newest first."""
        limit, offset = max(0, min(search.limit, MAX_ROWS)), max(0, search.offset)
        if is_number(search):
            with self._reading() as connection:
                branches = number_conditions(search, subscribers.found_by(connection, search.text))
                return [_call(row) for row in finding.newest(connection, branches, limit, offset)]
        question = (
            select(calls)
            .where(conditions(search))
            .order_by(calls.c.started_at.desc(), calls.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return [_call(row) for row in self._read(question)]

    def count(self, search: Search) -> int:
        """How many calls a search finds in all, whatever its limit."""
        with self._reading() as connection:
            meant = subscribers.found_by(connection, search.text) if is_number(search) else ()
            question = select(func.count()).select_from(calls).where(conditions(search, meant))
            return int(connection.execute(question).scalar_one())

    def call(self, id: str) -> CallRow | None:
        """One call's summary."""
        found = self._read(select(calls).where(calls.c.id == id))
        return _call(found[0]) if found else None

    def timeline(self, call_id: str) -> list[EventRow]:
        """Everything that happened in a call, in order."""
        question = select(events).where(events.c.call == call_id).order_by(events.c.seq)
        return [_event(row) for row in self._read(question.limit(MAX_ROWS))]

    def recording(self, id: str) -> RecordingRow | None:
        """One recording."""
        return _recording(self._read(select(recordings).where(recordings.c.id == id)))

    def recording_of(self, call: str) -> RecordingRow | None:
        """The recording of a call; of several, the longest."""
        question = select(recordings).where(recordings.c.call == call)
        return _recording(self._read(question.order_by(recordings.c.duration_s.desc())))

    def last_seq(self) -> int:
        """Number of the newest event; 0 if there is none."""
        return int(self._read(select(func.coalesce(func.max(events.c.seq), 0)))[0][0])

    def last_events(self, n: int) -> list[EventRow]:
        """The newest `n` events, oldest first."""
        question = select(events).order_by(events.c.seq.desc()).limit(max(0, min(n, MAX_ROWS)))
        return [_event(row) for row in reversed(self._read(question))]

    def events_after(self, seq: int, limit: int = 2000) -> list[EventRow]:
        """Events numbered above `seq`, oldest first."""
        question = select(events).where(events.c.seq > seq).order_by(events.c.seq)
        return [_event(row) for row in self._read(question.limit(min(limit, MAX_ROWS)))]

    def open_calls(self) -> list[CallId]:
        """Calls that began and have no summary: under way, or cut off by a crash."""
        return [CallId(row[0]) for row in self._read(select(open_calls.c.call))]

    def queue_days(self, day: date, zone: str) -> dict[str, QueueDay]:
        """Each queue's sums of one day of the office's zone (23 or 25 hours at a clock change), of
        the stays that are over: who waits or talks now is counted by who sees them."""
        since, until = day_bounds(day, zone)
        question = (
            select(
                stays.c.queue,
                func.count(),
                func.sum(case((stays.c.result == Result.ANSWERED.value, 1), else_=0)),
                func.sum(case((stays.c.result == Result.ABANDONED.value, 1), else_=0)),
            )
            .where(
                stays.c.offered_slot >= slot(since),
                stays.c.offered_slot < slot(until),
                stays.c.is_open.is_(False),
            )
            .group_by(stays.c.queue)
        )
        return {row[0]: _queue_day(*row) for row in self._read(question)}

    # Reports

    def report(self, asked: Asked) -> Report:
        """The figures of a report."""
        with self._reading() as connection:
            _one_moment(connection)
            return reports.report(connection, asked)

    def sum_up(
        self,
        zone: str,
        limits: Mapping[str, Limits],
        now: datetime,
        again_days: int = AGAIN_DAYS,
        lines: int = 0,
    ) -> bool:
        """Add up one day that is over, so that reports of years are quick; False if there is none
        left. Any time, beside all other writing. `lines`: as many as the office has now; 0: not
        known, and what they did is not added up."""
        past, self._past = self._past, None
        with self._write() as connection:
            past = catching_up.step(connection, past)
        self._past = past
        if past is not None:
            return True
        with self._write() as connection:
            if subscribers.step(connection):
                return True
        with self._write() as connection:
            return add_up.sum_up(connection, zone, limits, now, again_days) or (
                lines > 0 and line_days.sum_up(connection, zone, lines, now)
            )

    def stays(self, wanted: StaysWanted, limit: int = MAX_ROWS) -> list[StayRow]:
        """The stays behind a figure, newest first."""
        with self._reading() as connection:
            return books.stays_wanted(connection, wanted, limit)

    def ask(self, question: Callable[[Connection], Answer]) -> Answer:
        """What a question of another module finds, such as one of history.py."""
        with self._reading() as connection:
            return question(connection)

    def lost(self, since: datetime, limit: int = 200) -> list[LostCaller]:
        """Callers who gave up since then, and what became of them, the newest first."""
        with self._reading() as connection:
            return lost_callers(connection, since, limit)

    # Connections

    @contextmanager
    def _booking(self) -> Iterator[tuple[Connection, Ledger]]:
        """A transaction and the books it changes; if it fails, both are as they were."""
        ledger, self._ledger = self._ledger, None
        with self._write() as connection:
            ledger = ledger or books.opened(connection)
            yield connection, ledger
        self._ledger = ledger

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise RecordsAway(self.url, str(getattr(error, "orig", error))) from error

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise RecordsAway(self.url, str(error.orig)) from error

    def _read(self, question: Any) -> Sequence[AnyRow]:
        with self._reading() as connection:
            return connection.execute(question).all()


def _engine(url: str, read_only: bool) -> Engine:
    if not url.startswith("sqlite:"):
        options = {"postgresql_readonly": True} if read_only else {}
        return create_engine(url, pool_pre_ping=True, execution_options=options)
    path = make_url(url).database or ""
    mode = "ro" if read_only else "rwc"
    engine = create_engine(
        f"sqlite:///file:{path}?mode={mode}&uri=true" if path else url,
        connect_args={"timeout": BUSY_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    return engine


def _complete(connection: Connection) -> None:
    """Add to a database of an earlier release what it does not have yet."""
    has = {column["name"] for column in inspect(connection).get_columns("calls")}
    if "words" not in has:
        connection.exec_driver_sql("ALTER TABLE calls ADD COLUMN words TEXT NOT NULL DEFAULT ''")
        names = calls.c.caller_name + "\n" + calls.c.agent_name
        numbers = calls.c.caller_number + "\n" + calls.c.called
        both = func.lower(names + "\n" + numbers + "\n" + calls.c.id)
        connection.execute(update(calls).values(words=both))
    for old in ("calls_by_caller", "calls_by_called"):  # now by time too
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {old}")
    for index in (*calls.indexes, *day_sums.indexes):
        index.create(connection, checkfirst=True)


def _one_moment(connection: Connection) -> None:
    """Have all that is read from now on be of the same moment, whatever is written beside it.
    Python's driver begins no transaction for reading alone."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")


class _SomeRowRefused(Exception):
    """One of many; which one, only writing them singly tells."""


def _is_about_a_row(error: StatementError) -> bool:
    """Not about the database as such."""
    return not isinstance(error, DBAPIError) or isinstance(error, _ROW_ERRORS)


def _queue_day(queue: str, offered: int, answered: int, abandoned: int) -> QueueDay:
    return QueueDay(queue, offered, answered, abandoned, offered - answered - abandoned)


def _event(row: AnyRow) -> EventRow:
    return EventRow(**row._mapping)


_CALL_FIELDS: Final = tuple(field.name for field in fields(CallRow))


def _call(row: AnyRow) -> CallRow:
    values = {name: row._mapping[name] for name in _CALL_FIELDS}
    return CallRow(**values | {"outcome": Outcome(values["outcome"])})


def _recording(rows: Sequence[AnyRow]) -> RecordingRow | None:
    return RecordingRow(**rows[0]._mapping) if rows else None
