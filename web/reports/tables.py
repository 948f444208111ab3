"""What the page of reports shows: cards of figures, tables, and the bars of its chart.

Pure. Every figure is a column of firmware.records.columns, so that pages, exports and API agree;
which of them are shown where is decided here. Columns of surveys show up once somebody answered.

Tests: tests/web/reports/test_tables.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from gettext import gettext as _

from firmware.config.schema import Office
from firmware.records.columns import (
    Column,
    Row,
    agent_columns,
    all_columns,
    disposition,
    line_columns,
    queue_columns,
    time_columns,
)
from firmware.records.kpi import ServiceLevel
from firmware.records.report_rows import Rows
from firmware.records.reports import Report

HEADLINES = ("offered", "answered", "abandoned", "left", "service_level")
CARDS: Sequence[tuple[str, Sequence[str]]] = (
    (_("Waiting"), ("in_time", "short", "asa", "wait", "longest", "abandon", "abandonment",
                    "abandonment_without_short", "answer_rate", "refused", "blocked")),
    (_("On the phone"), ("talk", "hold", "wrap_up", "handling", "transfer_rate", "occupancy",
                         "utilisation")),
    (_("What callers say"), ("csat", "csat_mean", "csat_answers", "nps", "nps_answers",
                             "first_call_resolution", "called_again")),
    (_("How calls ended"), ("noted", "noted_share", "resolved", "unresolved", "resolution")),
    (_("Lines and menus"), ("reached", "self_service", "served", "busy_s", "lost", "lost_share")),
)  # fmt: skip
OF_SCORES = ("csat", "nps", "noted", "resolution")
OF_QUEUES = ("offered", "answered", "abandoned", "left", "service_level", "asa", "longest",
             "handling", "abandonment", "transfer_rate", *OF_SCORES)  # fmt: skip
OF_TIMES = ("reached", "offered", "answered", "abandoned", "left", "service_level", "asa",
            "longest", "busy_s", *OF_SCORES)  # fmt: skip
OF_LINES = ("reached", "self_service", "offered", "answered", "abandoned", "service_level", "asa",
            *OF_SCORES)  # fmt: skip
OF_AGENTS = ("answered", "transferred", "handling", "talk_s", "hold_s", "wrap_up_s", "logged_in_s",
             "paused_s", "occupancy", "utilisation", *OF_SCORES)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `rows`: what each is called, and what is known of it."""

    id: str
    title: str
    first: str
    columns: Sequence[Column]
    rows: Sequence[tuple[str, Row]]
    total: Row | None = None
    """A last row with the whole."""


@dataclass(frozen=True, slots=True)
class Card:
    """Figures that belong together."""

    title: str
    columns: Sequence[Column]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a half-hour or a day. Heights in per cent of the highest."""

    name: str
    row: Row
    answered: float
    abandoned: float
    left: float


def headlines(formula: ServiceLevel) -> list[Column]:
    """What is asked first."""
    return _pick(all_columns(formula), HEADLINES)


def cards(report: Report, rows: Rows, formula: ServiceLevel) -> list[Card]:
    """All figures of the whole, by what they are about; those of surveys and menus once there is
    something to say."""
    columns = all_columns(formula, report.asked.again_days)
    found = [Card(title, _said(_pick(columns, keys), [rows.total])) for title, keys in CARDS]
    return [card for card in found if card.columns]


def tables(report: Report, rows: Rows, office: Office, formula: ServiceLevel) -> list[Table]:
    """Queues, days, half-hours, agents and lines, as far as there is something in them."""
    if not (rows.total.tally.offered or rows.agents or report.reached):
        return []
    people = {e.number: f"{e.name} {e.number}" for e in office.extensions}
    lines = {str(x.number): f"{x.number} · {x.name}".rstrip(" ·") for x in office.lines}
    return [
        table
        for table in (
            _table("queues", _("Queues"), _("Queue"), _pick(queue_columns(formula), OF_QUEUES),
                   _queues(report, rows, office), rows.total),
            _table("days", _("Days"), _("Day"), _pick(time_columns(formula), OF_TIMES),
                   [(_day(row.id), row) for row in rows.days] if len(rows.days) > 1 else []),
            _table("half-hours", _("Half-hours"), _("From"),
                   _pick(time_columns(formula), OF_TIMES),
                   [(row.id, row) for row in busy(rows.half_hours)]),
            _table("agents", _("Agents"), _("Agent"), _pick(agent_columns(), OF_AGENTS),
                   [(people.get(row.id, row.id), row) for row in rows.agents], rows.total),
            _table("lines", _("Lines"), _("Line"), _pick(line_columns(formula), OF_LINES),
                   [(lines.get(row.id, row.id or _("none")), row) for row in rows.lines]),
        )
        if table.rows
    ]  # fmt: skip


def endings(report: Report) -> list[tuple[Column, float | None]]:
    """How calls ended in the agents' words, the most frequent first: each with its share."""
    noted, names = report.dispositions.total, report.dispositions.names
    return [
        (disposition(code, names.get(code, "")), noted.share(code))
        for code, _count in noted.most_frequent
    ]


