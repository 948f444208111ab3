"""One question after a call, answered by a key: 1 to 5 (CSAT), or 0 to 10 (NPS), as one table.

Pure: no I/O, no clock. Of an NPS question the key 1 waits a moment for the 0 of ten. An answer is
told at once, before the thanks: who hangs up then has answered. Shell: dialogue_task.py, begun by
firmware.route.opinion_task.

Tests: tests/firmware/ivr/test_survey.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.config.places import Survey
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

TEN_S: Final = 2.0
"""Pause after a 1 that was no ten."""


class State(Enum):
    """How far the caller is."""

    NEW = "new"
    ASKING = "asking"  # the question plays
    WAITING = "waiting"  # it has ended
    ONE = "one"  # a 1, or the beginning of a 10
    THANKING = "thanking"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Scored:
    """The answer."""

    score: int


@dataclass(frozen=True, slots=True)
class Finished:
    """There is nothing more to hear."""


Command = Step | Scored | Finished


class Do(Enum):
    """What a row of the table has done."""

    ASK = "ask"
    WAIT = "wait"
    JUDGE = "judge"
    ONE_OR_TEN = "one or ten"
    ONE = "one"
    AGAIN = "again"
    END = "end"


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.ASKING, Do.ASK),
    (State.ASKING, PromptEnded): (State.WAITING, Do.WAIT),
    (State.ASKING, Pressed): (State.ASKING, Do.JUDGE),
    (State.WAITING, Pressed): (State.WAITING, Do.JUDGE),
    (State.WAITING, TimedOut): (State.WAITING, Do.AGAIN),
    (State.ONE, Pressed): (State.ONE, Do.ONE_OR_TEN),
    (State.ONE, TimedOut): (State.ONE, Do.ONE),
    (State.THANKING, PromptEnded): (State.DONE, Do.END),
}
IGNORED: Final[frozenset[tuple[State, type[Event]]]] = frozenset(
    {
        (State.ASKING, TimedOut),
        (State.WAITING, PromptEnded),
        (State.ONE, PromptEnded),
        (State.THANKING, Pressed),
        (State.THANKING, TimedOut),
        *((State.DONE, event) for event in LATE),
    }
)


class Run(Conversation[State, Do, Command]):
    """One caller and one question."""

    table, ignored = TABLE, IGNORED

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.name = f"survey {survey.id}"
        self.state = State.NEW
        self.tries = 0

    def _carry_out(self, do: Do, digit: str) -> list[Command]:
        match do:
            case Do.ASK:
                return [Play(self.survey.prompt)]
            case Do.WAIT:
                return [StartTimer(self.survey.timeout_s)]
            case Do.JUDGE:
                return self._judge(digit)
            case Do.ONE_OR_TEN:
                return self._answered(10 if digit == "0" else 1)
            case Do.ONE:
                return self._answered(1)
            case Do.AGAIN:
                return self._again()
            case Do.END:
                return [Finished()]

    def _judge(self, digit: str) -> list[Command]:
        if self.survey.kind == "nps" and digit == "1":
            self.state = State.ONE
            return [StopPlaying(), StartTimer(TEN_S)]
        answers = "12345" if self.survey.kind == "csat" else "0123456789"
        return self._answered(int(digit)) if digit in answers else self._again()

    def _answered(self, score: int) -> list[Command]:
        if self.survey.thanks is None:
            return [Scored(score), *self._end()]
        self.state = State.THANKING
        return [StopTimer(), Scored(score), Play(self.survey.thanks)]

    def _again(self) -> list[Command]:
        self.tries += 1
        if self.tries >= self.survey.tries:
            return self._end()
        self.state = State.ASKING
        return [StopTimer(), Play(self.survey.prompt)]

    def _end(self) -> list[Command]:
        self.state = State.DONE
        return [StopTimer(), StopPlaying(), Finished()]
