"""CSV that spreadsheets open, and do not compute."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from web_fakes import demo_rows, renamed

from firmware.records.dispositions import Disposed
from firmware.records.messages import CallRow
from web.calls.export import harmless, lines

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def none(rows: Sequence[CallRow]) -> dict[str, Disposed]:
    return {}


def test_how_a_call_ended_is_in_it() -> None:
    first, second, third = demo_rows(NOW, 3)
    noted = {
        first.id: Disposed(7, "=Order taken", True, "201", NOW),
        third.id: Disposed(12, "Calls again", False, "201", NOW),
        "of another batch": Disposed(1, "Other", None, "201", NOW),
    }
    text = lines([[first, second], [third]], ZoneInfo("UTC"), lambda rows: noted)
    rows = list(csv.DictReader(text))
    assert [(r["Disposition"], r["Disposition name"], r["Resolved"]) for r in rows] == [
        ("7", "'=Order taken", "yes"), ("", "", ""), ("12", "Calls again", "no"),
    ]  # fmt: skip


def test_reads_back_with_the_offices_clock() -> None:
    rows = list(csv.DictReader(lines([demo_rows(NOW, 3)], ZoneInfo("Africa/Johannesburg"), none)))
    assert [r["Time"] for r in rows] == ["13:51:00", "13:34:00", "13:17:00"]
    assert rows[0]["Caller name"] == "Pieter Kruger"
    assert rows[0]["Outcome"] == "answered"


def test_quotes_and_newlines_survive() -> None:
    name = 'Smith, "Bob"\nand son'
    text = "".join(lines([[renamed(demo_rows(NOW, 1)[0], name)]], ZoneInfo("UTC"), none))
    assert next(csv.DictReader(text.splitlines(keepends=True)))["Caller name"] == name


@pytest.mark.parametrize(
    ("cell", "out"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|x", "'+cmd|x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2", "'-2"),
        ("\t=1", "'\t=1"),
        ("+27215551234", "+27215551234"),
        ("0215551234", "0215551234"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: str, out: str) -> None:
    assert harmless(cell) == out
