"""How many people next week, half-hour by half-hour, and how many lines: an advice with its error.

Pure. Joins forecast.py and staffing.py over what the records counted. A half-hour of next week is
forecast from the same weekday and half-hour of the last four weeks that are over and known;
holidays are left out of them, and a holiday of next week has no forecast. Agents by Erlang C for
the queue's service level, callers who give up by Erlang A beside it. The error of last week's
forecast, made the same way from the weeks before it, stands beside this one.

Lines: seconds in which all were held are measured. Callers who met them are not, so the traffic
offered is the one that, by Erlang B, leaves the traffic that was carried: an estimate, and said to
be one. Half-hours and hours are those of the office's wall clock.

Leaves out: reading the records (history.py), and what would have been (firmware.acd.replay).
Tests: tests/firmware/records/test_adviser.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from firmware.records.forecast import WEIGHTS, Weeks, mape, share_out, trend, weighted_mean
from firmware.records.staffing import (
    agents_for,
    blocking,
    erlang_a,
    erlang_c,
    lines_for,
    staff_for,
    traffic,
)

HALF_HOUR_S: Final = 1800
HOUR_S: Final = 3600.0
SLOTS: Final = 48
"""Half-hours of a day by the wall clock."""
WEEKS_BACK: Final = len(WEIGHTS) + 2
"""The weeks that a forecast and the check of the last one look at: six before today."""

Slot = tuple[date, int]
"""A day and its half-hour, 0 to 47."""
Counts = Mapping[Slot, int]
"""Calls offered; a half-hour that is not there had none."""
Totals = Mapping[date, float]
"""Calls of whole days, known beforehand."""
NO_TOTALS: Final[Totals] = {}
METHODS: Final[Mapping[str, Callable[[Weeks], float | None]]] = {
    "weighted_mean": weighted_mean,
    "trend": trend,
}


@dataclass(frozen=True, slots=True)
class Goal:
    """What the office wants to reach. Shares 0 to 1."""

    service_level: float = 0.8
    threshold_s: float = 20.0
    shrinkage: float = 0.3
    """Share of paid time in which people are on a break, on leave or being taught."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days count."""

    today: date
    """Days before it are over."""
    known_from: date
    """The first whole day of the records."""
    holidays: Collection[date] = ()

    def counts(self, day: date) -> bool:
        """A day from which something can be learned."""
        return self.known_from <= day < self.today and day not in self.holidays


@dataclass(frozen=True, slots=True)
class HalfHour:
    """Next week's table, one row. None: there is no forecast."""

    day: date
    slot: int
    is_holiday: bool
    calls: float | None
    agents: int | None = None
    staff: int | None = None
    """People to plan, so that `agents` are there."""
    service_level: float | None = None
    """With that many agents, if nobody gives up (Erlang C)."""
    abandoned: float | None = None
    """With that many agents (Erlang A); None also if nobody ever gave up."""


@dataclass(frozen=True, slots=True)
class StaffAdvice:
    """One queue's next week."""

    handling_s: float | None
    patience_s: float | None
    half_hours: tuple[HalfHour, ...]
    """Only those with calls expected, or on a holiday those there would be without it: none."""
    error_percent: float | None
    """Of last week's forecast (MAPE)."""
    weeks_known: int
    """Of the last four; fewer than four make a weaker forecast."""


@dataclass(frozen=True, slots=True)
class LinesFor:
    """What a number of lines would do in the busiest hour."""

    lines: int
    blocked: float
    """Share of calls that find no line, by Erlang B."""


@dataclass(frozen=True, slots=True)
class LinesAdvice:
    """The lines in a stretch of the past."""

    lines: int
    all_busy_s: float
    """Measured."""
    most_held: int
    """Measured: at once."""
    busiest_erlang: float
    """Carried in the busiest hour, measured."""
    offered_erlang: float | None
    """Estimated by Erlang B; None: every line was held all through that hour, so there is no
    telling how much more there was."""
    lost_calls: float | None
    """Estimated, of the whole stretch."""
    choices: tuple[LinesFor, ...]
    """Estimated: one line fewer to three more."""
    wanted: int | None
    """Estimated: fewest lines that lose no more than was asked."""


def next_monday(today: date) -> date:
    """The first day of the week to plan."""
    return today + timedelta(days=7 - today.weekday())


def forecast_week(
    counts: Counts, monday: date, calendar: Calendar, method: str = "weighted_mean"
) -> dict[Slot, float | None]:
    """Calls of each half-hour of a week. All 336 are there; None where nothing is known."""
    reckon = METHODS[method]
    expected: dict[Slot, float | None] = {}
    for day in (monday + timedelta(days=n) for n in range(7)):
        if day in calendar.holidays:
            expected |= {(day, slot): None for slot in range(SLOTS)}
            continue
        base = _base(day, calendar)
        for slot in range(SLOTS):
            weeks = [None if b is None else float(counts.get((b, slot), 0)) for b in base]
            expected[day, slot] = reckon(weeks)
    return expected


def shared_out(counts: Counts, day: date, total: float, calendar: Calendar) -> list[float | None]:
    """A day's known total by half-hours, as the same weekdays before were; None each without calls
    on them: nothing says when these will come."""
    base = [known for known in _base(day, calendar) if known is not None]
    sums = [float(sum(counts.get((known, slot), 0) for known in base)) for slot in range(SLOTS)]
    return [*share_out(sums, total)] if any(sums) else [None] * SLOTS


