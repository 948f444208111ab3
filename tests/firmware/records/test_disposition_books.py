"""Dispositions get from the events into their table: the last one set, with its call's interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from queue_day import Story
from sqlalchemy import select

from firmware.records.disposition_books import of_calls
from firmware.records.disposition_schema import dispositions
from firmware.records.dispositions import Disposed
from firmware.records.messages import CallRow, DispositionsWanted, EventRow, Search
from firmware.records.schema import slot
from firmware.records.service_books import make_again
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, 8, 29, tzinfo=UTC)


def noted(story: Story, second: float, code: object, **more: Any) -> None:
    said = {"name": "Order taken", "is_resolved": True, "queue": "sales", "agent": "201"} | more
    story.tell(second, "call.disposition", "c1", code=code, **said)


@pytest.fixture
def story() -> Story:
    """Waits over the half-hour, talks with 201."""
    told = Story(BEGAN)
    told.offered(0, "c1", line=3)
    told.answered(90, "c1", "201", 90)
    told.ended(200, "c1")
    return told


def rows(records: Records) -> list[dict[str, Any]]:
    found = records.ask(lambda c: c.execute(select(dispositions)).all())
    return [dict(row._mapping) for row in found]


def test_it_belongs_to_the_interval_and_line_of_its_call(records: Records, story: Story) -> None:
    noted(story, 4000, 7)  # more than an hour later
    records.write(story.rows)
    (found,) = rows(records)
    assert (found["call"], found["code"], found["name"], found["is_resolved"]) == (
        "c1", 7, "Order taken", True,
    )  # fmt: skip
    assert (found["queue"], found["agent"], found["line"]) == ("sales", "201", 3)
    assert found["offered_slot"] == slot(BEGAN)
    assert found["decided_slot"] == slot(BEGAN) + 1


def test_the_last_one_is_the_call_s(records: Records, story: Story) -> None:
    noted(story, 210, 7)
    noted(story, 220, 12, name="Calls again", is_resolved=False)
    records.write(story.rows)
    assert [(row["code"], row["is_resolved"]) for row in rows(records)] == [(12, False)]
    at = BEGAN + timedelta(seconds=220)
    assert records.ask(lambda c: of_calls(c, ["none", "c1"])) == {
        "c1": Disposed(12, "Calls again", False, "201", at)
    }


def test_code_0_takes_it_away(records: Records, story: Story) -> None:
    noted(story, 210, 7)
    noted(story, 220, 0, name="", is_resolved=None)
    records.write(story.rows)
    assert rows(records) == []
    assert records.ask(lambda c: of_calls(c, ["c1"])) == {}


def test_rows_with_numbers_come_to_the_same(tmp_path: Path, story: Story) -> None:
    noted(story, 210, 7, is_resolved=None)
    records = Records(tmp_path / "numbered.db")
    told = [row for row in story.rows if isinstance(row, EventRow)]
    records.write([replace(event, seq=n) for n, event in enumerate(told, 1)])
    assert [(row["code"], row["is_resolved"], row["line"]) for row in rows(records)] == [
        (7, None, 3)
    ]
    records.close()


@pytest.mark.parametrize("code", [100, -1, "7", True, None, 2.5])
def test_what_makes_no_sense_is_left_out(records: Records, story: Story, code: object) -> None:
    noted(story, 210, code)
    records.write(story.rows)
    assert rows(records) == []
    assert records.last_seq() == len([row for row in story.rows if isinstance(row, EventRow)])


def test_another_agent_s_part_of_a_call(records: Records) -> None:
    """202 sets it, to whom 201 had handed the caller back into the queue."""
    told = Story(BEGAN)
    told.offered(0, "c1", line=3)
    told.answered(10, "c1", "201", 10)
    told.offered(3600, "c1", line=3)
    told.answered(3610, "c1", "202", 10)
    noted(told, 3700, 7, agent="201")
    records.write(told.rows)
    assert [row["offered_slot"] for row in rows(records)] == [slot(BEGAN)]


def test_the_calls_with_it(records: Records, story: Story) -> None:
    noted(story, 210, 7)
    records.write(story.rows)

    def found(**wanted: Any) -> list[CallRow]:
        return records.calls(Search(dispositions=DispositionsWanted(**wanted)))

    assert [row.id for row in found(code=7)] == ["c1"]
    assert [row.id for row in found(is_resolved=True, is_counted=True)] == ["c1"]
    assert found(code=8) == found(is_resolved=False) == []


def test_made_again_from_the_events(records: Records, story: Story) -> None:
    noted(story, 210, 7)
    noted(story, 220, 12, is_resolved=None)
    records.write(story.rows)
    before = rows(records)
    with records._write() as connection:
        make_again(connection)
    assert rows(records) == before != []
