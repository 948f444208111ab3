"""Leg: one party's connection, whatever carries it (analog line, B-channel, SIP phone, browser).

Pure: no I/O, no clock. A carrier (hal.lines, hal.sip, ...) makes legs and feeds them; the call
layer (firmware.call) gives commands and reads events. `TABLE` is the one place that says which
state follows which; carriers keep their own finer protocol state beside it (an analog line's
ring cadence, a SIP dialog) and map it here. Release causes are ITU-T Q.850 numbers everywhere;
each carrier maps its own.

Tests: tests/hal/test_leg.py; every carrier passes tests/hal/leg_contract.py as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from itertools import count
from typing import Final, NewType, Protocol

LegId = NewType("LegId", str)
"""Unique for the life of the process: carrier prefix and a number, e.g. `line1-17`, `sip-42`."""
PortId = NewType("PortId", int)
"""A port of the switch (hal.switch)."""


class Kind(Enum):
    """What carries the leg. For display and records only: never branch call logic on it."""

    LINE = "line"
    PHONE = "phone"


class Direction(Enum):
    """Seen from the box."""

    INCOMING = "incoming"  # the party called us: a ringing line, an INVITE from a phone
    OUTGOING = "outgoing"  # we called the party


class State(Enum):
    """Where a leg stands. See TABLE for the moves."""

    NEW = "new"  # made, nothing sent or received yet
    OFFERED = "offered"  # incoming, waiting for us to answer (line rings, INVITE received)
    ALERTED = "alerted"  # incoming, we told the party that somebody is being called (180)
    CALLING = "calling"  # outgoing, sent, nothing heard yet
    RINGING = "ringing"  # outgoing, the far end is alerting its user
    ANSWERED = "answered"  # two-way audio
    HELD = "held"  # the party put us on hold, or we the party
    RELEASED = "released"  # over; final


class Move(Enum):
    """What can happen to a leg."""

    OFFER = "offer"
    ALERT = "alert"
    CALL = "call"
    PROGRESS = "progress"
    ANSWER = "answer"
    HOLD = "hold"
    RESUME = "resume"
    RELEASE = "release"


TABLE: Final[Mapping[tuple[State, Move], State]] = {
    (State.NEW, Move.OFFER): State.OFFERED,
    (State.NEW, Move.CALL): State.CALLING,
    (State.NEW, Move.RELEASE): State.RELEASED,
    (State.OFFERED, Move.ALERT): State.ALERTED,
    (State.OFFERED, Move.ANSWER): State.ANSWERED,
    (State.OFFERED, Move.RELEASE): State.RELEASED,
    (State.ALERTED, Move.ANSWER): State.ANSWERED,
    (State.ALERTED, Move.RELEASE): State.RELEASED,
    (State.CALLING, Move.PROGRESS): State.RINGING,
    (State.CALLING, Move.ANSWER): State.ANSWERED,
    (State.CALLING, Move.RELEASE): State.RELEASED,
    (State.RINGING, Move.ANSWER): State.ANSWERED,
    (State.RINGING, Move.RELEASE): State.RELEASED,
    (State.ANSWERED, Move.HOLD): State.HELD,
    (State.ANSWERED, Move.RELEASE): State.RELEASED,
    (State.HELD, Move.RESUME): State.ANSWERED,
    (State.HELD, Move.RELEASE): State.RELEASED,
}
IGNORED: Final[frozenset[tuple[State, Move]]] = frozenset(
    {
        (State.ALERTED, Move.ALERT),  # several queues may each say "we are trying"
        (State.RINGING, Move.PROGRESS),  # 180 is repeated by many phones
        (State.ANSWERED, Move.PROGRESS),  # a late 180 behind the 200
        (State.ANSWERED, Move.RESUME),
        (State.HELD, Move.HOLD),
        (State.RELEASED, Move.RELEASE),  # both ends hang up at once
    }
)


class UnexpectedMove(Exception):
    """A move the table does not allow: our mistake or the carrier's, never the caller's."""

    def __init__(self, leg: str, state: State, move: Move) -> None:
        super().__init__(f"leg {leg}: {move.name} is not possible in state {state.name}")
        self.leg, self.state, self.move = leg, state, move


def advance(state: State, move: Move, leg: str = "?") -> State:
    """Return the state after `move`; raise `UnexpectedMove` if the table has no such row."""
    if (after := TABLE.get((state, move))) is not None:
        return after
    if (state, move) in IGNORED:
        return state
    raise UnexpectedMove(leg, state, move)


class Cause(IntEnum):
    """Why a leg ended: ITU-T Q.850 (05/2018) Table 1, the values this box uses."""

    UNALLOCATED = 1
    NORMAL = 16
    USER_BUSY = 17
    NO_USER_RESPONSE = 18
    NO_ANSWER = 19
    SUBSCRIBER_ABSENT = 20
    REJECTED = 21
    ANSWERED_ELSEWHERE = 26  # Q.850 "non-selected user clearing"
    DESTINATION_OUT_OF_ORDER = 27
    INVALID_NUMBER = 28
    NORMAL_UNSPECIFIED = 31
    NO_CIRCUIT = 34
    NETWORK_OUT_OF_ORDER = 38
    TEMPORARY_FAILURE = 41
    CONGESTION = 42
    NOT_IMPLEMENTED = 79
    TIMER_EXPIRED = 102
    INTERWORKING = 127


class HangupBy(Enum):
    """Who ended it."""

    PARTY = "party"  # the far party hung up or refused
    BOX = "box"  # we released it
    FAULT = "fault"  # the carrier failed (line cut, HAT gone, phone unreachable)


@dataclass(frozen=True, slots=True)
class Party:
    """Who is at the end of a leg."""

    number: str = ""
    """As received: national digits, `+` form, or an extension. Empty if unknown."""
    name: str = ""
    why_unknown: str = ""
    """Plain words when `number` is empty: "withheld by caller", "no caller ID before ring 2"."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The far end of an outgoing leg is alerting. `early_media`: its own tones are audible."""

    early_media: bool = False
    is_answer_guessed: bool = False
    """When it is answered can only be told by listening (an analog line without reversal): who
    calls must be able to speak and dial into it already."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An outgoing leg was answered."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Caller identity learned or completed after the offer (caller ID between rings)."""

    caller: Party


