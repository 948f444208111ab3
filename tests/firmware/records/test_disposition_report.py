"""Dispositions by queue, day, half-hour, agent and line, and the calls behind every figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_day import Story

from firmware.records.columns import NOTED, Column, Row, column, disposition
from firmware.records.disposition_report import Dispositions
from firmware.records.dispositions import Noted
from firmware.records.messages import EventRow
from firmware.records.report_rows import rows_of
from firmware.records.reports import Asked, Rule
from firmware.records.sheets import Names, of_report
from firmware.records.store import Records

JOBURG = "Africa/Johannesburg"
DAY = date(2026, 3, 2)
ASKED = Asked(DAY, DAY, JOBURG)
BEGAN = datetime(2026, 3, 2, 8, 29, tzinfo=UTC)  # 10:29 in Johannesburg
NAMES = {1: "Order taken", 2: "Calls again", 99: "Wrong number"}
MEANS = {1: True, 2: False, 99: None}


def told(
    story: Story, at: float, call: str, code: int, queue: str, agent: str, line: int | None
) -> None:
    """A call that waits 90 s, talks, and is noted; without a code it is not."""
    story.offered(at, call, queue, line=line)
    story.answered(at + 90, call, agent, 90)
    story.ended(at + 200, call)
    if code:
        story.tell(at + 205, "call.disposition", call, code=code, name=NAMES[code],
                   is_resolved=MEANS[code], queue=queue, agent=agent)  # fmt: skip


@pytest.fixture
def day(records: Records) -> Records:
    story = Story(BEGAN)
    told(story, 0, "a", 1, "sales", "201", 1)
    told(story, 300, "b", 2, "sales", "202", 1)
    told(story, 600, "c", 1, "support", "201", 2)
    told(story, 900, "d", 99, "support", "201", 2)
    told(story, 1200, "e", 0, "support", "201", 2)
    told(story, 90_000, "f", 2, "support", "203", 2)  # the next day
    records.write(story.rows)
    return records


def test_dispositions_of_a_day(day: Records) -> None:
    found = day.report(ASKED).dispositions
    assert dict(found.total.by_code) == {1: 2, 2: 1, 99: 1}
    assert found.total.resolution == pytest.approx(2 / 3)
    assert found.names == NAMES
    assert found.queues["sales"].resolution == 0.5
    assert found.queues["support"].resolution == 1
    assert found.agents["202"].resolution == 0
    assert found.lines[2].calls == 2
    half_hours = {f"{at:%H:%M}": one.calls for at, one in found.half_hours.items()}
    assert half_hours == {"08:00": 1, "08:30": 3}


def test_they_follow_the_rule_of_their_calls(day: Records) -> None:
    found = day.report(replace(ASKED, rule=Rule.DECIDED)).dispositions
    assert {f"{at:%H:%M}": one.calls for at, one in found.half_hours.items()} == {"08:30": 4}


@pytest.mark.parametrize(
    ("narrow", "calls"),
    [({"queue": "support"}, 2), ({"agent": "201"}, 3), ({"line": 1}, 2), ({"line": 7}, 0),
     ({"last": date(2026, 3, 3)}, 5)],
)  # fmt: skip
def test_a_narrower_or_wider_report(day: Records, narrow: dict[str, object], calls: int) -> None:
    asked = replace(ASKED, **narrow)  # type: ignore[arg-type]  # one of several fields
    assert day.report(asked).dispositions.total.calls == calls


def test_every_figure_opens_its_calls(day: Records) -> None:
    rows = rows_of(day.report(replace(ASKED, last=date(2026, 3, 3))))
    shown = [rows.total, *rows.queues, *rows.days, *rows.agents, *rows.lines]
    counts = [one for one in NOTED if one.key in ("noted", "resolved", "unresolved")]

    def listed(one: Column, row: Row) -> int:
        search = one.calls(row)
        assert search is not None
        return len(day.calls(search))

    for row in shown:
        assert [listed(one, row) for one in counts] == [one.of(row) for one in counts]
        assert listed(column("resolution"), row) == row.noted.counted
        for code, name in NAMES.items():
            one = disposition(code, name)
            assert listed(one, row) == one.of(row) == row.noted.by_code.get(code, 0)
    assert {row.id: column("noted_share").of(row) for row in rows.queues} == {
        "sales": 1, "support": 0.75,
    }  # fmt: skip


def test_half_hours_open_their_calls_too(day: Records) -> None:
    rows = rows_of(day.report(ASKED)).half_hours
    shown = {row.id: row for row in rows if row.noted.calls}
    assert {id: row.noted.calls for id, row in shown.items()} == {"10:00": 1, "10:30": 3}
    search = column("disposition_1").calls(shown["10:30"])
    assert search is not None
    assert [row.id for row in day.calls(search)] == ["c"]


@pytest.mark.parametrize("key", ["disposition_", "disposition_x", "disposition_100", "disposition"])
def test_no_such_column(key: str) -> None:
    with pytest.raises(KeyError):
        column(key)


def test_a_sheet_of_them(day: Records) -> None:
    sheets = {sheet.title: sheet for sheet in of_report(day.report(ASKED), Names({}, {}, {}))}
    assert sheets["Dispositions"].header == ("Code", "Disposition", "Calls", "Share")
    assert sheets["Dispositions"].rows == [
        (1, "Order taken", 2, 0.5), (2, "Calls again", 1, 0.25), (99, "Wrong number", 1, 0.25),
    ]  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 170_000), st.sampled_from([0, *NAMES]),
            st.sampled_from(["sales", "support"]), st.sampled_from(["201", "202"]),
            st.sampled_from([1, 2, None]),
        ),
        max_size=25,
    ),
    st.sampled_from([Rule.OFFERED, Rule.DECIDED]),
)  # fmt: skip
def test_every_grouping_comes_to_the_same(
    given_: list[tuple[int, int, str, str, int | None]], rule: Rule
) -> None:
    records = Records("sqlite://")
    story = Story(BEGAN)
    for n, (at, code, queue, agent, line) in enumerate(given_):
        told(story, at, f"c{n}", code, queue, agent, line)
    records.write([r for r in story.rows if isinstance(r, EventRow)])
    found = records.report(replace(ASKED, last=date(2026, 3, 8), rule=rule)).dispositions
    records.close()
    assert found.total.calls == sum(code != 0 for _, code, *_ in given_)
    for by in (found.queues, found.days, found.half_hours, found.agents, found.lines):
        assert sum(by.values(), Noted()) == found.total


def test_nothing_noted(records: Records) -> None:
    found = records.report(ASKED)
    assert found.dispositions == Dispositions()
    assert "Dispositions" not in {s.title for s in of_report(found, Names({}, {}, {}))}
    assert column("resolution").of(rows_of(found).total) is None
