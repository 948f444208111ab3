"""Dial by name: letters of a family name typed on the keys, and who is meant, as one table.

Pure. Letters: firmware.config.keypad. One person left after three letters, `#` or a pause is named
and rung; of several each is named with a key. Letters that nobody has are taken to their end, so
that those still being typed do not begin another name. `*` goes back: from a choice to the letters,
from letters to none, and with none out of the directory. Shell: dialogue_task.py.

Tests: tests/firmware/ivr/test_directory.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.config.destination import Destination
from firmware.config.keypad import keys_of
from firmware.config.places import Directory
from firmware.config.schema import Extension, Office
from firmware.ivr.dialogue import (
    LATE,
    Begin,
    Conversation,
    Event,
    Play,
    PlayAll,
    Pressed,
    PromptEnded,
    StartTimer,
    Step,
    StopPlaying,
    StopTimer,
    TimedOut,
)
from firmware.voice.built_in import person_name

ASK: Final = "box-name-ask"
NONE: Final = "box-name-none"
MORE: Final = "box-name-more"
FOR: Final = "box-name-for"
PRESS: Final = "box-name-press"
BACK: Final = "box-name-back"
FEW_LETTERS: Final = 3
"""So many are typed before one who is left is taken to be meant."""
MOST_NAMED: Final = 9
"""One key each."""
MOST_LETTERS: Final = 32
MOST_ROUNDS: Final = 40
"""So many keys and silences in all: a caller is not in here for ever, whatever they press."""


class State(Enum):
    """How far the caller is."""

    NEW = "new"
    ASKING = "asking"  # the question plays
    TYPING = "typing"
    LISTING = "listing"  # those who may be meant are named
    CHOOSING = "choosing"  # they have been; the caller thinks
    NAMING = "naming"  # the one who is meant is named
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Led:
    """The end: where the caller goes."""

    to: Destination
    why: str


Command = Step | Led


class Do(Enum):
    """What a row of the table has done."""

    ASK = "ask"
    WAIT = "wait"
    TYPE = "type"
    CLOSE = "close"  # these are all the letters
    CHOOSE = "choose"
    THINK = "think"
    AGAIN = "again"  # the list, once more
    DOUBT = "doubt"  # a key while the name is heard
    RING = "ring"


TABLE: Final[Mapping[tuple[State, type[Event]], tuple[State, Do]]] = {
    (State.NEW, Begin): (State.ASKING, Do.ASK),
    (State.ASKING, PromptEnded): (State.TYPING, Do.WAIT),
    (State.ASKING, Pressed): (State.TYPING, Do.TYPE),
    (State.TYPING, Pressed): (State.TYPING, Do.TYPE),
    (State.TYPING, TimedOut): (State.TYPING, Do.CLOSE),
    (State.LISTING, PromptEnded): (State.CHOOSING, Do.THINK),
    (State.LISTING, Pressed): (State.LISTING, Do.CHOOSE),
    (State.CHOOSING, Pressed): (State.CHOOSING, Do.CHOOSE),
    (State.CHOOSING, TimedOut): (State.CHOOSING, Do.AGAIN),
    (State.NAMING, PromptEnded): (State.NAMING, Do.RING),
    (State.NAMING, Pressed): (State.NAMING, Do.DOUBT),
}
IGNORED: Final[frozenset[tuple[State, type[Event]]]] = frozenset(
    {
        (State.ASKING, TimedOut),
        (State.TYPING, PromptEnded),
        (State.LISTING, TimedOut),
        (State.CHOOSING, PromptEnded),
        (State.NAMING, TimedOut),
        *((State.DONE, event) for event in LATE),
    }
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A person of the directory."""

    extension: str
    name: str
    keys: tuple[str, ...]


def listed(office: Office, directory: Directory) -> tuple[Listed, ...]:
    """Who can be found, by name; people whose names have no letters on the keys cannot."""
    people = (e for e in office.extensions if _is_in(directory, e))
    found = (Listed(e.number, e.name, keys_of(e.name)) for e in people)
    return tuple(sorted((one for one in found if one.keys), key=lambda one: one.name.casefold()))


def _is_in(directory: Directory, person: Extension) -> bool:
    return not directory.members or person.number in directory.members


