"""Analog line (FXO): what it can do, as one table.

The state also says what the line is made to do: OFF_HOOK, TIMERS, and HEARING below are looked up
by the state that was reached, so that no row can forget to hang up, stop a timer or remove a
receiver. Commands are what happens on the way.

The loop states are those the line board measures; the procedures are the ordinary ones of the
loop-start line (ETSI ES 201 970, Telcordia GR-506-CORE).

Pure: no I/O, no clock. `advance()` says which state comes next and which commands to carry out.
What events mean (tones, polarity, identity) is judged in supervisor.py.
Tests: tests/hal/lines/test_analog.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class State(Enum):
    """Where a line stands."""

    DOWN = "no contact with the line board"
    ABSENT = "no line"
    IDLE = "free"
    IN_USE = "in use by another telephone"
    ALERTED = "caller ID before ring"
    RINGING = "ringing"
    OFFERED = "ringing, offered"
    DECLINED = "ringing, declined"
    ANSWERING = "being answered"
    TALKING = "talking"
    BLIND = "talking, line board silent"
    CLAIMED = "a call came while seizing"
    SEIZING = "being seized"
    AWAITING = "waiting for dial tone"
    DIALLING = "dialling"
    CALLING = "calling"
    RINGBACK = "ringing at the other end"
    LEARNING = "listening for the hang-up tone"
    GUARD = "just hung up"
    STUCK = "stuck off hook"
    TESTING = "under test"


class Event(Enum):
    """What can happen to it."""

    # measured by the line board
    BATTERY = auto()
    ABSENT = auto()
    IN_USE = auto()
    CURRENT = auto()
    NO_CURRENT = auto()
    LINK_DOWN = auto()
    RING_ON = auto()
    RING_OFF = auto()
    REVERSED = auto()
    # heard, or concluded from what was
    IDENTIFIED = auto()
    CLEARED = auto()
    CLEARED_UNLEARNED = auto()  # the far end hung up, and its tone is not known yet
    LEARNED = auto()
    DIAL_TONE = auto()
    RINGBACK = auto()
    BUSY = auto()
    CONGESTION = auto()
    SIT = auto()
    FAR_ANSWER = auto()
    # asked by the box
    ANSWER = auto()
    RELEASE = auto()
    DIAL = auto()
    TEST = auto()
    TEST_OVER = auto()
    # timers
    RING_OVER = auto()
    IDENTIFY_OVER = auto()
    ALERT_OVER = auto()
    CURRENT_OVER = auto()
    DROP_OVER = auto()
    TONE_OVER = auto()
    TONE_REFUSED = auto()
    DIGITS_OVER = auto()
    ANSWER_OVER = auto()
    ANSWER_REFUSED = auto()
    RINGBACK_OVER = auto()
    LEARN_OVER = auto()
    GUARD_OVER = auto()
    STUCK_OVER = auto()
    BLIND_OVER = auto()


class Timer(Enum):
    """Each fires the event of its name with `_OVER`."""

    RING = "ring"  # no burst for longer than the cadence pauses: the caller gave up
    IDENTIFY = "identify"  # offer the call without caller ID
    ALERT = "alert"  # caller ID signalling with no ring behind it
    CURRENT = "current"  # loop current must flow after going off hook
    DROP = "drop"  # loop current gone for so long is a hang-up
    TONE = "tone"  # dial tone
    DIGITS = "digits"  # the digits are out
    ANSWER = "answer"  # nothing heard after dialling
    RINGBACK = "ringback"  # ringback has stopped
    LEARN = "learn"
    GUARD = "guard"
    STUCK = "stuck"
    BLIND = "blind"  # the line board stays silent


class Command(Enum):
    """What happens on the way to the next state."""

    OFFER = auto()
    TELL_CALLER = auto()
    TELL_PROGRESS = auto()
    TELL_ANSWERED = auto()
    TELL_SILENT = auto()
    TELL_BACK = auto()
    SEND_DIGITS = auto()
    LISTEN = auto()
    WAIT_RING = auto()  # (re)start the ring timer
    WAIT_RINGBACK = auto()
    WATCH_DROP = auto()
    DROP_PASSED = auto()
    HANG_UP_AGAIN = auto()
    MISSED = auto()  # it rang too shortly to be offered
    ABORT_TEST = auto()
    END_BOX = auto()
    END_GAVE_UP = auto()
    END_PARALLEL = auto()
    END_CLEARED = auto()
    END_BUSY = auto()
    END_CONGESTION = auto()
    END_SIT = auto()
    END_NO_ANSWER = auto()
    END_NO_CURRENT = auto()
    END_NO_TONE = auto()
    END_GLARE = auto()
    END_LINK = auto()
    END_CUT = auto()
    END_ON_HOOK = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: the next state, and what to do on the way there."""

    to: State
    do: tuple[Command, ...] = ()


