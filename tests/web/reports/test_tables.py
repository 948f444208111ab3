"""What the page of reports shows where."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from web_fakes import books_of, demo_office

from firmware.records.kpi import DEFAULT
from firmware.records.messages import CallId, CallRow, EventRow, Outcome
from firmware.records.report_rows import rows_of
from firmware.records.reports import Asked, Report
from web.reports.period import limits_of
from web.reports.tables import bars, cards, tables

DAY = date(2026, 3, 2)
NINE = datetime(2026, 3, 2, 7, tzinfo=UTC)  # in Johannesburg
OFFICE = demo_office()


def call(n: int, minutes: float, queue: str, outcome: Outcome = Outcome.ANSWERED) -> CallRow:
    at = NINE + timedelta(minutes=minutes)
    agent = "201" if outcome is Outcome.ANSWERED else ""
    return CallRow(
        CallId(f"c{n}"), at, "incoming", outcome, at + timedelta(seconds=90), "caller", 16, line=1,
        queue=queue, agent=agent, wait_s=10, talk_s=60, total_s=90,
    )  # fmt: skip


def report(days: int = 1, *more: EventRow, **narrow: str) -> Report:
    rows = [call(1, 0, "sales"), call(2, 40, "sales"), call(3, 45, "sales", Outcome.ABANDONED)]
    with books_of(rows) as books:
        books.write(list(more))
        last = DAY + timedelta(days=days - 1)
        asked = Asked(DAY, last, "Africa/Johannesburg", limits_of(OFFICE), line_count=3, **narrow)  # type: ignore[arg-type]  # a queue
        return books.report(asked)


def answer(score: int) -> EventRow:
    data: dict[str, str | int | float | bool | None] = {
        "survey": "s", "scale": "csat", "score": score, "queue": "sales", "agent": "201",
    }  # fmt: skip
    return EventRow(NINE, "survey.answered", "answered", CallId("c1"), data=data)


def test_a_day_has_every_table_but_days() -> None:
    found = report()
    shown = {t.id: t for t in tables(found, rows_of(found), OFFICE, DEFAULT)}
    assert list(shown) == ["queues", "half-hours", "agents", "lines"]
    assert [name for name, _ in shown["queues"].rows] == ["Sales", "Service"]
    assert [name for name, _ in shown["half-hours"].rows] == ["09:00", "09:30"]
    assert [name for name, _ in shown["agents"].rows] == ["Anna Botha 201"]
    assert [name for name, _ in shown["lines"].rows] == ["1 · Main number"]


def test_surveys_show_up_once_somebody_answered() -> None:
    for more, is_there in (((), False), ((answer(5),), True)):
        found = report(1, *more)
        titles = [c.title for c in cards(found, rows_of(found), DEFAULT)]
        columns = tables(found, rows_of(found), OFFICE, DEFAULT)[0].columns
        assert ("csat" in [c.key for c in columns]) is is_there
        assert "What callers say" in titles  # first-call resolution is there anyway


def test_a_report_of_one_queue_says_nothing_of_lines() -> None:
    found = report(queue="sales")
    assert "Lines and menus" not in [c.title for c in cards(found, rows_of(found), DEFAULT)]


def test_bars_are_half_hours_of_a_day_and_days_of_a_week() -> None:
    day, week = report(), report(7)
    found = bars(rows_of(day))
    assert [(bar.name, bar.answered, bar.abandoned) for bar in found] == [
        ("09:00", 50, 0), ("09:30", 50, 50),
    ]  # fmt: skip
    assert len(bars(rows_of(week))) == 7
    empty = report(queue="service")
    assert bars(rows_of(empty)) == []
