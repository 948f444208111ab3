"""What every call is worked with: the office, the carriers, the switch, the records, the story.

Also what becomes of a party that was rung in vain, for who decides where the call goes instead.
Pure but for the event loop it hands on. Used by visit_task.py and attend_task.py, tested with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from firmware.call.audio import Audio
from firmware.call.call import Call
from firmware.call.story import Story
from firmware.call.tape_task import Tapes
from firmware.config.schema import Destination, Extension, Office, Queue
from firmware.ivr.mailboxes_task import Mailboxes
from firmware.ivr.waiting_task import CallbackOffer
from firmware.records.messages import CallRow
from firmware.route.day_night_task import DayNight
from firmware.route.decide import named
from firmware.route.dispositions_task import Dispositions
from hal.leg import Cause, Direction, Kind, Leg, Party


class PhoneCarrier(Protocol):
    """What is needed of hal.sip."""

    def dial(
        self,
        extension: str,
        caller: Party,
        *,
        like: Leg | None = None,
        is_auto_answer: bool = False,
    ) -> Leg: ...


class LineCarrier(Protocol):
    """What is needed of hal.lines."""

    def dial(self, line: int, digits: str, caller: Party) -> Leg: ...
    def free_lines(self) -> list[int]: ...


class CallbackDesk(Protocol):
    """Who waits may be called back instead (callback_task.CallingBack)."""

    def offer(self, call: Call, queue: Queue) -> CallbackOffer | None: ...
    def place_of(self, number: str, queue: str) -> float | None: ...


class Failure(Enum):
    """Why a party that was rung did not take the call, as forwarding tells them apart."""

    BUSY = "busy"  # or refused by its user
    NO_ANSWER = "no answer"
    UNREACHABLE = "cannot be reached"


_FAILURES: Final[Mapping[Cause, Failure]] = {
    Cause.USER_BUSY: Failure.BUSY,
    Cause.REJECTED: Failure.BUSY,
    Cause.NO_ANSWER: Failure.NO_ANSWER,
    Cause.NO_USER_RESPONSE: Failure.NO_ANSWER,
    Cause.TIMER_EXPIRED: Failure.NO_ANSWER,
}


@dataclass(frozen=True, slots=True)
class Unreached:
    """A party that was rung and did not take the call."""

    number: str
    cause: Cause
    why: str
    redirect: str = ""
    """Where its phone asks the call to be sent instead."""

    @property
    def failure(self) -> Failure:
        return _FAILURES.get(self.cause, Failure.UNREACHABLE)


Otherwise = Callable[[Unreached], bool]
"""Decides where a call goes when who was rung does not take it: leads the visit on and says True,
or says False when there is no other place."""


@dataclass(slots=True)
class Desk:
    """What every visit works with. `office` is replaced when the configuration changes."""

    office: Office
    audio: Audio
    tapes: Tapes
    story: Story
    phones: PhoneCarrier
    lines: LineCarrier
    loop: asyncio.AbstractEventLoop
    keep: Callable[[CallRow], None]
    """Writes the row of an ended call."""
    mailboxes: Mailboxes | None = None
    """None: a box without voice messages."""
    days: DayNight | None = None
    """None: made by the attendant."""
    callbacks: CallbackDesk | None = None
    """None: likewise."""
    dispositions: Dispositions | None = None
    """None: likewise."""
    reserved_lines: frozenset[int] = frozenset()
    """Kept for callbacks, should they become free: all of them were taken."""

    def outgoing_lines(self) -> list[int]:
        """Free lines that may be dialled on, without those kept for callbacks, ascending."""
        allowed = {x.number for x in self.office.lines if x.may_dial_out and x.is_enabled}
        return [x for x in self.lines.free_lines() if x in allowed - self.reserved_lines]

    def name_of(self, to: Destination) -> str:
        """A destination as people call it."""
        return named(self.office, to)

    def person(self, extension: str) -> Extension | None:
        """The person of an extension."""
        return next((e for e in self.office.extensions if e.number == extension), None)

    def known(self, number: str) -> Party:
        """A number with the name that goes with it, if it is of the office."""
        person = self.person(number)
        return Party(number, person.name if person is not None else "")


def extension_of(leg: Leg | None) -> str:
    """Whose phone this is; empty for a party outside."""
    if leg is None or leg.kind is not Kind.PHONE:
        return ""
    return leg.caller.number if leg.direction is Direction.INCOMING else leg.called.number
