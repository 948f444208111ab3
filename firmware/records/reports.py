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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, select

from firmware.records.kpi import Result, Tally, Worked
from firmware.records.messages import StaysWanted
from firmware.records.periods import HALF_HOUR, day_bounds, half_hour_of, half_hours
from firmware.records.schema import agent_times, calls, stays
from firmware.records.search import stay_conditions

MOST_DAYS: Final = 3700
"""Longest report: ten years."""
AGAIN_DAYS: Final = 7
"""A further call from the same number so soon means that the first one did not settle it."""
MOST_DAYS_OF_CALLERS: Final = 92
"""Longest report that says so: it reads every call."""
NUMBER_DIGITS: Final = 9
"""Last digits by which two forms of a number (021..., +27 21...) are the same."""
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
class Callers:
    """First-call resolution: callers known by number, and those of them without a further call
    within `AGAIN_DAYS`."""

    known: int
    once: int

    @property
    def resolution(self) -> float | None:
        return self.once / self.known if self.known else None


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

    @property
    def worked(self) -> Worked:
        """All agents together."""
        return Worked(
            sum(a.worked.logged_in_s for a in self.agents.values()),
            sum(a.worked.paused_s for a in self.agents.values()),
        )


def report(connection: Connection, asked: Asked) -> Report:
    """All figures of a report."""
    at = stays.c.decided_slot if asked.rule is Rule.DECIDED else stays.c.offered_slot
    queues: dict[Any, _Sum] = defaultdict(_Sum)
    moments: dict[Any, _Sum] = defaultdict(_Sum)
    for row in _rows(connection, asked, (at, stays.c.queue)):
        queues[row[1]].add(row[2:])
        moments[row[0]].add(row[2:])
    by_queue = {queue: queues[queue].tally for queue in sorted(queues)}
    return Report(
        asked,
        sum(by_queue.values(), Tally()),
        by_queue,
        _days(moments, asked),
        _half_hours(moments, asked),
        _agents(connection, asked),
        _grouped(connection, asked, stays.c.line),
        _reached(connection, asked),
        _callers(connection, asked),
    )


# -- tallies -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sum:
    """Adds up rows of `_rows`; much faster than adding tallies."""

    by_result: dict[str, list[Any]] = field(default_factory=dict)
    causes: Counter[str] = field(default_factory=Counter)

    def add(self, row: Sequence[Any]) -> None:
        """`row`: result, cause, then what `_SUMS` are."""
        result, cause, count, in_time, short, transferred, wait, longest, talk, hold, wrap_up = row
        if (sums := self.by_result.get(result)) is None:
            self.by_result[result] = list(row[2:])
        else:
            sums[0] += count
            sums[1] += in_time
            sums[2] += short
            sums[3] += transferred
            sums[4] += wait
            sums[5] = max(sums[5], longest)
            sums[6] += talk
            sums[7] += hold
            sums[8] += wrap_up
        if result == Result.LEFT.value:
            self.causes[cause] += count

    def join(self, other: _Sum) -> None:
        """Add another one's rows."""
        for result, sums in other.by_result.items():
            self.add((result, "", *sums))
        self.causes.pop("", None)
        self.causes.update(other.causes)

    @property
    def tally(self) -> Tally:
        none = [0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0]
        answered = self.by_result.get(Result.ANSWERED.value, none)
        abandoned = self.by_result.get(Result.ABANDONED.value, none)
        left = self.by_result.get(Result.LEFT.value, none)
        waiting = self.by_result.get(Result.WAITING.value, none)
        every = (answered, abandoned, left, waiting)
        return Tally(
            offered=sum(x[0] for x in every),
            answered=answered[0],
            abandoned=abandoned[0],
            left=left[0],
            waiting=waiting[0],
            answered_in_time=answered[1],
            abandoned_in_time=abandoned[1],
            abandoned_short=abandoned[2],
            transferred=answered[3],
            answered_wait_s=answered[4],
            abandoned_wait_s=abandoned[4],
            wait_s=sum(x[4] for x in every),
            longest_wait_s=max(x[5] for x in every),
            talk_s=answered[6],
            hold_s=answered[7],
            wrap_up_s=answered[8],
            causes=self.causes,
        )


def _grouped(connection: Connection, asked: Asked, by: ColumnElement[Any]) -> dict[Any, Tally]:
    """Tallies of the report's stays, grouped by one column."""
    found: dict[Any, _Sum] = defaultdict(_Sum)
    for row in _rows(connection, asked, (by,)):
        found[row[0]].add(row[1:])
    return {key: total.tally for key, total in found.items()}


