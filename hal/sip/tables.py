"""SIP transactions as four tables: what each does in each state.

RFC 3261 clause 17 with RFC 6026 (Accepted). Two things are kept here that the standard leaves to
the user of a transaction, because each is a timer and a state like the others: repeating a 2xx
until its ACK comes (13.3.1.4: timer R, state ACCEPTED until ACKED), and holding a CANCEL back until
a provisional response allows it (9.1: states CANCEL_WANTED and CANCELLING, timer X).

Timers belong to states (`RUNNING`): they start on entry, stop on exit, and go on when the next
state has them too. Pure. Engine: transactions.py. Tests: tests/hal/sip/test_tables.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

T1_S: Final = 0.5
"""Round-trip estimate, RFC 3261 clause 17.1.1.1."""
T2_S: Final = 4.0
T4_S: Final = 5.0


class Kind(Enum):
    """Which of the four machines."""

    INVITE_CLIENT = "invite client"
    CLIENT = "client"
    INVITE_SERVER = "invite server"
    SERVER = "server"


class State(Enum):
    """Where a transaction stands (names of RFC 3261 and 6026, and three of ours)."""

    CALLING = "calling"  # INVITE sent, nothing heard
    CANCEL_WANTED = "cancel_wanted"  # as CALLING; CANCEL goes out with the first 1xx (9.1)
    CANCELLING = "cancelling"  # CANCEL sent, final response awaited
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"  # 2xx seen or sent; repeats of it are still expected (RFC 6026)
    ACKED = "acked"  # server: 2xx was acknowledged
    COMPLETED = "completed"
    CONFIRMED = "confirmed"  # server: failure was acknowledged
    TERMINATED = "terminated"


class Event(Enum):
    """Messages, wishes of the user, and timers by their letter."""

    PROVISIONAL = "1xx"  # received by a client, or sent by the user of a server
    SUCCESS = "2xx"
    FAILURE = "3xx-6xx"
    CANCEL = "cancel"  # client: the user wants the call stopped
    REQUEST = "request"  # server: the request again
    ACK = "ack"
    BROKEN = "broken"  # the transport cannot send
    A = "A"
    B = "B"
    D = "D"
    E = "E"
    E2 = "E2"
    F = "F"
    G = "G"
    H = "H"
    I = "I"  # noqa: E741 -- the letter RFC 3261 gives this timer
    J = "J"
    K = "K"
    L = "L"
    M = "M"
    R = "R"
    X = "X"


class Do(Enum):
    """What to do on the way."""

    SEND = "send"  # the request again, or the last response again
    PASS = "pass"  # give the message to the user
    ACK = "ack"  # acknowledge a failure
    CANCEL = "cancel"  # send the CANCEL now
    TIMED_OUT = "timed_out"  # tell the user: nobody answered, or never acknowledged
    BROKEN = "broken"  # tell the user: could not be sent


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the next state, and what to do on the way there."""

    to: State
    do: tuple[Do, ...] = ()


@dataclass(frozen=True, slots=True)
class Clockwork:
    """First run of a timer; each further run is twice as long, up to `longest_s`."""

    first_s: float
    reliable_s: float | None
    """First run on TCP; None: not needed there."""
    longest_s: float = 0.0


CLOCKWORK: Final[Mapping[Event, Clockwork]] = {
    Event.A: Clockwork(T1_S, None, 64 * T1_S),
    Event.B: Clockwork(64 * T1_S, 64 * T1_S),
    Event.D: Clockwork(32.0, 0.0),
    Event.E: Clockwork(T1_S, None, T2_S),
    Event.E2: Clockwork(T2_S, None, T2_S),  # timer E in PROCEEDING runs at T2 (17.1.2.2)
    Event.F: Clockwork(64 * T1_S, 64 * T1_S),
    Event.G: Clockwork(T1_S, None, T2_S),
    Event.H: Clockwork(64 * T1_S, 64 * T1_S),
    Event.I: Clockwork(T4_S, 0.0),
    Event.J: Clockwork(64 * T1_S, 0.0),
    Event.K: Clockwork(T4_S, 0.0),
    Event.L: Clockwork(64 * T1_S, 64 * T1_S),
    Event.M: Clockwork(64 * T1_S, 64 * T1_S),
    Event.R: Clockwork(T1_S, T1_S, T2_S),  # 2xx is repeated on TCP too (13.3.1.4)
    Event.X: Clockwork(64 * T1_S, 64 * T1_S),
}

