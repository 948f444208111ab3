"""What a conversation by keys is made of: what is heard, what is pressed, what passes.

Pure: the words that the cores (menu.py, question.py, survey.py) and their one shell
(dialogue_task.py) share. A core takes an event and says what to do; what it finds out is a command
of its own, handed to who began the conversation.

Tests: those of the cores, in tests/firmware/ivr/test_menu.py and beside it.
"""

from __future__ import annotations

from dataclasses import dataclass


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
class Speak:
    """The caller's language from now on."""

    language: str


Step = Play | StopPlaying | StartTimer | StopTimer | Speak
"""What every core may ask of the shell."""


class UnexpectedEvent(Exception):
    """An event the core's table does not have: a fault of ours."""