def busy(rows: Sequence[Row]) -> Sequence[Row]:
    """From the first to the last with something in it."""
    some = [n for n, row in enumerate(rows) if row.tally.offered or (row.use and row.use.reached)]
    return rows[some[0] : some[-1] + 1] if some else []


def bars(rows: Rows) -> list[Bar]:
    """The chart: days of a longer report, else half-hours."""
    is_long = len(rows.days) > 1
    shown = rows.days if is_long else busy(rows.half_hours)
    most = max((row.tally.offered for row in shown), default=0)
    if not most:
        return []
    return [
        Bar(
            _day(row.id) if is_long else row.id,
            row,
            100 * row.tally.answered / most,
            100 * row.tally.abandoned / most,
            100 * (row.tally.left + row.tally.waiting) / most,
        )
        for row in shown
    ]


def _queues(report: Report, rows: Rows, office: Office) -> list[tuple[str, Row]]:
    """Those of the office in its order, also with nothing in them; then what there was besides."""
    names = {q.id: q.name for q in office.queues}
    if report.asked.queue:
        names = {q: name for q, name in names.items() if q == report.asked.queue}
    known = {row.id: row for row in rows.queues}
    empty = {
        q: Row(q, replace(report.asked.wanted, queue=q), report.asked.limits.get(q)) for q in names
    }
    return [(names.get(q, q), known.get(q) or empty[q]) for q in [*names, *(known.keys() - names)]]


def _table(
    id: str,
    title: str,
    first: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[str, Row]],
    total: Row | None = None,
) -> Table:
    return Table(id, title, first, _said(columns, [row for _, row in rows]), rows, total)


def _pick(columns: Sequence[Column], keys: Sequence[str]) -> list[Column]:
    by_key: Mapping[str, Column] = {one.key: one for one in columns}
    return [by_key[key] for key in keys]


_ONLY_IF_ANY = {
    "csat": "csat_answers", "csat_mean": "csat_answers", "csat_answers": "csat_answers",
    "nps": "nps_answers", "nps_answers": "nps_answers", "self_service": "served",
    "served": "served",
    **dict.fromkeys(("noted", "noted_share", "resolved", "unresolved", "resolution"), "noted"),
}  # fmt: skip


def _said(columns: Sequence[Column], rows: Sequence[Row]) -> list[Column]:
    """Without columns that say nothing in every row: nobody is asked, no menu serves, and lines
    in a report of one queue."""
    by_key = {one.key: one for one in all_columns()}
    return [
        one
        for one in columns
        if any(
            by_key[_ONLY_IF_ANY[one.key]].of(row)
            if one.key in _ONLY_IF_ANY
            else one.of(row) is not None or one.key not in _OF_USE
            for row in rows
        )
    ]


_OF_USE = ("reached", "busy_s", "lost", "lost_share", "self_service", "served", "called_again",
           "first_call_resolution")  # fmt: skip


def _day(id: str) -> str:
    day = date.fromisoformat(id)
    return f"{day:%a} {day.day} {day:%b}"