RUNNING: Final[Mapping[tuple[Kind, State], tuple[Event, ...]]] = {
    (Kind.INVITE_CLIENT, State.CALLING): (Event.A, Event.B),
    (Kind.INVITE_CLIENT, State.CANCEL_WANTED): (Event.A, Event.B),
    (Kind.INVITE_CLIENT, State.CANCELLING): (Event.X,),
    (Kind.INVITE_CLIENT, State.ACCEPTED): (Event.M,),
    (Kind.INVITE_CLIENT, State.COMPLETED): (Event.D,),
    (Kind.CLIENT, State.TRYING): (Event.E, Event.F),
    (Kind.CLIENT, State.PROCEEDING): (Event.E2, Event.F),
    (Kind.CLIENT, State.COMPLETED): (Event.K,),
    (Kind.INVITE_SERVER, State.COMPLETED): (Event.G, Event.H),
    (Kind.INVITE_SERVER, State.CONFIRMED): (Event.I,),
    (Kind.INVITE_SERVER, State.ACCEPTED): (Event.R, Event.L),
    (Kind.INVITE_SERVER, State.ACKED): (Event.L,),
    (Kind.SERVER, State.COMPLETED): (Event.J,),
}

_END = State.TERMINATED
INVITE_CLIENT: Final[Mapping[tuple[State, Event], Rule]] = {
    (State.CALLING, Event.A): Rule(State.CALLING, (Do.SEND,)),
    (State.CALLING, Event.B): Rule(_END, (Do.TIMED_OUT,)),
    (State.CALLING, Event.BROKEN): Rule(_END, (Do.BROKEN,)),
    (State.CALLING, Event.PROVISIONAL): Rule(State.PROCEEDING, (Do.PASS,)),
    (State.CALLING, Event.SUCCESS): Rule(State.ACCEPTED, (Do.PASS,)),
    (State.CALLING, Event.FAILURE): Rule(State.COMPLETED, (Do.ACK, Do.PASS)),
    (State.CALLING, Event.CANCEL): Rule(State.CANCEL_WANTED),
    (State.CANCEL_WANTED, Event.A): Rule(State.CANCEL_WANTED, (Do.SEND,)),
    (State.CANCEL_WANTED, Event.B): Rule(_END, (Do.TIMED_OUT,)),
    (State.CANCEL_WANTED, Event.BROKEN): Rule(_END, (Do.BROKEN,)),
    (State.CANCEL_WANTED, Event.PROVISIONAL): Rule(State.CANCELLING, (Do.CANCEL, Do.PASS)),
    (State.CANCEL_WANTED, Event.SUCCESS): Rule(State.ACCEPTED, (Do.PASS,)),
    (State.CANCEL_WANTED, Event.FAILURE): Rule(State.COMPLETED, (Do.ACK, Do.PASS)),
    (State.PROCEEDING, Event.PROVISIONAL): Rule(State.PROCEEDING, (Do.PASS,)),
    (State.PROCEEDING, Event.SUCCESS): Rule(State.ACCEPTED, (Do.PASS,)),
    (State.PROCEEDING, Event.FAILURE): Rule(State.COMPLETED, (Do.ACK, Do.PASS)),
    (State.PROCEEDING, Event.CANCEL): Rule(State.CANCELLING, (Do.CANCEL,)),
    (State.CANCELLING, Event.PROVISIONAL): Rule(State.CANCELLING, (Do.PASS,)),
    (State.CANCELLING, Event.SUCCESS): Rule(State.ACCEPTED, (Do.PASS,)),
    (State.CANCELLING, Event.FAILURE): Rule(State.COMPLETED, (Do.ACK, Do.PASS)),
    (State.CANCELLING, Event.X): Rule(_END, (Do.TIMED_OUT,)),
    (State.ACCEPTED, Event.SUCCESS): Rule(State.ACCEPTED, (Do.PASS,)),
    (State.ACCEPTED, Event.M): Rule(_END),
    (State.COMPLETED, Event.FAILURE): Rule(State.COMPLETED, (Do.ACK,)),
    (State.COMPLETED, Event.D): Rule(_END),
}
CLIENT: Final[Mapping[tuple[State, Event], Rule]] = {
    (State.TRYING, Event.E): Rule(State.TRYING, (Do.SEND,)),
    (State.TRYING, Event.F): Rule(_END, (Do.TIMED_OUT,)),
    (State.TRYING, Event.BROKEN): Rule(_END, (Do.BROKEN,)),
    (State.TRYING, Event.PROVISIONAL): Rule(State.PROCEEDING, (Do.PASS,)),
    (State.TRYING, Event.SUCCESS): Rule(State.COMPLETED, (Do.PASS,)),
    (State.TRYING, Event.FAILURE): Rule(State.COMPLETED, (Do.PASS,)),
    (State.PROCEEDING, Event.E2): Rule(State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.F): Rule(_END, (Do.TIMED_OUT,)),
    (State.PROCEEDING, Event.BROKEN): Rule(_END, (Do.BROKEN,)),
    (State.PROCEEDING, Event.PROVISIONAL): Rule(State.PROCEEDING, (Do.PASS,)),
    (State.PROCEEDING, Event.SUCCESS): Rule(State.COMPLETED, (Do.PASS,)),
    (State.PROCEEDING, Event.FAILURE): Rule(State.COMPLETED, (Do.PASS,)),
    (State.COMPLETED, Event.K): Rule(_END),
}
INVITE_SERVER: Final[Mapping[tuple[State, Event], Rule]] = {
    (State.PROCEEDING, Event.PROVISIONAL): Rule(State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.REQUEST): Rule(State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.SUCCESS): Rule(State.ACCEPTED, (Do.SEND,)),
    (State.PROCEEDING, Event.FAILURE): Rule(State.COMPLETED, (Do.SEND,)),
    (State.PROCEEDING, Event.BROKEN): Rule(_END, (Do.BROKEN,)),
    (State.COMPLETED, Event.REQUEST): Rule(State.COMPLETED, (Do.SEND,)),
    (State.COMPLETED, Event.G): Rule(State.COMPLETED, (Do.SEND,)),
    (State.COMPLETED, Event.ACK): Rule(State.CONFIRMED),
    (State.COMPLETED, Event.H): Rule(_END),
    (State.COMPLETED, Event.BROKEN): Rule(_END),
    (State.CONFIRMED, Event.I): Rule(_END),
    (State.ACCEPTED, Event.REQUEST): Rule(State.ACCEPTED, (Do.SEND,)),
    (State.ACCEPTED, Event.R): Rule(State.ACCEPTED, (Do.SEND,)),
    (State.ACCEPTED, Event.ACK): Rule(State.ACKED, (Do.PASS,)),
    (State.ACCEPTED, Event.L): Rule(_END, (Do.TIMED_OUT,)),
    (State.ACCEPTED, Event.BROKEN): Rule(_END, (Do.BROKEN,)),
    (State.ACKED, Event.L): Rule(_END),
}
SERVER: Final[Mapping[tuple[State, Event], Rule]] = {
    (State.TRYING, Event.PROVISIONAL): Rule(State.PROCEEDING, (Do.SEND,)),
    (State.TRYING, Event.SUCCESS): Rule(State.COMPLETED, (Do.SEND,)),
    (State.TRYING, Event.FAILURE): Rule(State.COMPLETED, (Do.SEND,)),
    (State.PROCEEDING, Event.PROVISIONAL): Rule(State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.REQUEST): Rule(State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.SUCCESS): Rule(State.COMPLETED, (Do.SEND,)),
    (State.PROCEEDING, Event.FAILURE): Rule(State.COMPLETED, (Do.SEND,)),
    (State.PROCEEDING, Event.BROKEN): Rule(_END),
    (State.COMPLETED, Event.REQUEST): Rule(State.COMPLETED, (Do.SEND,)),
    (State.COMPLETED, Event.J): Rule(_END),
    (State.COMPLETED, Event.BROKEN): Rule(_END),
}
TABLES: Final[Mapping[Kind, Mapping[tuple[State, Event], Rule]]] = {
    Kind.INVITE_CLIENT: INVITE_CLIENT,
    Kind.CLIENT: CLIENT,
    Kind.INVITE_SERVER: INVITE_SERVER,
    Kind.SERVER: SERVER,
}
FIRST: Final[Mapping[Kind, State]] = {
    Kind.INVITE_CLIENT: State.CALLING,
    Kind.CLIENT: State.TRYING,
    Kind.INVITE_SERVER: State.PROCEEDING,
    Kind.SERVER: State.TRYING,
}


def advance(kind: Kind, state: State, event: Event) -> Rule | None:
    """The rule for `event` in `state`; None where the standard says to drop it (a provisional
    behind a final response, a repeated ACK, anything for a transaction that is over)."""
    return TABLES[kind].get((state, event))
