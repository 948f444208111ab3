"""What goes into the queue core and what comes out.

Pure. Times are seconds of one monotonic clock, given to `Acd.advance` beside the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from firmware.acd.agent import Presence
from firmware.config.schema import Destination, Queue
from firmware.records.messages import CallId


class Left(Enum):
    """Why a call left a queue without being joined and without the caller giving up."""

    TIMEOUT = "timeout"
    FULL = "full"
    EMPTY = "empty"  # nobody is logged in
    PAUSED = "paused"  # everybody who is logged in is paused or not to be disturbed
    UNREACHABLE = "unreachable"  # no phone of those logged in and not paused can be reached
    REMOVED = "removed"  # the office has this queue no more
    CLOSED = "closed"  # out of hours
    KEY = "key"  # the caller pressed the way out
    CALLBACK = "callback"  # the caller took the offer to be called back


# -- events ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Configured:
    """The office's queues, and people's names by extension. Calls and agents are kept."""

    queues: tuple[Queue, ...]
    names: dict[str, str]
    undisturbed: frozenset[str] = frozenset()
    """Extensions with "do not disturb" on."""
    skills: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Level of each skill, by extension and skill."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A call joins a queue."""

    call: CallId
    queue: str
    number: str = ""
    """The caller's, if it is known: who calls again is recognised by it."""
    priority: int = 0
    """Callers of a higher one go before all others of the queue."""
    skills: Mapping[str, int] = field(default_factory=dict)
    """Demanded beside those of the queue; the higher level counts."""
    owner: str = ""
    """Extension of whom the caller belongs to; empty: whoever they talked with last."""
    place: float | None = None
    """Since when the caller has the place: earlier than now for one who kept it (a callback).
    Waiting time is counted from now all the same."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """The caller leaves the queue by choice or by the hour, for `to`."""

    call: CallId
    reason: Left
    to: Destination


@dataclass(frozen=True, slots=True)
class ClosedNow:
    """These queues are closed at this hour, all others are open."""

    queues: frozenset[str]


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The caller hung up while waiting (or while a phone rang for them)."""

    call: CallId


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The agent wants calls."""

    agent: str
    phone: str = ""
    """Extension whose phone rings for them (hot desk); empty: their own."""


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The agent wants no calls any more today."""

    agent: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The agent wants no calls for a while."""

    agent: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Readied:
    """End of a pause or of the wrap-up, by the agent."""

    agent: str


@dataclass(frozen=True, slots=True)
class WrapUpExtended:
    """The agent needs longer for their notes."""

    agent: str


@dataclass(frozen=True, slots=True)
class WrapUpEnded:
    """The agent's notes are made; what they want next, a pause say, stays as it was."""

    agent: str


@dataclass(frozen=True, slots=True)
class Reachable:
    """The phone of an extension is registered and answers (or not)."""

    agent: str
    """The extension, whoever sits there."""
    is_reachable: bool


@dataclass(frozen=True, slots=True)
class PhoneBusy:
    """The phone of an extension is on a call that is not the queue's."""

    agent: str
    """The extension, whoever sits there."""
    is_busy: bool
    what: str = ""
    """Kind of call: `internal`, `outgoing`, `incoming`; empty if that is not known."""


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """The agent picked up."""

    call: CallId
    agent: str


@dataclass(frozen=True, slots=True)
class Confirming:
    """The agent picked up and hears what call it is; it is theirs once `OfferAnswered` follows."""

    call: CallId
    agent: str


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The agent's phone refused, failed or rang in vain."""

    call: CallId
    agent: str
    why: str


@dataclass(frozen=True, slots=True)
class PickedUp:
    """Somebody takes a waiting call from their own phone while it rings at an agent."""

    call: CallId
    by: str
    """Extension; an agent or not."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A joined call is over."""

    call: CallId