class Run(Conversation[State, Do, Command]):
    """One caller in one directory."""

    table, ignored = TABLE, IGNORED

    def __init__(self, directory: Directory, people: Sequence[Listed]) -> None:
        self.directory = directory
        self.name = f"directory {directory.id}"
        self.state = State.NEW
        self.tries = 0
        """Times that nobody, or too many, were found, or nothing was pressed."""
        self._people = people
        self._typed = ""
        self._found: Sequence[Listed] = ()
        self._rounds = 0

    def advance(self, event: Event) -> list[Command]:
        """As every conversation, but not for ever."""
        if isinstance(event, Pressed | TimedOut) and self.state is not State.DONE:
            self._rounds += 1
            if self._rounds > MOST_ROUNDS:
                return self._give_up("too many keys")
        return super().advance(event)

    def _carry_out(self, do: Do, digit: str) -> list[Command]:
        match do:
            case Do.ASK:
                return self._ask()
            case Do.WAIT | Do.THINK:
                return [StartTimer(self.directory.timeout_s)]
            case Do.TYPE:
                return self._type(digit)
            case Do.CLOSE:
                return self._close()
            case Do.CHOOSE:
                return self._choose(digit)
            case Do.AGAIN:
                return self._failed() or self._list()
            case Do.DOUBT:
                return self._ask() if digit == "*" else []
            case Do.RING:
                return self._ring(self._found[0])

    # -- letters -------------------------------------------------------------------------------

    def _ask(self, *said_first: str) -> list[Command]:
        self.state, self._typed = State.ASKING, ""
        return [StopTimer(), PlayAll((*said_first, self.directory.prompt or ASK))]

    def _type(self, digit: str) -> list[Command]:
        if digit == "#":
            return self._close()
        if digit == "*":
            return self._ask() if self._typed else self._give_up("pressed * to go back")
        self._typed += digit
        if len(self._typed) >= MOST_LETTERS:
            return self._close()
        found = self._matching()
        if len(found) == 1 and len(self._typed) >= FEW_LETTERS:
            return self._name(found)
        return [StopPlaying(), StartTimer(self.directory.timeout_s)]

    def _close(self) -> list[Command]:
        found = self._matching() if self._typed else []
        if len(found) == 1:
            return self._name(found)
        if 0 < len(found) <= MOST_NAMED:
            self._found = found
            return self._list()
        if given_up := self._failed():
            return given_up
        if not found:
            return self._ask(NONE) if self._typed else self._ask()
        self.state = State.ASKING  # what was typed counts: more letters follow
        return [StopTimer(), Play(MORE)]

    def _matching(self) -> list[Listed]:
        return [p for p in self._people if any(k.startswith(self._typed) for k in p.keys)]

    # -- people --------------------------------------------------------------------------------

    def _list(self) -> list[Command]:
        self.state = State.LISTING
        said = [
            prompt
            for key, one in enumerate(self._found, start=1)
            for prompt in (FOR, person_name(one.extension), PRESS, f"box-digit-{key}")
        ]
        return [StopTimer(), PlayAll((*said, BACK))]

    def _choose(self, digit: str) -> list[Command]:
        if digit == "*":
            return self._ask()
        if digit.isdecimal() and 1 <= int(digit) <= len(self._found):
            return self._ring(self._found[int(digit) - 1])
        return self._failed() or self._list()

    def _name(self, found: Sequence[Listed]) -> list[Command]:
        self.state, self._found = State.NAMING, found
        return [StopTimer(), Play(person_name(found[0].extension))]

    # -- the end -------------------------------------------------------------------------------

    def _ring(self, one: Listed) -> list[Command]:
        return self._lead(Destination(to="extension", id=one.extension), f"asked for {one.name}")

    def _failed(self) -> list[Command]:
        """One try less; empty while there are more."""
        self.tries += 1
        if self.tries < self.directory.tries:
            return []
        return self._give_up(f"found nobody by name in {self.tries} tries")

    def _give_up(self, why: str) -> list[Command]:
        return self._lead(self.directory.otherwise, why)

    def _lead(self, to: Destination, why: str) -> list[Command]:
        self.state = State.DONE
        return [StopTimer(), StopPlaying(), Led(to, why)]