@dataclass(frozen=True, slots=True)
class Digit:
    """A dialled digit from the party, each press once whatever way it came."""

    digit: str
    """One of 0-9 * # A-D."""
    how: str
    """`inband` (DTMF in audio), `rfc4733`, `info`."""


@dataclass(frozen=True, slots=True)
class Held:
    """The party put us on hold (`True`) or took us back (`False`)."""

    is_held: bool


@dataclass(frozen=True, slots=True)
class Released:
    """The leg is over; nothing follows. Comes exactly once, also after our own release()."""

    cause: Cause
    by: HangupBy
    why: str = ""
    """Plain words for the timeline: "busy tone for 2 cycles", "BYE", "loop current gone"."""
    redirect: str = ""
    """Number the party asked the call to be sent to instead (a phone's own forwarding)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong with the carrier but the leg lives (HAT resync, one-way audio)."""

    what: str


class TransferState(Enum):
    """How far a transfer is that a party asked for."""

    TRYING = "trying"
    RINGING = "ringing"
    DONE = "done"  # the two others are joined; whoever asked may go
    FAILED = "failed"  # as before: whoever asked still has the other party


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """The party asks that its other party be connected with somebody else instead of itself.

    Answered by `Leg.report_transfer`, once with DONE or FAILED at the end. `with_leg` is for
    an attended transfer: the party's other leg in this box (not this one), whose far party is
    to be joined with the far party of this one; `to` is then only for display.
    """

    to: str
    """Number as dialled by that party."""
    with_leg: LegId | None = None


LegEvent = Progress | Answered | Identified | Digit | Held | TransferAsked | Released | Fault


