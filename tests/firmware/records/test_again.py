"""Further calls of the same caller, as the definition of first-call resolution has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from firmware.records.again import Asked, further_calls
from firmware.records.messages import CallId, CallRow, Outcome
from firmware.records.reports import Asked as ReportAsked
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
CALLS = (
    # hours after the beginning, number, line: Ann calls three times in two forms of her number,
    # Ben again after eight days, Cas once, Dee once in the period and again the day after it
    ("a1", 1, "0215557788", 1), ("a2", 3, "+27215557788", 2), ("a3", 30, "0215557788", 1),
    ("b1", 2, "0821111111", 1), ("b2", 2 + 8 * 24, "0821111111", 1),
    ("c1", 5, "0822222222", 1), ("d1", 47, "0823333333", 1), ("d2", 60, "0823333333", 1),
    ("x1", 6, "", 1), ("x2", 7, "", 1),
)  # fmt: skip


@pytest.fixture
def filled(records: Records) -> Records:
    records.write(
        [
            CallRow(
                CallId(id), (at := BEGAN + timedelta(hours=hour)), "incoming", Outcome.ANSWERED,
                at + timedelta(minutes=1), "caller", 16, line=line, caller_number=number,
            )
            for id, hour, number, line in CALLS
        ]
    )  # fmt: skip
    return records


def asked(days: int = 7, period: int = 2, line: int | None = None) -> Asked:
    return Asked(BEGAN, BEGAN + timedelta(days=period), line, timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "once", "listed"),
    [(7, 2, ["a2", "a3", "d2"]), (1, 2, ["a2", "d2"]), (9, 1, ["a2", "a3", "d2", "b2"])],
)
def test_two_days_of_four_callers(filled: Records, days: int, once: int, listed: list[str]) -> None:
    day = date(2026, 3, 2)
    report = filled.report(ReportAsked(day, day + timedelta(days=1), "UTC", again_days=days))
    assert report.callers is not None
    # one day: a3 is 27 h after a2, but a2 came 2 h after a1
    assert (report.callers.known, report.callers.once) == (4, once)
    assert filled.ask(lambda c: further_calls(c, asked(days))) == listed


def test_one_line(filled: Records) -> None:
    assert filled.ask(lambda c: further_calls(c, asked(line=2))) == []
    assert filled.ask(lambda c: further_calls(c, asked(line=1))) == ["a3", "d2"]


def test_nobody_and_too_long(filled: Records) -> None:
    late = Asked(BEGAN + timedelta(days=90), BEGAN + timedelta(days=91), None, timedelta(days=7))
    assert filled.ask(lambda c: further_calls(c, late)) == []
    assert filled.ask(lambda c: further_calls(c, asked(period=93))) == []
