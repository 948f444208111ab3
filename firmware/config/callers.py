"""Callers who are led otherwise than the rest: by their number, or not at all.

Pure. A pattern is a number as the line shows it, with `*` at its end for "and whatever follows";
`withheld` is for callers without a number. Which rule fits a call: firmware.route.lists.

Tests: tests/firmware/config/test_callers.py.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from firmware.config.destination import HANG_UP, Destination
from firmware.config.part import ExtensionNumber, Identifier, Language, Name, Part
from firmware.config.skills import Demand

WITHHELD = "withheld"


def _pattern(text: str) -> str:
    if text != WITHHELD and not re.fullmatch(r"(?=.*[0-9*])\+?[0-9]{0,20}\*?", text):
        raise ValueError(
            f"{text!r}: expected a number such as 0215557788, the beginning of one such as 021*, "
            f"or {WITHHELD}"
        )
    return text


def is_caller_number(text: str) -> bool:
    """Whether it is written as lines show numbers."""
    return re.fullmatch(r"\+?[0-9]{1,20}", text) is not None


def _number(text: str) -> str:
    if text != WITHHELD and not is_caller_number(text):
        raise ValueError(
            f"{text!r}: expected the number as the line shows it, such as 0215557788, or {WITHHELD}"
        )
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
CallerNumber = Annotated[str, AfterValidator(_number)]


class CallerRule(Part):
    """What is special about callers with certain numbers. The first rule that fits counts."""

    id: Identifier
    name: Name
    numbers: Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=500)]
    lines: Annotated[tuple[int, ...], Field(max_length=8)] = ()
    """Only for calls on these lines; none: on all."""
    destination: Destination | None = None
    """Where they begin. None: where the line leads everybody."""
    language: Language | None = None
    """None: the line's."""
    priority: int = Field(0, ge=0, le=10)
    """In queues they go before callers of a lower one (VIP)."""
    owner: ExtensionNumber | None = None
    """The agent they belong to, whom queues offer them first."""
    skills: Demand = Field(default_factory=dict)
    """What they ask of agents, beside what queues do."""


class Blocked(Part):
    """A number that somebody wants no calls from. In force once a supervisor has approved it, and
    until it expires."""

    number: CallerNumber
    reason: Annotated[str, Field(max_length=200)] = ""
    proposed_by: Annotated[str, Field(min_length=1, max_length=64)]
    proposed_at: AwareDatetime
    approved_by: Annotated[str, Field(max_length=64)] = ""
    """Empty: only proposed."""
    until: AwareDatetime | None = None
    """None: not before it is approved."""

    def is_in_force(self, at: datetime) -> bool:
        """Calls from this number are turned away at `at` (aware)."""
        return bool(self.approved_by) and self.until is not None and at < self.until


class Callers(Part):
    """Everything that depends on who calls."""

    rules: Annotated[tuple[CallerRule, ...], Field(max_length=200)] = ()
    blacklist: Annotated[tuple[Blocked, ...], Field(max_length=1000)] = ()
    blocked: Destination = HANG_UP
    """Where callers on the blacklist go; at the end of the call, a line is not even answered."""
    block_days: int = Field(45, ge=1, le=3650)
    """For how long an approval is good, if nothing else is said."""
