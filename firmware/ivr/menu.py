"""A menu: greeting, keys, silence, wrong keys, numbers dialled, and where each leads, as one table.

Pure: no I/O, no clock. `Run.advance(event)` returns the commands to carry out. A key pressed
during the greeting counts at once (type-ahead). Where the menu lets callers dial a number of the
office, a key that such a number begins with waits for the next one or for a pause; keys behind one
that leads elsewhere are for the place it leads to. Shell: menu_task.py.

Left out: dial by name, which is a place of its own (directory.py).
Tests: tests/firmware/ivr/test_menu.py, test_menu_numbers.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from firmware.config.schema import Destination, Menu
from firmware.ivr.dialogue import (
    LATE,
    Begin,
    Conversation,
    Event,
    Play,
    Pressed,
    PromptEnded,
    Speak,
    StartTimer,
    Step,
    StopPlaying,
    StopTimer,
    TimedOut,
)

MOST_LANGUAGES: Final = 9
"""So often a caller may change the language; then its key is a wrong one."""


class State(Enum):
    """Where the caller is in the menu."""

    NEW = "new"
    GREETING = "greeting"  # the greeting, or what is wrong before it, plays
    SILENCE = "silence"  # it has ended, the caller thinks
    DIALLING = "dialling"  # what was typed may go on
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Go:
    """The caller leaves the menu."""

    to: Destination
    why: str
    rest: str = ""
    """Keys typed already for the place it leads to."""
    served_by: str = ""
    """The key, if the menu marks it as what such callers had called for."""
    asks: Mapping[str, int] = field(default_factory=dict)
    """Skills that who presses this key asks of agents."""


Command = Step | Go


class Do(Enum):
    """What a row of the table has done."""

    PLAY = "play"
    WAIT = "wait"
    JUDGE = "judge"  # look the key up
    AGAIN = "again"  # count a try; repeat or give up
    DECIDE = "decide"  # nothing follows what was typed


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.GREETING, Do.PLAY),
    (State.GREETING, PromptEnded): (State.SILENCE, Do.WAIT),
    (State.GREETING, Pressed): (State.GREETING, Do.JUDGE),
    (State.SILENCE, Pressed): (State.SILENCE, Do.JUDGE),
    (State.SILENCE, TimedOut): (State.SILENCE, Do.AGAIN),
    (State.DIALLING, Pressed): (State.DIALLING, Do.JUDGE),
    (State.DIALLING, TimedOut): (State.DIALLING, Do.DECIDE),
}
IGNORED: Final[frozenset[tuple[State, type[Event]]]] = frozenset(
    {
        (State.SILENCE, PromptEnded),
        (State.GREETING, TimedOut),  # the timer fired while a wrong key began a new round
        (State.DIALLING, PromptEnded),
        *((State.DONE, event) for event in LATE),
    }
)
NO_NUMBERS: Final[Mapping[str, Destination]] = {}
NO_SKILLS: Final[Mapping[str, int]] = {}


class Run(Conversation[State, Do, Command]):
    """One caller's way through one menu."""

    table, ignored = TABLE, IGNORED

    def __init__(self, menu: Menu, numbers: Mapping[str, Destination] = NO_NUMBERS) -> None:
        """`numbers`: of the office, where each leads; dialled only if the menu allows it."""
        self.menu = menu
        self.name = f"menu {menu.id}"
        self.state = State.NEW
        self.tries = 0
        """Rounds without a usable key."""
        self._numbers = numbers if menu.dial_extensions else NO_NUMBERS
        self._typed = ""
        self._languages = 0
        self._is_greeting_due = False
        """What was wrong is said first."""

    def _carry_out(self, do: Do, digit: str) -> list[Command]:
        match do:
            case Do.PLAY:
                return [Play(self.menu.greeting)]
            case Do.WAIT:
                return self._wait()
            case Do.JUDGE:
                return self._judge(digit)
            case Do.AGAIN:
                silent = f"no key for {self.menu.timeout_s:g} s"
                return self._again(silent, self.menu.silence)
            case Do.DECIDE:
                return self._decide()

    def _wait(self) -> list[Command]:
        if self._is_greeting_due:
            self._is_greeting_due = False
            self.state = State.GREETING
            return [Play(self.menu.greeting)]
        return [StartTimer(self.menu.timeout_s)]

    def _judge(self, digit: str) -> list[Command]:
        if digit == "#" and self._typed:
            return self._decide()
        self._typed += digit
        if any(n.startswith(self._typed) and n != self._typed for n in self._numbers):
            self.state = State.DIALLING
            return [StopPlaying(), StartTimer(self.menu.digit_timeout_s)]
        return self._decide()

    def _decide(self) -> list[Command]:
        typed, self._typed = self._typed, ""
        if (to := self._numbers.get(typed)) is not None:
            return self._go(to, f"dialled {typed}")
        digit, rest = typed[0], typed[1:]
        steps: list[Command] = []
        if (language := self.menu.languages.get(digit)) and self._languages < MOST_LANGUAGES:
            self._languages += 1
            steps.append(Speak(language))
        if (to := self.menu.options.get(digit)) is not None:
            mark = digit if digit in self.menu.served else ""
            asks = self.menu.skills.get(digit, {})
            return steps + self._go(to, f"pressed {digit}", rest, mark, asks)
        if steps:
            return steps + self._greet(None)
        what = f"key {typed}" if len(typed) == 1 else f"number {typed}"
        return self._again(f"{what} leads nowhere", self.menu.wrong_key)

    def _again(self, why: str, said_first: str | None) -> list[Command]:
        self.tries += 1
        if self.tries >= self.menu.tries:
            return self._go(self.menu.otherwise, f"{why}, {self.tries} times without a choice")
        return self._greet(said_first)

    def _greet(self, said_first: str | None) -> list[Command]:
        self.state = State.GREETING
        self._is_greeting_due = said_first is not None
        return [StopTimer(), Play(said_first or self.menu.greeting)]

    def _go(
        self,
        to: Destination,
        why: str,
        rest: str = "",
        served_by: str = "",
        asks: Mapping[str, int] = NO_SKILLS,
    ) -> list[Command]:
        self.state = State.DONE
        return [StopTimer(), StopPlaying(), Go(to, why, rest, served_by, asks)]
