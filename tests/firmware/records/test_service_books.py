"""Answers and served callers get from the events into their tables, once, and with their call."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from queue_day import Story
from sqlalchemy import select, text

from firmware.records.messages import EventRow
from firmware.records.schema import slot
from firmware.records.service_schema import answers, served
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, 8, 29, tzinfo=UTC)


def asked(story: Story, second: float, call: str, score: object, scale: str = "csat") -> None:
    story.tell(
        second, "survey.answered", call,
        survey="after", scale=scale, score=score, queue="sales", agent="201",
    )  # type: ignore[arg-type]  # nonsense too  # fmt: skip


@pytest.fixture
def story() -> Story:
    """A caller who waits over the half-hour, is asked, and says 5; another served by a menu."""
    told = Story(BEGAN)
    told.offered(0, "c1", line=3)
    told.answered(90, "c1", "201", 90)
    told.tell(200, "queue.ended", "c1")
    asked(told, 210, "c1", 5)
    told.ended(212, "c1")
    told.tell(300, "call.started", "c2", direction="incoming", line=1)
    told.tell(303, "menu.served", "c2", menu="main", key="3")
    told.ended(320, "c2")
    return told


def rows(records: Records, table: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in records.ask(lambda c: c.execute(select(table)).all())]


def test_an_answer_belongs_to_the_interval_and_line_of_its_call(
    records: Records, story: Story
) -> None:
    records.write(story.rows)
    (found,) = rows(records, answers)
    assert (found["call"], found["score"], found["queue"], found["agent"]) == (
        "c1", 5, "sales", "201",
    )  # fmt: skip
    assert found["line"] == 3
    assert found["offered_slot"] == slot(BEGAN)
    assert found["decided_slot"] == slot(BEGAN) + 1
    assert rows(records, served) == [{"call": "c2", "menu": "main", "key": "3"}]


def test_rows_with_numbers_come_to_the_same(tmp_path: Path, story: Story) -> None:
    numbered = Records(tmp_path / "numbered.db")
    told = [row for row in story.rows if isinstance(row, EventRow)]
    numbered.write([EventRow(e.at, e.kind, e.text, e.call, None, e.data, n)
                    for n, e in enumerate(told, 1)])  # fmt: skip
    assert [row["score"] for row in rows(numbered, answers)] == [5]
    assert len(rows(numbered, served)) == 1
    numbered.close()


@pytest.mark.parametrize(
    ("scale", "score"), [("csat", 6), ("csat", 0), ("nps", 11), ("stars", 3), ("csat", "5"),
                         ("csat", True), ("nps", None)],
)  # fmt: skip
def test_answers_that_make_no_sense_are_not_counted(
    records: Records, scale: str, score: object
) -> None:
    told = Story(BEGAN)
    told.offered(0, "c")
    asked(told, 5, "c", score, scale)
    records.write(told.rows)
    assert rows(records, answers) == []
    assert records.last_seq() == 3


def test_a_database_of_before_gets_them_from_its_events(tmp_path: Path, story: Story) -> None:
    path = tmp_path / "old.db"
    before = Records(path)
    before.write(story.rows)
    expected = rows(before, answers), rows(before, served)
    with before._write() as connection:
        connection.execute(text("DROP TABLE answers"))
        connection.execute(text("DROP TABLE served"))
    before.close()
    after = Records(path)
    assert (rows(after, answers), rows(after, served)) == expected
    after.close()
