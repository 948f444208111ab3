"""A report as the rows of its tables.

Pure. Joins what happened in queues, what callers answered and what the lines did, row by row, with
everything a column needs to find the calls behind its figure. Names are the reader's to give.

Tests: tests/firmware/records/test_columns.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from firmware.records.columns import Row
from firmware.records.dispositions import Noted
from firmware.records.figures import common_limits
from firmware.records.kpi import Tally
from firmware.records.line_use import LineUse
from firmware.records.messages import StaysWanted
from firmware.records.reports import AgentFigures, Interval, Limits, Report, interval_bounds
from firmware.records.scores import Scores

ALL = "all"


@dataclass(frozen=True, slots=True)
class Rows:
    """Every table of a report."""

    total: Row
    queues: Sequence[Row]
    days: Sequence[Row]
    half_hours: Sequence[Row]
    agents: Sequence[Row]
    lines: Sequence[Row]


def rows_of(report: Report) -> Rows:
    """The rows of all tables; days and half-hours are all there, queues and lines as far as
    something happened."""
    return Rows(
        _total(report),
        [_queue(report, queue) for queue in _known(report, "queues")],
        _days(report),
        [_half_hour(report, interval) for interval in report.half_hours],
        [_agent(report, agent) for agent in _known(report, "agents") if agent],
        _lines(report),
    )


def _known(report: Report, grouping: Literal["queues", "agents"]) -> list[str]:
    parts = (report, report.opinions, report.dispositions)
    return sorted({name for part in parts for name in getattr(part, grouping)})


def limits_for(report: Report, wanted: StaysWanted) -> Limits | None:
    """Those of the one queue, or of all if they are the same."""
    limits = report.asked.limits
    own = limits.get(wanted.queue) if wanted.queue else None
    return own or common_limits(limits.values())


def _total(report: Report) -> Row:
    everybody = AgentFigures(sum((a.tally for a in report.agents.values()), Tally()), report.worked)
    return _row(
        report, ALL, report.asked.wanted, report.total, report.opinions.total,
        replace(
            _NOBODY, agent=everybody, use=_use(report, report.line_use.total),
            callers=report.callers, noted=report.dispositions.total,
        ),
    )  # fmt: skip


def _queue(report: Report, queue: str) -> Row:
    wanted = replace(report.asked.wanted, queue=queue)
    tally = report.queues.get(queue, Tally())
    scores = report.opinions.queues.get(queue, Scores())
    more = replace(_NOBODY, noted=report.dispositions.queues.get(queue, Noted()))
    return _row(report, queue, wanted, tally, scores, more)


def _days(report: Report) -> list[Row]:
    found = []
    for day, tally in report.days.items():
        wanted = replace(report.asked, first=day, last=day).wanted
        use = report.line_use.days.get(day, LineUse())
        scores = report.opinions.days.get(day, Scores())
        noted = report.dispositions.days.get(day, Noted())
        more = replace(_NOBODY, use=_use(report, use), noted=noted)
        found.append(_row(report, f"{day}", wanted, tally, scores, more))
    return found


def _half_hour(report: Report, interval: Interval) -> Row:
    bounds = interval_bounds(interval)
    key: datetime | str = interval.label
    wanted = None
    if bounds is not None:
        key = bounds[0].astimezone(UTC)
        wanted = replace(report.asked.wanted, since=bounds[0], until=bounds[1])
    use = report.line_use.half_hours.get(key, LineUse())
    scores = report.opinions.half_hours.get(key, Scores())
    noted = report.dispositions.half_hours.get(key, Noted())
    more = replace(_NOBODY, use=_use(report, use), noted=noted)
    return _row(report, interval.label, wanted, interval.tally, scores, more)


def _use(report: Report, use: LineUse) -> LineUse | None:
    """The lines know nothing of queues and agents."""
    return None if report.asked.queue or report.asked.agent else use


def _agent(report: Report, agent: str) -> Row:
    wanted = replace(report.asked.wanted, agent=agent)
    figures = report.agents.get(agent, AgentFigures())
    scores = report.opinions.agents.get(agent, Scores())
    noted = report.dispositions.agents.get(agent, Noted())
    more = replace(_NOBODY, agent=figures, noted=noted)
    return _row(report, agent, wanted, figures.tally, scores, more)


def _lines(report: Report) -> list[Row]:
    parts = (report.lines, report.opinions.lines, report.dispositions.lines)
    numbers = {*report.line_use.by_line, *(line for part in parts for line in part)}
    found = []
    for line in sorted(numbers, key=lambda n: n or 0):
        wanted = replace(report.asked.wanted, line=line) if line is not None else None
        use = report.line_use.by_line.get(line, LineUse()) if line is not None else None
        tally = report.lines.get(line, Tally())
        scores = report.opinions.lines.get(line, Scores())
        id = "" if line is None else f"{line}"
        more = replace(_NOBODY, use=use, noted=report.dispositions.lines.get(line, Noted()))
        found.append(_row(report, id, wanted, tally, scores, more))
    return found


_NOBODY = Row("")


def _row(
    report: Report,
    id: str,
    wanted: StaysWanted | None,
    tally: Tally,
    scores: Scores,
    more: Row = _NOBODY,
) -> Row:
    limits = limits_for(report, wanted or report.asked.wanted)
    return replace(more, id=id, wanted=wanted, limits=limits, tally=tally, scores=scores)
