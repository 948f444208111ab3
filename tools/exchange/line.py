"""A subscriber line as the exchange sees it, as one table.

Pure: no I/O, no clock. `advance()` says which state comes next and what has to be done on the
way. Another telephone on the same pair (IN_USE) is told apart from our box only while the box is
on hook: off hook both are one loop. Runs in subscriber.py.
Tests: tests/tools/exchange/test_line.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class State(Enum):
    """What the line is doing."""

    IDLE = "idle"
    PREAMBLE = "preamble"  # caller ID is being sent ahead of the first ring
    RINGING = "ringing"
    TALKING = "talking"
    LOOP_OPEN = "loop_open"  # the far end hung up and the loop is open for a moment
    RELEASED = "released"  # the far end has gone, the box is still off hook
    DIAL_TONE = "dial_tone"
    DIALLING = "dialling"
    ROUTING = "routing"  # number complete, nothing heard yet
    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"  # dialled nothing for too long
    UNOBTAINABLE = "unobtainable"
    IN_USE = "in_use"  # another telephone has the line
    CUT = "cut"  # no battery


class Event(Enum):
    """What can happen to a line."""

    CALL = "call"
    CALL_WITH_PREAMBLE = "call_with_preamble"
    PREAMBLE_SENT = "preamble_sent"
    CALLER_LEAVES = "caller_leaves"
    OFF_HOOK = "off_hook"
    ON_HOOK = "on_hook"
    DIGIT = "digit"
    NUMBER_COMPLETE = "number_complete"
    TOO_SLOW = "too_slow"
    FAR_ALERTS = "far_alerts"
    FAR_ANSWERS = "far_answers"
    FAR_BUSY = "far_busy"
    NO_SUCH_NUMBER = "no_such_number"
    FAR_HANGS_UP = "far_hangs_up"
    FAR_OPENS_LOOP = "far_opens_loop"
    LOOP_CLOSES = "loop_closes"
    OTHER_OFF_HOOK = "other_off_hook"
    OTHER_ON_HOOK = "other_on_hook"
    WIRE_CUT = "wire_cut"
    WIRE_MENDED = "wire_mended"


class Command(Enum):
    """What to do on the way."""

    START_PREAMBLE = "start_preamble"
    START_RING = "start_ring"
    STOP_RING = "stop_ring"
    CONNECT = "connect"  # the parties can talk
    COLLECT = "collect"  # begin to listen for digits
    ROUTE = "route"
    END_CALL = "end_call"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the next state, and what to do on the way there."""

    to: State
    do: tuple[Command, ...] = ()


_BOX_HEARS_TONE: Final = (
    State.DIAL_TONE,
    State.DIALLING,
    State.ROUTING,
    State.RINGBACK,
    State.BUSY,
    State.CONGESTION,
    State.UNOBTAINABLE,
)
_ENDED: Final = (Command.END_CALL,)
_RING_ENDED: Final = (Command.STOP_RING, Command.END_CALL)

