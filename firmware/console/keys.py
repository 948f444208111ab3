"""The line being typed at a plain terminal: echo, backspace, and what Enter means.

Pure. Enter may come as CR, LF or CR LF; backspace as BS or DEL. Ctrl-U clears the line, Ctrl-C
and a lone Esc give up. Escape sequences of arrow and function keys (ECMA-48 clause 5.4) are
swallowed whole, also when they arrive in pieces.

Tests: tests/firmware/console/test_keys.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Entered:
    """A line was finished with Enter."""

    text: str


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Ctrl-C: whatever was begun is dropped."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Text for the terminal."""

    text: str


class _Escape(Enum):
    NO = "no"  # ordinary characters
    BEGUN = "begun"  # Esc came
    SEQUENCE = "sequence"  # Esc [ or Esc O came: up to the final character


class TypedLine:
    """Characters in, echo and finished lines out."""

    def __init__(self) -> None:
        self._text = ""
        self._escape = _Escape.NO
        self._was_cr = False

    def receive(self, characters: str) -> list[Echo | Entered | GaveUp]:
        """What the characters amount to, in order."""
        out: list[Echo | Entered | GaveUp] = []
        for character in characters:
            out += self._one(character)
        return out

    def _one(self, character: str) -> list[Echo | Entered | GaveUp]:
        was_cr, self._was_cr = self._was_cr, character == "\r"
        if self._escape is not _Escape.NO or character == "\x1b":
            self._in_escape(character)
            return []
        match character:
            case "\n" if was_cr:
                return []  # the second half of CR LF
            case "\r" | "\n":
                text, self._text = self._text, ""
                return [Echo("\r\n"), Entered(text.strip())]
            case "\b" | "\x7f":
                return self._erase(1)
            case "\x15":
                return self._erase(len(self._text))
            case "\x03":
                self._text = ""
                return [Echo("^C\r\n"), GaveUp()]
            case _ if character.isprintable() and len(self._text) < LONGEST:
                self._text += character
                return [Echo(character)]
            case _:
                return [Echo("\a")]

    def _erase(self, count: int) -> list[Echo | Entered | GaveUp]:
        count = min(count, len(self._text))
        self._text = self._text[: len(self._text) - count]
        return [Echo("\b \b" * count)] if count else []

    def _in_escape(self, character: str) -> None:
        match self._escape:
            case _Escape.NO:
                self._escape = _Escape.BEGUN
            case _Escape.BEGUN if character in "[O":
                self._escape = _Escape.SEQUENCE
            case _Escape.SEQUENCE if not "@" <= character <= "~":
                pass  # a parameter: the sequence goes on
            case _:
                self._escape = _Escape.NO
