"""A menu: greeting, keys, silence, wrong keys, and where each leads, as one table.

Pure: no I/O, no clock. `Run.advance(event)` returns the commands to carry out. A key pressed
during the greeting counts at once (type-ahead). Shell: menu_task.py.

Left out: direct extension dialling, several digits, dial by name.
Tests: tests/firmware/ivr/test_menu.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.config.schema import Destination, Menu


class State(Enum):
    """Where the caller is in the menu."""

    NEW = "new"
    GREETING = "greeting"  # the greeting plays
    SILENCE = "silence"  # it has ended, the caller thinks
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Begin:
    """The caller enters the menu."""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """The greeting has been played to its end."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key."""

    digit: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No key for `Menu.timeout_s` after the greeting."""


Event = Begin | PromptEnded | Pressed | TimedOut


@dataclass(frozen=True, slots=True)
class Play:
    """Play this prompt from its beginning."""

    prompt: str


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Stop the prompt."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Send `TimedOut` after so long; a later StartTimer or StopTimer replaces it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Forget the timer."""


@dataclass(frozen=True, slots=True)
class Go:
    """The caller leaves the menu."""

    to: Destination
    why: str


Command = Play | StopPlaying | StartTimer | StopTimer | Go


class Do(Enum):
    """What a row of the table has done."""

    PLAY = "play"
    WAIT = "wait"
    JUDGE = "judge"  # look the key up
    AGAIN = "again"  # count a try; repeat or give up


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.GREETING, Do.PLAY),
    (State.GREETING, PromptEnded): (State.SILENCE, Do.WAIT),
    (State.GREETING, Pressed): (State.GREETING, Do.JUDGE),
    (State.SILENCE, Pressed): (State.SILENCE, Do.JUDGE),
    (State.SILENCE, TimedOut): (State.SILENCE, Do.AGAIN),
}
IGNORED: Final = frozenset(
    {
        (State.SILENCE, PromptEnded),
        (State.GREETING, TimedOut),  # the timer fired while a wrong key began a new round
        (State.DONE, PromptEnded),
        (State.DONE, Pressed),
        (State.DONE, TimedOut),
    }
)


class UnexpectedEvent(Exception):
    """An event the table does not have: a fault of ours."""


class Run:
    """One caller's way through one menu."""

    def __init__(self, menu: Menu) -> None:
        self.menu = menu
        self.state = State.NEW
        self.tries = 0
        """Rounds without a usable key."""

    def advance(self, event: Event) -> list[Command]:
        """Take one event; raise `UnexpectedEvent` if the table has no row for it."""
        key = (self.state, type(event))
        if key in IGNORED:
            return []
        if (row := TABLE.get(key)) is None:
            raise UnexpectedEvent(f"menu {self.menu.id}: {key[1].__name__} while {key[0].name}")
        self.state, do = row
        if do is Do.PLAY:
            return [Play(self.menu.greeting)]
        if do is Do.WAIT:
            return [StartTimer(self.menu.timeout_s)]
        if isinstance(event, Pressed):
            return self._judge(event.digit)
        return self._again(f"no key for {self.menu.timeout_s:g} s")

    def _judge(self, digit: str) -> list[Command]:
        if (to := self.menu.options.get(digit)) is None:
            return self._again(f"key {digit} leads nowhere")
        return self._go(to, f"pressed {digit}")

    def _again(self, why: str) -> list[Command]:
        self.tries += 1
        if self.tries >= self.menu.tries:
            return self._go(self.menu.otherwise, f"{why}, {self.tries} times without a choice")
        self.state = State.GREETING
        return [StopTimer(), Play(self.menu.greeting)]

    def _go(self, to: Destination, why: str) -> list[Command]:
        self.state = State.DONE
        return [StopTimer(), StopPlaying(), Go(to, why)]
