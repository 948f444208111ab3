"""What an agent hears before the caller: of which queue the call is, how long they waited, and the
question whether the agent takes it, as one table.

Pure: no I/O, no clock. `Run.advance(event)` returns the commands to carry out. The caller hears
none of it. An answering machine presses no key: a call that is to be confirmed goes on to somebody
else then. Shell: briefing_task.py. Tests: tests/firmware/ivr/test_briefing.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.config.schema import Queue
from firmware.ivr.dialogue import Begin as Begin
from firmware.ivr.dialogue import Pressed as Pressed
from firmware.ivr.dialogue import StartTimer as StartTimer
from firmware.ivr.dialogue import TimedOut as TimedOut
from firmware.ivr.dialogue import UnexpectedEvent as UnexpectedEvent
from firmware.ivr.dialogue import row
from firmware.voice.built_in import MINUTES, minutes, queue_name

ANSWER_S: Final = 8.0
"""For the key, after the question."""
TAKE: Final = "1"


class State(Enum):
    """Where the agent is."""

    NEW = "new"
    HEARING = "hearing"
    ASKED = "asked"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Ended:
    """What was said has ended."""


Event = Begin | Ended | Pressed | TimedOut


@dataclass(frozen=True, slots=True)
class Say:
    """Say these, one after the other, then send `Ended`."""

    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """The agent takes the call, or does not."""

    takes_it: bool


Command = Say | StartTimer | Decided


class Do(Enum):
    """What a row of the table has done."""

    SAY = "say"
    HEARD = "heard"
    KEY = "key"
    REFUSE = "refuse"


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.HEARING, Do.SAY),
    (State.HEARING, Ended): (State.ASKED, Do.HEARD),
    (State.HEARING, Pressed): (State.HEARING, Do.KEY),
    (State.ASKED, Pressed): (State.ASKED, Do.KEY),
    (State.ASKED, TimedOut): (State.DONE, Do.REFUSE),
}
IGNORED: Final[frozenset[tuple[State, type[Event]]]] = frozenset(
    {
        (State.ASKED, Ended),
        (State.HEARING, TimedOut),
        *((State.DONE, event) for event in (Ended, Pressed, TimedOut)),
    }
)


class Run:
    """One agent, one call."""

    def __init__(self, queue: Queue, waited_s: float) -> None:
        self._must_confirm = queue.comfort.agent_confirms
        self._words = words(queue, waited_s)
        self.state = State.NEW

    def advance(self, event: Event) -> list[Command]:
        """Take one event; raise `UnexpectedEvent` if the table has no row for it."""
        if (found := row(TABLE, IGNORED, self.state, event, "briefing")) is None:
            return []
        self.state, do = found
        match do:
            case Do.SAY:
                return [Say(self._words)]
            case Do.HEARD if self._must_confirm:
                return [StartTimer(ANSWER_S)]
            case Do.HEARD:
                return self._decide(True)
            case Do.KEY:
                return self._press(event)
            case Do.REFUSE:
                return self._decide(False)

    def _press(self, event: Event) -> list[Command]:
        """`1` takes the call at once; any key does where nothing is asked."""
        if isinstance(event, Pressed) and (event.digit == TAKE or not self._must_confirm):
            return self._decide(True)
        return []

    def _decide(self, takes_it: bool) -> list[Command]:
        self.state = State.DONE
        return [Decided(takes_it)]


def words(queue: Queue, waited_s: float) -> tuple[str, ...]:
    """What is said. The wait as minutes that can be spoken, rounded down: "has
    waited five minutes" is true of seven as well."""
    rule, said = queue.comfort, list[str]()
    if rule.agent_hears != "nothing":
        said.append(queue_name(queue.name).id)
    waited_min = waited_s / 60
    if rule.agent_hears == "queue_and_wait" and waited_min >= 1:
        nearest = max(number for number in MINUTES if number <= waited_min)
        said += ["box-agent-waited", *minutes(nearest)]
    if rule.agent_confirms:
        said.append("box-agent-confirm")
    return tuple(said)
