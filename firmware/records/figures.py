"""Every figure of a report: its name, its definition in one line, its value, and its calls.

Pure. One table for pages, exports and the API, so that the same word means the same everywhere and
the definition stands beside the figure. `opens` narrows "all stays of this row" to those that the
figure counts; of a mean those it is the mean of, of a share the part. None: no search finds them.

Tests: tests/firmware/records/test_sheets.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from firmware.records.callers import AGAIN_DAYS
from firmware.records.kpi import DEFAULT, Result, ServiceLevel, Tally
from firmware.records.messages import StaysWanted
from firmware.records.reports import AgentFigures, Limits

Value = int | float | None


class Unit(Enum):
    """How a figure is shown."""

    COUNT = "count"
    SECONDS = "s"
    SHARE = "share"  # 0 to 1, shown as per cent
    MARK = "mark"  # 1 to 5, a mean
    POINTS = "points"  # -100 to 100
    ESTIMATE = "estimate"  # a number that nobody could count


@dataclass(frozen=True, slots=True)
class Figure:
    """One column of a report."""

    key: str
    label: str
    means: str
    unit: Unit
    of: Callable[[Tally], Value]
    opens: Callable[[StaysWanted, Limits], StaysWanted] | None = None


def _result(result: Result) -> Callable[[StaysWanted, Limits], StaysWanted]:
    return lambda wanted, _: replace(wanted, result=result)


def _in_time(wanted: StaysWanted, limits: Limits) -> StaysWanted:
    return replace(wanted, result=Result.ANSWERED, within_s=limits.threshold_s)


def _short(wanted: StaysWanted, limits: Limits) -> StaysWanted:
    return replace(wanted, result=Result.ABANDONED, below_s=limits.short_s)


SERVICE_LEVELS: Final = {
    ServiceLevel.QUICK_ABANDONS_GOOD: "(answered in T + gave up in T) / (answered + gave up)",
    ServiceLevel.ABANDONS_IGNORED: "answered in T / answered",
    ServiceLevel.EVERY_ABANDON_BAD: "answered in T / (answered + gave up)",
    ServiceLevel.LATE_ABANDONS_BAD: "answered in T / (answered + gave up after T)",
    ServiceLevel.SHORT_ABANDONS_GOOD: ("(answered in T + gave up at once) / (answered + gave up)"),
    ServiceLevel.SHORT_ABANDONS_OUT: (
        "answered in T / (answered + gave up, without those who gave up at once)"
    ),
}
"""What each of the six says; T is the queue's threshold."""

OFFERED: Final = Figure(
    "offered", "Offered", "calls that joined the queue", Unit.COUNT, lambda t: t.offered,
    lambda wanted, _: wanted,
)  # fmt: skip
ANSWERED: Final = Figure(
    "answered", "Answered", "joined to an agent", Unit.COUNT, lambda t: t.answered,
    _result(Result.ANSWERED),
)  # fmt: skip
ABANDONED: Final = Figure(
    "abandoned", "Gave up", "hung up while waiting", Unit.COUNT, lambda t: t.abandoned,
    _result(Result.ABANDONED),
)  # fmt: skip
LEFT: Final = Figure(
    "left", "Left otherwise", "time-out, queue full or empty, key, callback: not by hanging up",
    Unit.COUNT, lambda t: t.left, _result(Result.LEFT),
)  # fmt: skip
WAITING: Final = Figure(
    "waiting", "Still waiting", "neither yet; offered = answered + gave up + left + waiting",
    Unit.COUNT, lambda t: t.waiting, _result(Result.WAITING),
)  # fmt: skip
IN_TIME: Final = Figure(
    "in_time", "Answered in time", "answered within the queue's threshold T", Unit.COUNT,
    lambda t: t.answered_in_time, _in_time,
)  # fmt: skip
SHORT: Final = Figure(
    "short", "Gave up at once", "gave up below the queue's limit for that", Unit.COUNT,
    lambda t: t.abandoned_short, _short,
)  # fmt: skip
REFUSED: Final = Figure(
    "refused", "Queue full", "of those who left otherwise: turned away as the queue was full",
    Unit.COUNT, lambda t: t.refused,
    lambda wanted, _: replace(wanted, result=Result.LEFT, cause="full"),
)  # fmt: skip
TRANSFERRED: Final = Figure(
    "transferred", "Transferred", "answered, then handed on by the agent", Unit.COUNT,
    lambda t: t.transferred, lambda wanted, _: replace(wanted, is_transferred=True),
)  # fmt: skip


def service_level(formula: ServiceLevel = DEFAULT) -> Figure:
    """The service level by one of the six formulas; its name is part of the label."""
    return Figure(
        "service_level", f"Service level {formula.value}", SERVICE_LEVELS[formula], Unit.SHARE,
        lambda t: t.service_level(formula), _in_time,
    )  # fmt: skip


