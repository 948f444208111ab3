"""One call from its first ring to its last word: its stage, its facts, and the row that is kept.

Pure: times are given. Who hears whom is in `audio.py`, where the call goes next in
firmware.route; this is what is true about the call.

Tests: tests/firmware/call/test_call.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from itertools import count
from typing import Final

from firmware.records.messages import CallId, CallRow, Outcome
from hal.leg import Cause, HangupBy, Leg, Party, Released


class Stage(Enum):
    """What is going on, as the live page and the timeline call it."""

    RINGING = "ringing"  # offered to the box, not answered
    MENU = "menu"
    MESSAGE = "message"
    WAITING = "waiting"
    OFFERING = "offering"  # waiting, and an agent's phone rings
    DIALLING = "dialling"  # another party is being called
    TALKING = "talking"
    HELD = "held"
    CONFERENCE = "conference"  # three talk
    TRANSFERRING = "transferring"  # waits while somebody else is called, or asked, for it
    PARKED = "parked"  # nobody has it: anyone of the office may take it back
    SURVEY = "survey"  # the person hung up, the caller is asked how it was
    ENDED = "ended"


_UNDER_WAY: Final = frozenset(
    {
        Stage.RINGING,
        Stage.MENU,
        Stage.MESSAGE,
        Stage.WAITING,
        Stage.OFFERING,
        Stage.DIALLING,
        Stage.PARKED,
    }
)
_NOT_HELD: Final = frozenset({Stage.TALKING, Stage.CONFERENCE, Stage.SURVEY})
_JOINED: Final = frozenset({Stage.TALKING, Stage.HELD, Stage.CONFERENCE})
_HANDED_ON: Final = frozenset({Stage.TRANSFERRING, Stage.PARKED, Stage.ENDED})
FOLLOWS: Final[Mapping[Stage, frozenset[Stage]]] = {
    **{stage: frozenset(Stage) - {Stage.RINGING, Stage.HELD} for stage in _UNDER_WAY},
    **dict.fromkeys(_JOINED, _JOINED | _HANDED_ON | {Stage.SURVEY}),
    Stage.TRANSFERRING: frozenset(Stage) - {Stage.RINGING},
    Stage.SURVEY: frozenset({Stage.ENDED}),
    Stage.ENDED: frozenset(),
}
"""Which stages may follow which. The same stage again is no change."""


class UnexpectedStage(Exception):
    """A change of stage that FOLLOWS does not have: a fault of ours."""

    def __init__(self, call: str, now: Stage, to: Stage) -> None:
        super().__init__(f"call {call}: {to.value} cannot follow {now.value}")


def new_call_id(at: datetime) -> CallId:
    """A call id for a call that begins at `at` (UTC). The last part counts, from anywhere: drawn
    anew for each call it would be the same for two of a hundred calls in one second."""
    return CallId(f"{at:%Y%m%d-%H%M%S}-{next(_numbers) & 0xFFFF:04x}")


_numbers = count(secrets.randbelow(0x10000))


@dataclass(slots=True)
class Call:
    """A call in progress. `began` and other plain times: seconds of the monotonic clock."""

    id: CallId
    direction: str
    caller: Leg
    started_at: datetime
    began: float
    line: int | None = None
    language: str = "en"
    stage: Stage = Stage.RINGING
    since: float = 0.0
    """When the stage began."""
    party: Party = field(default_factory=Party)
    """The caller, as known now."""
    called: str = ""
    digits: str = ""
    queue: str = ""
    agent: str = ""
    agent_name: str = ""
    other: Leg | None = None
    """The leg the caller is joined with, or that is being dialled."""
    third: Leg | None = None
    """A person of the office beside these two: of a conference, or waiting for a transfer."""
    answered_at: datetime | None = None
    queued_at: datetime | None = None
    queued: float | None = None
    joined_at: datetime | None = None
    joined: float | None = None
    overflowed: bool = False
    waited_s: float = 0.0
    held_s: float = 0.0
    recording: str = ""
    is_served: bool = False
    """The box itself was called and spoke: a code, an announcement."""
    priority: int = 0
    """In queues, before callers of a lower one."""
    owner: str = ""
    """Extension of the agent the caller belongs to."""
    asks: dict[str, Mapping[str, int]] = field(default_factory=dict)
    """Skills and levels that the caller asks of agents, by where that was asked for."""
    is_callback: bool = False
    """The office called: the caller had left a queue to be called back."""
    place: float | None = None
    """Since when they have the place in the queue that they are led to; None: from then on."""
    collected: dict[str, str] = field(default_factory=dict)
    """What the caller was asked for and entered, by its name."""
    is_not_recorded: bool = False
    """The caller objected."""
    talk_over: float | None = None
    """When the person hung up, of a call that went on without them."""

    def enter(self, stage: Stage, now: float) -> None:
        """Go to `stage`; raise `UnexpectedStage` if it cannot follow."""
        if stage is self.stage:
            return
        if stage not in FOLLOWS[self.stage]:
            raise UnexpectedStage(self.id, self.stage, stage)
        if self.joined is not None and self.stage not in _NOT_HELD:
            self.held_s += now - self.since
        self.stage, self.since = stage, now

    def at(self, now: float) -> datetime:
        """Wall-clock time of a monotonic time, from the call's own start: steps of the wall
        clock during the call do not stretch it."""
        return datetime.fromtimestamp(self.started_at.timestamp() + now - self.began, UTC)

    def answer(self, now: float) -> None:
        """The box answered the caller."""
        self.answered_at = self.answered_at or self.at(now)

    @property
    def shown(self) -> Party:
        """The caller as the display of who takes the call shows them: with what they entered, and
        that they were called back."""
        party = self.party
        before = ["Callback"] if self.is_callback else []
        words = " ".join([*before, party.name or party.number, *self.collected.values()])
        is_more = self.collected or self.is_callback
        return Party(party.number, words, party.why_unknown) if is_more else party

    def queue_up(self, queue: str, now: float) -> None:
        """The caller joins a queue. The row is about the queue that first got the caller to a
        person: one to which the call is transferred later is told by the timeline only."""
        self.enter(Stage.WAITING, now)
        if self.joined is None:
            self.queue, self.queued_at, self.queued = queue, self.at(now), now

    def unqueue(self, now: float) -> None:
        """The waiting is over, by whatever way."""
        if self.queued is not None:
            self.waited_s += now - self.queued
            self.queued = None

    def join(self, agent: str, name: str, now: float) -> None:
        """The caller and a person hear each other."""
        self.unqueue(now)
        self.enter(Stage.TALKING, now)
        self.agent, self.agent_name = agent, name
        if self.joined is None:
            self.joined, self.joined_at = now, self.at(now)

    def talked(self, now: float) -> None:
        """The person hung up; the caller is asked how it was."""
        self.enter(Stage.SURVEY, now)
        self.talk_over = now

    def end(self, by: str, released: Released, now: float) -> CallRow:
        """The call is over: the row to keep. `by`: caller, agent, called, box, fault, or
        transfer: its parties were joined with those of another call."""
        was = self.stage
        over = now if self.talk_over is None else self.talk_over
        self.unqueue(now)
        self.enter(Stage.ENDED, now)
        return CallRow(
            id=self.id,
            started_at=self.started_at,
            direction=self.direction,
            outcome=self._outcome(was, by, released.cause),
            ended_at=self.at(now),
            ended_by=by,
            cause=int(released.cause),
            line=self.line,
            caller_number=self.party.number,
            caller_name=self.party.name,
            caller_why_unknown=self.party.why_unknown,
            called=self.called,
            digits=self.digits,
            queue=self.queue,
            agent=self.agent,
            agent_name=self.agent_name,
            answered_at=self.answered_at,
            queued_at=self.queued_at,
            joined_at=self.joined_at,
            wait_s=round(self.waited_s, 3),
            talk_s=round(0.0 if self.joined is None else over - self.joined - self.held_s, 3),
            hold_s=round(self.held_s, 3),
            total_s=round(now - self.began, 3),
            recording=self.recording,
        )

    def _outcome(self, was: Stage, by: str, cause: Cause) -> Outcome:
        if self.joined is not None or (self.is_served and by != "fault"):
            return Outcome.ANSWERED
        if by == "fault":
            return Outcome.FAILED
        if self.direction == "incoming":
            return self._unanswered(was)
        if by == "caller":
            return Outcome.NO_ANSWER
        return _REFUSED.get(cause, Outcome.FAILED)

    def _unanswered(self, was: Stage) -> Outcome:
        if was in (Stage.WAITING, Stage.OFFERING):
            return Outcome.ABANDONED
        if self.overflowed:
            return Outcome.OVERFLOWED
        if was is Stage.DIALLING:
            return Outcome.ABANDONED if self.answered_at else Outcome.MISSED
        return Outcome.MISSED if was is Stage.RINGING else Outcome.IN_MENU


_REFUSED: Final[Mapping[Cause, Outcome]] = {
    Cause.USER_BUSY: Outcome.BUSY,
    Cause.REJECTED: Outcome.BUSY,
    Cause.NO_CIRCUIT: Outcome.BUSY,
    Cause.NO_ANSWER: Outcome.NO_ANSWER,
    Cause.NO_USER_RESPONSE: Outcome.NO_ANSWER,
    Cause.SUBSCRIBER_ABSENT: Outcome.NO_ANSWER,
    Cause.NORMAL: Outcome.NO_ANSWER,
}


def who_hung_up(released: Released, role: str) -> str:
    """`role` (caller, agent, called) if that party hung up, else box or fault."""
    return {
        HangupBy.PARTY: role,
        HangupBy.BOX: "box",
        HangupBy.FAULT: "fault",
    }[released.by]
