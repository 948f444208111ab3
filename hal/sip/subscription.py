"""One subscription, and the table of what it does when (RFC 6665 clause 4.2, notifier's side).

Only one NOTIFY is under way at a time, so that they cannot overtake each other, and after each
one the subscriber is left in peace for a moment (`Package.rest_s`); what changes meanwhile is
told afterwards, as it then is. Pure. All of them together: subscriptions.py.
Tests: tests/hal/sip/test_subscriptions.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from hal.sip import dialog_info, message_summary, pidf
from hal.sip.dialog import Dialog
from hal.sip.timers import Timer
from hal.sip.watch import Source, Talk


class Content(Protocol):
    """What a NOTIFY tells. Two that tell the same are equal."""

    def spell(self, uri: str, version: int) -> bytes:
        """The body: address of the entity, number of this body (RFC 4235 has one)."""
        ...


class State(Enum):
    """Where a subscription stands towards its subscriber."""

    TOLD = "told"  # knows everything
    SENDING = "sending"  # a NOTIFY is under way
    STALE = "stale"  # a NOTIFY is under way, and already outdated
    RESTING = "resting"  # knows everything; too soon to be told more
    DUE = "due"  # something is to be told after the rest
    OVER = "over"


class Event(Enum):
    """What can happen to one."""

    CHANGED = "changed"  # there is something new to tell
    REFRESHED = "refreshed"  # its SUBSCRIBE was accepted: tell at once (clause 4.2.1.2)
    ACCEPTED = "accepted"  # 2xx to a NOTIFY
    PUT_OFF = "put_off"  # refused with Retry-After
    REFUSED = "refused"  # refused otherwise, or not answered (clause 4.2.2)
    RESTED = "rested"
    ENDED = "ended"  # unsubscribed, expired, or nothing to watch any more
    GONE = "gone"  # the subscriber cannot be reached: nothing is sent


class Do(Enum):
    """What to do on the way."""

    NOTIFY = "notify"
    REST = "rest"  # start the timer that brings RESTED
    LAST = "last"  # the NOTIFY that says it is over
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the next state, and what to do on the way there."""

    to: State
    do: tuple[Do, ...] = ()


QUIET: Final = (State.RESTING, State.DUE)
"""The states in which the timer runs that brings RESTED."""
_OPEN: Final = tuple(state for state in State if state is not State.OVER)
_SEND: Final = Rule(State.SENDING, (Do.NOTIFY,))

TABLE: Final[Mapping[tuple[State, Event], Rule]] = {
    (State.TOLD, Event.CHANGED): _SEND,
    (State.TOLD, Event.REFRESHED): _SEND,
    (State.SENDING, Event.CHANGED): Rule(State.STALE),
    (State.SENDING, Event.REFRESHED): Rule(State.STALE),
    (State.SENDING, Event.ACCEPTED): Rule(State.RESTING, (Do.REST,)),
    (State.SENDING, Event.PUT_OFF): Rule(State.DUE, (Do.REST,)),
    (State.STALE, Event.ACCEPTED): Rule(State.DUE, (Do.REST,)),
    (State.STALE, Event.PUT_OFF): Rule(State.DUE, (Do.REST,)),
    (State.RESTING, Event.CHANGED): Rule(State.DUE),
    (State.RESTING, Event.REFRESHED): _SEND,
    (State.RESTING, Event.RESTED): Rule(State.TOLD),
    (State.DUE, Event.REFRESHED): _SEND,
    (State.DUE, Event.RESTED): _SEND,
    **{(state, Event.ENDED): Rule(State.OVER, (Do.LAST, Do.FORGET)) for state in _OPEN},
    **{(state, Event.REFUSED): Rule(State.OVER, (Do.FORGET,)) for state in _OPEN},
    **{(state, Event.GONE): Rule(State.OVER, (Do.FORGET,)) for state in _OPEN},
}
IGNORED: Final = frozenset(
    {
        (State.STALE, Event.CHANGED),
        (State.STALE, Event.REFRESHED),
        (State.DUE, Event.CHANGED),
        *((State.OVER, event) for event in Event),  # answers and timers of what is over
    }
)


class UnexpectedEvent(Exception):
    """An event the table does not have: a fault of ours."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"a subscription that is {state.name} does not expect {event.name}")
        self.state, self.event = state, event


def advance(state: State, event: Event) -> Rule:
    """The rule for `event` in `state`; `UnexpectedEvent` if there is none."""
    if (rule := TABLE.get((state, event))) is not None:
        return rule
    if (state, event) in IGNORED:
        return Rule(state)
    raise UnexpectedEvent(state, event)


@dataclass(frozen=True, slots=True)
class Package:
    """An event package: what is told in it, and how it is written."""

    name: str
    content_type: str
    rest_s: float
    """Least time between two NOTIFYs."""
    read: Callable[[Source, str, str, tuple[Talk, ...]], Content | None]
    """From the source: entity, watcher, talks of the entity's phones."""


def _dialogs(source: Source, entity: str, watcher: str, talks: tuple[Talk, ...]) -> Content | None:
    status = source.status(entity, watcher, talks)
    return None if status is None else dialog_info.DialogInfo(status.talks)


def _presence(source: Source, entity: str, watcher: str, talks: tuple[Talk, ...]) -> Content | None:
    status = source.status(entity, watcher, talks)
    return None if status is None else pidf.Presence.of(status)


def _messages(source: Source, entity: str, watcher: str, talks: tuple[Talk, ...]) -> Content | None:
    messages = source.messages(entity, watcher)
    return None if messages is None else message_summary.Summary(messages)


# The rests are those of RFC 4235 clause 3.10, RFC 3842 clause 3.10 and RFC 3856 clause 6.10.
PACKAGES: Final[Mapping[str, Package]] = {
    package.name: package
    for package in (
        Package("dialog", dialog_info.TYPE, 1.0, _dialogs),
        Package("message-summary", message_summary.TYPE, 1.0, _messages),
        Package("presence", pidf.TYPE, 5.0, _presence),
    )
}


@dataclass(slots=True)
class Subscription:
    """One subscriber, told of one entity in one package."""

    dialog: Dialog
    package: Package
    event_id: str
    """Of the Event header, to be repeated in every NOTIFY (RFC 6665 clause 8.2.1)."""
    entity: str
    uri: str
    """The entity's address as the subscriber wrote it."""
    watcher: str
    """The extension that subscribed."""
    expires_at: float
    state: State = State.TOLD
    reason: str = ""
    """Why it ended: of clause 4.1.3."""
    told: Content | None = None
    """What went out last."""
    version: int = 0
    rest_s: float = 0.0
    rest: Timer | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Call-ID and our tag."""
        return self.dialog.call_id, self.dialog.local.tag

    @property
    def event(self) -> tuple[str, str]:
        """Its Event header."""
        more = f";id={self.event_id}" if self.event_id else ""
        return "Event", self.package.name + more