class UnexpectedEvent(Exception):
    """An event the table does not allow in a state."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event.name} is not possible while the line is {state.name}")
        self.state, self.event = state, event


S, E, C = State, Event, Command

TABLE: Final[Mapping[tuple[State, Event], Rule]] = {
    # no call
    (S.DOWN, E.BATTERY): Rule(S.IDLE),
    (S.DOWN, E.ABSENT): Rule(S.ABSENT),
    (S.DOWN, E.IN_USE): Rule(S.IN_USE),
    (S.DOWN, E.CURRENT): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.DOWN, E.NO_CURRENT): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.ABSENT, E.BATTERY): Rule(S.IDLE),
    (S.ABSENT, E.IN_USE): Rule(S.IN_USE),
    (S.ABSENT, E.CURRENT): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.ABSENT, E.NO_CURRENT): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.ABSENT, E.RING_ON): Rule(S.RINGING, (C.WAIT_RING,)),
    (S.ABSENT, E.LINK_DOWN): Rule(S.DOWN),
    (S.IN_USE, E.BATTERY): Rule(S.IDLE),
    (S.IN_USE, E.ABSENT): Rule(S.ABSENT),
    (S.IN_USE, E.CURRENT): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.IN_USE, E.NO_CURRENT): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.IN_USE, E.RING_ON): Rule(S.RINGING, (C.WAIT_RING,)),
    (S.IN_USE, E.LINK_DOWN): Rule(S.DOWN),
    (S.IDLE, E.ABSENT): Rule(S.ABSENT),
    (S.IDLE, E.IN_USE): Rule(S.IN_USE),
    (S.IDLE, E.CURRENT): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.IDLE, E.NO_CURRENT): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.IDLE, E.REVERSED): Rule(S.ALERTED, (C.LISTEN,)),
    (S.IDLE, E.IDENTIFIED): Rule(S.ALERTED, (C.LISTEN,)),
    (S.IDLE, E.RING_ON): Rule(S.RINGING, (C.WAIT_RING,)),
    (S.IDLE, E.DIAL): Rule(S.SEIZING),
    (S.IDLE, E.TEST): Rule(S.TESTING),
    (S.IDLE, E.LINK_DOWN): Rule(S.DOWN),
    (S.STUCK, E.BATTERY): Rule(S.GUARD),
    (S.STUCK, E.ABSENT): Rule(S.ABSENT),
    (S.STUCK, E.IN_USE): Rule(S.IN_USE),
    (S.STUCK, E.RING_ON): Rule(S.RINGING, (C.WAIT_RING,)),
    (S.STUCK, E.STUCK_OVER): Rule(S.STUCK, (C.HANG_UP_AGAIN,)),
    (S.STUCK, E.LINK_DOWN): Rule(S.DOWN),
    (S.GUARD, E.GUARD_OVER): Rule(S.IDLE),
    (S.GUARD, E.ABSENT): Rule(S.ABSENT),
    (S.GUARD, E.RING_ON): Rule(S.RINGING, (C.WAIT_RING,)),
    (S.GUARD, E.LINK_DOWN): Rule(S.DOWN),
    # a call comes in
    (S.ALERTED, E.RING_ON): Rule(S.RINGING, (C.WAIT_RING,)),
    (S.ALERTED, E.ALERT_OVER): Rule(S.IDLE),
    (S.ALERTED, E.ABSENT): Rule(S.ABSENT),
    (S.ALERTED, E.IN_USE): Rule(S.IN_USE),
    (S.ALERTED, E.LINK_DOWN): Rule(S.DOWN),
    (S.RINGING, E.RING_OFF): Rule(S.RINGING, (C.LISTEN, C.WAIT_RING)),
    (S.RINGING, E.RING_ON): Rule(S.RINGING, (C.WAIT_RING,)),
    (S.RINGING, E.IDENTIFIED): Rule(S.OFFERED, (C.OFFER,)),
    (S.RINGING, E.IDENTIFY_OVER): Rule(S.OFFERED, (C.OFFER,)),
    (S.RINGING, E.RING_OVER): Rule(S.IDLE, (C.MISSED,)),
    (S.RINGING, E.IN_USE): Rule(S.IN_USE),
    (S.RINGING, E.ABSENT): Rule(S.ABSENT),
    (S.RINGING, E.LINK_DOWN): Rule(S.DOWN),
    (S.OFFERED, E.RING_ON): Rule(S.OFFERED, (C.WAIT_RING,)),
    (S.OFFERED, E.RING_OFF): Rule(S.OFFERED, (C.LISTEN, C.WAIT_RING)),
    (S.OFFERED, E.IDENTIFIED): Rule(S.OFFERED, (C.TELL_CALLER,)),
    (S.OFFERED, E.ANSWER): Rule(S.ANSWERING),
    (S.OFFERED, E.RELEASE): Rule(S.DECLINED, (C.END_BOX,)),
    (S.OFFERED, E.RING_OVER): Rule(S.IDLE, (C.END_GAVE_UP,)),
    (S.OFFERED, E.IN_USE): Rule(S.IN_USE, (C.END_PARALLEL,)),
    (S.OFFERED, E.ABSENT): Rule(S.ABSENT, (C.END_CUT,)),
    (S.OFFERED, E.LINK_DOWN): Rule(S.DOWN, (C.END_LINK,)),
    (S.DECLINED, E.RING_ON): Rule(S.DECLINED, (C.WAIT_RING,)),
    (S.DECLINED, E.RING_OFF): Rule(S.DECLINED, (C.WAIT_RING,)),
    (S.DECLINED, E.RING_OVER): Rule(S.IDLE),
    (S.DECLINED, E.IN_USE): Rule(S.IN_USE),
    (S.DECLINED, E.ABSENT): Rule(S.ABSENT),
    (S.DECLINED, E.LINK_DOWN): Rule(S.DOWN),
    # a call stands
    (S.ANSWERING, E.CURRENT): Rule(S.TALKING),
    (S.ANSWERING, E.CURRENT_OVER): Rule(S.GUARD, (C.END_NO_CURRENT,)),
    (S.ANSWERING, E.RELEASE): Rule(S.GUARD, (C.END_BOX,)),
    (S.ANSWERING, E.LINK_DOWN): Rule(S.BLIND, (C.TELL_SILENT,)),
    (S.TALKING, E.NO_CURRENT): Rule(S.TALKING, (C.WATCH_DROP,)),
    (S.TALKING, E.CURRENT): Rule(S.TALKING, (C.DROP_PASSED,)),
    (S.TALKING, E.CLEARED): Rule(S.GUARD, (C.END_CLEARED,)),
    (S.TALKING, E.CLEARED_UNLEARNED): Rule(S.LEARNING, (C.END_CLEARED,)),
    (S.TALKING, E.RELEASE): Rule(S.GUARD, (C.END_BOX,)),
    (S.TALKING, E.BATTERY): Rule(S.GUARD, (C.END_ON_HOOK,)),
    (S.TALKING, E.ABSENT): Rule(S.ABSENT, (C.END_CUT,)),
    (S.TALKING, E.LINK_DOWN): Rule(S.BLIND, (C.TELL_SILENT,)),
    (S.BLIND, E.CURRENT): Rule(S.TALKING, (C.TELL_BACK,)),
    (S.BLIND, E.NO_CURRENT): Rule(S.TALKING, (C.TELL_BACK, C.WATCH_DROP)),
    (S.BLIND, E.BATTERY): Rule(S.GUARD, (C.END_ON_HOOK,)),
    (S.BLIND, E.IN_USE): Rule(S.IN_USE, (C.END_ON_HOOK,)),
    (S.BLIND, E.ABSENT): Rule(S.ABSENT, (C.END_CUT,)),
    (S.BLIND, E.RING_ON): Rule(S.RINGING, (C.END_ON_HOOK, C.WAIT_RING)),
    (S.BLIND, E.CLEARED): Rule(S.DOWN, (C.END_CLEARED,)),
    (S.BLIND, E.CLEARED_UNLEARNED): Rule(S.DOWN, (C.END_CLEARED,)),
    (S.BLIND, E.RELEASE): Rule(S.DOWN, (C.END_BOX,)),
    (S.BLIND, E.BLIND_OVER): Rule(S.DOWN, (C.END_LINK,)),
    (S.LEARNING, E.LEARNED): Rule(S.GUARD),
    (S.LEARNING, E.LEARN_OVER): Rule(S.GUARD),
    (S.LEARNING, E.BATTERY): Rule(S.GUARD),
    (S.LEARNING, E.ABSENT): Rule(S.ABSENT),
    (S.LEARNING, E.LINK_DOWN): Rule(S.DOWN),
    # a call goes out
    (S.SEIZING, E.CURRENT): Rule(S.AWAITING),
    (S.SEIZING, E.CURRENT_OVER): Rule(S.GUARD, (C.END_NO_CURRENT,)),
    (S.SEIZING, E.RING_ON): Rule(S.CLAIMED, (C.END_GLARE, C.OFFER)),
    (S.SEIZING, E.RELEASE): Rule(S.GUARD, (C.END_BOX,)),
    (S.SEIZING, E.ABSENT): Rule(S.ABSENT, (C.END_CUT,)),
    (S.SEIZING, E.LINK_DOWN): Rule(S.DOWN, (C.END_LINK,)),
    (S.AWAITING, E.DIAL_TONE): Rule(S.DIALLING, (C.SEND_DIGITS,)),
    (S.AWAITING, E.TONE_OVER): Rule(S.DIALLING, (C.SEND_DIGITS,)),
    (S.AWAITING, E.TONE_REFUSED): Rule(S.GUARD, (C.END_NO_TONE,)),
    (S.AWAITING, E.BUSY): Rule(S.GUARD, (C.END_CONGESTION,)),
    (S.AWAITING, E.CONGESTION): Rule(S.GUARD, (C.END_CONGESTION,)),
    (S.AWAITING, E.RING_ON): Rule(S.CLAIMED, (C.END_GLARE, C.OFFER)),
    (S.AWAITING, E.DROP_OVER): Rule(S.GUARD, (C.END_NO_CURRENT,)),
    (S.DIALLING, E.DIGITS_OVER): Rule(S.CALLING),
    (S.DIALLING, E.FAR_ANSWER): Rule(S.TALKING, (C.TELL_ANSWERED,)),
    (S.DIALLING, E.DROP_OVER): Rule(S.GUARD, (C.END_CLEARED,)),
    (S.CALLING, E.RINGBACK): Rule(S.RINGBACK, (C.TELL_PROGRESS, C.WAIT_RINGBACK)),
    (S.CALLING, E.BUSY): Rule(S.GUARD, (C.END_BUSY,)),
    (S.CALLING, E.CONGESTION): Rule(S.GUARD, (C.END_CONGESTION,)),
    (S.CALLING, E.SIT): Rule(S.GUARD, (C.END_SIT,)),
    (S.CALLING, E.FAR_ANSWER): Rule(S.TALKING, (C.TELL_ANSWERED,)),
    (S.CALLING, E.ANSWER_OVER): Rule(S.TALKING, (C.TELL_ANSWERED,)),
    (S.CALLING, E.ANSWER_REFUSED): Rule(S.GUARD, (C.END_NO_ANSWER,)),
    (S.CALLING, E.DROP_OVER): Rule(S.GUARD, (C.END_CLEARED,)),
    (S.RINGBACK, E.RINGBACK): Rule(S.RINGBACK, (C.WAIT_RINGBACK,)),
    (S.RINGBACK, E.BUSY): Rule(S.GUARD, (C.END_BUSY,)),
    (S.RINGBACK, E.CONGESTION): Rule(S.GUARD, (C.END_CONGESTION,)),
    (S.RINGBACK, E.SIT): Rule(S.GUARD, (C.END_SIT,)),
    (S.RINGBACK, E.FAR_ANSWER): Rule(S.TALKING, (C.TELL_ANSWERED,)),
    (S.RINGBACK, E.RINGBACK_OVER): Rule(S.TALKING, (C.TELL_ANSWERED,)),
    (S.RINGBACK, E.DROP_OVER): Rule(S.GUARD, (C.END_CLEARED,)),
    # what a call that goes out has in common once current flows
    **{
        row: rule
        for state in (S.AWAITING, S.DIALLING, S.CALLING, S.RINGBACK)
        for row, rule in {
            (state, E.NO_CURRENT): Rule(state, (C.WATCH_DROP,)),
            (state, E.CURRENT): Rule(state, (C.DROP_PASSED,)),
            (state, E.RELEASE): Rule(S.GUARD, (C.END_BOX,)),
            (state, E.BATTERY): Rule(S.GUARD, (C.END_ON_HOOK,)),
            (state, E.ABSENT): Rule(S.ABSENT, (C.END_CUT,)),
            (state, E.LINK_DOWN): Rule(S.DOWN, (C.END_LINK,)),
        }.items()
    },
    # glare: the incoming call won, the line is off hook already
    (S.CLAIMED, E.ANSWER): Rule(S.TALKING),
    (S.CLAIMED, E.RELEASE): Rule(S.GUARD, (C.END_BOX,)),
    (S.CLAIMED, E.CLEARED): Rule(S.GUARD, (C.END_CLEARED,)),
    (S.CLAIMED, E.CLEARED_UNLEARNED): Rule(S.GUARD, (C.END_CLEARED,)),
    (S.CLAIMED, E.NO_CURRENT): Rule(S.CLAIMED, (C.WATCH_DROP,)),
    (S.CLAIMED, E.CURRENT): Rule(S.CLAIMED, (C.DROP_PASSED,)),
    (S.CLAIMED, E.BATTERY): Rule(S.GUARD, (C.END_ON_HOOK,)),
    (S.CLAIMED, E.ABSENT): Rule(S.ABSENT, (C.END_CUT,)),
    (S.CLAIMED, E.LINK_DOWN): Rule(S.DOWN, (C.END_LINK,)),
    # a technician
    (S.TESTING, E.TEST_OVER): Rule(S.GUARD),
    (S.TESTING, E.RING_ON): Rule(S.CLAIMED, (C.ABORT_TEST, C.OFFER)),
    (S.TESTING, E.ABSENT): Rule(S.ABSENT, (C.ABORT_TEST,)),
    (S.TESTING, E.LINK_DOWN): Rule(S.DOWN, (C.ABORT_TEST,)),
}

MEASURED: Final = frozenset(
    {E.BATTERY, E.ABSENT, E.IN_USE, E.CURRENT, E.NO_CURRENT, E.LINK_DOWN, E.RING_ON, E.RING_OFF}
    | {E.REVERSED}
)
HEARD: Final = frozenset(
    {E.IDENTIFIED, E.CLEARED, E.CLEARED_UNLEARNED, E.LEARNED, E.DIAL_TONE, E.RINGBACK, E.BUSY}
    | {E.CONGESTION, E.SIT, E.FAR_ANSWER}
)
IGNORED: Final = frozenset(
    (state, event)
    for state in State
    for event in MEASURED | HEARD  # the outside world may do anything at any time
    if (state, event) not in TABLE
)

OFF_HOOK: Final = frozenset(
    {S.ANSWERING, S.TALKING, S.BLIND, S.CLAIMED, S.SEIZING, S.AWAITING, S.DIALLING, S.CALLING}
    | {S.RINGBACK, S.LEARNING, S.TESTING}
)
"""The line is taken in these states; in all others it is on hook."""
TALK: Final = frozenset({S.TALKING, S.BLIND, S.CLAIMED})
"""Of these: there is a party at the far end."""
PROGRESS: Final = frozenset({S.DIALLING, S.CALLING, S.RINGBACK})
"""And of these: one is being called."""

STARTS: Final[Mapping[State, Timer]] = {
    S.ALERTED: Timer.ALERT,
    S.RINGING: Timer.IDENTIFY,
    S.ANSWERING: Timer.CURRENT,
    S.BLIND: Timer.BLIND,
    S.SEIZING: Timer.CURRENT,
    S.AWAITING: Timer.TONE,
    S.DIALLING: Timer.DIGITS,
    S.CALLING: Timer.ANSWER,
    S.LEARNING: Timer.LEARN,
    S.GUARD: Timer.GUARD,
    S.STUCK: Timer.STUCK,
}
"""The timer that starts when a state is entered."""
_RING: Final = frozenset({S.RINGING, S.OFFERED, S.DECLINED})
_DROP: Final = frozenset({S.TALKING, S.CLAIMED, S.AWAITING, S.DIALLING, S.CALLING, S.RINGBACK})
RUNS_IN: Final[Mapping[Timer, frozenset[State]]] = {
    timer: frozenset(state for state, its in STARTS.items() if its is timer)
    | (_RING if timer is Timer.RING else frozenset())
    | (_DROP if timer is Timer.DROP else frozenset())
    | (frozenset({S.RINGBACK}) if timer is Timer.RINGBACK else frozenset())
    for timer in Timer
}
"""Where a timer may run: reaching any other state stops it."""


class Hearing(Enum):
    """What is listened for in a state."""

    NOTHING = auto()
    CALLER_ID = auto()
    TONES = auto()
    TALK = auto()  # digits and tones, with the echo cancelled


HEARING: Final[Mapping[State, Hearing]] = {
    S.ALERTED: Hearing.CALLER_ID,
    S.RINGING: Hearing.CALLER_ID,
    S.OFFERED: Hearing.CALLER_ID,
    S.ANSWERING: Hearing.TALK,
    S.TALKING: Hearing.TALK,
    S.BLIND: Hearing.TALK,
    S.CLAIMED: Hearing.TONES,
    S.AWAITING: Hearing.TONES,
    S.DIALLING: Hearing.TONES,
    S.CALLING: Hearing.TONES,
    S.RINGBACK: Hearing.TONES,
    S.LEARNING: Hearing.TONES,
    S.TESTING: Hearing.TONES,
}


def advance(state: State, event: Event) -> Rule:
    """Return the rule for `event` in `state`; raise `UnexpectedEvent` if there is none."""
    if rule := TABLE.get((state, event)):
        return rule
    if (state, event) in IGNORED:
        return Rule(state)
    raise UnexpectedEvent(state, event)


def event_of(timer: Timer) -> Event:
    """What a timer means when it fires."""
    return Event[f"{timer.name}_OVER"]