class Leg(Protocol):
    """What the call layer sees of any connection.

    Commands never block and never raise for what the far end did: the outcome is an event.
    They raise `UnexpectedMove` when called in a state that has no such move. Events go to
    `listener`, called on the event loop, in order; a carrier keeps events until a listener is
    set. The carrier owns `port` and closes it after `Released` was delivered.
    """

    id: LegId
    kind: Kind
    direction: Direction
    caller: Party
    called: Party
    port: PortId | None
    """Switch port; None until there is audio (an outgoing SIP leg has one from the start)."""
    replaces: LegId | None
    """Incoming only: the leg this one is to stand in for, by the wish of who calls (RFC 3891: a
    call picked up by a busy-lamp key, a transfer the phones made out among themselves)."""
    listener: Callable[[LegEvent], None] | None

    @property
    def state(self) -> State: ...
    @property
    def address(self) -> str:
        """Which one it is, for people: `line 1`, `extension 201`."""
        ...

    def alert(self) -> None: ...
    def progress(self) -> bool:
        """Incoming, before the answer: let the party hear what its port is given, such as the
        network's own tones, without answering it. False, and nothing done, where it could not hear
        them before we answer."""
        ...

    def answer(self) -> None: ...
    def hold(self) -> None: ...
    def resume(self) -> None: ...
    def send_digits(self, digits: str) -> None: ...
    def flash(self) -> None: ...
    def release(self, cause: Cause = Cause.NORMAL) -> None: ...
    def match(self, other: Leg) -> None:
        """These two will talk: speak the codec of `other` where both can, the best of those.

        Before our answer it decides what we answer with; later it renegotiates if that gains
        something. No effect for what has one codec only, or on a released leg."""
        ...

    def report_transfer(self, state: TransferState, cause: Cause = Cause.NORMAL) -> None:
        """Tell the party how the transfer goes that it asked for by `TransferAsked`. No effect
        where nobody waits for it."""
        ...

    def identify(self, other: Party) -> None:
        """The party at the other side is now this one: show it (after a transfer or pick-up)."""
        ...

    def quality(self) -> Quality | None:
        """How the audio is or, once released, was; None if there was none to judge."""
        ...


@dataclass(frozen=True, slots=True)
class Quality:
    """One leg's audio as measured. Percentages of packets, milliseconds, dBm0."""

    codec: str
    """`PCMA`, `PCMU`, `G722`, `opus`, `TDM`."""
    is_encrypted: bool
    packets_in: int
    packets_out: int
    loss_percent: float
    """What we missed of what the party sent."""
    jitter_ms: float
    far_loss_percent: float | None
    """What the party missed of what we sent, by its own reports (RFC 3550 clause 6.4); None if
    it sends none."""
    far_jitter_ms: float | None
    round_trip_ms: float | None
    level_dbm0: float
    mos: float
    """Estimate of how good it sounds to the listener, 1 to 4.5 (ITU-T G.107), the worse way."""


@dataclass(slots=True)
class LegCore:
    """The part every carrier shares: identity, state by TABLE, and event delivery.

    Carriers inherit from it; `_move` is the only place a state changes.
    """

    id: LegId
    kind: Kind
    direction: Direction
    caller: Party = field(default_factory=Party)
    called: Party = field(default_factory=Party)
    port: PortId | None = None
    replaces: LegId | None = None
    _state: State = State.NEW
    _listener: Callable[[LegEvent], None] | None = None
    _waiting: list[LegEvent] = field(default_factory=list)

    @property
    def state(self) -> State:
        return self._state

    @property
    def listener(self) -> Callable[[LegEvent], None] | None:
        return self._listener

    @listener.setter
    def listener(self, to: Callable[[LegEvent], None] | None) -> None:
        self._listener = to
        while to is not None and self._waiting:
            to(self._waiting.pop(0))

    def progress(self) -> bool:
        """Nothing can be heard before the answer."""
        return False

    def match(self, other: Leg) -> None:
        """One codec only: nothing to choose."""

    def report_transfer(self, state: TransferState, cause: Cause = Cause.NORMAL) -> None:
        """Nobody asked."""

    def identify(self, other: Party) -> None:
        """No display to show it on."""

    def quality(self) -> Quality | None:
        """Not measured."""
        return None

    def _move(self, move: Move) -> bool:
        """Advance by the table; True if the state changed."""
        before = self._state
        self._state = advance(before, move, self.id)
        return self._state is not before

    def _emit(self, event: LegEvent) -> None:
        if self._listener is None:
            self._waiting.append(event)
        else:
            self._listener(event)


_numbers = count(1)


def next_leg_id(prefix: str) -> LegId:
    """A fresh leg id such as `sip-12`."""
    return LegId(f"{prefix}-{next(_numbers)}")
