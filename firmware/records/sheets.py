"""A report or the lost callers as tables, and these as CSV (RFC 4180) or XLSX (ECMA-376).

Pure. No cell can make a spreadsheet compute: in XLSX text is typed as text; in CSV a cell that
would be taken for a formula is prefixed with an apostrophe, unless it is a plain telephone number
such as +27215551234. Shares are numbers from 0 to 1, times whole numbers of a tenth of a second; a
figure that is not defined (no calls) is an empty cell, never 0.

Tests: tests/firmware/records/test_sheets.py.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as XlsxCell
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from firmware.records.figures import AGENT_FIGURES, RESOLUTION_MEANS, Figure, Unit, figures
from firmware.records.kpi import DEFAULT, ServiceLevel, Tally
from firmware.records.lost import LostCaller
from firmware.records.reports import Report, Rule

Cell = str | int | float | None

RULES: Final[Mapping[Rule, str]] = {
    Rule.OFFERED: "a call belongs to the interval in which it was offered to the queue",
    Rule.DECIDED: "a call belongs to the interval in which it was answered, given up or left",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""No character of XML 1.0, clause 2.2."""
_FORMATS: Final = {Unit.COUNT: "0", Unit.SECONDS: "0.0", Unit.SHARE: "0.0%"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `units` of the columns; None: text."""

    title: str
    header: Sequence[str]
    units: Sequence[Unit | None]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Names:
    """What the office calls its queues, agents and lines."""

    queues: Mapping[str, str]
    agents: Mapping[str, str]
    lines: Mapping[int, str]


def of_report(report: Report, names: Names, formula: ServiceLevel = DEFAULT) -> list[Sheet]:
    """All tables of a report, beginning with what it is about."""
    columns = figures(formula)
    lines = {
        f"{n} {names.lines.get(n, '')}".strip() if n is not None else "none": tally
        for n, tally in sorted(report.lines.items(), key=lambda entry: entry[0] or 0)
    }
    queues = {names.queues.get(q, q): tally for q, tally in report.queues.items()}
    return [
        _about(report, columns),
        _tallies("Queues", "Queue", {**queues, "All": report.total}, columns),
        Sheet(
            "Left otherwise",
            ("Cause", "Calls"),
            (None, Unit.COUNT),
            sorted(report.total.causes.items()),
        ),
        _tallies("Days", "Day", {f"{d}": tally for d, tally in report.days.items()}, columns),
        _tallies("Half-hours", "From", {i.label: i.tally for i in report.half_hours}, columns),
        _agents(report, names),
        _tallies("Lines", "Line", lines, columns),
    ]


def of_lost(callers: Iterable[LostCaller], names: Names, zone: ZoneInfo) -> Sheet:
    """The list of lost callers."""
    rows = [
        (
            f"{c.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            c.number,
            c.name,
            names.queues.get(c.queue, c.queue),
            round(c.wait_s, 1),
            c.times,
            c.state.value.replace("_", " "),
            c.by_name or c.by,
            f"{c.last_at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if c.last_at else "",
            c.call,
        )
        for c in callers
    ]
    header = ("Gave up", "Number", "Name", "Queue", "Waited s", "Times", "State", "By", "Last",
              "Call")  # fmt: skip
    units = (None, None, None, None, Unit.SECONDS, Unit.COUNT, None, None, None, None)
    return Sheet("Lost callers", header, units, rows)


def as_csv(sheet: Sheet) -> str:
    """One table as CSV, with a byte order mark: spreadsheets take it for UTF-8 then."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow([harmless(cell) for cell in sheet.header])
    for row in sheet.rows:
        out.writerow([harmless(x) if isinstance(x, str) else "" if x is None else x for x in row])
    return "\ufeff" + text.getvalue()


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """All tables as one workbook."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = "B2"
        for n in range(len(sheet.header)):
            page.column_dimensions[chr(ord("A") + n)].width = 24 if n == 0 else 15
        page.append([_text(page, title, is_bold=True) for title in sheet.header])
        for row in sheet.rows:
            cells = zip(row, sheet.units, strict=True)
            page.append([_cell(page, value, unit) for value, unit in cells])
    octets = io.BytesIO()
    book.save(octets)
    return octets.getvalue()


def harmless(cell: str) -> str:
    """`cell` so that no spreadsheet computes it."""
    if cell[:1] in _FORMULA and not re.fullmatch(r"\+[0-9]+", cell):
        return "'" + cell
    return cell


def _about(report: Report, columns: Sequence[Figure]) -> Sheet:
    asked, callers = report.asked, report.callers
    rows: list[tuple[Cell, Cell]] = [
        ("First day", f"{asked.first}"),
        ("Last day", f"{asked.last}"),
        ("Clock", asked.zone),
        ("Interval rule", RULES[asked.rule]),
        ("Lines seized by callers", str(report.reached)),
    ]
    if callers is not None and callers.resolution is not None:
        share = f"{callers.once} of {callers.known}, {100 * callers.resolution:.1f} %"
        rows += [("First-call resolution", share), ("", RESOLUTION_MEANS)]
    rows += [
        (f"Threshold T, limit for at once: {queue}", f"{x.threshold_s:g} s, {x.short_s:g} s")
        for queue, x in asked.limits.items()
    ]
    rows += [(one.label, one.means) for one in columns]
    rows += [(one.label, one.means) for one in AGENT_FIGURES[6:]]
    return Sheet("About", ("About", "What it means"), (None, None), rows)


def _tallies(
    title: str, first: str, tallies: Mapping[str, Tally], columns: Sequence[Figure]
) -> Sheet:
    return Sheet(
        title,
        (first, *(_header(c.label, c.unit) for c in columns)),
        (None, *(c.unit for c in columns)),
        [(name, *(_value(c.of(tally)) for c in columns)) for name, tally in tallies.items()],
    )


def _agents(report: Report, names: Names) -> Sheet:
    return Sheet(
        "Agents",
        ("Extension", "Agent", *(_header(c.label, c.unit) for c in AGENT_FIGURES)),
        (None, None, *(c.unit for c in AGENT_FIGURES)),
        [
            (agent, names.agents.get(agent, ""), *(_value(c.of(found)) for c in AGENT_FIGURES))
            for agent, found in report.agents.items()
        ],
    )


def _header(label: str, unit: Unit) -> str:
    return f"{label} s" if unit is Unit.SECONDS else label


def _value(value: float | None) -> Cell:
    if value is None or isinstance(value, int):
        return value
    return round(value, 4) if abs(value) <= 1 else round(value, 1)


def _cell(page: WriteOnlyWorksheet, value: Cell, unit: Unit | None) -> XlsxCell:
    if isinstance(value, str):
        return _text(page, value)
    cell = WriteOnlyCell(page, value)
    if unit is not None:
        cell.number_format = _FORMATS[unit]
    return cell


def _text(page: WriteOnlyWorksheet, text: str, is_bold: bool = False) -> XlsxCell:
    cell = WriteOnlyCell(page, _CONTROL.sub("", text))
    cell.data_type = "s"  # whatever it begins with
    if is_bold:
        cell.font = Font(bold=True)
    return cell
