"""A waiting caller is asked at which number to be called back, as one table.

Pure: no I/O, no clock. The caller's own number is read out and confirmed with 1, or another one
keyed in after 2 and confirmed the same way; a withheld number must be keyed in. Star, and silence
in `TRIES` rounds, go back to waiting: the place was never left. Keys count while something is said.
Numbers shorter than `LEAST_DIGITS` are refused: none of the office's own extensions and no
emergency number is called back.

Shell: dialogue_task.py, begun by waiting_task.py. Tests: tests/firmware/ivr/test_callback_ask.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.ivr.dialogue import (
    LATE,
    Begin,
    Conversation,
    Event,
    Play,
    Pressed,
    PromptEnded,
    StartTimer,
    Step,
    StopPlaying,
    StopTimer,
    TimedOut,
)
from firmware.voice.built_in import digits

LEAST_DIGITS: Final = 7
MOST_DIGITS: Final = 15
"""ITU-T E.164 clause 6."""
PAUSE_S: Final = 5.0
"""Ends what is keyed in, or a round."""
TRIES: Final = 3
BACK: Final = "*"
"""Goes on waiting."""


class State(Enum):
    """How far the caller is."""

    NEW = "new"
    READING = "reading"  # a number is read out
    CONFIRMING = "confirming"  # it has been; the caller thinks
    ASKING = "asking"  # is asked for a number
    TYPING = "typing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Taken:
    """The caller is to be called back at this number."""

    number: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The caller goes on waiting."""


Command = Step | Taken | Declined


class Do(Enum):
    """What a row of the table has done."""

    BEGIN = "begin"
    READ_ON = "read on"
    JUDGE = "judge"
    TYPE = "type"
    CLOSE = "close"  # the number is as long as it will be
    AGAIN = "again"


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.NEW, Do.BEGIN),
    (State.READING, PromptEnded): (State.READING, Do.READ_ON),
    (State.READING, Pressed): (State.READING, Do.JUDGE),
    (State.CONFIRMING, Pressed): (State.CONFIRMING, Do.JUDGE),
    (State.CONFIRMING, TimedOut): (State.CONFIRMING, Do.AGAIN),
    (State.ASKING, PromptEnded): (State.ASKING, Do.READ_ON),
    (State.ASKING, Pressed): (State.TYPING, Do.TYPE),
    (State.TYPING, Pressed): (State.TYPING, Do.TYPE),
    (State.TYPING, TimedOut): (State.TYPING, Do.CLOSE),
}
IGNORED: Final[frozenset[tuple[State, type[Event]]]] = frozenset(
    {
        (State.READING, TimedOut),
        (State.CONFIRMING, PromptEnded),
        (State.ASKING, TimedOut),
        (State.TYPING, PromptEnded),
        *((State.DONE, event) for event in LATE),
    }
)


class Run(Conversation[State, Do, Command]):
    """One caller who pressed the key for a callback."""

    table, ignored = TABLE, IGNORED
    name = "callback"

    def __init__(self, number: str, may_key: bool, is_good: Callable[[str], bool]) -> None:
        """`number`: the caller's own, if it can be called back; `is_good`: whether another can."""
        self._own, self._may_key, self._is_good = number, may_key, is_good
        self._number = ""
        """The one that is to be confirmed, or typed."""
        self._to_read: list[str] = []
        self._tries = 0
        self.state = State.NEW

    def _carry_out(self, do: Do, digit: str) -> list[Command]:
        match do:
            case Do.BEGIN:
                return self._read_own() if self._own else self._ask()
            case Do.READ_ON:
                return self._read_on()
            case Do.JUDGE:
                return self._judge(digit)
            case Do.TYPE:
                return self._type(digit)
            case Do.CLOSE:
                return self._close()
            case Do.AGAIN:
                return self._again()

    def _read_own(self) -> list[Command]:
        end = "box-callback-own" if self._may_key else "box-callback-only-own"
        return self._read_out(self._own, "box-callback-at", end)

    def _read_out(self, number: str, before: str, after: str) -> list[Command]:
        self._number, self.state = number, State.READING
        return self._say(before, *digits(number), after)

    def _ask(self, *before: str) -> list[Command]:
        self._number, self.state = "", State.ASKING
        return self._say(*before, "box-callback-number")

    def _say(self, *prompts: str) -> list[Command]:
        self._to_read = list(prompts)
        return [StopTimer(), *self._read_on()]

    def _read_on(self) -> list[Command]:
        if self._to_read:
            return [Play(self._to_read.pop(0))]
        self.state = State.TYPING if self.state is State.ASKING else State.CONFIRMING
        return [StartTimer(PAUSE_S)]

    def _judge(self, digit: str) -> list[Command]:
        if digit == "1":
            return self._end(Taken(self._number))
        if digit == BACK:
            return self._end(Declined())
        return self._ask() if digit == "2" and self._may_key else []

    def _type(self, digit: str) -> list[Command]:
        if digit == BACK:
            return self._end(Declined())
        if digit == "#":
            return self._close()
        self._number += digit
        if len(self._number) >= MOST_DIGITS:
            return self._close()
        return [StopPlaying(), StartTimer(PAUSE_S)]

    def _close(self) -> list[Command]:
        if len(self._number) < LEAST_DIGITS or not self._is_good(self._number):
            refusal = ("box-callback-not",) if self._number else ()
            return self._again(*refusal)
        return self._read_out(self._number, "box-you-entered", "box-confirm")

    def _again(self, *before: str) -> list[Command]:
        self._tries += 1
        if self._tries >= TRIES:
            return self._end(Declined())
        if self.state is State.CONFIRMING and self._number == self._own:
            return self._read_own()
        return self._ask(*before)

    def _end(self, how: Taken | Declined) -> list[Command]:
        self.state = State.DONE
        return [StopTimer(), StopPlaying(), how]
