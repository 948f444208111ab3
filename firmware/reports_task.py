"""Reports, lost callers and told calls for the control API, read from the records in a thread.

Shell of firmware.records.reports, lost and explain. Tests: tests/firmware/api/test_reports.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from firmware.api.errors import invalid, not_found, unavailable
from firmware.api.report_schema import (
    CallBehind,
    CallsAsked,
    CallsView,
    DispositionRow,
    FigureRow,
    LimitsView,
    LostAsked,
    LostRow,
    LostView,
    ReportAsked,
    ReportView,
    StoryChapter,
    StoryStep,
    StoryView,
)
from firmware.config.schema import Office
from firmware.records import again, explain
from firmware.records.columns import (
    CALLED_AGAIN,
    OF_DISPOSITION,
    Column,
    Row,
    agent_columns,
    all_columns,
    column,
    keys_that_open,
    line_columns,
    queue_columns,
    resolution,
    time_columns,
)
from firmware.records.disposition_books import of_calls
from firmware.records.dispositions import Disposed
from firmware.records.errors import RecordsAway
from firmware.records.figures import SERVICE_LEVELS, common_limits
from firmware.records.kpi import ServiceLevel
from firmware.records.lost import LostCaller, unsettled
from firmware.records.messages import CallRow, Search, StaysWanted
from firmware.records.periods import HALF_HOUR, half_hours
from firmware.records.report_rows import rows_of
from firmware.records.reports import Asked, Limits, Report, Rule
from firmware.records.sheets import RULES
from firmware.records.store import Records

T = TypeVar("T")


class ReportSide:
    """The reports of a box (firmware.api.face.ReportSide)."""

    def __init__(
        self,
        records: Records,
        office: Callable[[], Office],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records, self._office, self._clock = records, office, clock

    async def report(self, asked: ReportAsked) -> ReportView:
        """The figures of some days."""
        office = self._office()
        wanted = self._wanted(asked, office)
        report = await _read(lambda: self._records.report(wanted))
        formula = ServiceLevel(asked.formula or office.reporting.formula)
        return await asyncio.to_thread(_view, report, formula, office)

    async def calls(self, asked: CallsAsked) -> CallsView:
        """The very calls that make a figure."""
        wanted = self._wanted(asked, self._office())
        one, search = await _read(lambda: self._search(asked, wanted))
        rows, count = await _read(
            lambda: (
                self._records.calls(replace(search, limit=asked.limit)),
                self._records.count(search),
            )
        )
        ids = [row.id for row in rows]
        noted = await _read(lambda: self._records.ask(lambda c: of_calls(c, ids)))
        return CallsView(
            figure=one.key,
            label=one.label,
            means=one.means,
            count=count,
            calls=[_call(row, noted.get(row.id)) for row in rows],
        )

    def _search(self, asked: CallsAsked, wanted: Asked) -> tuple[Column, Search]:
        if asked.figure == CALLED_AGAIN:
            called = again.Asked(
                wanted.since, wanted.until, wanted.line, timedelta(days=wanted.again_days)
            )
            ids = self._records.ask(lambda c: again.further_calls(c, called))
            return resolution(wanted.again_days)[0], Search(ids=tuple(ids))
        known = [*keys_that_open(), CALLED_AGAIN]
        if asked.figure not in known and not asked.figure.startswith(OF_DISPOSITION):
            raise not_found(f"figure {asked.figure!r} with calls behind it", ", ".join(known))
        limits = wanted.limits.get(wanted.queue) or common_limits(wanted.limits.values())
        row = Row("", _narrowed(asked, wanted), limits)
        try:
            one = column(asked.figure)
        except KeyError:
            expected = f"{OF_DISPOSITION} and a code, 1 to 99"
            raise not_found(f"figure {asked.figure!r}", expected) from None
        if (search := one.calls(row)) is None:
            raise invalid(
                f"figure {asked.figure!r} of queues with different thresholds: "
                "expected one of the queues"
            )
        return one, search

    async def lost(self, asked: LostAsked) -> LostView:
        """Callers who gave up, of today and the days before."""
        now = self._clock().astimezone(ZoneInfo(self._office().site.timezone))
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        since = (midnight - timedelta(days=asked.days - 1)).astimezone(UTC)
        callers = await _read(lambda: self._records.lost(since))
        open_time = await _read(
            lambda: self._records.ask(lambda c: unsettled(c, since, self._clock()))
        )
        return LostView(
            callers=[_lost(caller) for caller in callers],
            uncounted_since=open_time.since if open_time else None,
            uncounted_until=open_time.until if open_time else None,
        )

    async def story(self, call: str) -> StoryView:
        """A call in plain words; refused if nothing was kept of it."""
        events = await _read(lambda: self._records.timeline(call))
        if not events:
            raise not_found(f"call {call!r}")
        return StoryView(
            call=call,
            summary=explain.summary(events),
            chapters=[
                StoryChapter(
                    title=chapter.part.value,
                    steps=[
                        StoryStep(at=s.at, second=s.second, text=s.text, why=s.why, kind=s.kind)
                        for s in chapter.steps
                    ],
                )
                for chapter in explain.chapters(events)
            ],
        )

    def _wanted(self, asked: ReportAsked, office: Office) -> Asked:
        now, zone = self._clock(), office.site.timezone
        first = asked.first or now.astimezone(ZoneInfo(zone)).date()
        if asked.queue and asked.queue not in {q.id for q in office.queues}:
            raise not_found(f"queue {asked.queue!r}", ", ".join(q.id for q in office.queues))
        return Asked(
            first,
            max(first, asked.last or first),
            zone,
            limits_of(office),
            queue=asked.queue,
            agent=asked.agent,
            line=asked.line,
            rule=Rule(asked.rule or office.reporting.interval),
            now=now,
            line_count=lines_in_use(office),
            again_days=office.reporting.again_days,
        )


def lines_in_use(office: Office) -> int:
    """How many lines callers can come in by."""
    return sum(line.is_enabled for line in office.lines)


def limits_of(office: Office) -> dict[str, Limits]:
    """Every queue's threshold and limit, also for a report of one queue: what days that are over
    were added up by."""
    return {q.id: Limits(float(q.service_level_s), float(q.short_abandon_s)) for q in office.queues}


async def _read(question: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(question)
    except RecordsAway as error:
        raise unavailable(str(error)) from error


def _narrowed(asked: CallsAsked, wanted: Asked) -> StaysWanted:
    """What the figure is of: the report, or one of its half-hours."""
    narrowed = replace(wanted.wanted, cause=asked.cause)
    if not asked.half_hour:
        return narrowed
    if wanted.first != wanted.last:
        raise invalid("half_hour: expected a report of one day")
    begins = half_hours(wanted.first, wanted.zone)
    clocks = [f"{at:%H:%M}" for at in begins]
    for at, clock in zip(begins, clocks, strict=True):
        label = clock if clocks.count(clock) == 1 else f"{clock} {at:%Z}"
        if label == asked.half_hour:
            since = at.astimezone(UTC)
            return replace(narrowed, since=since, until=since + HALF_HOUR)
    raise not_found(f"half-hour {asked.half_hour!r}", "one of that day, such as 09:30")


def _view(report: Report, formula: ServiceLevel, office: Office) -> ReportView:
    asked, rows = report.asked, rows_of(report)
    everything = all_columns(formula, asked.again_days)
    queues = {q.id: q.name for q in office.queues}
    people = {e.number: e.name for e in office.extensions}
    lines = {str(x.number): x.name for x in office.lines}
    return ReportView(
        first=asked.first,
        last=asked.last,
        timezone=asked.zone,
        rule=RULES[asked.rule],
        formula=formula.value,
        formula_means=SERVICE_LEVELS[formula],
        again_days=asked.again_days,
        definitions={one.key: one.means for one in (*everything, *agent_columns())},
        limits={
            queue: LimitsView(threshold_s=x.threshold_s, short_s=x.short_s)
            for queue, x in asked.limits.items()
        },
        reached=report.reached,
        first_call_resolution=report.callers.resolution if report.callers else None,
        lines_count=report.line_use.lines,
        full_hours=report.line_use.total.full_hours,
        total=_rows([rows.total], {}, everything)[0],
        causes=dict(report.total.causes),
        queues=_rows(rows.queues, queues, queue_columns(formula)),
        days=_rows(rows.days, {}, time_columns(formula)),
        half_hours=_rows(rows.half_hours, {}, time_columns(formula)),
        agents=_rows(rows.agents, people, agent_columns()),
        lines=_rows(rows.lines, lines, line_columns(formula)),
        dispositions=_dispositions(report),
        uncounted_since=report.uncounted.since if report.uncounted else None,
        uncounted_until=report.uncounted.until if report.uncounted else None,
    )


def _dispositions(report: Report) -> list[DispositionRow]:
    noted, names = report.dispositions.total, report.dispositions.names
    return [
        DispositionRow(
            code=code, name=names.get(code, ""), calls=count, share=noted.share(code) or 0.0
        )
        for code, count in noted.most_frequent
    ]


def _rows(
    rows: Sequence[Row], names: Mapping[str, str], columns: Iterable[Column]
) -> list[FigureRow]:
    known = list(columns)
    return [
        FigureRow(
            id=row.id,
            name=names.get(row.id, ""),
            figures={one.key: one.of(row) for one in known},
        )
        for row in rows
    ]


def _call(row: CallRow, noted: Disposed | None) -> CallBehind:
    return CallBehind(
        id=row.id,
        at=row.started_at,
        direction=row.direction,
        outcome=row.outcome.value,
        line=row.line,
        number=row.caller_number,
        name=row.caller_name,
        queue=row.queue,
        agent=row.agent,
        agent_name=row.agent_name,
        wait_s=row.wait_s,
        talk_s=row.talk_s,
        recording=row.recording,
        disposition=noted.code if noted is not None else 0,
        disposition_name=noted.name if noted is not None else "",
    )


def _lost(caller: LostCaller) -> LostRow:
    return LostRow(
        call=caller.call,
        at=caller.at,
        queue=caller.queue,
        wait_s=caller.wait_s,
        number=caller.number,
        name=caller.name,
        times=caller.times,
        state=caller.state.value,
        is_open=caller.is_open,
        by=caller.by,
        by_name=caller.by_name,
        last_at=caller.last_at,
        last_call=caller.last_call,
        callback_tries=caller.callback_tries,
    )
