"""The link behind a figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from firmware.records import again
from firmware.records.columns import CALLED_AGAIN, Row, column, keys_that_open, resolution
from firmware.records.messages import StaysWanted
from firmware.records.reports import Limits
from web.calls.behind import fields, parse

WANTED = StaysWanted(
    datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 2, 22, tzinfo=UTC), "sales", line=2,
    cause="timeout", is_by_decision=True,
)  # fmt: skip
ROW = Row("x", WANTED, Limits(30, 7))


@pytest.mark.parametrize("key", keys_that_open())
def test_there_and_back(key: str) -> None:
    one = column(key)
    link = fields(one, ROW)
    assert link is not None
    found = parse(link)
    assert found is not None
    assert found.figure.key == key
    assert found.search == one.calls(ROW)


def test_further_calls_there_and_back() -> None:
    link = fields(resolution(3)[0], ROW, 3)
    assert link is not None
    found = parse(link)
    assert found is not None
    assert found.figure.key == CALLED_AGAIN
    assert WANTED.since is not None
    assert WANTED.until is not None
    assert found.again == again.Asked(WANTED.since, WANTED.until, 2, timedelta(days=3))
    assert found.search.ids == ()
    assert parse({"figure": CALLED_AGAIN}) is None


def test_no_link_where_no_search_finds_these_calls() -> None:
    assert fields(column("busy_s"), ROW) is None
    assert fields(column("in_time"), replace(ROW, limits=None)) is None
    assert fields(column("offered"), replace(ROW, wanted=None)) is None
    assert fields(column("offered"), replace(ROW, limits=None)) is not None


@pytest.mark.parametrize(
    "form",
    [{}, {"figure": "none"}, {"figure": "lost"}],
)
def test_no_figure(form: dict[str, str]) -> None:
    assert parse(form) is None


def test_nonsense_narrows_nothing() -> None:
    form = {"figure": "in_time", "since": "-1", "until": "9" * 40, "on_line": "x", "limit": "1e9"}
    found = parse(form)
    assert found is not None
    stays = found.search.stays
    assert stays is not None
    assert (stays.since, stays.until, stays.line, stays.within_s) == (None, None, None, 20)
