"""What a conversation by keys is made of: what is heard, what is pressed, what passes.

Pure: the words that the cores (menu.py, directory.py, question.py, survey.py, callback_ask.py) and
their one shell (dialogue_task.py) share, and how each core looks up its table. A core takes an
event and says what to do; what it finds out is a command of its own, handed to who began the
conversation.

Cores with shells of their own use the same words: briefing.py and mailbox.py are conversations as
well; voicemail.py and waiting.py have events that bring more than a key (how long it will be, why
a message is over), so they look up their tables by `row` and read the event themselves.

Tests: those of the cores, in tests/firmware/ivr/test_menu.py and beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Final, Generic, TypeVar

S = TypeVar("S", bound=Enum)
E = TypeVar("E")
D = TypeVar("D")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Begin:
    """The caller enters."""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """The prompt has been played to its end."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key."""

    digit: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The timer that was started last has run out."""


Event = Begin | PromptEnded | Pressed | TimedOut
LATE: Final[tuple[type[Event], ...]] = (PromptEnded, Pressed, TimedOut)
"""What may still come in the moment in which a conversation ends: nothing is done about it."""


@dataclass(frozen=True, slots=True)
class Play:
    """Play this prompt from its beginning."""

    prompt: str


@dataclass(frozen=True, slots=True)
class PlayAll:
    """Play these prompts one after the other; what is not there is left out."""

    prompts: tuple[str, ...]


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
class Speak:
    """The caller's language from now on."""

    language: str


Step = Play | PlayAll | StopPlaying | StartTimer | StopTimer | Speak
"""What every core may ask of the shell."""


class UnexpectedEvent(Exception):
    """An event the core's table does not have: a fault of ours."""


def row(
    table: Mapping[tuple[S, type[E]], tuple[S, D]],
    ignored: Container[tuple[S, type[E]]],
    state: S,
    event: E,
    name: str,
) -> tuple[S, D] | None:
    """Where `event` leads in `state`, and what to do; None where there is nothing to do. Raise
    `UnexpectedEvent`, in the name of the conversation, where neither says so."""
    key = (state, type(event))
    if key in ignored:
        return None
    if (found := table.get(key)) is None:
        raise UnexpectedEvent(f"{name}: {key[1].__name__} while {state.name}")
    return found


class Conversation(ABC, Generic[S, D, C]):
    """One caller's way through the table of a core: `S` its states, `D` what its rows have done,
    `C` its commands. `name` is for the log."""

    table: ClassVar[Mapping[tuple[Any, type[Event]], tuple[Any, Any]]]
    ignored: ClassVar[Container[tuple[Any, type[Event]]]]
    state: S
    name: str

    def advance(self, event: Event) -> list[C]:
        """Take one event; raise `UnexpectedEvent` if the table has no row for it."""
        found: tuple[S, D] | None = row(self.table, self.ignored, self.state, event, self.name)
        if found is None:
            return []
        self.state, do = found
        return self._carry_out(do, event.digit if isinstance(event, Pressed) else "")

    @abstractmethod
    def _carry_out(self, do: D, digit: str) -> list[C]:
        """What a row has done. `digit`: the key, if it was one."""
