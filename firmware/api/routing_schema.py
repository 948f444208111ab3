"""Opening hours, the blacklist and the way of a call, as the control API speaks of them.

Pure. What is set up for good (hours, rules for numbers) is part of the configuration; here is what
it means at a moment, and what is switched or listed from day to day.

    GET  /schedules                       [ScheduleNow]
    POST /schedules/{id}/switch           SwitchOrder -> ScheduleNow
    GET  /holidays                        [Holiday]
    POST /path                            PathAsked -> PathNow
    GET  /blacklist                       [BlockedNow]
    POST /blacklist                       BlockProposal -> 204
    POST /blacklist/{caller}/approve      BlockApproval -> 204
    POST /blacklist/{caller}/remove       Who -> 204
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from firmware.api.schema import Holiday as Holiday
from firmware.api.schema import View
from firmware.config.callers import CallerNumber


class ScheduleNow(View):
    """Whether a schedule is open at this moment, and why."""

    id: str
    name: str
    is_open: bool
    words: str
    """`Tuesday 08:00 to 17:00`, `closed: Heritage Day`, `closed by hand (Anna)`."""
    is_by_hand: bool
    until: datetime | None = None
    """When that changes; None: not within a year, or not before it is switched back."""
    code: str
    """What to dial to switch it."""


class SwitchOrder(View):
    """Open or close by hand, or let the hours decide again."""

    who: str = Field(min_length=1, max_length=64)
    to: Literal["open", "closed", "hours"]
    until: AwareDatetime | None = None
    """When the hours decide again by themselves; None: when somebody says so."""


class PathAsked(View):
    """A call that could be made."""

    number: str = Field("", max_length=24, pattern=r"^\+?[0-9]*$")
    """As the line shows it; empty: withheld."""
    line: int = Field(ge=1, le=8)
    at: datetime | None = None
    """Without an offset: by the office's clock. None: now."""
    keys: str = Field("", max_length=64, pattern=r"^[0-9*#]*$")
    """What the caller presses; after the last they do nothing."""


class PathStep(View):
    """place: `line`, `schedule`, `menu`, `question`, `directory`, `queue`, `extension`, `outside`,
    `message`, `voicemail` or `end`."""

    place: str
    id: str
    words: str


class PathNow(View):
    """What happens to it."""

    steps: list[PathStep]
    language: str
    priority: int
    owner: str
    rule: str
    """The rule for numbers that fits; empty: none."""
    is_blocked: bool
    skills: dict[str, int] = Field(default_factory=dict)
    """Demanded at first of who takes the call, by the queue it comes to; empty: nothing."""


class BlockedNow(View):
    """A number on the blacklist. state: `proposed`, `in_force` or `expired`."""

    number: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str
    until: datetime | None
    state: Literal["proposed", "in_force", "expired"]


class BlockProposal(View):
    """A number that somebody wants no calls from."""

    who: str = Field(min_length=1, max_length=64)
    number: CallerNumber
    reason: str = Field("", max_length=200)


class BlockApproval(View):
    """By an account with the role supervisor or owner."""

    who: str = Field(min_length=1, max_length=64)
    days: int | None = Field(None, ge=1, le=3650)
    """None: as long as is usual in the office."""
