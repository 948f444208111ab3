"""A report or the lost callers as tables, and these as CSV (RFC 4180); as XLSX: workbook.py.

Pure. No cell can make a spreadsheet compute: one that would be taken for a formula is prefixed with
an apostrophe, unless it is a plain telephone number such as +27215551234. Shares are numbers from 0
to 1, times whole numbers of a tenth of a second; a figure that is not defined (no calls) is an
empty cell, never 0.

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

from firmware.records.columns import (
    Column,
    Row,
    agent_columns,
    all_columns,
    line_columns,
    queue_columns,
    time_columns,
)
from firmware.records.figures import SERVICE_LEVELS, Unit
from firmware.records.kpi import DEFAULT, ServiceLevel
from firmware.records.lost import LostCaller
from firmware.records.report_rows import rows_of
from firmware.records.reports import Report, Rule

Cell = str | int | float | None

RULES: Final[Mapping[Rule, str]] = {
    Rule.OFFERED: "a call belongs to the interval in which it was offered to the queue",
    Rule.DECIDED: "a call belongs to the interval in which it was answered, given up or left",
}
FULL: Final = "there the estimate is a least one: no telling how many more would have come in"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


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
    rows = rows_of(report)
    queues, lines = names.queues, names.lines
    of_queue = queue_columns(formula)
    return [
        _about(report, rows.total, formula),
        _table("Queues", "Queue", [*rows.queues, rows.total], of_queue, {**queues, "all": "All"}),
        Sheet(
            "Left otherwise",
            ("Cause", "Calls"),
            (None, Unit.COUNT),
            sorted(report.total.causes.items()),
        ),
        *_dispositions(report),
        _table("Days", "Day", rows.days, time_columns(formula)),
        _table("Half-hours", "From", rows.half_hours, time_columns(formula)),
        _agents(rows.agents, names),
        _table(
            "Lines", "Line", rows.lines, line_columns(formula),
            {f"{n}": f"{n} {name}".strip() for n, name in lines.items()} | {"": "none"},
        ),
    ]  # fmt: skip


def _dispositions(report: Report) -> list[Sheet]:
    """How calls ended in the agents' words, the most frequent first; none if nobody said so."""
    noted, names = report.dispositions.total, report.dispositions.names
    if not noted.calls:
        return []
    header = ("Code", "Disposition", "Calls", "Share")
    rows = [
        (code, names.get(code, ""), count, _value(noted.share(code), Unit.SHARE))
        for code, count in noted.most_frequent
    ]
    return [Sheet("Dispositions", header, (Unit.COUNT, None, Unit.COUNT, Unit.SHARE), rows)]


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
            c.callback_tries,
        )
        for c in callers
    ]
    header = ("Gave up", "Number", "Name", "Queue", "Waited s", "Times", "State", "By", "Last",
              "Call", "Callback tries")  # fmt: skip
    units = (*4 * [None], Unit.SECONDS, Unit.COUNT, *4 * [None], Unit.COUNT)
    return Sheet("Lost callers", header, units, rows)


def as_csv(sheet: Sheet) -> str:
    """One table as CSV, with a byte order mark: spreadsheets take it for UTF-8 then."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow([harmless(cell) for cell in sheet.header])
    for row in sheet.rows:
        out.writerow([harmless(x) if isinstance(x, str) else "" if x is None else x for x in row])
    return "\ufeff" + text.getvalue()


def harmless(cell: str) -> str:
    """`cell` so that no spreadsheet computes it."""
    if cell[:1] in _FORMULA and not re.fullmatch(r"\+[0-9]+", cell):
        return "'" + cell
    return cell


def _about(report: Report, total: Row, formula: ServiceLevel) -> Sheet:
    """What the report is about, every figure of all together, and what it means."""
    asked = report.asked
    columns = all_columns(formula, asked.again_days)
    rows: list[tuple[Cell, Cell, Cell]] = [
        ("First day", f"{asked.first}", ""),
        ("Last day", f"{asked.last}", ""),
        ("Clock", asked.zone, ""),
        ("Interval rule", RULES[asked.rule], ""),
        ("Service level", formula.value, SERVICE_LEVELS[formula]),
    ]
    rows += [
        (f"Threshold T, limit for at once: {queue}", f"{x.threshold_s:g} s, {x.short_s:g} s", "")
        for queue, x in asked.limits.items()
    ]
    rows += [(one.label, _said(one.of(total), one.unit), one.means) for one in columns]
    if report.line_use.total.full_hours:
        rows.append(("Hours with every line full", f"{report.line_use.total.full_hours}", FULL))
    return Sheet("About", ("About", "Value", "What it means"), (None, None, None), rows)


def _said(value: float | None, unit: Unit) -> str:
    """A figure in a column of texts."""
    if value is None:
        return "n/a"
    match unit:
        case Unit.SHARE:
            return f"{100 * value:.1f} %"
        case Unit.SECONDS:
            return f"{value:.1f} s"
        case Unit.MARK:
            return f"{value:.2f}"
        case Unit.ESTIMATE:
            return f"about {value:.1f}"
        case Unit.POINTS | Unit.COUNT:
            return f"{value:.0f}"


def _table(
    title: str,
    first: str,
    rows: Sequence[Row],
    columns: Sequence[Column],
    names: Mapping[str, str] | None = None,
) -> Sheet:
    known = names or {}
    return Sheet(
        title,
        (first, *(_header(c.label, c.unit) for c in columns)),
        (None, *(c.unit for c in columns)),
        [
            (known.get(row.id, row.id), *(_value(c.of(row), c.unit) for c in columns))
            for row in rows
        ],
    )


def _agents(rows: Sequence[Row], names: Names) -> Sheet:
    columns = agent_columns()
    return Sheet(
        "Agents",
        ("Extension", "Agent", *(_header(c.label, c.unit) for c in columns)),
        (None, None, *(c.unit for c in columns)),
        [
            (row.id, names.agents.get(row.id, ""), *(_value(c.of(row), c.unit) for c in columns))
            for row in rows
        ],
    )


def _header(label: str, unit: Unit) -> str:
    return f"{label} s" if unit is Unit.SECONDS else label


def _value(value: float | None, unit: Unit) -> Cell:
    if value is None or isinstance(value, int):
        return value
    return round(value, 4 if unit in (Unit.SHARE, Unit.MARK) else 1)
