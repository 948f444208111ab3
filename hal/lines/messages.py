"""What the line supervisor asks its shell to do, and what a line looks like to people.

Pure. Tests: tests/hal/lines/test_lines_task.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.leg import Cause, HangupBy, Party
from hal.lines.analog import State, Timer
from hal.lines.tones import LearnedTone
from hal.switch.face import Detect


@dataclass(frozen=True, slots=True)
class Hook:
    """Take the line, or put it on hook."""

    is_off: bool


@dataclass(frozen=True, slots=True)
class Listen:
    """On-hook listening on or off."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class Hear:
    """Receivers on the line's port, and the echo canceller."""

    what: Detect
    cancel_echo: bool


@dataclass(frozen=True, slots=True)
class StartTimer:
    """(Re)start a timer."""

    timer: Timer
    s: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Stop a timer, running or not."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Offer:
    """A call came in."""

    caller: Party


@dataclass(frozen=True, slots=True)
class TellCaller:
    """The caller of the offered call is known now."""

    caller: Party


@dataclass(frozen=True, slots=True)
class TellProgress:
    """The far end of the outgoing call rings."""


@dataclass(frozen=True, slots=True)
class TellAnswered:
    """The outgoing call was answered. why: how that is known."""

    why: str


@dataclass(frozen=True, slots=True)
class TellFault:
    """Trouble that the call may survive."""

    what: str


@dataclass(frozen=True, slots=True)
class EndLeg:
    """The call is over."""

    cause: Cause
    by: HangupBy
    why: str


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Dial."""

    digits: str


@dataclass(frozen=True, slots=True)
class AbortTest:
    """The technician's test cannot go on."""

    why: str


@dataclass(frozen=True, slots=True)
class Learned:
    """The hang-up tones of this line changed: worth keeping in the configuration."""

    tones: tuple[LearnedTone, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """A line for the log."""

    text: str
    needs_person: bool = False


Effect = (
    Hook
    | Listen
    | Hear
    | StartTimer
    | StopTimer
    | Offer
    | TellCaller
    | TellProgress
    | TellAnswered
    | TellFault
    | EndLeg
    | SendDigits
    | AbortTest
    | Learned
    | Say
)


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with a line, why, and what a person can do."""

    what: str
    why: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class LineStatus:
    """One line now."""

    number: int
    name: str
    state: State
    words: str
    """The state for people."""
    is_free: bool
    """May be dialled on."""
    volts: float
    milliamps: float
    in_use_by_parallel: bool
    last_ring_at: float | None
    """Seconds on the event loop's clock."""
    caller: Party
    """Of the present or last incoming call, with the reason if it is not known."""
    learned: tuple[LearnedTone, ...]
    fault: LineFault | None
