"""The books of an old, large database: made bit by bit, beside new calls, over restarts."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from queue_day import Story, the_log

from firmware.records import catching_up
from firmware.records.ledger import RECOVERED
from firmware.records.messages import EventRow
from firmware.records.reports import Asked
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = BEGAN + timedelta(days=30)
LAST = 20 * 86400.0


def renamed(story: Story, day: int) -> list[Any]:
    for row in story.rows:
        for name in ("call", "id"):
            if getattr(row, name, None):
                object.__setattr__(row, name, f"d{day}{getattr(row, name)}")
    return story.rows


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of three days, stopped in the middle of a call, that has lost its books; between
    the days nothing was open once."""
    monkeypatch.setattr(catching_up, "AT_ONCE", 50)
    monkeypatch.setattr(catching_up, "STEP", 13)
    records = Records(tmp_path / "old.db")
    for day in range(3):
        records.write(renamed(the_log(BEGAN + timedelta(days=day)), day))
        records.append(EventRow(BEGAN + timedelta(days=day, hours=12), RECOVERED, "restarted"))
    cut = Story(BEGAN + timedelta(days=10))
    cut.state(0, "201", "ready")
    cut.offered(5, "cut")
    cut.answered(20, "cut", "201", 15)
    cut.tell(60, "line.state")
    records.write(cut.rows)
    records.close()
    with sqlite3.connect(tmp_path / "old.db") as database:
        database.executescript("DROP TABLE stays; DROP TABLE agent_times;")
    database.close()
    return tmp_path / "old.db"


def live(records: Records) -> None:
    """A call of the present, begun and ended by the agent who was cut off."""
    story = Story(BEGAN)
    story.state(LAST, "201", "ready")
    story.offered(LAST + 10, "live")
    story.answered(LAST + 15, "live", "201", 5)
    story.ended(LAST + 75, "live")
    story.state(LAST + 75, "201", "wrap_up")
    story.state(LAST + 90, "201", "ready")
    records.write(story.rows)


def books(path: Path) -> list[list[tuple[Any, ...]]]:
    database = sqlite3.connect(path)
    found = [
        database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        for table in ("stays", "agent_times")
    ]
    database.close()
    return found


def finish(records: Records) -> int:
    steps = 0
    while records._past is not None or not steps:
        records.sum_up("UTC", {}, NOW)
        steps += 1
    return steps


def made_at_once(path: Path, is_restarted: bool, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The books of the same database, made when it is opened."""
    copy = path.with_name("once.db")
    copy.write_bytes(path.read_bytes())
    with monkeypatch.context() as patched:
        patched.setattr(catching_up, "AT_ONCE", 10**6)
        records = Records(copy)
        records.recover()
        live(records)
        records.close()
        for _ in range(is_restarted):
            again = Records(copy)
            again.recover()
            again.close()
    return books(copy)


@pytest.mark.parametrize("restarts", [(), (1,), (3, 9), range(30)], ids=["none", "1", "2", "often"])
def test_the_books_are_the_same_in_the_end(
    path: Path, restarts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = made_at_once(path, bool(restarts), monkeypatch)
    records = Records(path)
    assert [row.id for row in records.recover()] == ["cut"]
    live(records)
    for at in range(12):
        if at in restarts:
            records.close()
            records = Records(path)
            assert records.recover() == []
        records.sum_up("UTC", {}, NOW)
    assert finish(records) > 1
    records.close()
    # The other database has one event more, the one that closed its books: numbers differ by one.
    assert _without_numbers(books(path)) == _without_numbers(expected)


def _without_numbers(tables: list[list[tuple[Any, ...]]]) -> list[list[tuple[Any, ...]]]:
    stays, times = tables
    return [stays, [row[1:] for row in times]]


def test_a_report_says_what_is_not_counted_yet(path: Path) -> None:
    records = Records(path)
    records.recover()
    live(records)
    asked = Asked(date(2026, 3, 1), date(2026, 3, 31), "UTC", now=NOW)
    stopped = BEGAN + timedelta(days=10, seconds=60)
    found = records.report(asked).uncounted
    assert found is not None
    assert (found.since, found.until) == (BEGAN, stopped)
    for _ in range(11):
        records.sum_up("UTC", {}, NOW)
    found = records.report(asked).uncounted
    assert found is not None
    assert BEGAN + timedelta(days=1) < found.since < found.until == stopped
    first_day = Asked(date(2026, 3, 2), date(2026, 3, 2), "UTC", now=NOW)
    assert records.report(first_day).uncounted is None
    assert records.report(first_day).total.offered == 12
    today = Asked(date(2026, 3, 22), date(2026, 3, 22), "UTC", now=NOW)
    assert (records.report(today).uncounted, records.report(today).total.answered) == (None, 1)
    finish(records)
    whole = records.report(asked)
    assert (whole.uncounted, whole.total.offered) == (None, 38)
    records.close()
