"""The link behind a figure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from firmware.records.figures import FIGURE_KEYS_THAT_OPEN, OFFERED, figure
from firmware.records.messages import StaysWanted
from firmware.records.reports import Limits
from web.calls.behind import fields, parse

WANTED = StaysWanted(
    datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 2, 22, tzinfo=UTC), "sales", line=2,
    cause="timeout", is_by_decision=True,
)  # fmt: skip
LIMITS = Limits(30, 7)


@pytest.mark.parametrize("key", FIGURE_KEYS_THAT_OPEN)
def test_there_and_back(key: str) -> None:
    one = figure(key)
    link = fields(one, WANTED, LIMITS)
    assert link is not None
    found = parse(link)
    assert found is not None
    assert one.opens is not None
    assert found[1] == one.opens(WANTED, LIMITS)


def test_no_link_where_no_search_finds_these_calls() -> None:
    assert fields(figure("asa"), WANTED, LIMITS) is None
    assert fields(figure("in_time"), WANTED, None) is None
    assert fields(OFFERED, None, LIMITS) is None
    assert fields(OFFERED, WANTED, None) is not None


@pytest.mark.parametrize(
    "form",
    [{}, {"figure": "none"}, {"figure": "asa"}],
)
def test_no_figure(form: dict[str, str]) -> None:
    assert parse(form) is None


def test_nonsense_narrows_nothing() -> None:
    form = {"figure": "in_time", "since": "-1", "until": "9" * 40, "on_line": "x", "limit": "1e9"}
    found = parse(form)
    assert found is not None
    assert (found[1].since, found[1].until, found[1].line, found[1].within_s) == (
        None, None, None, 20,
    )  # fmt: skip
