"""Callbacks: a caller hangs up, keeps the place in the queue, and is called when it is their turn.

Pure: no I/O; the time is an argument (seconds of one clock). One callback per number. When its turn
comes a line is taken for it, the number is rung, and whoever answers is asked to press 1: an
answering machine does not. Who confirms joins the queue with the place that was kept
(`acd.messages.Offered.place`). Who is not reached is tried again after a rest, `Rule.tries` times,
until it expires.

Left out: whose turn it is (`acd.queue.Acd.position_since` tells the place), dialling, the prompts:
no shell uses this yet. Tests: tests/firmware/ivr/test_callback.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

MOST: Final = 200
"""Callbacks kept at a time."""


class State(Enum):
    """What becomes of one callback."""

    KEPT = "kept"  # the place is kept, nothing else
    DIALLING = "dialling"  # a line is taken and the number is rung
    ASKED = "asked"  # somebody answered and is asked to press 1
    QUEUED = "queued"  # in the queue, with the place that was kept
    RESTING = "resting"  # was not reached, will be tried again
    DONE = "done"  # talked with an agent
    GIVEN_UP = "given_up"  # cancelled, expired or never reached


class Event(Enum):
    """What happens to one."""

    TURN_CAME = "its turn came"
    ANSWERED = "answered"
    CONFIRMED = "confirmed by a key"
    NOT_REACHED = "not reached"  # busy, no answer, no line, no key, hung up while waiting
    TALKED = "an agent talks with them"
    RESTED = "time for another try"
    CALLED_THEMSELVES = "called again and was answered"
    CANCELLED = "taken back"
    EXPIRED = "too late for it"


OPEN: Final = (State.KEPT, State.DIALLING, State.ASKED, State.QUEUED, State.RESTING)
TABLE: Final[Mapping[tuple[State, Event], State]] = {
    (State.KEPT, Event.TURN_CAME): State.DIALLING,
    (State.DIALLING, Event.ANSWERED): State.ASKED,
    (State.DIALLING, Event.NOT_REACHED): State.RESTING,
    (State.ASKED, Event.CONFIRMED): State.QUEUED,
    (State.ASKED, Event.NOT_REACHED): State.RESTING,
    (State.QUEUED, Event.TALKED): State.DONE,
    (State.QUEUED, Event.NOT_REACHED): State.RESTING,
    (State.RESTING, Event.RESTED): State.KEPT,
    **{(state, Event.CANCELLED): State.GIVEN_UP for state in OPEN},
    (State.KEPT, Event.CALLED_THEMSELVES): State.DONE,
    (State.RESTING, Event.CALLED_THEMSELVES): State.DONE,
    (State.KEPT, Event.EXPIRED): State.GIVEN_UP,
    (State.RESTING, Event.EXPIRED): State.GIVEN_UP,
}


class UnexpectedEvent(Exception):
    """An event the table does not have in this state."""


class Full(Exception):
    """So many callbacks are kept that no more are taken."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How an office calls back."""

    tries: int = 3
    rest_s: float = 300.0
    expires_s: float = 4 * 3600.0


@dataclass(slots=True)
class Callback:
    """One caller who will be called back."""

    number: str
    queue: str
    held_since: float
    """Since when they have the place."""
    asked_at: float
    state: State = State.KEPT
    tries: int = 0
    next_at: float = 0.0
    """When a rest ends."""


class Callbacks:
    """All callbacks that are not over, by number."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.open: dict[str, Callback] = {}

    def take(self, number: str, queue: str, held_since: float, now: float) -> Callback:
        """Keep a place. Who has one already keeps the better of both; raise `Full`."""
        if (known := self.open.get(number)) is not None:
            if known.queue == queue:
                known.held_since = min(known.held_since, held_since)
            return known
        if len(self.open) >= MOST:
            raise Full(f"{MOST} callbacks are kept already: expected fewer")
        made = self.open[number] = Callback(number, queue, held_since, now)
        return made

    def advance(self, number: str, event: Event, now: float) -> State:
        """Something happened to one; where it is then. `KeyError` if there is none."""
        one = self.open[number]
        if (state := TABLE.get((one.state, event))) is None:
            raise UnexpectedEvent(f"callback to {number}: {event.value} while {one.state.value}")
        if state is State.DIALLING:
            one.tries += 1
        if state is State.RESTING:
            one.next_at = now + self.rule.rest_s
            if one.tries >= self.rule.tries:
                state = State.GIVEN_UP
        one.state = state
        if state not in OPEN:
            del self.open[number]
        return state

    def tick(self, now: float) -> list[Callback]:
        """End rests and what is too late; those that were given up."""
        given_up = []
        for one in list(self.open.values()):
            if one.state in (State.KEPT, State.RESTING) and now >= self._expiry(one):
                self.advance(one.number, Event.EXPIRED, now)
                given_up.append(one)
            elif one.state is State.RESTING and now >= one.next_at:
                self.advance(one.number, Event.RESTED, now)
        return given_up

    def next_deadline(self) -> float | None:
        """When `tick` has something to do."""
        resting = [one for one in self.open.values() if one.state is State.RESTING]
        waiting = [one for one in self.open.values() if one.state in (State.KEPT, State.RESTING)]
        return min(
            [one.next_at for one in resting] + [self._expiry(one) for one in waiting], default=None
        )

    def kept(self, queue: str) -> list[Callback]:
        """Those of a queue whose turn may come, the longest held place first."""
        found = [x for x in self.open.values() if x.queue == queue and x.state is State.KEPT]
        return sorted(found, key=lambda one: (one.held_since, one.asked_at, one.number))

    def _expiry(self, one: Callback) -> float:
        return one.asked_at + self.rule.expires_s
