"""The search form, understood or complained about, never an error."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from firmware.records.messages import DispositionsWanted, Outcome, Search, StaysWanted
from web.calls.query import PER_PAGE, parse

SAST = ZoneInfo("Africa/Johannesburg")  # UTC+2 all year


def test_empty_form_finds_everything() -> None:
    query = parse({}, SAST)
    assert query.search == Search(limit=PER_PAGE)
    assert not query.is_narrowed


def test_every_field() -> None:
    form = {
        "text": " 082 ", "from": "2026-11-20", "to": "2026-11-20", "line": "2", "agent": "201",
        "queue": "sales", "direction": "incoming", "outcome": "abandoned", "page": "3",
    }  # fmt: skip
    assert parse(form, SAST).search == Search(
        text="082",
        since=datetime(2026, 11, 19, 22, tzinfo=UTC),
        until=datetime(2026, 11, 20, 22, tzinfo=UTC),  # the whole last day is meant
        line=2,
        agent="201",
        queue="sales",
        direction="incoming",
        outcome=Outcome.ABANDONED,
        limit=PER_PAGE,
        offset=2 * PER_PAGE,
    )


def test_a_disposition_narrows_what_a_figure_opens() -> None:
    assert parse({"disposition": "7"}, SAST).search.dispositions == DispositionsWanted(code=7)
    form = {"figure": "resolved", "in_queue": "sales"}
    of_figure = DispositionsWanted(StaysWanted(queue="sales"), is_resolved=True)
    assert parse(form, SAST).search.dispositions == of_figure
    both = parse({**form, "disposition": "7"}, SAST)
    assert both.search.dispositions == replace(of_figure, code=7)
    assert both.fields["disposition"] == "7"
    assert parse({"disposition": "x"}, SAST).search.dispositions is None


def test_day_of_a_clock_change_has_23_hours() -> None:
    form = {"from": "2026-03-29", "to": "2026-03-29"}  # Europe: clocks go forward
    search = parse(form, ZoneInfo("Europe/Berlin")).search
    assert search.since is not None
    assert search.until is not None
    assert (search.until - search.since).total_seconds() == 23 * 3600


@pytest.mark.parametrize("text", ["2026-13-45", "yesterday", "9999-12-31"])
def test_impossible_dates_are_named(text: str) -> None:
    query = parse({"to": text}, SAST)
    assert query.search.until is None
    assert text in query.complaints[0]


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "²", "9" * 30])
def test_impossible_pages_are_the_first(page: str) -> None:
    assert parse({"page": page}, SAST).page == 1


@pytest.mark.parametrize(
    "form", [{"line": "x"}, {"line": "0"}, {"outcome": "eaten"}, {"direction": "up"}]
)
def test_impossible_choices_do_not_narrow(form: dict[str, str]) -> None:
    assert parse(form, SAST).search == Search(limit=PER_PAGE)