TABLE: Final[Mapping[tuple[State, Event], Rule]] = {
    (State.IDLE, Event.CALL): Rule(State.RINGING, (Command.START_RING,)),
    (State.IDLE, Event.CALL_WITH_PREAMBLE): Rule(State.PREAMBLE, (Command.START_PREAMBLE,)),
    (State.IDLE, Event.OFF_HOOK): Rule(State.DIAL_TONE, (Command.COLLECT,)),
    (State.IDLE, Event.OTHER_OFF_HOOK): Rule(State.IN_USE),
    (State.PREAMBLE, Event.PREAMBLE_SENT): Rule(State.RINGING, (Command.START_RING,)),
    (State.PREAMBLE, Event.OFF_HOOK): Rule(State.TALKING, (Command.CONNECT,)),
    (State.PREAMBLE, Event.CALLER_LEAVES): Rule(State.IDLE, _ENDED),
    (State.PREAMBLE, Event.OTHER_OFF_HOOK): Rule(State.IN_USE, _ENDED),
    (State.RINGING, Event.OFF_HOOK): Rule(State.TALKING, (Command.STOP_RING, Command.CONNECT)),
    (State.RINGING, Event.CALLER_LEAVES): Rule(State.IDLE, _RING_ENDED),
    (State.RINGING, Event.OTHER_OFF_HOOK): Rule(State.IN_USE, _RING_ENDED),
    (State.TALKING, Event.ON_HOOK): Rule(State.IDLE, _ENDED),
    (State.TALKING, Event.FAR_HANGS_UP): Rule(State.RELEASED),
    (State.TALKING, Event.FAR_OPENS_LOOP): Rule(State.LOOP_OPEN),
    (State.LOOP_OPEN, Event.LOOP_CLOSES): Rule(State.RELEASED),
    (State.LOOP_OPEN, Event.ON_HOOK): Rule(State.IDLE, _ENDED),
    (State.RELEASED, Event.ON_HOOK): Rule(State.IDLE, _ENDED),
    (State.DIAL_TONE, Event.DIGIT): Rule(State.DIALLING),
    (State.DIAL_TONE, Event.TOO_SLOW): Rule(State.CONGESTION),
    (State.DIALLING, Event.DIGIT): Rule(State.DIALLING),
    (State.DIALLING, Event.NUMBER_COMPLETE): Rule(State.ROUTING, (Command.ROUTE,)),
    (State.ROUTING, Event.FAR_ALERTS): Rule(State.RINGBACK),
    (State.ROUTING, Event.FAR_BUSY): Rule(State.BUSY),
    (State.ROUTING, Event.NO_SUCH_NUMBER): Rule(State.UNOBTAINABLE),
    (State.UNOBTAINABLE, Event.TOO_SLOW): Rule(State.CONGESTION),
    (State.RINGBACK, Event.FAR_ANSWERS): Rule(State.TALKING, (Command.CONNECT,)),
    (State.IN_USE, Event.OTHER_ON_HOOK): Rule(State.IDLE),
    (State.CUT, Event.WIRE_MENDED): Rule(State.IDLE),
    **{(state, Event.ON_HOOK): Rule(State.IDLE, _ENDED) for state in _BOX_HEARS_TONE},
    **{
        (state, Event.WIRE_CUT): Rule(State.CUT, _RING_ENDED)
        for state in State
        if state is not State.CUT
    },
}
_HOOK_ONLY: Final = frozenset({State.IDLE, State.PREAMBLE, State.RINGING})
IGNORED: Final[frozenset[tuple[State, Event]]] = frozenset(
    # on hook already; a line that is cut or taken by another telephone knows no hook of the box
    {(state, Event.ON_HOOK) for state in (*_HOOK_ONLY, State.IN_USE, State.CUT)}
    | {(state, Event.OFF_HOOK) for state in (State.IN_USE, State.CUT)}
    # off hook together with the box, the other telephone changes nothing for the exchange
    | {
        (state, event)
        for state in State
        for event in (Event.OTHER_OFF_HOOK, Event.OTHER_ON_HOOK)
        if (state, event) not in TABLE
    }
    # repeated by hand
    | {(State.CUT, Event.WIRE_CUT)}
    | {(state, Event.WIRE_MENDED) for state in State if state is not State.CUT}
    # digits pressed in a call are the far party's business
    | {(state, Event.DIGIT) for state in State if (state, Event.DIGIT) not in TABLE}
)


class UnexpectedEvent(Exception):
    """An event the table does not allow: a mistake in this package."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"line: {event.name} is not possible in state {state.name}")
        self.state, self.event = state, event


def advance(state: State, event: Event) -> Rule:
    """Return the rule for `event` in `state`; raise `UnexpectedEvent` if there is none."""
    if rule := TABLE.get((state, event)):
        return rule
    if (state, event) in IGNORED:
        return Rule(state)
    raise UnexpectedEvent(state, event)
