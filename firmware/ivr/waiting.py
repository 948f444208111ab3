"""A caller waits in a queue: welcome, music, what is said in between, and the way out by a key.

Pure: no I/O, no clock. `Run.advance(event)` returns the commands to carry out. Whatever is said is
cut off when an agent answers: the call leaves this place then, in any state. Who presses the key
for a callback is asked for a number (callback_ask.py) and still waits meanwhile.

How long it will be is worked out by firmware.acd.expected_wait; here it is made words, widened to
numbers that are spoken (`BOUNDS`), so that it stays true. Shell: waiting_task.py.
Tests: tests/firmware/ivr/test_waiting.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.acd.expected_wait import Range
from firmware.config.callback import CallbackRule
from firmware.config.waiting import Comfort
from firmware.ivr.dialogue import Begin as Begin
from firmware.ivr.dialogue import PlayAll as PlayAll
from firmware.ivr.dialogue import Pressed as Pressed
from firmware.ivr.dialogue import PromptEnded as PromptEnded
from firmware.ivr.dialogue import UnexpectedEvent as UnexpectedEvent
from firmware.ivr.dialogue import row
from firmware.voice.built_in import MINUTES, digits, minutes

BOUNDS: Final = (0, *MINUTES)
"""Minutes that are spoken; a range is from one of them to another."""


class State(Enum):
    """What the caller hears."""

    NEW = "new"
    WELCOME = "welcome"
    MUSIC = "music"
    TOLD = "told"  # hears the position, the wait, a message
    ASKED = "asked"  # at which number to be called back
    DONE = "done"


@dataclass(frozen=True, slots=True)
class TimedOut:
    """It is time to say something: the place in line, and the expected wait if it is known."""

    position: int
    wait: Range | None = None


@dataclass(frozen=True, slots=True)
class OfferDue:
    """The caller has waited so long that a callback is offered."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The caller was asked about a callback and goes on waiting."""


Event = Begin | PromptEnded | TimedOut | Pressed | OfferDue | Declined


@dataclass(frozen=True, slots=True)
class Music:
    """Music from now on, and `TimedOut` after so long; None: never."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Leave:
    """The caller goes out by the key."""


@dataclass(frozen=True, slots=True)
class StartOffer:
    """Send `OfferDue` after so long, whatever is heard meanwhile."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the caller at which number to call back; `Declined` if they would rather wait."""


Command = PlayAll | Music | Leave | StartOffer | Ask


class Do(Enum):
    """What a row of the table has done."""

    WELCOME = "welcome"
    FIRST = "first"  # music before the first announcement
    AGAIN = "again"  # music before the next
    TELL = "tell"
    KEY = "key"
    OFFER = "offer"  # the callback
    LATER = "later"  # the same, when what is heard has ended


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.WELCOME, Do.WELCOME),
    (State.WELCOME, PromptEnded): (State.MUSIC, Do.FIRST),
    (State.MUSIC, TimedOut): (State.TOLD, Do.TELL),
    (State.TOLD, PromptEnded): (State.MUSIC, Do.AGAIN),
    (State.WELCOME, Pressed): (State.WELCOME, Do.KEY),
    (State.MUSIC, Pressed): (State.MUSIC, Do.KEY),
    (State.TOLD, Pressed): (State.TOLD, Do.KEY),
    (State.WELCOME, OfferDue): (State.WELCOME, Do.LATER),
    (State.MUSIC, OfferDue): (State.TOLD, Do.OFFER),
    (State.TOLD, OfferDue): (State.TOLD, Do.LATER),
    (State.ASKED, Declined): (State.MUSIC, Do.AGAIN),
}
IGNORED: Final = frozenset(
    {
        (State.MUSIC, PromptEnded),
        (State.WELCOME, TimedOut),
        (State.TOLD, TimedOut),
        *((State.ASKED, event) for event in (PromptEnded, TimedOut, Pressed, OfferDue)),
        *((State.DONE, event) for event in (PromptEnded, TimedOut, Pressed, OfferDue)),
    }
)


class Run:
    """One caller in one queue."""

    def __init__(
        self,
        rule: Comfort,
        welcome: str | None = None,
        callback: CallbackRule | None = None,
    ) -> None:
        """`callback`: None, where the caller can have none."""
        self._rule, self._welcome, self._callback = rule, welcome, callback
        self._is_offer_due = False
        self.state = State.NEW

    def advance(self, event: Event) -> list[Command]:
        """Take one event; raise `UnexpectedEvent` if the table has no row for it."""
        if (found := row(TABLE, IGNORED, self.state, event, "waiting")) is None:
            return []
        self.state, do = found
        match event:
            case Pressed(digit):
                return self._press(digit)
            case TimedOut(position, wait):
                return self._tell(position, wait)
        match do:
            case Do.LATER:
                self._is_offer_due = True
                return []
            case Do.OFFER:
                return [self._offer()]
            case Do.WELCOME:
                return [*self._start_offer(), self._begin()]
        if self._is_offer_due:
            self.state = State.TOLD
            return [self._offer()]
        return [self._music(self._rule.every_s if do is Do.AGAIN else self._rule.first_s)]

    def _begin(self) -> Command:
        if self._welcome:
            return PlayAll((self._welcome,))
        self.state = State.MUSIC
        return self._music(self._rule.first_s)

    def _start_offer(self) -> list[Command]:
        rule = self._callback
        return [StartOffer(rule.offer_after_s)] if rule is not None and rule.offer_after_s else []

    def _offer(self) -> Command:
        assert self._callback is not None  # nothing else sends `OfferDue`
        self._is_offer_due = False
        return PlayAll(("box-callback-offer", *digits(self._callback.key)))

    def _music(self, seconds: float) -> Music:
        rule = self._rule
        says_something = rule.tell_position or rule.tell_wait or rule.message or rule.exit_key
        return Music(seconds if says_something else None)

    def _press(self, digit: str) -> list[Command]:
        if self._callback is not None and digit == self._callback.key:
            self.state, self._is_offer_due = State.ASKED, False
            return [Ask()]
        if not digit or digit != self._rule.exit_key:
            return []
        self.state = State.DONE
        return [Leave()]

    def _tell(self, position: int, wait: Range | None) -> list[Command]:
        rule = self._rule
        said: list[str] = []
        if rule.tell_position:
            said += place(position)
        if rule.tell_wait and wait is not None:
            said += expected(wait)
        if rule.message:
            said.append(rule.message)
        if key := digits(rule.exit_key):
            said += ["box-wait-exit", *key]
        if not said:
            self.state = State.MUSIC
            return [self._music(rule.every_s)]
        return [PlayAll(tuple(said))]


def place(position: int) -> tuple[str, ...]:
    """The place in line, in words. From ten on it is not counted out: digit by digit it would be
    misheard."""
    if position < 1:
        return ()
    if position == 1:
        return ("box-wait-next",)
    if position < 10:
        return ("box-wait-place", *digits(str(position)))
    return ("box-wait-many",)


def expected(wait: Range) -> tuple[str, ...]:
    """The expected wait, in words: never a narrower range than was worked out."""
    low = max(bound for bound in BOUNDS if bound <= wait.low_min)
    high = min((bound for bound in BOUNDS if bound >= wait.high_min), default=None)
    if high is None:
        return ("box-wait-more-than", *minutes(low)) if low else ()
    if low == 0:
        return ("box-wait-up-to", *minutes(high))
    return ("box-wait-between", f"box-minutes-{low}", "box-wait-and", *minutes(high))
