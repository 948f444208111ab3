"""Exports: what a spreadsheet reads, and that it computes nothing."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from queue_day import Story, the_log

from firmware.records.columns import queue_columns
from firmware.records.figures import Unit, common_limits, figure, figures, needs_limits
from firmware.records.kpi import ServiceLevel, Tally
from firmware.records.reports import Asked, Limits, Report
from firmware.records.sheets import Names, as_csv, harmless, of_lost, of_report
from firmware.records.store import Records
from firmware.records.workbook import as_xlsx

DAY = date(2026, 3, 2)
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
NAMES = Names({"sales": '=HYPERLINK("http://x")'}, {"201": "Anna\x07 Botha"}, {1: "Main"})


@pytest.fixture
def report(records: Records) -> Report:
    records.write(the_log(BEGAN).rows)
    return records.report(Asked(DAY, DAY, "Africa/Johannesburg", {"sales": Limits(20, 5)}))


def test_a_workbook_has_the_figures_and_no_formula(report: Report) -> None:
    book = load_workbook(io.BytesIO(as_xlsx(of_report(report, NAMES, ServiceLevel("SL-F6")))))
    assert book.sheetnames == [
        "About", "Queues", "Left otherwise", "Days", "Half-hours", "Agents", "Lines",
    ]  # fmt: skip
    header, sales, everything = list(book["Queues"].values)
    assert sales[0] == '=HYPERLINK("http://x")'
    assert {c.data_type for row in book["Queues"].rows for c in row if c.value} <= {"s", "n"}
    found = dict(zip(header, sales, strict=True))
    assert found["Service level SL-F6"] == 0.4
    assert found["Mean time to answer s"] == pytest.approx(27.29, abs=0.05)
    assert everything[1:] == sales[1:]
    assert [row[:2] for row in book["Agents"].values][1] == ("201", "Anna Botha")
    assert list(book["Left otherwise"].values) == [("Cause", "Calls"), ("timeout", 1)]
    about = {row[0]: row[1] for row in book["About"].values}
    assert about["Interval rule"] == (
        "a call belongs to the interval in which it was offered to the queue"
    )
    assert about["Service level"] == "SL-F6"
    assert about["CSAT"] == "n/a"
    assert (about["Reached"], about["Occupancy"]) == ("12", "46.3 %")
    assert len(list(book["Half-hours"].values)) == 49


def test_csv_reads_back(report: Report) -> None:
    text = as_csv(of_report(report, NAMES)[1])
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0]["Queue"] == '\'=HYPERLINK("http://x")'
    assert (rows[0]["Offered"], rows[0]["Gave up"], rows[1]["Queue"]) == ("12", "4", "All")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("=1+1", "'=1+1"), ("-2", "'-2"), ("@x", "'@x"), ("+27215557788", "+27215557788"),
     ("+1;x", "'+1;x"), ("Anna", "Anna"), ("", "")],
)  # fmt: skip
def test_nothing_in_a_cell_is_computed(cell: str, shown: str) -> None:
    assert harmless(cell) == shown


def test_an_undefined_figure_is_an_empty_cell(records: Records) -> None:
    empty = records.report(Asked(DAY, DAY, "UTC"))
    everything = of_report(empty, NAMES)[1].rows[-1]
    assert everything[0] == "All"
    counts = [c for c in queue_columns() if c.unit is Unit.COUNT]
    assert [v for v in everything[1:] if v is not None] == [0] * len(counts)


def test_lost_callers_as_a_sheet(records: Records) -> None:
    story = Story(BEGAN)
    story.offered(0, "c", caller_number="+27215557788", caller_name="=x")
    story.abandoned(40, "c", 40)
    records.write(story.rows)
    lost = records.lost(BEGAN - timedelta(days=1))
    text = as_csv(of_lost(lost, NAMES, ZoneInfo("Africa/Johannesburg")))
    assert "2026-03-02 10:00:00,+27215557788,'=x" in text


def test_limits_that_differ_open_nothing_together() -> None:
    assert common_limits([Limits(20, 5), Limits(20, 5)]) == Limits(20, 5)
    assert common_limits([Limits(20, 5), Limits(30, 5)]) is None
    assert [f.key for f in figures() if needs_limits(f)] == ["in_time", "short", "service_level"]
    assert figure("offered").of(Tally()) == 0
    assert figure("offered").opens is not None
