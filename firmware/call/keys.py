"""Codes typed during a call by a person of the office, for phones without a transfer key.

Pure: keys and pauses in, what they ask for out; the owner keeps the time (`wait_s`). `CODES` is the
one table of them, shown in the README. Only phones of the office are listened to, never a party
outside. The party at the other end may hear the first keys of a code (they travel beside the voice
as RFC 4733 has it, or in it); from a whole code on it hears music, and no number that is typed.
Codes dialled before a call are another table: firmware.route.codes.

Shell: firmware.route.transfer_task. Tests: tests/firmware/call/test_keys.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

KEY_S: Final = 2.0
"""Longest pause within a code: whoever is slower types for a menu at the other end."""
FIRST_S: Final = 8.0
"""Longest pause before a number."""
NEXT_S: Final = 3.0
"""A pause of this ends a number, as `#` does."""
LONGEST: Final = 32
"""Digits of a number."""


class Code(Enum):
    """What can be asked for, and how."""

    TRANSFER = "##"
    CONSULT = "*2"
    BACK = "*1"
    CONFERENCE = "*3"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table for people."""

    keys: str
    when: str
    words: str


CODES: Final = (
    Row("## number", "in a call", "transfer it to the number, without asking there first"),
    Row("*2 number", "in a call", "ask the number first; the other party hears music"),
    Row("hang up", "after *2", "transfer: the two others are connected, even if it still rings"),
    Row("*3", "after *2", "talk all three; whoever hangs up leaves the two others"),
    Row("*1", "after ## or *2", "never mind: back to the party that waits"),
    Row("*1", "all three talking", "let the one go who was called last"),
    Row("#", "after a number", "the number is complete; a pause of three seconds says the same"),
    Row("*", "instead of a number", "never mind"),
)
TAKES_NUMBER: Final = frozenset({Code.TRANSFER, Code.CONSULT})


@dataclass(frozen=True, slots=True)
class Begun:
    """A code that takes a number was typed; the number follows."""

    code: Code


@dataclass(frozen=True, slots=True)
class Asked:
    """A code, with its number if it takes one."""

    code: Code
    number: str = ""


@dataclass(frozen=True, slots=True)
class NeverMind:
    """No number came, or it was taken back."""


Heard = Begun | Asked | NeverMind


class Typing:
    """What one person types in one call."""

    def __init__(self) -> None:
        self._first = ""
        """First key of what may become a code."""
        self._code: Code | None = None
        """Takes the number that is being typed."""
        self._number = ""

    @property
    def wait_s(self) -> float | None:
        """How long to wait for the next key before `pause`; None: nothing is under way."""
        if self._code is not None:
            return NEXT_S if self._number else FIRST_S
        return KEY_S if self._first else None

    @property
    def code(self) -> Code | None:
        """The code whose number is being typed."""
        return self._code

    def press(self, key: str) -> Heard | None:
        """A key."""
        if self._code is not None:
            return self._press_number(key)
        typed, self._first = self._first + key, ""
        if typed in _BY_KEYS:
            return self._begin(_BY_KEYS[typed])
        if key in _FIRSTS:
            self._first = key
        return None

    def pause(self) -> Heard | None:
        """No key for `wait_s`."""
        self._first = ""
        return self._end() if self._code is not None else None

    def stop(self) -> Heard | None:
        """Who typed has hung up: a number typed so far counts."""
        return self.pause()

    def _begin(self, code: Code) -> Heard:
        if code not in TAKES_NUMBER:
            return Asked(code)
        self._code = code
        return Begun(code)

    def _press_number(self, key: str) -> Heard | None:
        if key == "#":
            return self._end()
        if key not in _DIGITS or len(self._number) >= LONGEST:
            self._number = ""
            return self._end()
        self._number += key
        return None

    def _end(self) -> Heard:
        code, number = self._code, self._number
        self._code, self._number = None, ""
        return Asked(code, number) if code is not None and number else NeverMind()


_BY_KEYS: Final = {code.value: code for code in Code}
_FIRSTS: Final = frozenset(code.value[0] for code in Code)
_DIGITS: Final = frozenset("0123456789")
