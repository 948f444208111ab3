"""Leaving a voice message: greeting, tone, the message, its end, as one table.

Pure: no I/O, no clock. `Run.advance(event)` returns the commands to carry out. `Take` keeps what
is said and notices when nothing is said any more. A key during the greeting goes to the tone, `#`
ends the message; hanging up ends it as well, and keeps it. What holds no speech is not kept.

Left out: hearing messages (mailbox.py), where they are kept (message_files.py).
Shell: voicemail_task.py. Tests: tests/firmware/ivr/test_voicemail.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final

from firmware.config.mailboxes import Mailbox
from firmware.ivr.dialogue import Play as Play
from firmware.ivr.dialogue import Pressed as Pressed
from firmware.ivr.dialogue import PromptEnded as PromptEnded
from firmware.ivr.dialogue import UnexpectedEvent as UnexpectedEvent
from firmware.ivr.dialogue import row
from firmware.voice.built_in import BEEP
from hal.switch.g711 import expand

RATE_HZ: Final = 8000
LEAST_S: Final = 1.0
"""Shorter than this is no message: somebody hung up at the tone."""
VOICE_DBM0: Final = -42.0
"""A 20 ms frame above this is speech: it is -15 to -35 dBm0 on lines (ITU-T G.223's -15 and its
spread), the noise of a line below -50."""
VOICE_FRAMES: Final = 10
"""So many frames of speech, 200 ms, make a message; a click has fewer."""
TAIL_S: Final = 1.0
"""Left behind the last word of a message that silence ended."""
_FRAME: Final = 160
_FULL_SINE_SQUARE: Final = 32768**2 / 2
_GATE: Final = _FULL_SINE_SQUARE * 10 ** ((VOICE_DBM0 - 3.14) / 10)


class State(Enum):
    """Where the caller is."""

    NEW = "new"
    FULL = "full"  # hears that there is no room
    GREETING = "greeting"
    TONE = "tone"
    SPEAKING = "speaking"
    THANKS = "thanks"  # hears that the message is kept, or that there was none
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Begin:
    """The caller is led to the mailbox."""

    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Enough:
    """The message is as long as it may be, or nothing is said any more."""

    why: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


Event = Begin | PromptEnded | Pressed | Enough | HungUp


@dataclass(frozen=True, slots=True)
class Record:
    """Begin to listen."""


@dataclass(frozen=True, slots=True)
class Keep:
    """End of the message: keep it, if there is something in it. `is_there`: the caller still is,
    and hears what became of it."""

    why: str
    is_there: bool


@dataclass(frozen=True, slots=True)
class HangUp:
    """It is over."""

    why: str


Command = Play | Record | Keep | HangUp


class Do(Enum):
    """What a row of the table has done."""

    WELCOME = "welcome"
    TONE = "tone"
    RECORD = "record"
    KEY = "key"
    KEEP = "keep"
    LEAVE = "leave"  # the caller is gone: nothing more
    HANG_UP = "hang_up"


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.GREETING, Do.WELCOME),
    (State.FULL, PromptEnded): (State.DONE, Do.HANG_UP),
    (State.GREETING, PromptEnded): (State.TONE, Do.TONE),
    (State.GREETING, Pressed): (State.TONE, Do.TONE),
    (State.TONE, PromptEnded): (State.SPEAKING, Do.RECORD),
    (State.SPEAKING, Pressed): (State.SPEAKING, Do.KEY),
    (State.SPEAKING, Enough): (State.THANKS, Do.KEEP),
    (State.SPEAKING, HungUp): (State.DONE, Do.KEEP),
    (State.THANKS, PromptEnded): (State.DONE, Do.HANG_UP),
    **{
        (state, HungUp): (State.DONE, Do.LEAVE)
        for state in (State.NEW, State.FULL, State.GREETING, State.TONE, State.THANKS)
    },
}
IGNORED: Final = frozenset(
    {
        *((state, Pressed) for state in (State.FULL, State.TONE, State.THANKS, State.DONE)),
        *((State.DONE, event) for event in (PromptEnded, Enough, HungUp)),
        (State.THANKS, Enough),
    }
)


class Run:
    """One caller leaving one message."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.state = State.NEW

    def advance(self, event: Event) -> list[Command]:
        """Take one event; raise `UnexpectedEvent` if the table has no row for it."""
        if (found := row(TABLE, IGNORED, self.state, event, "voice mail")) is None:
            return []
        self.state, do = found
        match do:
            case Do.WELCOME:
                return self._welcome(event)
            case Do.TONE:
                return [Play(BEEP)]
            case Do.RECORD:
                return [Record()]
            case Do.KEY:
                return self._key(event)
            case Do.KEEP:
                return [_keep(event)]
            case Do.LEAVE:
                return []
            case Do.HANG_UP:
                return [HangUp("the end of the mailbox")]

    def _welcome(self, event: Event) -> list[Command]:
        if isinstance(event, Begin) and event.is_full:
            self.state = State.FULL
            return [Play("box-mailbox-full")]
        return [Play(self.mailbox.greeting or "box-mailbox-greeting")]

    def _key(self, event: Event) -> list[Command]:
        """Only `#` ends the message: people who talk press keys by mistake."""
        if isinstance(event, Pressed) and event.digit == "#":
            self.state = State.THANKS
            return [Keep("the caller pressed #", is_there=True)]
        return []


def _keep(event: Event) -> Keep:
    if isinstance(event, Enough):
        return Keep(event.why, is_there=True)
    return Keep("the caller hung up", is_there=False)


class Take:
    """What a caller says, as it comes in."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._most = mailbox.max_message_s * RATE_HZ
        self._silence = mailbox.silence_s * RATE_HZ
        self._alaw = bytearray()
        self._judged = 0
        """Octets whose loudness was looked at."""
        self._last_word = 0
        """Octet behind the last frame with speech."""
        self._voiced = 0
        """Frames with speech."""

    def hear(self, alaw: bytes) -> str | None:
        """Take A-law octets of the caller; why it is enough, or None to go on."""
        self._alaw += alaw[: self._most - len(self._alaw)]
        while self._judged + _FRAME <= len(self._alaw):
            frame = self._alaw[self._judged : self._judged + _FRAME]
            self._judged += _FRAME
            if sum(map(_squares().__getitem__, frame)) > _GATE * _FRAME:
                self._voiced += 1
                self._last_word = self._judged
        if len(self._alaw) >= self._most:
            return "the longest message was reached"
        if self._judged - self._last_word >= self._silence:
            return "nothing more was said"
        return None

    @property
    def message(self) -> bytes:
        """The message, without the long silence at its end; empty if there is none."""
        if len(self._alaw) < LEAST_S * RATE_HZ or self._voiced < VOICE_FRAMES:
            return b""
        return bytes(self._alaw[: self._last_word + int(TAIL_S * RATE_HZ)])


@cache
def _squares() -> list[int]:
    return [expand(octet) ** 2 for octet in range(256)]
