"""Digits asked of a caller: entered, read back, confirmed, as one table.

Pure: no I/O, no clock. `#` ends a number, `*` begins it anew; a pause ends it too. Keys pressed
while the question is still being asked count. Reading back can be answered before it ends.
Shell: dialogue_task.py.

Tests: tests/firmware/ivr/test_question.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.config.places import Question
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

ENTERED: Final = "box-you-entered"
CONFIRM: Final = "box-confirm"


class State(Enum):
    """How far the caller is."""

    NEW = "new"
    ASKING = "asking"  # the question plays
    TYPING = "typing"
    READING = "reading"  # the number is read back
    CONFIRMING = "confirming"  # it has been; the caller thinks
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Collected:
    """The end: the digits, empty if there were none in as many tries as there are."""

    digits: str


Command = Step | Collected


class Do(Enum):
    """What a row of the table has done."""

    ASK = "ask"
    WAIT = "wait"
    TYPE = "type"
    CLOSE = "close"  # the number is as long as it will be
    READ_ON = "read on"
    JUDGE = "judge"  # right or not
    AGAIN = "again"


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.ASKING, Do.ASK),
    (State.ASKING, PromptEnded): (State.TYPING, Do.WAIT),
    (State.ASKING, Pressed): (State.TYPING, Do.TYPE),
    (State.TYPING, Pressed): (State.TYPING, Do.TYPE),
    (State.TYPING, TimedOut): (State.TYPING, Do.CLOSE),
    (State.READING, PromptEnded): (State.READING, Do.READ_ON),
    (State.READING, Pressed): (State.READING, Do.JUDGE),
    (State.CONFIRMING, Pressed): (State.CONFIRMING, Do.JUDGE),
    (State.CONFIRMING, TimedOut): (State.CONFIRMING, Do.AGAIN),
}
IGNORED: Final[frozenset[tuple[State, type[Event]]]] = frozenset(
    {
        (State.ASKING, TimedOut),
        (State.TYPING, PromptEnded),
        (State.READING, TimedOut),
        (State.CONFIRMING, PromptEnded),
        *((State.DONE, event) for event in LATE),
    }
)


class Run(Conversation[State, Do, Command]):
    """One caller and one question."""

    table, ignored = TABLE, IGNORED

    def __init__(self, question: Question) -> None:
        self.question = question
        self.name = f"question {question.id}"
        self.state = State.NEW
        self.tries = 0
        """Numbers that were not usable, or not right."""
        self._typed = ""
        self._to_read: list[str] = []

    def _carry_out(self, do: Do, digit: str) -> list[Command]:
        match do:
            case Do.ASK:
                return self._ask()
            case Do.WAIT:
                return [StartTimer(self.question.timeout_s)]
            case Do.TYPE:
                return self._type(digit)
            case Do.CLOSE:
                return self._close()
            case Do.READ_ON:
                return self._read_on()
            case Do.JUDGE:
                return self._judge(digit)
            case Do.AGAIN:
                return self._again()

    def _ask(self) -> list[Command]:
        self.state, self._typed = State.ASKING, ""
        return [StopTimer(), Play(self.question.prompt)]

    def _type(self, digit: str) -> list[Command]:
        if digit == "#":
            return self._close()
        self._typed = "" if digit == "*" else self._typed + digit
        if len(self._typed) >= self.question.max_digits:
            return self._close()
        return [StopPlaying(), StartTimer(self.question.timeout_s)]

    def _close(self) -> list[Command]:
        if len(self._typed) < self.question.min_digits:
            return self._again()
        if not self.question.confirm:
            return self._end(self._typed)
        self._to_read = [ENTERED, *(f"box-digit-{d}" for d in self._typed), CONFIRM]
        self.state = State.READING
        return [StopTimer(), *self._read_on()]

    def _read_on(self) -> list[Command]:
        if self._to_read:
            return [Play(self._to_read.pop(0))]
        self.state = State.CONFIRMING
        return [StartTimer(self.question.timeout_s)]

    def _judge(self, digit: str) -> list[Command]:
        if digit == "1":
            return self._end(self._typed)
        return self._again() if digit == "2" else []

    def _again(self) -> list[Command]:
        self.tries += 1
        return self._ask() if self.tries < self.question.tries else self._end("")

    def _end(self, digits: str) -> list[Command]:
        self.state = State.DONE
        return [StopTimer(), StopPlaying(), Collected(digits)]
