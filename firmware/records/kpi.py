"""The figures of a queue, each by one definition.

Pure. A `Stay` is one caller's time in one queue; a `Tally` is what a number of stays come to, and
every figure is a property of it, so that sums of half-hours, queues or days give the figures of the
whole by the same formulas. None means "n/a": without calls nothing is 0 % or 100 %.

w: wait; T: service-level threshold (w = T is inside); s: short-abandon limit (strictly below).
At every instant offered = answered + abandoned + left otherwise + still waiting.

Tests: tests/firmware/records/test_kpi.py (published figures and a worked log).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Final


class Result(Enum):
    """How a stay ended."""

    WAITING = "waiting"  # it has not
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT = "left"  # by the queue's rule or the caller's key: `Stay.cause` says which


@dataclass(frozen=True, slots=True)
class Stay:
    """One caller in one queue. Seconds."""

    result: Result
    wait_s: float
    talk_s: float = 0.0
    """Without hold."""
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    is_transferred: bool = False
    """Transferred out of the queue's hands after it was answered."""
    cause: str = ""
    """Of LEFT: `timeout`, `exit_key`, `empty`, `closed`, `full`, `callback`."""


@dataclass(frozen=True, slots=True)
class Worked:
    """Agents' time in an interval, summed. Seconds."""

    logged_in_s: float = 0.0
    paused_s: float = 0.0


class ServiceLevel(Enum):
    """Which of the six formulas the office has picked; the value is what is printed."""

    QUICK_ABANDONS_GOOD = "SL-F1"
    ABANDONS_IGNORED = "SL-F2"
    EVERY_ABANDON_BAD = "SL-F3"
    LATE_ABANDONS_BAD = "SL-F4"
    SHORT_ABANDONS_GOOD = "SL-F5"
    SHORT_ABANDONS_OUT = "SL-F6"


DEFAULT: Final = ServiceLevel.EVERY_ABANDON_BAD


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts and sums of stays. Adding two gives the tally of both."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    left: int = 0
    waiting: int = 0
    answered_in_time: int = 0
    """A_T"""
    abandoned_in_time: int = 0
    """B_T"""
    abandoned_short: int = 0
    """B_s"""
    transferred: int = 0
    answered_wait_s: float = 0.0
    abandoned_wait_s: float = 0.0
    wait_s: float = 0.0
    longest_wait_s: float = 0.0
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    causes: Counter[str] = field(default_factory=Counter)
    """Of those who left otherwise."""

    def __add__(self, other: Tally) -> Tally:
        sums = {
            f.name: getattr(self, f.name) + getattr(other, f.name)
            for f in fields(self)
            if f.name != "longest_wait_s"
        }
        return Tally(**sums, longest_wait_s=max(self.longest_wait_s, other.longest_wait_s))

    @property
    def balance(self) -> int:
        """What is missing in the books: always 0."""
        return self.offered - self.answered - self.abandoned - self.left - self.waiting

    def service_level(self, formula: ServiceLevel = DEFAULT) -> float | None:
        """Share 0 to 1 by one of the six formulas."""
        good, of = {
            ServiceLevel.QUICK_ABANDONS_GOOD: (
                self.answered_in_time + self.abandoned_in_time,
                self.answered + self.abandoned,
            ),
            ServiceLevel.ABANDONS_IGNORED: (self.answered_in_time, self.answered),
            ServiceLevel.EVERY_ABANDON_BAD: (
                self.answered_in_time,
                self.answered + self.abandoned,
            ),
            ServiceLevel.LATE_ABANDONS_BAD: (
                self.answered_in_time,
                self.answered + self.abandoned - self.abandoned_in_time,
            ),
            ServiceLevel.SHORT_ABANDONS_GOOD: (
                self.answered_in_time + self.abandoned_short,
                self.answered + self.abandoned,
            ),
            ServiceLevel.SHORT_ABANDONS_OUT: (
                self.answered_in_time,
                self.answered + self.abandoned - self.abandoned_short,
            ),
        }[formula]
        return _ratio(good, of)

    @property
    def mean_answer_s(self) -> float | None:
        """ASA, average speed of answer: zeros included."""
        return _ratio(self.answered_wait_s, self.answered)

    @property
    def mean_wait_s(self) -> float | None:
        """Of all that were offered."""
        return _ratio(self.wait_s, self.offered)

    @property
    def mean_abandon_s(self) -> float | None:
        return _ratio(self.abandoned_wait_s, self.abandoned)

    @property
    def mean_talk_s(self) -> float | None:
        """ATT, hold included."""
        return _ratio(self.talk_s + self.hold_s, self.answered)

    @property
    def mean_hold_s(self) -> float | None:
        """Hold, which ATT includes, apart."""
        return _ratio(self.hold_s, self.answered)

    @property
    def mean_wrap_up_s(self) -> float | None:
        """ACW"""
        return _ratio(self.wrap_up_s, self.answered)

    @property
    def handling_s(self) -> float:
        """Talk, hold and wrap-up, summed."""
        return self.talk_s + self.hold_s + self.wrap_up_s

    @property
    def mean_handling_s(self) -> float | None:
        """AHT"""
        return _ratio(self.handling_s, self.answered)

    @property
    def abandonment(self) -> float | None:
        return _ratio(self.abandoned, self.offered)

    @property
    def abandonment_without_short(self) -> float | None:
        short = self.abandoned_short
        return _ratio(self.abandoned - short, self.offered - short)

    @property
    def answer_rate(self) -> float | None:
        return _ratio(self.answered, self.offered)

    @property
    def refused(self) -> int:
        """X: found the queue full. They are part of `offered` here, as left otherwise."""
        return self.causes["full"]

    @property
    def blocked(self) -> float | None:
        """X / all who came to the queue, let in or not."""
        return _ratio(self.refused, self.offered)

    @property
    def transfer_rate(self) -> float | None:
        return _ratio(self.transferred, self.answered)

    def occupancy(self, worked: Worked) -> float | None:
        """Handling over handling and available time; pauses are out."""
        return _ratio(self.handling_s, worked.logged_in_s - worked.paused_s)

    def utilisation(self, worked: Worked) -> float | None:
        """Handling over logged-in time."""
        return _ratio(self.handling_s, worked.logged_in_s)


def tally(stays: Iterable[Stay], threshold_s: float, short_s: float) -> Tally:
    """What stays come to, with threshold T and short-abandon limit s."""
    total = Tally()
    for stay in stays:
        total += _one(stay, threshold_s, short_s)
    return total


def _one(stay: Stay, threshold_s: float, short_s: float) -> Tally:
    wait_s, in_time = stay.wait_s, stay.wait_s <= threshold_s
    common = Tally(offered=1, wait_s=wait_s, longest_wait_s=wait_s)
    match stay.result:
        case Result.WAITING:
            return replace(common, waiting=1)
        case Result.ANSWERED:
            return replace(
                common,
                answered=1,
                answered_in_time=int(in_time),
                transferred=int(stay.is_transferred),
                answered_wait_s=wait_s,
                talk_s=stay.talk_s,
                hold_s=stay.hold_s,
                wrap_up_s=stay.wrap_up_s,
            )
        case Result.ABANDONED:
            return replace(
                common,
                abandoned=1,
                abandoned_in_time=int(in_time),
                abandoned_short=int(wait_s < short_s),
                abandoned_wait_s=wait_s,
            )
        case Result.LEFT:
            return replace(common, left=1, causes=Counter({stay.cause: 1}))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
