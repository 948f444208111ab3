"""A mailbox: its messages, and hearing them by the keys of a telephone, as one table.

Pure: no I/O, no clock. `Hearing.advance(event)` returns the commands to carry out. New messages
come first, oldest first, then those heard before; a message counts as heard once it has begun.
A key is good at any time, also during a message.

Left out: leaving a message (voicemail.py), where messages are kept (message_files.py), who tells
whom of them (mailboxes_task.py). Shell: mailbox_task.py. Tests: tests/firmware/ivr/test_mailbox.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from firmware.ivr.dialogue import LATE, Conversation
from firmware.ivr.dialogue import Begin as Begin
from firmware.ivr.dialogue import Event as Event
from firmware.ivr.dialogue import PlayAll as PlayAll
from firmware.ivr.dialogue import Pressed as Pressed
from firmware.ivr.dialogue import PromptEnded as PromptEnded
from firmware.ivr.dialogue import StartTimer as StartTimer
from firmware.ivr.dialogue import TimedOut as TimedOut
from firmware.ivr.dialogue import UnexpectedEvent as UnexpectedEvent
from firmware.voice.built_in import digits

THINK_S: Final = 8.0
"""Without a key for so long the next message is played."""
LONG_WAIT_S: Final = 20.0
"""Without a key for so long after the last one the box hangs up."""


@dataclass(frozen=True, slots=True)
class Message:
    """One voice message. `id` is unique in the box."""

    id: str
    mailbox: str
    at: datetime
    """UTC."""
    number: str
    """The caller's; empty if it is not known."""
    name: str
    length_s: float
    call: str = ""
    is_heard: bool = False
    is_mail_due: bool = False


def counted(messages: Iterable[Message]) -> tuple[int, int]:
    """How many are new, and how many were heard before."""
    heard = [message.is_heard for message in messages]
    return heard.count(False), heard.count(True)


def in_order(messages: Iterable[Message]) -> list[Message]:
    """As they are played."""
    return sorted(messages, key=lambda one: (one.is_heard, one.at, one.id))


class State(Enum):
    """Where somebody is who hears messages."""

    NEW = "new"
    COUNT = "count"  # hears how many there are
    PLAYING = "playing"  # hears a message
    CHOICE = "choice"  # hears what the keys do
    SILENCE = "silence"  # thinks
    LAST = "last"  # hears that there are no more
    END = "end"  # thinks, behind the last one
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Play:
    """Say these sentences, then the message; it counts as heard."""

    prompts: tuple[str, ...]
    message: Message


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a message for good."""

    message: Message


@dataclass(frozen=True, slots=True)
class HangUp:
    """It is over; `why` for the story."""

    why: str


Command = PlayAll | Play | Delete | StartTimer | HangUp


class Key(Enum):
    """What a key does."""

    AGAIN = "1"
    NEXT = "2"
    DELETE = "3"
    BACK = "4"
    FINISH = "*"


class Do(Enum):
    """What a row of the table has done."""

    COUNT = "count"
    FOLLOWING = "following"  # play the next one, or say that there is none
    KEYS = "keys"  # say what the keys do
    WAIT = "wait"
    WAIT_LONG = "wait_long"
    FINISH = "finish"


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.COUNT, Do.COUNT),
    (State.COUNT, PromptEnded): (State.PLAYING, Do.FOLLOWING),
    (State.PLAYING, PromptEnded): (State.CHOICE, Do.KEYS),
    (State.CHOICE, PromptEnded): (State.SILENCE, Do.WAIT),
    (State.SILENCE, TimedOut): (State.PLAYING, Do.FOLLOWING),
    (State.LAST, PromptEnded): (State.END, Do.WAIT_LONG),
    (State.END, TimedOut): (State.DONE, Do.FINISH),
}
IGNORED: Final[frozenset[tuple[State, type[Event]]]] = frozenset(
    {
        *((state, TimedOut) for state in (State.COUNT, State.PLAYING, State.CHOICE, State.LAST)),
        (State.SILENCE, PromptEnded),
        (State.END, PromptEnded),
        *((State.DONE, event) for event in LATE),
    }
)
"""A timer that fired, or a sound that ended, in the moment of a key."""


class Hearing(Conversation[State, Do, Command]):
    """Somebody hears the messages of their mailboxes."""

    table, ignored = TABLE, IGNORED
    name = "mailbox"

    def __init__(self, messages: Iterable[Message]) -> None:
        self.state = State.NEW
        self._messages = in_order(messages)
        self._at = -1
        """Which one is played, or was last."""
        self._deleted: set[str] = set()

    @property
    def current(self) -> Message | None:
        """The message that is played, or was last, unless it was deleted."""
        if 0 <= self._at < len(self._messages):
            message = self._messages[self._at]
            return None if message.id in self._deleted else message
        return None

    def advance(self, event: Event) -> list[Command]:
        """Take one event; raise `UnexpectedEvent` if the table has no row for it."""
        if isinstance(event, Pressed) and self.state not in (State.NEW, State.DONE):
            return self._press(event.digit)
        return super().advance(event)

    def _carry_out(self, do: Do, digit: str) -> list[Command]:
        match do:
            case Do.COUNT:
                return [PlayAll(self._count())]
            case Do.FOLLOWING:
                return self._play(self._after(self._at))
            case Do.KEYS:
                return [PlayAll(("box-mailbox-keys",))]
            case Do.WAIT:
                return [StartTimer(THINK_S)]
            case Do.WAIT_LONG:
                return [StartTimer(LONG_WAIT_S)]
            case Do.FINISH:
                return [HangUp("heard the messages")]

    def _count(self) -> tuple[str, ...]:
        new, old = counted(self._messages)
        said: list[str] = []
        if new:
            said += ["box-mailbox-new", *digits(str(new))]
        if old:
            said += ["box-mailbox-old", *digits(str(old))]
        return tuple(said)

    def _press(self, digit: str) -> list[Command]:
        self.state = State.PLAYING
        match digit:
            case Key.AGAIN.value:
                return self._play(self._at if self.current else self._after(self._at))
            case Key.BACK.value:
                before = [n for n in self._left() if n < self._at]
                return self._play(before[-1] if before else self._after(-1))
            case Key.DELETE.value if self.current is not None:
                return self._delete(self.current)
            case Key.FINISH.value:
                self.state = State.DONE
                return [HangUp("heard the messages")]
            case Key.NEXT.value | "#":
                return self._play(self._after(self._at))
            case _:
                self.state = State.CHOICE
                return [PlayAll(("box-mailbox-keys",))]

    def _delete(self, message: Message) -> list[Command]:
        self._deleted.add(message.id)
        return [Delete(message), *self._play(self._after(self._at), "box-mailbox-deleted")]

    def _left(self) -> list[int]:
        return [n for n, one in enumerate(self._messages) if one.id not in self._deleted]

    def _after(self, at: int) -> int | None:
        return next((n for n in self._left() if n > at), None)

    def _play(self, number: int | None, *before: str) -> list[Command]:
        if number is None:
            self.state, self._at = State.LAST, len(self._messages)
            return [PlayAll((*before, "box-mailbox-no-more"))]
        self._at = number
        message = self._messages[number]
        self._messages[number] = replace(message, is_heard=True)
        return [Play((*before, *_from(message)), message)]


def _from(message: Message) -> tuple[str, ...]:
    if not (number := digits(message.number)):
        return ("box-mailbox-unknown",)
    return ("box-mailbox-from", *number)