def _rows(
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


def _days(moments: Mapping[int, _Sum], asked: Asked) -> dict[date, Tally]:
    """Every day of the period, also those without calls."""
    zone = ZoneInfo(asked.zone)
    count = (asked.last - asked.first).days + 1
    found = {asked.first + timedelta(days=n): _Sum() for n in range(count)}
    for at, some in moments.items():
        found[half_hour_of(at, zone).date()].join(some)
    return {day: total.tally for day, total in found.items()}


def _half_hours(moments: Mapping[int, _Sum], asked: Asked) -> list[Interval]:
    """Of one day every half-hour there is; of several, every half-hour of the clock."""
    zone = ZoneInfo(asked.zone)
    found: dict[datetime | str, _Sum] = defaultdict(_Sum)
    if asked.first != asked.last:
        for at, some in moments.items():
            found[f"{half_hour_of(at, zone):%H:%M}"].join(some)
        labels = [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(48)]
        return [Interval(label, None, found[label].tally) for label in labels]
    for at, some in moments.items():
        found[half_hour_of(at, zone).astimezone(UTC)].join(some)
    begins = half_hours(asked.first, asked.zone)
    seen = Counter(f"{at:%H:%M}" for at in begins)
    return [Interval(_label(at, seen), at, found[at.astimezone(UTC)].tally) for at in begins]


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


def _agents(connection: Connection, asked: Asked) -> dict[str, AgentFigures]:
    tallies = _grouped(connection, asked, stays.c.agent)
    tallies.pop("", None)  # nobody's: not answered
    worked = _states(connection, asked)
    return {
        agent: AgentFigures(tallies.get(agent, Tally()), _worked(states), states)
        for agent in sorted({*tallies, *worked})
        for states in (worked.get(agent, {}),)
    }


def _worked(states: Mapping[str, float]) -> Worked:
    logged_in = sum(s for state, s in states.items() if state != OUT)
    return Worked(logged_in, sum(states.get(state, 0.0) for state in NOT_THERE))


def _states(connection: Connection, asked: Asked) -> dict[str, dict[str, float]]:
    """Each agent's seconds in each state within the period: of the intervals inside it as sums,
    of the one or two over its bounds what is inside."""
    times, since, until = agent_times.c, asked.since, asked.until
    whose = times.agent == asked.agent if asked.agent else literal(True)
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    inside = and_(times.from_at >= since, times.until_at > since, times.until_at <= until)
    for agent, state, seconds in connection.execute(
        select(times.agent, times.state, func.sum(times.seconds))
        .where(inside, whose)
        .group_by(times.agent, times.state)
    ):
        found[agent][state] += seconds
    for agent in [asked.agent] if asked.agent else _everybody(connection):
        for time in {row.seq: row for row in _at_bounds(connection, agent, since, until)}.values():
            ends = time.until_at or min(asked.now or until, until)
            if time.from_at < since or ends > until or time.until_at is None:
                within = min(ends, until) - max(time.from_at, since)
                found[agent][time.state] += max(0.0, within.total_seconds())
    return {agent: dict(states) for agent, states in found.items()}


def _everybody(connection: Connection) -> Iterator[str]:
    """Every agent who ever had a state, each by one step in the index."""
    agent: str | None = ""
    while agent is not None:
        question = select(func.min(agent_times.c.agent)).where(agent_times.c.agent > agent)
        if (agent := connection.execute(question).scalar()) is not None:
            yield agent


def _at_bounds(
    connection: Connection, agent: str, since: datetime, until: datetime
) -> Iterator[Any]:
    """The agent's intervals at both bounds: the last that began before, as each ends where the
    next begins."""
    times = agent_times.c
    for bound in (since, until):
        question = select(agent_times).where(times.agent == agent, times.from_at < bound)
        latest = question.order_by(times.from_at.desc(), times.seq.desc()).limit(1)
        yield from connection.execute(latest)


# -- lines and callers -------------------------------------------------------------------------


def _incoming(asked: Asked, until: datetime) -> ColumnElement[bool]:
    return and_(
        calls.c.direction == "incoming",
        calls.c.started_at >= asked.since,
        calls.c.started_at < until,
        calls.c.line == asked.line if asked.line is not None else literal(True),
    )


def _reached(connection: Connection, asked: Asked) -> int:
    question = select(func.count()).select_from(calls).where(_incoming(asked, asked.until))
    return int(connection.execute(question).scalar() or 0)


def _callers(connection: Connection, asked: Asked) -> Callers | None:
    if (asked.last - asked.first).days >= MOST_DAYS_OF_CALLERS:
        return None
    within = timedelta(days=AGAIN_DAYS)
    rows = connection.execute(
        select(func.substr(calls.c.caller_reversed, 1, NUMBER_DIGITS), calls.c.started_at)
        .where(_incoming(asked, asked.until + within), calls.c.caller_reversed != "")
        .order_by(calls.c.started_at)
    )
    return _resolved(((number, at) for number, at in rows), asked.until, within)


def _resolved(
    called: Iterable[tuple[str, datetime]], until: datetime, within: timedelta
) -> Callers:
    """`called`: numbers and times, oldest first; those from `until` on only tell of a further
    call."""
    last: dict[str, datetime] = {}
    again: set[str] = set()
    for number, at in called:
        if number in last and at - last[number] <= within:
            again.add(number)
        if at < until:
            last[number] = at
    return Callers(len(last), len(last) - len(again & last.keys()))
