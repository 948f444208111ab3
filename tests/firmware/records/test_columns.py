"""Rows and columns of a report: they come to the whole, and open the very calls they count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from queue_day import Story, the_log

from firmware.records.columns import (
    all_columns,
    column,
    keys_that_open,
    line_columns,
    queue_columns,
    time_columns,
)
from firmware.records.figures import Unit
from firmware.records.kpi import Tally
from firmware.records.line_use import LineUse
from firmware.records.messages import CallRow, EventRow, Outcome
from firmware.records.report_rows import Rows, rows_of
from firmware.records.reports import Asked, Limits
from firmware.records.scores import Scores
from firmware.records.store import Records

DAY = date(2026, 3, 2)
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
ASKED = Asked(DAY, DAY, "Africa/Johannesburg", {"sales": Limits(20, 5)}, line_count=2)


@pytest.fixture(scope="module")
def filled() -> Iterator[Records]:
    """The worked log; three of its callers are asked, one caller is served by the menu, one finds
    the queue full."""
    story = the_log(BEGAN)
    for call, scale, score, agent in (
        ("c1", "csat", 5, "201"), ("c2", "csat", 3, "202"), ("c3", "nps", 9, "201"),
    ):  # fmt: skip
        story.tell(1750, "survey.answered", call, survey="s", scale=scale, score=score,
                   queue="sales", agent=agent)  # fmt: skip
    story.tell(1000, "call.started", "m1", direction="incoming", line=2)
    story.tell(1003, "menu.served", "m1", menu="main", key="4")
    story.ended(1020, "m1", outcome=Outcome.IN_MENU)
    story.offered(1100, "f1")
    story.left(1100, "f1", "full", 0)
    records = Records("sqlite://")
    records.write(story.rows)
    yield records
    records.close()


@pytest.fixture(scope="module")
def rows(filled: Records) -> Rows:
    return rows_of(filled.report(ASKED))


def test_the_figures_of_the_whole(rows: Rows) -> None:
    found = {one.key: one.of(rows.total) for one in all_columns()}
    expected = {
        "offered": 13, "refused": 1, "blocked": 1 / 13, "hold": 100 / 7,
        "csat": 0.5, "csat_mean": 4, "nps": 100, "promoters": 1, "detractors": 0,
        "reached": 14, "served": 1, "self_service": 1 / 14, "first_call_resolution": None,
        "occupancy": 1390 / 3000, "utilisation": 1390 / 3600, "transfer_rate": 1 / 7,
    }  # fmt: skip
    assert {key: found[key] for key in expected} == pytest.approx(expected)
    assert isinstance(found["busy_s"], float)
    assert isinstance(found["lost"], float)


def test_every_table_comes_to_the_whole(rows: Rows) -> None:
    for table in (rows.queues, rows.days, rows.half_hours, rows.lines):
        assert sum((row.tally for row in table), Tally()) == rows.total.tally
        assert sum((row.scores for row in table), Scores()) == rows.total.scores
    for table in (rows.days, rows.half_hours):
        assert sum((row.use or LineUse() for row in table), LineUse()) == rows.total.use
    by_line = sum((row.use or LineUse() for row in rows.lines), LineUse())
    assert (by_line.reached, by_line.served) == (14, 1)
    assert sum((row.scores for row in rows.agents), Scores()) == rows.total.scores


@pytest.mark.parametrize("key", keys_that_open())
def test_a_figure_opens_the_calls_it_counts(filled: Records, rows: Rows, key: str) -> None:
    one = column(key)
    tables = {
        "all": [rows.total],
        "queue": rows.queues,
        "line": rows.lines,
        "half": rows.half_hours,
    }
    counts = {
        "service_level": "in_time", "self_service": "served", "csat_mean": "csat_answers",
        "nps": "nps_answers", "asa": "answered", "wait": "offered", "longest": "offered",
        "abandon": "abandoned", "talk": "answered", "hold": "answered", "wrap_up": "answered",
        "handling": "answered", "abandonment": "abandoned", "answer_rate": "answered",
        "blocked": "refused", "transfer_rate": "transferred", "talk_s": "answered",
        "hold_s": "answered", "wrap_up_s": "answered", "occupancy": "answered",
        "utilisation": "answered",
    }  # fmt: skip
    for table in tables.values():
        for row in table:
            search = one.calls(row)
            counted = (
                row.scores.satisfied if key == "csat" else column(counts.get(key, key)).of(row)
            )
            if counted is not None and search is not None:
                assert filled.count(search) == counted


def test_an_agents_figures_open_calls_too(filled: Records, rows: Rows) -> None:
    anna = next(row for row in rows.agents if row.id == "201")
    for key in ("answered", "transferred", "csat_answers", "nps_answers", "promoters"):
        search = column(key).calls(anna)
        assert search is not None
        assert filled.count(search) == column(key).of(anna)


def test_lines_know_nothing_of_a_queue(filled: Records) -> None:
    rows = rows_of(filled.report(replace(ASKED, queue="sales")))
    assert rows.total.use is None
    assert all(one.of(rows.total) is None for one in line_columns()[-3:])


def test_nothing_is_not_a_percentage(records: Records) -> None:
    rows = rows_of(records.report(ASKED))
    for one in all_columns():
        value = one.of(rows.total)
        assert value == 0 if one.unit in (Unit.COUNT, Unit.ESTIMATE) else value in (None, 0)
        if one.unit in (Unit.SHARE, Unit.MARK, Unit.POINTS):
            assert value is None, one.key


def test_every_column_has_its_own_name_and_says_what_it_means() -> None:
    for columns in (all_columns(), time_columns(), queue_columns(), line_columns()):
        assert len({one.key for one in columns}) == len(columns)
        assert len({one.label for one in columns}) == len(columns)
        assert all(one.means for one in columns)


def test_a_caller_served_who_then_waits_is_not(records: Records) -> None:
    story = Story(BEGAN)
    story.tell(0, "call.started", "c", direction="incoming", line=1)
    story.tell(1, "menu.served", "c", menu="main", key="4")
    story.tell(20, "queue.joined", "c", queue="sales")
    story.tell(30, "queue.abandoned", "c", waited_s=10)
    story.ended(31, "c")
    records.write([
        replace(r, queued_at=BEGAN + timedelta(seconds=20)) if isinstance(r, CallRow) else r
        for r in story.rows if isinstance(r, CallRow | EventRow)
    ])  # fmt: skip
    total = rows_of(records.report(ASKED)).total
    assert column("served").of(total) == 0
    search = column("served").calls(total)
    assert search is not None
    assert records.count(search) == 0
