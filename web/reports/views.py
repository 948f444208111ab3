"""Reports: a page of figures, its exports, the list of lost callers.

Every count is a link to the very calls that make it. Tests: tests/web/reports/test_views.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from gettext import gettext as _

from flask import Blueprint, Response, render_template, request

from firmware.config.schema import Office
from firmware.records import figures, sheets
from firmware.records.kpi import ServiceLevel
from firmware.records.lost import LostCaller
from firmware.records.messages import StaysWanted
from firmware.records.reports import Limits, Report, Rule, interval_bounds
from web import words
from web.access import Right, needs
from web.calls import behind
from web.face import CoreAway
from web.page import office_zone, today
from web.parts import parts
from web.reports import period

blueprint = Blueprint("reports", __name__)
LOST_DAYS = 7
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADLINES = (figures.OFFERED, figures.ANSWERED, figures.ABANDONED, figures.LEFT)
MEANS = {one.key: one for one in figures.MEANS}
IN_TABLE = (
    figures.OFFERED, figures.ANSWERED, figures.ABANDONED, figures.LEFT,
    MEANS["asa"], MEANS["longest"], MEANS["handling"], MEANS["abandonment"],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its name, its tally, and all stays of it."""

    name: str
    tally: object
    wanted: StaysWanted | None
    limits: Limits | None


@blueprint.get("/reports")
@needs(Right.CALLS)
def show() -> str:
    """The figures of a day, a week, a month."""
    office = _office()
    wanted = _wanted(office)
    report = parts().records.report(wanted.asked)
    return render_template(
        "reports/report.html",
        wanted=wanted,
        report=report,
        spans=list(period.Span),
        total=_row(_("All"), report.total, report, wanted.asked.wanted),
        queues=_queues(report, office),
        days=_days(report),
        half_hours=_half_hours(report),
        lines=_lines(report, office),
        columns=IN_TABLE,
        headlines=HEADLINES,
        level=figures.service_level(wanted.formula),
        levels=[(x.value, f"{x.value}: {figures.SERVICE_LEVELS[x]}") for x in ServiceLevel],
        rules=[(x.value, sheets.RULES[x]) for x in Rule],
        agent_columns=figures.AGENT_FIGURES,
        definitions=[*figures.figures(wanted.formula), *figures.AGENT_FIGURES[6:]],
        names=_names(office),
        agents={n: (a, _agent_wanted(report, n)) for n, a in report.agents.items()},
        behind=behind.fields,
        causes=[
            (
                words.label(words.LEFT, cause).words,
                count,
                behind.fields(figures.LEFT, replace(wanted.asked.wanted, cause=cause), None),
            )
            for cause, count in sorted(report.total.causes.items())
        ],
        rule_words=sheets.RULES[wanted.asked.rule],
        resolution_means=figures.resolution_means(wanted.asked.again_days),
    )


@blueprint.get("/reports.xlsx")
@needs(Right.CALLS)
def as_xlsx() -> Response:
    """All tables as a workbook."""
    office = _office()
    wanted = _wanted(office)
    tables = sheets.of_report(parts().records.report(wanted.asked), _names(office), wanted.formula)
    return _file(sheets.as_xlsx(tables), XLSX, f"report-{wanted.asked.first}.xlsx")


@blueprint.get("/reports.csv")
@needs(Right.CALLS)
def as_csv() -> Response:
    """One table, by its name."""
    office = _office()
    wanted = _wanted(office)
    tables = sheets.of_report(parts().records.report(wanted.asked), _names(office), wanted.formula)
    named = {table.title.lower(): table for table in tables}
    table = named.get(request.args.get("table", "").lower(), tables[1])
    name = f"report-{table.title.lower()}-{wanted.asked.first}.csv"
    return _file(sheets.as_csv(table).encode(), "text/csv", name)