@dataclass(frozen=True, slots=True)
class DayBegan:
    """Midnight of the office: what is counted "today" begins at nought."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An agent as they were before the core began."""

    agent: str
    presence: Presence = Presence.OUT
    reason: str = ""
    phone: str = ""
    since: float | None = None
    """When that began."""
    back_at: float | None = None
    """End of a pause that began by itself."""
    answered: int = 0
    """Since log-in today."""
    talk_s: float = 0.0
    idle_since: float | None = None
    """End of the last queue call, or log-in; None: not known."""
    has_talked: bool = False
    """Today."""
    unanswered: int = 0
    """Offers in a row not taken."""
    wrap_up: WrapUp | None = None
    """That was not over."""


@dataclass(frozen=True, slots=True)
class Talked:
    """A caller talked with an agent until `at`."""

    number: str
    agent: str
    at: float


@dataclass(frozen=True, slots=True)
class PlaceLost:
    """A caller who held a place since `held_since` was gone at `at` without an answer."""

    queue: str
    number: str
    held_since: float
    at: float


@dataclass(frozen=True, slots=True)
class Handled:
    """A queue's call took an agent so long, wrap-up included, until `at`."""

    queue: str
    seconds: float
    at: float


@dataclass(frozen=True, slots=True)
class Told:
    """A caller who was told first that it would be `told_s` waited `waited_s` from then on."""

    queue: str
    told_s: float
    waited_s: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was before the core began, once at its start: everything in the order of its time, with
    times of the core's clock that lie before it."""

    agents: tuple[Earlier, ...] = ()
    talked: tuple[Talked, ...] = ()
    lost: tuple[PlaceLost, ...] = ()
    handled: tuple[Handled, ...] = ()
    last_offered: Mapping[str, str] = field(default_factory=dict)
    """By queue, who was offered its last call."""
    last_answered: Mapping[str, str] = field(default_factory=dict)
    """By queue, who had its last call."""
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: see `Acd.next_deadline`."""


Event = (
    Configured
    | Offered
    | Leaving
    | ClosedNow
    | Abandoned
    | LoggedIn
    | LoggedOut
    | Paused
    | Readied
    | WrapUpExtended
    | WrapUpEnded
    | Reachable
    | PhoneBusy
    | Confirming
    | OfferAnswered
    | OfferFailed
    | PickedUp
    | CallEnded
    | DayBegan
    | Resumed
    | Tick
)

# -- commands ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """Ring this agent for this call; others may ring for it already."""

    call: CallId
    agent: str
    queue: str
    why: str
    """Plain words: why this phone rings and why others do not."""
    phone: str = ""
    """Extension to ring: the agent's own, or where they sit today. Empty: the agent's own."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Stop ringing."""

    call: CallId
    agent: str
    why: str
    is_answered_elsewhere: bool = False
    """A phone told so does not list the call as missed."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A waiting call was picked up; the caller's side has the leg."""

    call: CallId
    by: str
    queue: str
    waited_s: float
    told: Told | None = None
    """How right the caller was told how long it would be; None: they were not."""


@dataclass(frozen=True, slots=True)
class Join:
    """Connect the caller and the agent."""

    call: CallId
    agent: str
    queue: str
    waited_s: float
    told: Told | None = None
    """As of `Taken`."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The agent answered, but there is no caller any more: release the agent's leg."""

    call: CallId
    agent: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The call leaves the queue for somewhere else."""

    call: CallId
    queue: str
    reason: Left
    to: Destination
    waited_s: float


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent's state, as shown, is another one now."""

    agent: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wished:
    """What an agent wants is another thing now, whatever they are doing meanwhile."""

    agent: str
    presence: Presence
    reason: str = ""
    phone: str = ""
    back_at: float | None = None
    """End of a pause that began by itself."""


@dataclass(frozen=True, slots=True)
class WrapUp:
    """An agent writes the notes of a call, until then: it began, or was made longer."""

    agent: str
    queue: str
    talk_from: float
    """When the call began."""
    began: float
    until: float


@dataclass(frozen=True, slots=True)
class NotTaken:
    """So many offers in a row an agent has not taken now; 0: that is over."""

    agent: str
    in_a_row: int


@dataclass(frozen=True, slots=True)
class Repaired:
    """An invariant did not hold and was put right; what it was, in words."""

    what: str


AboutAgent = AgentChanged | Wished | WrapUp | NotTaken
Command = Offer | Withdraw | Taken | Join | Drop | Leave | AboutAgent | Repaired