_ALL: Final = OFFERED.opens
_ANSWERED: Final = ANSWERED.opens
_ABANDONED: Final = ABANDONED.opens
MEANS: Final = (
    Figure("asa", "Mean time to answer", "wait of the answered / answered (ASA)", Unit.SECONDS,
           lambda t: t.mean_answer_s, _ANSWERED),
    Figure("wait", "Mean wait", "wait of all offered / offered", Unit.SECONDS,
           lambda t: t.mean_wait_s, _ALL),
    Figure("longest", "Longest wait", "of all offered", Unit.SECONDS,
           lambda t: t.longest_wait_s if t.offered else None, _ALL),
    Figure("abandon", "Mean time to give up", "wait of those who gave up / gave up", Unit.SECONDS,
           lambda t: t.mean_abandon_s, _ABANDONED),
    Figure("talk", "Mean talk", "talk with hold / answered (ATT)", Unit.SECONDS,
           lambda t: t.mean_talk_s, _ANSWERED),
    Figure("hold", "Mean hold", "hold / answered; mean talk includes it", Unit.SECONDS,
           lambda t: t.mean_hold_s, _ANSWERED),
    Figure("wrap_up", "Mean wrap-up", "wrap-up / answered (ACW)", Unit.SECONDS,
           lambda t: t.mean_wrap_up_s, _ANSWERED),
    Figure("handling", "Mean handling", "talk, hold and wrap-up / answered (AHT)", Unit.SECONDS,
           lambda t: t.mean_handling_s, _ANSWERED),
    Figure("abandonment", "Gave up, share", "gave up / offered", Unit.SHARE,
           lambda t: t.abandonment, _ABANDONED),
    Figure("abandonment_without_short", "Gave up, without at once",
           "the same without those who gave up at once", Unit.SHARE,
           lambda t: t.abandonment_without_short),
    Figure("answer_rate", "Answered, share", "answered / offered", Unit.SHARE,
           lambda t: t.answer_rate, _ANSWERED),
    Figure("blocked", "Turned away, share", "queue full / offered", Unit.SHARE,
           lambda t: t.blocked, REFUSED.opens),
    Figure("transfer_rate", "Transferred, share", "transferred / answered", Unit.SHARE,
           lambda t: t.transfer_rate, TRANSFERRED.opens),
)  # fmt: skip


def figures(formula: ServiceLevel = DEFAULT) -> tuple[Figure, ...]:
    """All figures of a queue, a day, a line or a half-hour, in the order of a sheet."""
    return (
        OFFERED, ANSWERED, ABANDONED, LEFT, WAITING, IN_TIME, SHORT, REFUSED, TRANSFERRED,
        service_level(formula), *MEANS,
    )  # fmt: skip


def figure(key: str) -> Figure:
    """The figure of that key. Raise `KeyError`."""
    return {one.key: one for one in figures()}[key]


@dataclass(frozen=True, slots=True)
class AgentFigure:
    """One column of the agents' table."""

    key: str
    label: str
    means: str
    unit: Unit
    of: Callable[[AgentFigures], Value]


AGENT_FIGURES: Final = (
    AgentFigure("answered", "Answered", "queue calls answered", Unit.COUNT,
                lambda a: a.tally.answered),
    AgentFigure("transferred", "Transferred", "of these, handed on", Unit.COUNT,
                lambda a: a.tally.transferred),
    AgentFigure("talk_s", "Talk", "on queue calls, without hold", Unit.SECONDS,
                lambda a: a.tally.talk_s),
    AgentFigure("hold_s", "Hold", "callers on hold", Unit.SECONDS, lambda a: a.tally.hold_s),
    AgentFigure("wrap_up_s", "Wrap-up", "after queue calls", Unit.SECONDS,
                lambda a: a.tally.wrap_up_s),
    AgentFigure("handling", "Mean handling", "talk, hold and wrap-up / answered (AHT)",
                Unit.SECONDS, lambda a: a.tally.mean_handling_s),
    AgentFigure("logged_in_s", "Logged in", "from log-in to log-out", Unit.SECONDS,
                lambda a: a.worked.logged_in_s),
    AgentFigure("paused_s", "Not there",
                "logged in, but paused, not to be disturbed, on another call or without a phone",
                Unit.SECONDS, lambda a: a.worked.paused_s),
    AgentFigure("occupancy", "Occupancy", "handling / (logged in - not there)", Unit.SHARE,
                lambda a: a.tally.occupancy(a.worked)),
    AgentFigure("utilisation", "Utilisation", "handling / logged in", Unit.SHARE,
                lambda a: a.tally.utilisation(a.worked)),
)  # fmt: skip


def resolution_means(again_days: int = AGAIN_DAYS) -> str:
    """First-call resolution in words."""
    return (
        f"callers without a further call from the same number within {again_days} "
        f"{'day' if again_days == 1 else 'days'} / callers (FCR)"
    )


def common_limits(limits: Iterable[Limits]) -> Limits | None:
    """The limits of all queues, if they are the same: else no one search finds what all of them
    together count by them."""
    found = set(limits) or {Limits()}
    return found.pop() if len(found) == 1 else None


NEED_LIMITS: Final = tuple(one.key for one in figures() if one.opens in (_in_time, _short))
"""Figures whose calls depend on the queue's limits."""


def needs_limits(one: Figure) -> bool:
    """Its calls depend on the queue's limits."""
    return one.opens in (_in_time, _short)
