"""One agent: what they want, what they are doing, and whether their phone can be reached.

Pure. Three independent things, never mixed into one: `Presence` (the person's wish), `Work` (what
the queue has them doing, by `TABLE`) and two facts about the phone. The state people see is
derived from them by `shown`, so it cannot get stuck apart from them.

Tests: tests/firmware/acd/test_agent.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from firmware.records.messages import CallId


class Presence(Enum):
    """What the person wants."""

    OUT = "out"
    READY = "ready"
    PAUSED = "paused"


class Work(Enum):
    """What the queue has the agent doing."""

    FREE = "free"
    OFFERED = "offered"  # the phone rings for a queue call
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"

    __hash__ = object.__hash__  # members are single objects; Enum's own is slow, and asked often


class Step(Enum):
    """What can happen to the work."""

    OFFER = "offer"
    ANSWER = "answer"
    FAIL = "fail"  # refused, timed out, withdrawn
    PICK_UP = "pick_up"  # the agent takes a call that rings at somebody else
    END = "end"
    REST = "rest"  # wrap-up over
    RESUME = "resume"  # goes on with a wrap-up of before a restart

    __hash__ = object.__hash__


TABLE: Final[Mapping[tuple[Work, Step], Work]] = {
    (Work.FREE, Step.OFFER): Work.OFFERED,
    (Work.FREE, Step.PICK_UP): Work.ON_CALL,
    (Work.FREE, Step.RESUME): Work.WRAP_UP,
    (Work.OFFERED, Step.ANSWER): Work.ON_CALL,
    (Work.OFFERED, Step.FAIL): Work.FREE,
    (Work.ON_CALL, Step.END): Work.WRAP_UP,
    (Work.WRAP_UP, Step.REST): Work.FREE,
}


class UnexpectedStep(Exception):
    """A step the table does not have: a fault in the queue core."""

    def __init__(self, agent: str, work: Work, step: Step) -> None:
        super().__init__(f"agent {agent}: {step.name} is not possible while {work.name}")
        self.agent, self.work, self.step = agent, work, step


Wish: TypeAlias = tuple[Presence, str, str, float | None]
"""What a person wants: presence, reason of the pause, where they sit, when the pause ends."""


@dataclass(slots=True)
class Agent:
    """An agent as the queue core keeps them. Times in seconds of the core's clock."""

    extension: str
    presence: Presence = Presence.OUT
    reason: str = ""
    """Of the pause."""
    work: Work = Work.FREE
    is_reachable: bool = False
    is_phone_busy: bool = False
    is_undisturbed: bool = False
    """The person has "do not disturb" on: a wish of the phone's owner, set with or without queues,
    so it is neither a pause nor a log-out, and ends without touching those."""
    busy_with: str = ""
    """Kind of the call the phone is busy with, if it is known."""
    phone: str = ""
    """Extension whose phone rings for them: where they logged in. Empty: their own."""
    is_fixed: bool = False
    """Logged in by the configuration."""
    skills: Mapping[str, int] = field(default_factory=dict)
    call: CallId | None = None
    queue: str = ""
    deadline: float | None = None
    """End of the ringing or of the wrap-up."""
    rest_until: float = 0.0
    """No offer before: set after an unanswered offer, so that a refusing phone is not hammered,
    and for the buffer between calls."""
    back_at: float | None = None
    """End of a pause that began by itself."""
    unanswered: int = 0
    """Offers in a row that were not taken."""
    talk_from: float = 0.0
    wrap_up_from: float = 0.0
    idle_since: float = 0.0
    """End of the last queue call of any queue; log-in counts as one for who had none today."""
    has_talked: bool = False
    """Had a queue call today."""
    answered: int = 0
    """Queue calls answered since log-in today."""
    talk_s: float = 0.0
    """Talked on them, hold included."""
    since: float = 0.0
    """When the shown state began."""
    resumes: tuple[str, float] | None = None
    """State from before a restart, and since when: it has gone on if it is the first shown."""
    last_shown: tuple[str, str] = ("logged_out", "")
    last_wish: Wish = (Presence.OUT, "", "", None)
    last_unanswered: int = 0
    last_wrap_up: float | None = None
    """End of the wrap-up, as it was told."""
    counted: str = "logged_out"
    """State in which their queues count them."""

    def step(self, step: Step) -> None:
        """Advance `work` by the table; raise `UnexpectedStep` if it has no such row."""
        if (after := TABLE.get((self.work, step))) is None:
            raise UnexpectedStep(self.extension, self.work, step)
        self.work = after

    @property
    def shown(self) -> str:
        """The state for people: one of the states of firmware.api.schema.Agent."""
        if self.work is Work.ON_CALL:
            return "on_call"
        if self.work is Work.OFFERED:
            return "offered"
        if self.presence is Presence.OUT:
            return "logged_out"
        if self.work is Work.WRAP_UP:
            return "wrap_up"
        if self.presence is Presence.PAUSED:
            return "paused"
        if self.is_undisturbed:
            return "dnd"
        if not self.is_reachable:
            return "unreachable"
        return "busy" if self.is_phone_busy else "ready"

    @property
    def why(self) -> str:
        """What is to be said beside the shown state: reason of the pause, kind of the call."""
        return self._beside(self.shown)

    def _beside(self, shown: str) -> str:
        if shown == "paused":
            return self.reason
        return self.busy_with if shown == "busy" else ""

    @property
    def told(self) -> tuple[str, str]:
        """Both: the shown state, and what is said beside it."""
        shown = self.shown
        return shown, self._beside(shown)

    @property
    def wish(self) -> Wish:
        """What the person wants, to be remembered across a restart."""
        return self.presence, self.reason, self.phone, self.back_at

    @property
    def wrap_up_until(self) -> float | None:
        """End of the wrap-up; None: there is none."""
        return self.deadline if self.work is Work.WRAP_UP else None

    @property
    def rings_at(self) -> str:
        """Extension whose phone rings for them."""
        return self.phone or self.extension

    def is_available(self, now: float) -> bool:
        """Can be offered a call at `now`."""
        return self.shown == "ready" and now >= self.rest_until
