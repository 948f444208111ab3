"""Handing a call on: what can happen while it is, as one table.

Pure: no I/O, no clock. Three take part: the *party* that is handed on, the *asker*, a person of the
office who hands it on by their phone (RFC 3515) or by codes (keys.py), and the *target*. Whatever
happens to any of them, the party ends up with somebody or is told and let go, never in silence:
the asker has it back if still there, else the asker's phone is rung back with it; also if they go
in the very moment it is given back (`RETURNED_S`).

Left out: where the target is and how it is rung, which is as if the party had dialled it (so that
forwarding, queues and parking do what they do); a transfer that joins two calls at once needs no
states. Shell: firmware.route.transfer_task. Tests: tests/firmware/call/test_transfer.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

RETURNED_S: Final = 2.0
"""Who hangs up so soon after the party was given back has not talked with it."""


class State(Enum):
    """How far it is."""

    ASKING = "asking"  # the asker types a number; the party hears music
    CALLING = "calling"  # the target is rung, the asker waits for the end of it
    CALLING_FIRST = "calling_first"  # the same, and the asker will speak with the target first
    ALONE = "alone"  # the target is rung; the asker has gone
    CONSULTING = "consulting"  # asker and target talk; the party hears music
    RETURNED = "returned"  # the asker has the party again, and may not have noticed
    BACK = "back"  # nobody took it and the asker has gone: the asker's phone is rung
    OVER = "over"


class Event(Enum):
    """What can happen."""

    NUMBER = "number"  # asked: the number is complete
    NUMBER_FIRST = "number_first"  # the same, to be spoken with first
    NUMBER_LEFT = "number_left"  # a number, behind which the asker has hung up
    NEVER_MIND = "never_mind"
    ANSWERED = "answered"  # by who was rung
    FAILED = "failed"  # who was rung is busy, does not answer, does not exist
    MOVED_ON = "moved_on"  # the target is a place, not a person: a queue, a menu, a parking slot
    CONFERENCE = "conference"
    ASKER_GONE = "asker_gone"
    PARTY_GONE = "party_gone"
    TARGET_GONE = "target_gone"  # after it had answered
    SETTLED = "settled"  # the asker is still there a moment later


class Command(Enum):
    """What to do."""

    LEAD = "lead"  # the party to the number
    GIVE_BACK = "give_back"  # the party to the asker, as before
    JOIN = "join"  # party and target; the asker is let go
    CONSULT = "consult"  # asker and target hear each other
    RING_BACK = "ring_back"  # the asker's phone, for the party
    GIVE_UP = "give_up"  # tell the party that nobody is there, and let it go
    LET_GO = "let_go"  # the asker: the party is looked after
    CONFER = "confer"  # all three hear each other
    PART = "part"  # asker and target go on by themselves; the call ends
    END = "end"  # the call


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    to: State
    do: tuple[Command, ...] = ()


_RETURNED: Final = Rule(State.RETURNED, (Command.GIVE_BACK,))
_BACK_TO_ASKER: Final = Rule(State.OVER, (Command.GIVE_BACK,))
_JOINED: Final = Rule(State.OVER, (Command.JOIN,))
_MOVED: Final = Rule(State.OVER, (Command.LET_GO,))
_END: Final = Rule(State.OVER, (Command.END,))

TABLE: Final[Mapping[tuple[State, Event], Rule]] = {
    (State.ASKING, Event.NUMBER): Rule(State.CALLING, (Command.LEAD,)),
    (State.ASKING, Event.NUMBER_FIRST): Rule(State.CALLING_FIRST, (Command.LEAD,)),
    (State.ASKING, Event.NUMBER_LEFT): Rule(State.ALONE, (Command.LEAD,)),
    (State.ASKING, Event.NEVER_MIND): _BACK_TO_ASKER,
    (State.ASKING, Event.MOVED_ON): Rule(State.OVER),
    (State.ASKING, Event.ASKER_GONE): _END,  # without a number: as if they had just hung up
    (State.ASKING, Event.PARTY_GONE): _END,
    (State.CALLING, Event.ANSWERED): _JOINED,
    (State.CALLING, Event.FAILED): _RETURNED,
    (State.CALLING, Event.NEVER_MIND): _BACK_TO_ASKER,
    (State.CALLING, Event.MOVED_ON): _MOVED,
    (State.CALLING, Event.ASKER_GONE): Rule(State.ALONE),
    (State.CALLING, Event.PARTY_GONE): _END,
    (State.CALLING_FIRST, Event.ANSWERED): Rule(State.CONSULTING, (Command.CONSULT,)),
    (State.CALLING_FIRST, Event.FAILED): _RETURNED,
    (State.CALLING_FIRST, Event.NEVER_MIND): _BACK_TO_ASKER,
    (State.CALLING_FIRST, Event.MOVED_ON): _MOVED,
    (State.CALLING_FIRST, Event.ASKER_GONE): Rule(State.ALONE),
    (State.CALLING_FIRST, Event.PARTY_GONE): _END,
    (State.ALONE, Event.ANSWERED): _JOINED,
    (State.ALONE, Event.FAILED): Rule(State.BACK, (Command.RING_BACK,)),
    (State.ALONE, Event.MOVED_ON): _MOVED,
    (State.ALONE, Event.PARTY_GONE): _END,
    (State.CONSULTING, Event.ASKER_GONE): _JOINED,  # hanging up is how one says: connect them
    (State.CONSULTING, Event.NEVER_MIND): _BACK_TO_ASKER,
    (State.CONSULTING, Event.TARGET_GONE): _RETURNED,
    (State.CONSULTING, Event.MOVED_ON): _MOVED,
    (State.CONSULTING, Event.PARTY_GONE): Rule(State.OVER, (Command.PART,)),
    (State.CONSULTING, Event.CONFERENCE): Rule(State.OVER, (Command.CONFER,)),
    (State.RETURNED, Event.SETTLED): Rule(State.OVER),
    (State.RETURNED, Event.MOVED_ON): Rule(State.OVER),
    # many phones hang up when they are told that their transfer has failed, and so do people
    (State.RETURNED, Event.ASKER_GONE): Rule(State.BACK, (Command.RING_BACK,)),
    (State.RETURNED, Event.PARTY_GONE): _END,
    (State.BACK, Event.ANSWERED): _JOINED,
    (State.BACK, Event.FAILED): Rule(State.OVER, (Command.GIVE_UP,)),
    (State.BACK, Event.MOVED_ON): _MOVED,
    (State.BACK, Event.PARTY_GONE): _END,
}
IGNORED: Final[frozenset[tuple[State, Event]]] = frozenset(
    {
        *((state, Event.CONFERENCE) for state in State if state is not State.CONSULTING),
        (State.ALONE, Event.NEVER_MIND),
        (State.BACK, Event.NEVER_MIND),
        (State.RETURNED, Event.NEVER_MIND),
        *((State.OVER, event) for event in Event if event is not Event.CONFERENCE),
    }
)


class UnexpectedEvent(Exception):
    """An event the table does not have in this state: a fault of ours."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"transfer: {event.name} is not possible while {state.name}")
        self.state, self.event = state, event


def advance(state: State, event: Event) -> Rule:
    """The rule for `event` in `state`; raise `UnexpectedEvent` if there is none."""
    if (rule := TABLE.get((state, event))) is not None:
        return rule
    if (state, event) in IGNORED:
        return Rule(state)
    raise UnexpectedEvent(state, event)
