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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select

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
    slots = _by_slot(connection, asked)
    queues: dict[str, Tally] = defaultdict(Tally)
    moments: dict[int, Tally] = defaultdict(Tally)
    for (at, queue), tally in slots.items():
        queues[queue] += tally
        moments[at] += tally
    return Report(
        asked,
        sum(queues.values(), Tally()),
        dict(sorted(queues.items())),
        _days(moments, asked),
        _half_hours(moments, asked),
        _agents(connection, asked),
        dict(_tallies(connection, asked, (stays.c.line,), lambda row: row[0])),
        _reached(connection, asked),
        _callers(connection, asked),
    )


# -- tallies -----------------------------------------------------------------------------------


def _by_slot(connection: Connection, asked: Asked) -> dict[tuple[int, str], Tally]:
    at = stays.c.decided_slot if asked.rule is Rule.DECIDED else stays.c.offered_slot
    return _tallies(connection, asked, (at, stays.c.queue), lambda row: (row[0], row[1]))


def _tallies(
    connection: Connection, asked: Asked, by: tuple[ColumnElement[Any], ...], key: Any
) -> dict[Any, Tally]:
    """Tallies of the report's stays, grouped."""
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
    found: dict[Any, Tally] = defaultdict(Tally)
    for row in connection.execute(question):
        found[key(row)] += _tally(*row[len(by) :])
    if asked.now is not None:
        for row in connection.execute(_still_waiting(asked, by)):
            waited_s = max(0.0, (asked.now - row[-1]).total_seconds())
            found[key(row)] += Tally(wait_s=waited_s, longest_wait_s=waited_s)
    return dict(found)


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


def _tally(
    result: str,
    cause: str,
    count: int,
    in_time: int,
    short: int,
    transferred: int,
    wait_s: float,
    longest_s: float,
    talk_s: float,
    hold_s: float,
    wrap_up_s: float,
) -> Tally:
    """The tally of `count` stays with the same result."""
    common = {"offered": count, "wait_s": wait_s, "longest_wait_s": longest_s}
    match Result(result):
        case Result.WAITING:
            return Tally(offered=count, waiting=count)
        case Result.ANSWERED:
            return Tally(
                **common,  # type: ignore[arg-type]  # each of its field's type
                answered=count,
                answered_in_time=in_time,
                transferred=transferred,
                answered_wait_s=wait_s,
                talk_s=talk_s,
                hold_s=hold_s,
                wrap_up_s=wrap_up_s,
            )
        case Result.ABANDONED:
            return Tally(
                **common,  # type: ignore[arg-type]  # each of its field's type
                abandoned=count,
                abandoned_in_time=in_time,
                abandoned_short=short,
                abandoned_wait_s=wait_s,
            )
        case Result.LEFT:
            return Tally(**common, left=count, causes=Counter({cause: count}))  # type: ignore[arg-type]  # each of its field's type


# -- days and half-hours -----------------------------------------------------------------------


def _days(moments: Mapping[int, Tally], asked: Asked) -> dict[date, Tally]:
    """Every day of the period, also those without calls."""
    zone = ZoneInfo(asked.zone)
    count = (asked.last - asked.first).days + 1
    found = {asked.first + timedelta(days=n): Tally() for n in range(count)}
    for at, tally in moments.items():
        found[half_hour_of(at, zone).date()] += tally
    return found


def _half_hours(moments: Mapping[int, Tally], asked: Asked) -> list[Interval]:
    """Of one day every half-hour there is; of several, every half-hour of the clock."""
    zone = ZoneInfo(asked.zone)
    found: dict[datetime | str, Tally] = defaultdict(Tally)
    if asked.first != asked.last:
        for at, tally in moments.items():
            found[f"{half_hour_of(at, zone):%H:%M}"] += tally
        labels = [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(48)]
        return [Interval(label, None, found[label]) for label in labels]
    for at, tally in moments.items():
        found[half_hour_of(at, zone).astimezone(UTC)] += tally
    begins = half_hours(asked.first, asked.zone)
    seen = Counter(f"{at:%H:%M}" for at in begins)
    return [Interval(_label(at, seen), at, found[at.astimezone(UTC)]) for at in begins]


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
    tallies = _tallies(connection, asked, (stays.c.agent,), lambda row: row[0])
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
    """Each agent's seconds in each state within the period."""
    times, since, until = agent_times.c, asked.since, asked.until
    now = min(asked.now, until) if asked.now is not None else until
    whose = times.agent == asked.agent if asked.agent else literal(True)
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    within = and_(times.from_at >= since, times.until_at > since, times.until_at <= until)
    for agent, state, seconds in connection.execute(
        select(times.agent, times.state, func.sum(times.seconds))
        .where(within, whose)
        .group_by(times.agent, times.state)
    ):
        found[agent][state] += seconds
    over_an_edge = or_(
        and_(times.until_at > since, times.from_at < since),
        and_(times.until_at > until, times.from_at < until, times.from_at >= since),
        and_(times.until_at.is_(None), times.from_at < until),
    )
    for agent, state, begins, ends in connection.execute(
        select(times.agent, times.state, times.from_at, times.until_at).where(over_an_edge, whose)
    ):
        inside = min(ends or now, until) - max(begins, since)
        found[agent][state] += max(0.0, inside.total_seconds())
    return {agent: dict(states) for agent, states in found.items()}


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
        select(calls.c.caller_reversed, calls.c.started_at)
        .where(_incoming(asked, asked.until + within), calls.c.caller_reversed != "")
        .order_by(calls.c.started_at)
    )
    return _resolved(((number[:NUMBER_DIGITS], at) for number, at in rows), asked.until, within)


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
