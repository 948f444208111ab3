"""Reports, as the control API speaks of them.

Pure. Figures come by their keys, each with its definition; null means "n/a": without calls nothing
is 0 %. Days are the office's, both included; shares are 0 to 1, times seconds.

    GET /reports?first=2026-03-02&last=2026-03-08&queue=sales&formula=SL-F3  -> ReportView
    GET /reports/calls?figure=csat&first=2026-03-02&last=2026-03-08&queue=sales  -> CallsView
    GET /reports/lost?days=7  -> LostView
    GET /calls/{id}/story  -> StoryView
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from firmware.api.schema import View
from firmware.config.reporting import Formula


class ReportAsked(View):
    """Which report."""

    first: date | None = None
    """None: today."""
    last: date | None = None
    """None: as the first."""
    queue: str = Field("", max_length=64)
    agent: str = Field("", max_length=16)
    line: int | None = Field(None, ge=1, le=99)
    formula: Formula | None = None
    """Of the service level. None: as the office counts."""
    rule: Literal["offered", "decided"] | None = None
    """Likewise."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and not 0 <= (self.last - self.first).days < 3700:
            raise ValueError(
                f"{self.first} to {self.last}: expected the last day not before the first, "
                "and at most ten years"
            )
        return self


class FigureRow(View):
    """One row of a table: its figures by their keys."""

    id: str
    name: str = ""
    figures: dict[str, int | float | None]


class LimitsView(View):
    """Of a queue, seconds."""

    threshold_s: float
    """T: the service level asks who was answered within it."""
    short_s: float
    """s: who gives up below it gave up at once."""


class DispositionRow(View):
    """How often one disposition was set. Its calls: figure `disposition_3` for code 3."""

    code: int
    name: str
    calls: int
    share: float
    """Of all calls with a disposition."""


class ReportView(View):
    """The figures of some days."""

    first: date
    last: date
    timezone: str
    rule: str
    """Which interval a call belongs to, in words."""
    formula: str
    formula_means: str
    again_days: int
    """Within so many days a further call counts for first-call resolution."""
    definitions: dict[str, str]
    """What each figure means."""
    limits: dict[str, LimitsView]
    """Of each queue."""
    reached: int
    first_call_resolution: float | None
    lines_count: int
    """Lines there are now, by which busy seconds of days that are not added up are measured."""
    full_hours: int
    """Hours in which every line was held all the time: the estimate of lost callers is a least
    one if there are any."""
    total: FigureRow
    causes: dict[str, int]
    """Why callers left otherwise."""
    queues: list[FigureRow]
    days: list[FigureRow]
    half_hours: list[FigureRow]
    agents: list[FigureRow]
    lines: list[FigureRow]
    dispositions: list[DispositionRow]
    """How calls ended in the agents' words, the most frequent first."""
    uncounted_since: datetime | None = None
    uncounted_until: datetime | None = None
    """An old database is still being counted: figures of this time are not complete yet."""


class CallsAsked(ReportAsked):
    """Which figure's calls: those of a report, or of one of its half-hours."""

    figure: str = Field(max_length=40)
    half_hour: str = Field("", pattern=r"^([0-9]{2}:[0-9]{2}.{0,8})?$")
    """Of a report of one day, as the report names it: `09:30`."""
    cause: str = Field("", max_length=32)
    """Of those who left otherwise: `timeout`, `full`, ..."""
    limit: int = Field(200, ge=1, le=5000)


class CallBehind(View):
    """One of the calls that make a figure."""

    id: str
    at: datetime
    direction: str
    outcome: str
    line: int | None
    number: str
    name: str
    queue: str
    agent: str
    agent_name: str
    wait_s: float
    talk_s: float
    recording: str
    disposition: int = 0
    """0: none is set."""
    disposition_name: str = ""


class CallsView(View):
    """The very calls that make a figure, newest first. `count` may be more than are listed."""

    figure: str
    label: str
    means: str
    count: int
    calls: list[CallBehind]


class LostAsked(View):
    """How far back."""

    days: int = Field(7, ge=1, le=90)


class LostRow(View):
    """A caller who gave up, and what became of it."""

    call: str
    at: datetime
    queue: str
    wait_s: float
    number: str
    name: str
    times: int
    state: Literal["open", "tried", "called_again", "reached"]
    is_open: bool
    by: str
    by_name: str
    last_at: datetime | None
    last_call: str
    callback_tries: int | None = None
    """How often the box called back in vain, as it had promised; none: it had promised nothing."""


class LostView(View):
    """Lost callers, newest first."""

    callers: list[LostRow]
    uncounted_since: datetime | None = None
    uncounted_until: datetime | None = None
    """Of this time the list does not know all yet: an old database is still being counted."""


class StoryStep(View):
    """One thing that happened."""

    at: datetime
    second: float
    text: str
    why: str
    kind: str


class StoryChapter(View):
    """Steps that belong together."""

    title: str
    steps: list[StoryStep]


class StoryView(View):
    """A call in plain words."""

    call: str
    summary: str
    chapters: list[StoryChapter]
