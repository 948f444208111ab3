"""Reports, as the control API speaks of them.

Pure. Figures come by their keys, each with its definition; null means "n/a": without calls nothing
is 0 %. Days are the office's, both included; shares are 0 to 1, times seconds.

    GET /reports?first=2026-03-02&last=2026-03-08&queue=sales&formula=SL-F3  -> ReportView
    GET /reports/lost?days=7  -> LostView
    GET /calls/{id}/story  -> StoryView
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from firmware.api.schema import View

Formula = Literal["SL-F1", "SL-F2", "SL-F3", "SL-F4", "SL-F5", "SL-F6"]


class ReportAsked(View):
    """Which report."""

    first: date | None = None
    """None: today."""
    last: date | None = None
    """None: as the first."""
    queue: str = Field("", max_length=64)
    formula: Formula = "SL-F3"
    rule: Literal["offered", "decided"] = "offered"

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


class ReportView(View):
    """The figures of some days."""

    first: date
    last: date
    timezone: str
    rule: str
    """Which interval a call belongs to, in words."""
    formula: str
    definitions: dict[str, str]
    """What each figure means."""
    reached: int
    first_call_resolution: float | None
    total: FigureRow
    causes: dict[str, int]
    """Why callers left otherwise."""
    queues: list[FigureRow]
    days: list[FigureRow]
    half_hours: list[FigureRow]
    agents: list[FigureRow]
    lines: list[FigureRow]


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


class LostView(View):
    """Lost callers, newest first."""

    callers: list[LostRow]


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
