"""Reports: a page of figures, its exports, the list of lost callers.

Every count is a link to the very calls that make it. Next week's plan: planning.py.
Tests: tests/web/reports/test_views.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from gettext import gettext as _

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from firmware.config.schema import Office
from firmware.records import figures, sheets
from firmware.records.columns import agent_columns, all_columns
from firmware.records.kpi import ServiceLevel
from firmware.records.lost import LostCaller, unsettled
from firmware.records.lost import State as LostState
from firmware.records.report_rows import rows_of
from firmware.records.reports import Rule
from web import words
from web.access import Right, needs
from web.calls import behind
from web.change import as_dict, current, save
from web.face import CoreAway
from web.page import office_zone, today
from web.parts import parts
from web.reports import period, tables
from web.reports import planning as plans

blueprint = Blueprint("reports", __name__)
LOST_DAYS = 7
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/reports")
@needs(Right.CALLS)
def show() -> str:
    """The figures of a day, a week, a month."""
    office = office_or_last()
    wanted = _wanted(office)
    report = parts().records.report(wanted.asked)
    rows = rows_of(report)
    everything = [*all_columns(wanted.formula, wanted.asked.again_days), *agent_columns()]
    return render_template(
        "reports/report.html",
        wanted=wanted,
        report=report,
        spans=list(period.Span),
        total=rows.total,
        headlines=tables.headlines(wanted.formula),
        cards=tables.cards(report, rows, wanted.formula),
        bars=tables.bars(rows),
        tables=tables.tables(report, rows, office, wanted.formula),
        levels=[(x.value, f"{x.value}: {figures.SERVICE_LEVELS[x]}") for x in ServiceLevel],
        level_means=figures.SERVICE_LEVELS[wanted.formula],
        rules=[(x.value, sheets.RULES[x]) for x in Rule],
        definitions={one.label: one.means for one in everything},
        names=_names(office),
        lines=[(str(x.number), x.name) for x in office.lines],
        link=behind.fields,
        causes=[
            (
                words.label(words.LEFT, cause).words,
                count,
                behind.fields(
                    all_columns()[3],
                    replace(rows.total, wanted=replace(wanted.asked.wanted, cause=cause)),
                ),
            )
            for cause, count in sorted(report.total.causes.items())
        ],
        endings=tables.endings(report),
        rule_words=sheets.RULES[wanted.asked.rule],
        generation=_generation(),
    )


@blueprint.post("/reports/counting")
@needs(Right.SETTINGS)
def count_like_this() -> AnyResponse:
    """Formula, interval rule and days of a further call, from now on in every report."""
    office = as_dict(current().office)
    office["reporting"] = {
        "formula": request.form.get("formula", ""),
        "interval": request.form.get("rule", ""),
        "again_days": request.form.get("again_days", ""),
    }
    trouble = save(office, _("Changed how figures are counted"))
    for sentence in trouble.general:
        flash(sentence, "error")
    if not trouble:
        flash(_("Saved: figures are counted like this from now on."))
    return redirect(url_for("reports.show"))


@blueprint.get("/reports.xlsx")
@needs(Right.CALLS)
def as_xlsx() -> Response:
    """All tables as a workbook."""
    from firmware.records import workbook  # not at the start, a tenth of which it would take

    office = office_or_last()
    wanted = _wanted(office)
    tables = sheets.of_report(parts().records.report(wanted.asked), _names(office), wanted.formula)
    return _file(workbook.as_xlsx(tables), XLSX, f"report-{wanted.asked.first}.xlsx")


@blueprint.get("/reports.csv")
@needs(Right.CALLS)
def as_csv() -> Response:
    """One table, by its name."""
    office = office_or_last()
    wanted = _wanted(office)
    tables = sheets.of_report(parts().records.report(wanted.asked), _names(office), wanted.formula)
    named = {table.title.lower(): table for table in tables}
    table = named.get(request.args.get("table", "").lower(), tables[1])
    name = f"report-{table.title.lower()}-{wanted.asked.first}.csv"
    return _file(sheets.as_csv(table).encode(), "text/csv", name)


@blueprint.get("/reports/planning")
@needs(Right.CALLS)
def planning() -> str:
    """Next week's staff, and last week again."""
    return plans.page(office_or_last(), request.args.get("queue", ""))


@blueprint.get("/reports/lost")
@needs(Right.CALLS)
def lost() -> str:
    """Callers who gave up, and what became of them."""
    office = office_or_last()
    days = _lost_days()
    callers = _lost(days)
    return render_template(
        "reports/lost.html",
        open=[c for c in callers if c.is_open],
        closed=[c for c in callers if not c.is_open],
        counts=[(words.LOST[x.value], sum(c.state is x for c in callers)) for x in LostState],
        days=days,
        names=_names(office),
        uncounted=parts().records.ask(lambda c: unsettled(c, _since(days), datetime.now(UTC))),
    )


@blueprint.get("/reports/lost.csv")
@needs(Right.CALLS)
def lost_as_csv() -> Response:
    """The same as a file."""
    table = sheets.of_lost(_lost(_lost_days()), _names(office_or_last()), office_zone())
    return _file(sheets.as_csv(table).encode(), "text/csv", f"lost-{today():%Y-%m-%d}.csv")


def _wanted(office: Office) -> period.Wanted:
    found = period.parse(request.args, today().date(), str(office_zone()), office)
    return replace(found, asked=replace(found.asked, now=datetime.now(UTC)))


def _lost_days() -> int:
    text = request.args.get("days", "")
    return int(text) if text in ("1", "7", "30") else LOST_DAYS


def _lost(days: int) -> list[LostCaller]:
    return parts().records.lost(_since(days))


def _since(days: int) -> datetime:
    """Of today and the days before."""
    midnight = datetime.combine(today().date(), datetime.min.time(), office_zone())
    return (midnight - timedelta(days=days - 1)).astimezone(UTC)


def _file(octets: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(octets, mimetype=kind, headers=headers)


def _generation() -> int | None:
    """Of the configuration, for a form that changes it; None while the core is away."""
    try:
        return parts().office.get().generation
    except CoreAway:
        return None


def office_or_last() -> Office:
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
