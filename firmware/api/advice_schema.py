"""What the control API says about next week's staff and lines, and about what would have been.

Pure: pydantic models, as in schema.py. Shares are 0 to 1, times seconds; None is "n/a".

    POST /advice    AdviceRequest -> Advice
    POST /replay    ReplayRequest -> Replay

Both are worked out by a process of its own: they may take some seconds, and cost no call anything.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from firmware.api.schema import View
from firmware.config.part import Identifier


class AdviceRequest(View):
    """What the office wants to reach. The threshold is each queue's own."""

    queue: Identifier | None = None
    """None: all queues."""
    service_level: float = Field(0.8, gt=0, lt=1)
    shrinkage: float = Field(0.3, ge=0, lt=1)
    """Share of paid time in which people are not there: breaks, leave, training."""
    blocked: float = Field(0.01, gt=0, lt=1)
    """Most callers who may find all lines taken in the busiest hour."""
    method: Literal["weighted_mean", "trend"] = "weighted_mean"
    totals: dict[date, Annotated[float, Field(ge=0, le=100_000)]] = Field(default_factory=dict)
    """Calls of `queue` that are known beforehand, for whole days of next week: shared out by
    half-hours as the same weekdays before were."""
    today: date | None = None
    """As if it were that day; None: the day it is."""

    @model_validator(mode="after")
    def _totals_are_of_a_queue(self) -> AdviceRequest:
        if self.totals and self.queue is None:
            raise ValueError("totals: expected a queue whose calls they are")
        return self


class HalfHourAdvice(View):
    """One half-hour of next week."""

    day: date
    time: str
    """Wall clock, `08:30`."""
    is_holiday: bool
    calls: float | None
    agents: int | None
    staff: int | None
    """People to plan so that `agents` are there in spite of breaks and leave."""
    service_level: float | None
    """By Erlang C, with that many agents."""
    abandoned: float | None
    """By Erlang A, with that many agents."""


class QueueAdvice(View):
    """Next week of one queue."""

    queue: str
    name: str
    threshold_s: float
    handling_s: float | None
    patience_s: float | None
    error_percent: float | None
    """Mean absolute error (MAPE) of last week's forecast, made the same way."""
    weeks_known: int
    """Of the last four: fewer make a weaker forecast."""
    half_hours: list[HalfHourAdvice]


class LineChoice(View):
    """So many lines, in the busiest hour."""

    lines: int
    blocked: float
    """Estimate by Erlang B: share of calls that would find all of them taken."""


class LineAdvice(View):
    """The lines, from the last four weeks."""

    lines: int
    all_busy_s: float
    """Measured: seconds in which every line was held."""
    most_held: int
    busiest_erlang: float
    """Measured: lines held on average in the busiest hour."""
    is_estimate: Literal[True] = True
    """All below: callers who hear the network's busy tone are seen by nobody. By Erlang B."""
    offered_erlang: float | None
    lost_calls: float | None
    choices: list[LineChoice]
    wanted: int | None
    """Fewest lines that lose no more than asked; None: there is no telling."""


class Advice(View):
    """Staff for next week, and lines."""

    monday: date
    """The week begins."""
    queues: list[QueueAdvice]
    lines: LineAdvice | None
    """None: no line is set up."""
    words: list[str] = Field(default_factory=list)
    """What to keep in mind about these figures."""


class ReplayRequest(View):
    """Which days, and what would have been other."""

    first: date
    last: date
    queue: Identifier | None = None
    """Where agents are added or taken away."""
    agents: int = Field(0, ge=-20, le=20)
    """One more: 1; one fewer: -1. Like the member of the queue who was there longest."""
    lines: int = Field(0, ge=-8, le=8)
    """Likewise."""

    @model_validator(mode="after")
    def _sound(self) -> ReplayRequest:
        days = (self.last - self.first).days + 1
        if not 1 <= days <= 31:
            raise ValueError(f"{self.first} to {self.last} is {days} days: expected 1 to 31")
        if self.agents and self.queue is None:
            raise ValueError(f"{self.agents:+} agents: expected the queue they would be in")
        return self


class QueueOutcome(View):
    """One queue's figures. Offered = answered + abandoned + left + waiting."""

    queue: str
    offered: int
    answered: int
    abandoned: int
    left: int
    causes: dict[str, int]
    """Of those who left."""
    service_level: float | None
    """Every abandoned call counts as bad (SL-F3)."""
    mean_answer_s: float | None
    longest_wait_s: float
    mean_handling_s: float | None


class Run(View):
    """The days once through the queues."""

    queues: list[QueueOutcome]
    total: QueueOutcome
    blocked: int | None = None
    """Callers who found all lines taken; None: not to be known."""
    all_lines_busy_s: float | None = None


class Replay(View):
    """The same days as they were and as they would have been."""

    recorded: Run
    """What the records say: how near the replay comes to it, `before` shows."""
    before: Run
    """Replayed as it was."""
    after: Run
    """Replayed with the change."""
    patience_s: float | None
    """Mean, learned from who gave up; None: nobody did, so nobody does."""
    words: list[str] = Field(default_factory=list)
    """What to keep in mind about these figures."""
