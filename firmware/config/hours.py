"""When the office is open: a week, public holidays, and days that differ. As the office sets it up.

Pure. What follows from it for a moment is in firmware.route.hours. Times are the office's own
clock; `24:00` is the end of a day. A span over midnight is two spans.

Tests: tests/firmware/config/test_hours.py.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from firmware.config.part import Identifier, Name, Part


def _clock(text: str) -> str:
    hours, colon, minutes = text.partition(":")
    is_time = len(text) == 5 and colon and hours.isdecimal() and minutes.isdecimal()
    if not is_time or not ((int(hours) < 24 and int(minutes) < 60) or text == "24:00"):
        raise ValueError(f"{text!r}: expected a time from 00:00 to 24:00 such as 08:30")
    return text


Clock = Annotated[str, AfterValidator(_clock)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Span(Part):
    """Open from one time to another; the second is no longer open."""

    opens: Clock
    closes: Clock

    @model_validator(mode="after")
    def _forward(self) -> Span:
        if self.closes <= self.opens:
            raise ValueError(
                f"{self.opens} to {self.closes}: expected to close later on the same day; "
                "hours over midnight are two entries, until 24:00 and from 00:00"
            )
        return self


def _apart(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    ordered = tuple(sorted(spans, key=lambda span: span.opens))
    for one, next_one in pairwise(ordered):
        if next_one.opens < one.closes:
            raise ValueError(
                f"{one.opens} to {one.closes} and {next_one.opens} to {next_one.closes} overlap"
            )
    return ordered


Spans = Annotated[tuple[Span, ...], Field(max_length=8), AfterValidator(_apart)]


class SpecialDay(Part):
    """A day that differs from its weekday and from what the calendar says of it."""

    day: date
    name: Name
    spans: Spans = ()
    """None: closed."""


class Hours(Part):
    """One set of opening hours."""

    id: Identifier
    name: Name
    week: dict[Weekday, Spans] = Field(default_factory=dict)
    """A weekday that is not named is closed."""
    holidays: Literal["closed", "as_usual"] = "closed"
    """On public holidays of the office's country and region."""
    special_days: Annotated[tuple[SpecialDay, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _days_once(self) -> Hours:
        days = [special.day for special in self.special_days]
        if twice := next((day for day in days if days.count(day) > 1), None):
            raise ValueError(f"{twice} is named twice, expected each special day once")
        return self
