"""A report as the rows of its tables.

Pure. Joins what happened in queues, what callers answered and what the lines did, row by row, with
everything a column needs to find the calls behind its figure. Names are the reader's to give.

Tests: tests/firmware/records/test_columns.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from firmware.records.columns import Row
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
        [_queue(report, queue) for queue in sorted({*report.queues, *report.opinions.queues})],
        _days(report),
        [_half_hour(report, interval) for interval in report.half_hours],
        [
            _agent(report, agent)
            for agent in sorted({*report.agents, *report.opinions.agents} - {""})
        ],
        _lines(report),
    )


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
            callers=report.callers,
        ),
    )  # fmt: skip


def _queue(report: Report, queue: str) -> Row:
    wanted = replace(report.asked.wanted, queue=queue)
    tally = report.queues.get(queue, Tally())
    return _row(report, queue, wanted, tally, report.opinions.queues.get(queue, Scores()))


def _days(report: Report) -> list[Row]:
    found = []
    for day, tally in report.days.items():
        wanted = replace(report.asked, first=day, last=day).wanted
        use = report.line_use.days.get(day, LineUse())
        scores = report.opinions.days.get(day, Scores())
        more = replace(_NOBODY, use=_use(report, use))
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
    more = replace(_NOBODY, use=_use(report, use))
    return _row(report, interval.label, wanted, interval.tally, scores, more)


def _use(report: Report, use: LineUse) -> LineUse | None:
    """The lines know nothing of queues and agents."""
    return None if report.asked.queue or report.asked.agent else use


def _agent(report: Report, agent: str) -> Row:
    wanted = replace(report.asked.wanted, agent=agent)
    figures = report.agents.get(agent, AgentFigures())
    scores = report.opinions.agents.get(agent, Scores())
    return _row(report, agent, wanted, figures.tally, scores, replace(_NOBODY, agent=figures))


def _lines(report: Report) -> list[Row]:
    numbers = {*report.lines, *report.opinions.lines, *report.line_use.by_line}
    found = []
    for line in sorted(numbers, key=lambda n: n or 0):
        wanted = replace(report.asked.wanted, line=line) if line is not None else None
        use = report.line_use.by_line.get(line, LineUse()) if line is not None else None
        tally = report.lines.get(line, Tally())
        scores = report.opinions.lines.get(line, Scores())
        id = "" if line is None else f"{line}"
        found.append(_row(report, id, wanted, tally, scores, replace(_NOBODY, use=use)))
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