@blueprint.get("/reports/lost")
@needs(Right.CALLS)
def lost() -> str:
    """Callers who gave up, and what became of them."""
    office = _office()
    days = _lost_days()
    callers = _lost(days)
    return render_template(
        "reports/lost.html",
        open=[c for c in callers if c.is_open],
        closed=[c for c in callers if not c.is_open],
        days=days,
        names=_names(office),
    )


@blueprint.get("/reports/lost.csv")
@needs(Right.CALLS)
def lost_as_csv() -> Response:
    """The same as a file."""
    table = sheets.of_lost(_lost(_lost_days()), _names(_office()), office_zone())
    return _file(sheets.as_csv(table).encode(), "text/csv", f"lost-{today():%Y-%m-%d}.csv")


def _wanted(office: Office) -> period.Wanted:
    found = period.parse(request.args, today().date(), str(office_zone()), office)
    return replace(found, asked=replace(found.asked, now=datetime.now(UTC)))


def _lost_days() -> int:
    text = request.args.get("days", "")
    return int(text) if text in ("1", "7", "30") else LOST_DAYS


def _lost(days: int) -> list[LostCaller]:
    midnight = datetime.combine(today().date(), datetime.min.time(), office_zone())
    return parts().records.lost((midnight - timedelta(days=days - 1)).astimezone(UTC))


def _file(octets: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(octets, mimetype=kind, headers=headers)


# -- rows --------------------------------------------------------------------------------------


def _row(name: str, tally: object, report: Report, wanted: StaysWanted | None) -> Row:
    limits = report.asked.limits
    own = limits.get(wanted.queue) if wanted is not None and wanted.queue else None
    return Row(name, tally, wanted, own or figures.common_limits(limits.values()))


def _queues(report: Report, office: Office) -> list[Row]:
    names = {q.id: q.name for q in office.queues}
    if report.asked.queue:
        names = {q: name for q, name in names.items() if q == report.asked.queue}
    rows = {q: names.get(q, q) for q in [*names, *report.queues]}
    return [
        _row(name, report.queues.get(q) or type(report.total)(), report,
             replace(report.asked.wanted, queue=q))
        for q, name in rows.items()
    ]  # fmt: skip


def _days(report: Report) -> list[Row]:
    if len(report.days) < 2:
        return []
    one_day = {day: replace(report.asked, first=day, last=day).wanted for day in report.days}
    return [
        _row(f"{day:%a} {day.day} {day:%b}", tally, report, one_day[day])
        for day, tally in report.days.items()
    ]


def _half_hours(report: Report) -> list[Row]:
    """From the first to the last with calls."""
    busy = [n for n, interval in enumerate(report.half_hours) if interval.tally.offered]
    if not busy:
        return []
    rows = []
    for interval in report.half_hours[busy[0] : busy[-1] + 1]:
        bounds = interval_bounds(interval)
        wanted = report.asked.wanted
        within = replace(wanted, since=bounds[0], until=bounds[1]) if bounds else None
        rows.append(_row(interval.label, interval.tally, report, within))
    return rows


def _lines(report: Report, office: Office) -> list[Row]:
    names = {x.number: x.name for x in office.lines}
    known = sorted((n, t) for n, t in report.lines.items() if n is not None)
    return [
        _row(f"{n} · {names.get(n, '')}".rstrip(" ·"), tally, report,
             replace(report.asked.wanted, line=n))
        for n, tally in known
    ]  # fmt: skip


def _agent_wanted(report: Report, agent: str) -> StaysWanted:
    return replace(report.asked.wanted, agent=agent)


def _office() -> Office:
    """The configuration; the last one known while the core is away."""
    try:
        return parts().office.get().office
    except CoreAway:
        last = parts().office.last()
        return last.office if last else Office()


def _names(office: Office) -> sheets.Names:
    return sheets.Names(
        {q.id: q.name for q in office.queues},
        {e.number: e.name for e in office.extensions},
        {x.number: x.name for x in office.lines},
    )
