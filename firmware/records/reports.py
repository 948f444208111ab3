"""Reports: the figures of queues, agents, lines, days and half-hours, from the books.

On a connection of store.py; only reads. Every figure is a property of a `kpi.Tally`; what is added
up here are its counts and sums. Interval rule: a call belongs to the interval in which it was
offered to the queue, or with `Rule.DECIDED` in which it was answered, given up or left; its talk
belongs there whole, whenever it took place. An agent's working time is cut at the bounds.

Threshold T and short-abandon limit s are each queue's as set up now, so that a report of last year
answers by today's rule. Whoever waits while the report is made has waited until `Asked.now`.

Leaves out: who may see it and how it looks (api, web).
Tests: tests/firmware/records/test_reports.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, select

from firmware.records import day_sums
from firmware.records.caller_days import callers_of
from firmware.records.callers import AGAIN_DAYS, Callers, reached
from firmware.records.catching_up import Uncounted, uncounted
from firmware.records.disposition_report import Dispositions, dispositions_of
from firmware.records.kpi import Result, Tally, Worked
from firmware.records.line_days import LinesReport, lines_of
from firmware.records.messages import StaysWanted
from firmware.records.opinions import Opinions, opinions_of
from firmware.records.periods import HALF_HOUR, day_bounds, days, half_hour_of, half_hours
from firmware.records.schema import day_sums as day_sums_table
from firmware.records.schema import stays
from firmware.records.search import stay_conditions
from firmware.records.stay_sums import Sum
from firmware.records.working import states_of

MOST_DAYS: Final = 3700
"""Longest report: ten years."""
OUT: Final = "logged_out"
NOT_THERE: Final = ("paused", "dnd", "unreachable", "busy")
"""Logged in, but not there for the queues: out of the time that occupancy is a share of."""


class Rule(Enum):
    """Which interval a call belongs to."""

    OFFERED = "offered"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one queue, seconds."""

    threshold_s: float = 20.0
    short_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that is wanted. Days are the zone's, both included; empty fields do not narrow."""

    first: date
    last: date
    zone: str
    limits: Mapping[str, Limits] = field(default_factory=dict)
    queue: str = ""
    agent: str = ""
    line: int | None = None
    rule: Rule = Rule.OFFERED
    now: datetime | None = None
    line_count: int = 0
    """Lines the office has now; 0: not known, and nothing is said about their being busy."""
    again_days: int = AGAIN_DAYS
    """A further call so soon means that the first one did not settle it."""

    @property
    def since(self) -> datetime:
        return day_bounds(self.first, self.zone)[0]

    @property
    def until(self) -> datetime:
        return day_bounds(self.last, self.zone)[1]

    @property
    def wanted(self) -> StaysWanted:
        """All stays of the report."""
        return StaysWanted(
            self.since,
            self.until,
            self.queue,
            self.agent,
            self.line,
            is_by_decision=self.rule is Rule.DECIDED,
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-hour of one day, or the same half-hour of several days."""

    label: str
    since: datetime | None
    """None: of several days."""
    tally: Tally


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """One agent's share. Only what was answered counts: `tally.offered` is that."""

    tally: Tally = field(default_factory=Tally)
    worked: Worked = field(default_factory=Worked)
    states: Mapping[str, float] = field(default_factory=dict)
    """Seconds in each state."""


@dataclass(frozen=True, slots=True)
class Report:
    """The figures. Every grouping adds up to `total`, except agents: theirs are the answered."""

    asked: Asked
    total: Tally
    queues: Mapping[str, Tally]
    days: Mapping[date, Tally]
    half_hours: Sequence[Interval]
    agents: Mapping[str, AgentFigures]
    lines: Mapping[int | None, Tally]
    reached: int
    """Every seizure of a line by a caller, queue or not."""
    callers: Callers | None
    """None: too long a period."""
    opinions: Opinions = field(default_factory=Opinions)
    line_use: LinesReport = field(default_factory=LinesReport)
    dispositions: Dispositions = field(default_factory=Dispositions)
    uncounted: Uncounted | None = None
    """Of this time the figures are not complete: an old database is still being counted."""

    @property
    def worked(self) -> Worked:
        """All agents together."""
        return Worked(
            sum(a.worked.logged_in_s for a in self.agents.values()),
            sum(a.worked.paused_s for a in self.agents.values()),
        )


def report(connection: Connection, asked: Asked) -> Report:
    """All figures of a report."""
    found = _gather(connection, asked)
    by_queue = {queue: found.queues[queue].tally for queue in sorted(found.queues)}
    return Report(
        asked,
        sum(by_queue.values(), Tally()),
        by_queue,
        {day: found.days[day].tally for day in days(asked.first, asked.last)},
        _half_hours(found.half_hours, asked),
        _agents(found),
        {line: some.tally for line, some in found.lines.items()},
        _reached(connection, asked),
        callers_of(connection, asked.first, asked.last, asked.zone, asked.line, asked.again_days),
        opinions_of(connection, asked.wanted, asked.zone, asked.first == asked.last),
        lines_of(connection, asked.first, asked.last, asked.zone, asked.line_count, asked.line),
        dispositions_of(connection, asked.wanted, asked.zone, asked.first == asked.last),
        uncounted(connection, asked.since, asked.until),
    )


# -- gathering ---------------------------------------------------------------------------------


def _sums() -> dict[Any, Sum]:
    return defaultdict(Sum)


@dataclass(slots=True)
class _Gathered:
    """Sums of a report, by each of its groupings."""

    queues: dict[str, Sum] = field(default_factory=_sums)
    days: dict[date, Sum] = field(default_factory=_sums)
    half_hours: dict[datetime | str, Sum] = field(default_factory=_sums)
    agents: dict[str, Sum] = field(default_factory=_sums)
    lines: dict[int | None, Sum] = field(default_factory=_sums)
    states: dict[str, dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )


def _gather(connection: Connection, asked: Asked) -> _Gathered:
    """From the sums of days, where there are any that help, and from the stays of all others."""
    found = _Gathered()
    narrowed = (asked.queue != "", asked.agent != "", asked.line is not None)
    is_summed = sum(narrowed) <= 1  # sums are kept of one of them, not of one within another
    done: set[date] = set()
    if is_summed and asked.first != asked.last:
        on = basis(asked.zone, asked.limits, asked.rule)
        done = day_sums.summed(connection, on, asked.first, asked.last)
        _gather_sums(connection, asked, on, found)
    for first, last in day_sums.gaps(asked.first, asked.last, done):
        _gather_stays(connection, asked, replace(asked, first=first, last=last), found)
    return found


def _gather_stays(connection: Connection, asked: Asked, part: Asked, found: _Gathered) -> None:
    at = stays.c.decided_slot if asked.rule is Rule.DECIDED else stays.c.offered_slot
    zone, is_one_day = ZoneInfo(asked.zone), asked.first == asked.last
    keys: dict[int, tuple[date, datetime | str]] = {}
    for row in rows(connection, part, (at, stays.c.queue)):
        if (key := keys.get(row[0])) is None:
            begins = half_hour_of(row[0], zone)
            half = begins.astimezone(UTC) if is_one_day else f"{begins:%H:%M}"
            key = keys[row[0]] = begins.date(), half
        sums = row[2:]
        found.queues[row[1]].add(sums)
        found.days[key[0]].add(sums)
        found.half_hours[key[1]].add(sums)
    for row in rows(connection, part, (stays.c.agent,)):
        found.agents[row[0]].add(row[1:])
    for row in rows(connection, part, (stays.c.line,)):
        found.lines[row[0]].add(row[1:])
    _add_states(found, states_of(connection, part.since, part.until, part.now, part.agent))


def _gather_sums(connection: Connection, asked: Asked, on: str, found: _Gathered) -> None:
    table, period = day_sums_table.c, (asked.first, asked.last)
    line = "" if asked.line is None else f"{asked.line}"
    kind = "agent" if asked.agent else "line" if line else ""
    name = asked.agent or line

    def read(
        kind: str, *by: ColumnElement[Any], queue: str = asked.queue, name: str = name
    ) -> Iterator[Sequence[Any]]:
        return day_sums.read(connection, on, kind, by, period, queue, name)

    for row in read(kind or "day", table.day, table.queue):
        found.days[date.fromordinal(row[0])].add(row[2:])
        found.queues[row[1]].add(row[2:])
    for row in read(f"{kind}_half", table.queue) if kind else read("half", table.name):
        found.half_hours[row[0]].add(row[1:])
    for row in (
        read("agent_line", table.name, queue=line, name="") if line else read("agent", table.name)
    ):
        found.agents[row[0]].add(row[1:])
    for row in read("agent_line", table.queue) if asked.agent else read("line", table.name):
        found.lines[int(row[0]) if row[0] else None].add(row[1:])
    for row in read("state", table.name, table.queue, queue="", name=asked.agent):
        found.states[row[0]][row[1]] += row[8]


def _reached(connection: Connection, asked: Asked) -> int:
    """Every seizure of a line by a caller, queue or not."""
    on, days_asked = basis(asked.zone, asked.limits, asked.rule), (asked.first, asked.last)
    done = day_sums.summed(connection, on, *days_asked)
    count = sum(
        reached(connection, part.since, part.until, part.line)
        for first, last in day_sums.gaps(*days_asked, done)
        for part in (replace(asked, first=first, last=last),)
    )
    line = "" if asked.line is None else f"{asked.line}"
    kept = day_sums.read(connection, on, "reached", (), days_asked, name=line)
    return count + sum(int(row[2]) for row in kept)


def _add_states(found: _Gathered, states: Mapping[str, Mapping[str, float]]) -> None:
    for agent, some in states.items():
        for state, seconds in some.items():
            found.states[agent][state] += seconds


def basis(zone: str, limits: Mapping[str, Limits], rule: Rule) -> str:
    """The name of what sums of days by these limits and this rule rest on."""
    known = {q: (x.threshold_s, x.short_s) for q, x in limits.items()}
    return day_sums.basis(zone, rule.value, known)


# -- tallies -----------------------------------------------------------------------------------


def rows(
    connection: Connection, asked: Asked, by: tuple[ColumnElement[Any], ...]
) -> Iterator[Sequence[Any]]:
    """Sums of the report's stays: the values of `by`, result, cause, and the sums. Who waits now
    has waited until now."""
    wait_s, result, cause = stays.c.wait_s, stays.c.result, stays.c.cause
    question = (
        select(
            *by,
            result,
            cause,
            func.count(),
            _count(wait_s <= _limit(asked, "threshold_s")),
            _count(wait_s < _limit(asked, "short_s")),
            _count(stays.c.is_transferred),
            func.sum(wait_s),
            func.max(wait_s),
            func.sum(stays.c.talk_s),
            func.sum(stays.c.hold_s),
            func.sum(stays.c.wrap_up_s),
        )
        .where(stay_conditions(asked.wanted))
        .group_by(*by, result, cause)
    )
    yield from connection.execute(question)
    if asked.now is not None:
        for row in connection.execute(_still_waiting(asked, by)):
            waited_s = max(0.0, (asked.now - row[-1]).total_seconds())
            sums = (0, 0, 0, 0, waited_s, waited_s, 0.0, 0.0, 0.0)
            yield (*row[:-1], Result.WAITING.value, "", *sums)


def _still_waiting(asked: Asked, by: tuple[ColumnElement[Any], ...]) -> Any:
    is_waiting = and_(stays.c.is_open, stays.c.result == Result.WAITING.value)
    return select(*by, stays.c.offered_at).where(stay_conditions(asked.wanted), is_waiting)


def _limit(asked: Asked, name: str) -> ColumnElement[float]:
    """T or s of the stay's queue."""
    usual = literal(getattr(Limits(), name))
    own = {queue: literal(float(getattr(x, name))) for queue, x in asked.limits.items()}
    return case(own, value=stays.c.queue, else_=usual) if own else usual


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


# -- days and half-hours -----------------------------------------------------------------------


def _half_hours(found: Mapping[datetime | str, Sum], asked: Asked) -> list[Interval]:
    """Of one day every half-hour there is; of several, every half-hour of the clock."""
    if asked.first != asked.last:
        labels = [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(48)]
        return [Interval(x, None, found[x].tally if x in found else Tally()) for x in labels]
    begins = half_hours(asked.first, asked.zone)
    seen = Counter(f"{at:%H:%M}" for at in begins)
    return [
        Interval(_label(at, seen), at, found[key].tally if key in found else Tally())
        for at in begins
        for key in (at.astimezone(UTC),)
    ]


def _label(at: datetime, seen: Mapping[str, int]) -> str:
    """The clock; with the zone's name where the same time comes twice a day."""
    clock = f"{at:%H:%M}"
    return clock if seen[clock] == 1 else f"{clock} {at:%Z}"


def interval_bounds(interval: Interval) -> tuple[datetime, datetime] | None:
    """First moment of an interval of one day, and of the next."""
    if interval.since is None:
        return None
    begins = interval.since.astimezone(UTC)
    return begins, begins + HALF_HOUR


# -- agents ------------------------------------------------------------------------------------


def _agents(found: _Gathered) -> dict[str, AgentFigures]:
    people = sorted({*found.agents, *found.states} - {""})  # nobody's: not answered
    return {
        agent: AgentFigures(found.agents[agent].tally, _worked(states), states)
        for agent in people
        for states in (dict(found.states.get(agent, {})),)
    }


def _worked(states: Mapping[str, float]) -> Worked:
    logged_in = sum(s for state, s in states.items() if state != OUT)
    return Worked(logged_in, sum(states.get(state, 0.0) for state in NOT_THERE))
