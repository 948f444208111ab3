"""What somebody hears who has answered, before they are joined: an agent of which queue the call
is and how long the caller waited, who is called back that they asked for it, somebody at a mobile
that a call for them was forwarded; and the question whether they take it, as one table.

Pure: no I/O, no clock. `Run.advance(event)` returns the commands to carry out. The other side hears
none of it. An answering machine presses no key: a call that is to be confirmed goes on to somebody
else then. Shell: briefing_task.py. Tests: tests/firmware/ivr/test_briefing.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.config.schema import Queue
from firmware.ivr.dialogue import LATE, Conversation
from firmware.ivr.dialogue import Begin as Begin
from firmware.ivr.dialogue import Event as Event
from firmware.ivr.dialogue import PlayAll as PlayAll
from firmware.ivr.dialogue import Pressed as Pressed
from firmware.ivr.dialogue import PromptEnded as PromptEnded
from firmware.ivr.dialogue import StartTimer as StartTimer
from firmware.ivr.dialogue import TimedOut as TimedOut
from firmware.ivr.dialogue import UnexpectedEvent as UnexpectedEvent
from firmware.voice.built_in import MINUTES, minutes, queue_name

ANSWER_S: Final = 8.0
"""For the key, after the question."""
TAKE: Final = "1"
ROUNDS: Final = 3
"""The question is asked more than once outside: they may not have had the phone at the ear."""
DISMISS: Final = "2"
"""Who is called back needs it no more."""


class State(Enum):
    """Where the agent is."""

    NEW = "new"
    HEARING = "hearing"
    ASKED = "asked"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Decided:
    """The agent takes the call, or does not."""

    takes_it: bool


Command = PlayAll | StartTimer | Decided


class Do(Enum):
    """What a row of the table has done."""

    SAY = "say"
    HEARD = "heard"
    KEY = "key"
    SILENCE = "silence"


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.HEARING, Do.SAY),
    (State.HEARING, PromptEnded): (State.ASKED, Do.HEARD),
    (State.HEARING, Pressed): (State.HEARING, Do.KEY),
    (State.ASKED, Pressed): (State.ASKED, Do.KEY),
    (State.ASKED, TimedOut): (State.HEARING, Do.SILENCE),
}
IGNORED: Final[frozenset[tuple[State, type[Event]]]] = frozenset(
    {
        (State.ASKED, PromptEnded),
        (State.HEARING, TimedOut),
        *((State.DONE, event) for event in LATE),
    }
)


class Run(Conversation[State, Do, Command]):
    """One person, one call."""

    table, ignored = TABLE, IGNORED
    name = "briefing"

    def __init__(
        self, said: tuple[str, ...], must_confirm: bool, rounds: int = 1, refuses: str = ""
    ) -> None:
        """`rounds`: how often the question is asked; `refuses`: key that says no."""
        self._words, self._must_confirm = said, must_confirm
        self._rounds, self._refuses = rounds, refuses
        self.is_refused = False
        """By the key for it."""
        self.state = State.NEW

    def _carry_out(self, do: Do, digit: str) -> list[Command]:
        match do:
            case Do.SAY:
                return [PlayAll(self._words)]
            case Do.HEARD if self._must_confirm:
                return [StartTimer(ANSWER_S)]
            case Do.HEARD:
                return self._decide(True)
            case Do.KEY:
                return self._press(digit)
            case Do.SILENCE:
                return self._silence()

    def _silence(self) -> list[Command]:
        self._rounds -= 1
        return [PlayAll(self._words)] if self._rounds > 0 else self._decide(False)

    def _press(self, digit: str) -> list[Command]:
        """`1` takes the call at once; any key does where nothing is asked."""
        if digit == TAKE or not self._must_confirm:
            return self._decide(True)
        if digit == self._refuses:
            self.is_refused = True
            return self._decide(False)
        return []

    def _decide(self, takes_it: bool) -> list[Command]:
        self.state = State.DONE
        return [Decided(takes_it)]


def for_agent(queue: Queue, waited_s: float, is_callback: bool = False) -> Run | None:
    """What an agent hears of a call of this queue; None: nothing."""
    said = words(queue, waited_s, is_callback)
    return Run(said, queue.comfort.agent_confirms) if said else None


def for_called_back(greeting: str | None) -> Run:
    """What somebody hears who is called back."""
    before = (greeting,) if greeting else ()
    return Run((*before, "box-callback-here", "box-callback-now"), True, ROUNDS, DISMISS)


def for_forwarded() -> Run:
    """What somebody hears to whose number outside a call was forwarded."""
    return Run(("box-forwarded-call", "box-agent-confirm"), True, ROUNDS)


def words(queue: Queue, waited_s: float, is_callback: bool = False) -> tuple[str, ...]:
    """What is said to an agent. The wait as minutes that can be spoken, rounded down: "has
    waited five minutes" is true of seven as well."""
    rule, said = queue.comfort, list[str]()
    if rule.agent_hears != "nothing":
        said.append(queue_name(queue.name).id)
        if is_callback:
            said.append("box-agent-callback")
    waited_min = waited_s / 60
    if rule.agent_hears == "queue_and_wait" and waited_min >= 1:
        nearest = max(number for number in MINUTES if number <= waited_min)
        said += ["box-agent-waited", *minutes(nearest)]
    if rule.agent_confirms:
        said.append("box-agent-confirm")
    return tuple(said)
