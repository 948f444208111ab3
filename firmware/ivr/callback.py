"""Callbacks: a caller hangs up, keeps the place in the queue, and is called when it is their turn.

Pure: no I/O; the time is an argument (seconds of one clock). One callback per subscriber, whatever
the form of the number: who that is, the owner of this says (`Callbacks.whose`). When its turn
comes (callback_turn.py) a line is taken for it, the number is rung, and whoever answers is asked to
press 1: an answering machine does not. Who confirms joins the queue with the place that was kept
(`acd.messages.Offered.place`). Who is not reached is tried again after a rest, `Rule.tries` times,
until it expires.

Who times out: a rest and the expiry by `tick`; ringing (`ring_s`) and the question (its rounds) by
the shell, which says NOT_REACHED; waiting in the queue by the queue's own longest wait.

Left out: dialling and the prompts: firmware.route.callback_task. Tests:
tests/firmware/ivr/test_callback.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

MOST: Final = 200
"""Callbacks kept at a time."""
MOST_MISSED: Final = 100
"""Of those who were never reached, as many are still shown, for `MISSED_S`."""
MISSED_S: Final = 7 * 86400.0


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
    NOT_REACHED = "not reached"  # busy, no answer, no key, hung up while waiting
    TALKED = "an agent talks with them"
    RESTED = "time for another try"
    CALLED_THEMSELVES = "called again and was answered"
    CANCELLED = "taken back"
    EXPIRED = "too late for it"


OPEN: Final = (State.KEPT, State.DIALLING, State.ASKED, State.QUEUED, State.RESTING)
UNDER_WAY: Final = (State.DIALLING, State.ASKED, State.QUEUED)
"""There is a call for it."""
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
    name: str = ""
    language: str = ""
    """Empty: the office's."""
    priority: int = 0
    owner: str = ""
    """Extension of the agent the caller belongs to."""
    skills: dict[str, int] = field(default_factory=dict)
    """What they ask of agents, by number and keys; the language says the rest."""
    collected: dict[str, str] = field(default_factory=dict)
    """What they entered when they called, for the agent."""
    is_not_recorded: bool = False
    """The caller objected when they called."""
    by: str = ""
    """Who of the office added it; empty: the caller themselves."""
    why: str = ""
    """What became of the last try."""

    @property
    def place(self) -> tuple[int, float, int]:
        """Where it stands among who waits on the line (acd.waiting.Place)."""
        return (-self.priority, self.held_since, 0)


class Callbacks:
    """All callbacks that are not over, by number."""

    def __init__(self, rule: Rule | None = None, whose: Callable[[str], str] = str) -> None:
        """`rule`: of queues that have none of their own."""
        self.rule = rule or Rule()
        self.whose = whose
        """The subscriber of a number."""
        self.rules: dict[str, Rule] = {}
        """By queue."""
        self.open: dict[str, Callback] = {}
        self.missed: dict[str, Callback] = {}
        """Who was promised a call and never reached: somebody may want to call them."""

    @property
    def is_full(self) -> bool:
        return len(self.open) >= MOST

    def take(self, number: str, queue: str, held_since: float, now: float) -> Callback:
        """Keep a place. Who has one already keeps the better of both; raise `Full`."""
        if (known := self.find(number)) is not None:
            if known.queue == queue:
                known.held_since = min(known.held_since, held_since)
            return known
        if self.is_full:
            raise Full(f"{MOST} callbacks are kept already: expected fewer")
        made = self.open[number] = Callback(number, queue, held_since, now)
        self.forget_missed(number)
        return made

    def find(self, number: str) -> Callback | None:
        """The callback of a number, in whatever form it is written."""
        return self._find(self.open, number)

    def forget_missed(self, number: str) -> Callback | None:
        """Somebody has talked with them, or need not: who that was; None if they were none."""
        if (known := self._find(self.missed, number)) is not None:
            del self.missed[known.number]
        return known

    def advance(self, number: str, event: Event, now: float) -> State:
        """Something happened to one; where it is then. `KeyError` if there is none."""
        one = self.open[number]
        if (state := TABLE.get((one.state, event))) is None:
            raise UnexpectedEvent(f"callback to {number}: {event.value} while {one.state.value}")
        if state is State.DIALLING:
            one.tries += 1
        if state is State.RESTING:
            rule = self.rule_of(one)
            one.next_at = now + rule.rest_s
            if one.tries >= rule.tries:
                state = State.GIVEN_UP
        one.state = state
        if state not in OPEN:
            del self.open[number]
        if state is State.GIVEN_UP and event is not Event.CANCELLED:
            self._miss(one)
        return state

    def _miss(self, one: Callback) -> None:
        self.missed[one.number] = one
        for number in list(self.missed)[:-MOST_MISSED]:
            del self.missed[number]

    def put_back(self, one: Callback) -> None:
        """Its call was cut off by the box itself: that try does not count."""
        if one.state in UNDER_WAY:
            one.state, one.tries = State.KEPT, max(0, one.tries - 1)

    def restore(self, one: Callback) -> None:
        """Take up one that was kept before a restart, whose call there is no more."""
        self.put_back(one)
        if one.state is State.GIVEN_UP:
            self._miss(one)
        if not self.is_full and self.find(one.number) is None and one.state in OPEN:
            self.open[one.number] = one

    def tick(self, now: float) -> list[Callback]:
        """End rests and what is too late; those that were given up."""
        given_up = []
        for one in [x for x in self.missed.values() if now >= x.asked_at + MISSED_S]:
            del self.missed[one.number]
        for one in list(self.open.values()):
            if one.state in (State.KEPT, State.RESTING) and now >= self.expiry(one):
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
            [one.next_at for one in resting] + [self.expiry(one) for one in waiting], default=None
        )

    def kept(self, queue: str) -> list[Callback]:
        """Those of a queue whose turn may come, the first place first."""
        found = [x for x in self.open.values() if x.queue == queue and x.state is State.KEPT]
        return sorted(found, key=lambda one: (one.place, one.asked_at, one.number))

    def under_way(self, queue: str) -> int:
        """Callbacks of a queue that are dialled or asked: each will want an agent."""
        calling = (State.DIALLING, State.ASKED)
        return sum(1 for x in self.open.values() if x.queue == queue and x.state in calling)

    def rule_of(self, one: Callback) -> Rule:
        """The rule of its queue."""
        return self.rules.get(one.queue, self.rule)

    def expiry(self, one: Callback) -> float:
        """When it is too late for it."""
        return one.asked_at + self.rule_of(one).expires_s

    def _find(self, callbacks: Mapping[str, Callback], number: str) -> Callback | None:
        if (known := callbacks.get(number)) is not None:
            return known
        wanted = self.whose(number)
        return next((one for one in callbacks.values() if self.whose(one.number) == wanted), None)