def _base(day: date, calendar: Calendar) -> list[date | None]:
    """The last four same weekdays that are over, newest first; None for one that does not count."""
    last = day - timedelta(days=7)
    while last >= calendar.today:
        last -= timedelta(days=7)
    days = [last - timedelta(days=7 * back) for back in range(len(WEIGHTS))]
    return [d if calendar.counts(d) else None for d in days]


def error_of_last_week(
    counts: Counts, calendar: Calendar, method: str = "weighted_mean"
) -> float | None:
    """MAPE of the forecast that would have been made before the last whole week."""
    monday = next_monday(calendar.today) - timedelta(days=14)
    then = Calendar(monday, calendar.known_from, calendar.holidays)
    forecast = forecast_week(counts, monday, then, method)
    known = [slot for slot in forecast if calendar.counts(slot[0])]
    return mape([forecast[s] for s in known], [float(counts.get(s, 0)) for s in known])


def advise_staff(
    counts: Counts,
    calendar: Calendar,
    goal: Goal,
    handling_s: float | None,
    patience_s: float | None = None,
    method: str = "weighted_mean",
    totals: Totals = NO_TOTALS,
) -> StaffAdvice:
    """A queue's next week. `handling_s` None: no call was answered, so nobody can be planned.
    `totals`: of days of that week; what is known of them takes the place of the forecast."""
    monday = next_monday(calendar.today)
    expected = forecast_week(counts, monday, calendar, method)
    for day, total in totals.items():
        shares = shared_out(counts, day, total, calendar)
        expected |= {(day, slot): share for slot, share in enumerate(shares)}
    rows = [
        _row(slot, calls, calendar, goal, handling_s, patience_s)
        for slot, calls in expected.items()
        if calls or slot[0] in calendar.holidays
    ]
    bases = [_base(monday + timedelta(days=n), calendar) for n in range(7)]
    return StaffAdvice(
        handling_s,
        patience_s,
        tuple(rows),
        error_of_last_week(counts, calendar, method),
        max(sum(day is not None for day in base) for base in bases),
    )


def _row(
    slot: Slot,
    calls: float | None,
    calendar: Calendar,
    goal: Goal,
    handling_s: float | None,
    patience_s: float | None,
) -> HalfHour:
    day, half_hour = slot
    if calls is None or not handling_s:
        return HalfHour(day, half_hour, day in calendar.holidays, calls)
    load = traffic(calls, handling_s, HALF_HOUR_S)
    agents = agents_for(load, handling_s, goal.threshold_s, goal.service_level)
    return HalfHour(
        day,
        half_hour,
        False,
        calls,
        agents,
        staff_for(agents, goal.shrinkage) if goal.shrinkage else agents,
        erlang_c(load, agents, handling_s, goal.threshold_s).service_level,
        erlang_a(load, agents, handling_s, patience_s).abandon_share if patience_s else None,
    )


# -- lines -----------------------------------------------------------------------------------------

Held = tuple[float, float]
"""From when to when a line was held, seconds of any clock."""


def advise_lines(held: Sequence[Held], lines: int, most_blocked: float = 0.01) -> LinesAdvice:
    """What `lines` lines carried, and what more or fewer would have lost."""
    all_busy_s, most = all_held(held, lines)
    carried = carried_by_hour(held)
    busiest = max(carried.values(), default=0.0)
    offered = offered_for(busiest, lines)
    return LinesAdvice(
        lines,
        all_busy_s,
        most,
        busiest,
        offered,
        _lost(held, carried, lines),
        tuple(_choices(offered, lines)) if offered is not None else (),
        lines_for(offered, most_blocked) if offered is not None else None,
    )


def _choices(offered: float, lines: int) -> Iterator[LinesFor]:
    for n in range(max(1, lines - 1), lines + 4):
        yield LinesFor(n, blocking(offered, n))


def all_held(held: Iterable[Held], lines: int) -> tuple[float, int]:
    """Seconds in which all lines were held, and the most held at once."""
    changes = sorted(
        change for start, end in held if end > start for change in ((start, 1), (end, -1))
    )
    busy_s, most, now, since = 0.0, 0, 0, 0.0
    for at, step in changes:
        if now >= lines > 0:
            busy_s += at - since
        now, since, most = now + step, at, max(most, now + step)
    return busy_s, most


def carried_by_hour(held: Iterable[Held]) -> dict[int, float]:
    """Erlang in each clock hour in which a line was held at all."""
    seconds: dict[int, float] = defaultdict(float)
    for start, end in held:
        at = start
        while at < end:
            hour = int(at // HOUR_S)
            until = min(end, (hour + 1) * HOUR_S)
            seconds[hour] += until - at
            at = until
    return {hour: held_s / HOUR_S for hour, held_s in seconds.items()}


def offered_for(carried: float, lines: int) -> float | None:
    """The traffic offered that leaves `carried` on so many lines: A (1 - B(A, N)) = carried."""
    if carried <= 0:
        return 0.0
    if carried >= lines - 1e-6:
        return None
    low, high = carried, carried + 1.0
    while high * (1 - blocking(high, lines)) < carried:
        high *= 2
        if high > 1e6:
            return None
    for _ in range(60):
        middle = (low + high) / 2
        if middle * (1 - blocking(middle, lines)) < carried:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _lost(held: Sequence[Held], carried: Mapping[int, float], lines: int) -> float | None:
    """Callers who found no line: in each hour, of those who tried, the share of Erlang B."""
    begun = Counter(int(start // HOUR_S) for start, _ in held)
    lost = 0.0
    for hour, calls in begun.items():
        offered = offered_for(carried.get(hour, 0.0), lines)
        if offered is None:
            return None
        share = blocking(offered, lines)
        lost += calls * share / (1 - share)
    return lost
