"""Reports, lost callers and told calls for the control API, read from the records in a thread.

Shell of firmware.records.reports, lost and explain. Tests: tests/firmware/api/test_reports.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from firmware.api.errors import not_found, unavailable
from firmware.api.report_schema import (
    FigureRow,
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
from firmware.records import explain
from firmware.records.errors import RecordsAway
from firmware.records.figures import AGENT_FIGURES, Figure, figures
from firmware.records.kpi import ServiceLevel, Tally
from firmware.records.lost import LostCaller
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
        return _view(report, ServiceLevel(asked.formula), office)

    async def lost(self, asked: LostAsked) -> LostView:
        """Callers who gave up, of today and the days before."""
        now = self._clock().astimezone(ZoneInfo(self._office().site.timezone))
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        since = (midnight - timedelta(days=asked.days - 1)).astimezone(UTC)
        callers = await _read(lambda: self._records.lost(since))
        return LostView(callers=[_lost(caller) for caller in callers])

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
            rule=Rule(asked.rule),
            now=now,
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


def _view(report: Report, formula: ServiceLevel, office: Office) -> ReportView:
    asked, columns = report.asked, figures(formula)
    queues = {q.id: q.name for q in office.queues}
    people = {e.number: e.name for e in office.extensions}
    lines = {str(x.number): x.name for x in office.lines}
    return ReportView(
        first=asked.first,
        last=asked.last,
        timezone=asked.zone,
        rule=RULES[asked.rule],
        formula=formula.value,
        definitions={one.key: one.means for one in columns}
        | {one.key: one.means for one in AGENT_FIGURES},
        reached=report.reached,
        first_call_resolution=report.callers.resolution if report.callers else None,
        total=_row("all", "", report.total, columns),
        causes=dict(report.total.causes),
        queues=_rows(report.queues, queues, columns),
        days=_rows({f"{day}": tally for day, tally in report.days.items()}, {}, columns),
        half_hours=_rows({i.label: i.tally for i in report.half_hours}, {}, columns),
        agents=[
            FigureRow(
                id=agent,
                name=people.get(agent, ""),
                figures={one.key: one.of(found) for one in AGENT_FIGURES},
            )
            for agent, found in report.agents.items()
        ],
        lines=_rows({f"{n or ''}": tally for n, tally in report.lines.items()}, lines, columns),
    )


def _rows(
    tallies: Mapping[str, Tally], names: Mapping[str, str], columns: Iterable[Figure]
) -> list[FigureRow]:
    return [_row(id, names.get(id, ""), tally, columns) for id, tally in tallies.items()]


def _row(id: str, name: str, tally: Tally, columns: Iterable[Figure]) -> FigureRow:
    return FigureRow(id=id, name=name, figures={one.key: one.of(tally) for one in columns})


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
    )
