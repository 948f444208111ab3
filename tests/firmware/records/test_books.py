"""The books in the database: written with the events, opened again, made anew."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queue_day import Story, the_log
from sqlalchemy import text

from firmware.records.errors import RowRefused
from firmware.records.kpi import Result
from firmware.records.messages import EventRow, StaysWanted
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def books(records: Records) -> tuple[list[object], list[object]]:
    with records._engine.connect() as connection:
        stays = connection.execute(text("SELECT * FROM stays ORDER BY call, number")).all()
        times = connection.execute(text("SELECT * FROM agent_times ORDER BY seq")).all()
    return list(map(tuple, stays)), list(map(tuple, times))


def test_an_old_database_gets_its_books(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    records = Records(path)
    records.write(the_log(BEGAN).rows)
    kept = books(records)
    records.close()
    with sqlite3.connect(path) as database:
        database.executescript("DROP TABLE stays; DROP TABLE agent_times;")
    database.close()
    again = Records(path)
    assert books(again) == kept
    assert len(kept[0]) == 12
    again.close()


@given(cuts=st.sets(st.integers(0, 120), max_size=12))
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_books_do_not_depend_on_when_the_box_writes(
    cuts: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Written at once, or in parts with the ledger forgotten in between."""
    rows = the_log(BEGAN).rows
    whole = Records(tmp_path_factory.mktemp("whole") / "records.db")
    parts = Records(tmp_path_factory.mktemp("parts") / "records.db")
    whole.write(rows)
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), len(rows)], strict=True):
        parts.write(rows[first:last])
        parts._ledger = None
    assert books(parts) == books(whole)
    whole.close()
    parts.close()


def test_a_refused_row_leaves_the_books_as_they_were(records: Records) -> None:
    story = Story(BEGAN)
    story.offered(0, "c")
    records.write(story.rows)
    answered = EventRow(story.at(9), "queue.answered", "x", story.rows[0].call,  # type: ignore[union-attr]  # an event
                        data={"agent": "201", "waited_s": 9})  # fmt: skip
    with pytest.raises(RowRefused):
        records.append(answered, EventRow(story.at(9), "x", "x", data={"bad": object()}))  # type: ignore[dict-item]  # on purpose
    assert [s.result for s in records.stays(StaysWanted())] == [Result.WAITING]
    records.append(answered)
    assert [s.result for s in records.stays(StaysWanted())] == [Result.ANSWERED]


def test_after_a_crash_nobody_waits_any_more(tmp_path: Path) -> None:
    story = Story(BEGAN)
    story.state(0, "201", "ready")
    story.offered(5, "c", caller_number="0215557788")
    story.tell(33, "line.state")
    first = Records(tmp_path / "records.db")
    first.write(story.rows)
    first.close()
    second = Records(tmp_path / "records.db")
    assert [row.id for row in second.recover()] == ["c"]
    stay = second.stays(StaysWanted())[0]
    assert (stay.result, stay.cause, stay.wait_s) == (Result.LEFT, "restart", 28)
    assert second.last_events(1)[0].kind == "box.recovered"
    assert second.recover() == []
    assert second.last_events(1)[0].seq == 5
    second.close()


def test_a_call_under_way_keeps_its_caller_when_the_books_are_opened_again(
    records: Records,
) -> None:
    story = Story(BEGAN)
    story.tell(0, "call.started", "c", line=4, caller_number="")
    story.tell(3, "call.identified", "c", caller_number="0215557788", caller_name="Alice")
    records.write(story.rows)
    records._ledger = None
    records.append(
        EventRow(story.at(9), "queue.joined", "x", story.rows[0].call, data={"queue": "q"})
    )  # type: ignore[union-attr]  # an event
    stay = records.stays(StaysWanted())[0]
    assert (stay.line, stay.caller_number, stay.caller_name) == (4, "0215557788", "Alice")
