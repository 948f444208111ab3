"""Caller identity messages taken apart: FSK (MDMF, SDMF) and DTMF forms.

Pure. ETSI EN 300 659-3 clause 5 (parameters), Telcordia GR-30-CORE / TR-NWT-000031 (SDMF),
ETSI EN 300 659-1 annex B and the Danish, Dutch, Taiwanese forms of DTMF. The modems and the
checksum are in the C core (receivers.c); messages that are not a call set-up (message waiting,
charges) give None. Tests: tests/hal/switch/test_callerid.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Message(IntEnum):
    """Message types, EN 300 659-3 clause 5.2 and GR-30."""

    SDMF_CALL = 0x04
    MDMF_CALL = 0x80


class Parameter(IntEnum):
    """Parameter types, EN 300 659-3 clause 5.3."""

    NUMBER = 0x02
    NUMBER_ABSENT = 0x04
    NAME = 0x07
    NAME_ABSENT = 0x08


ABSENT_CODES: Final = frozenset("OP")
"""`O` unavailable, `P` withheld (EN 300 659-3 clause 5.3.4)."""
SDMF_DATE_OCTETS: Final = 8
DTMF_WITHHELD: Final = frozenset({"D1#", "B00C"})
DTMF_UNAVAILABLE: Final = frozenset({"D2#", "D3#", "B10C"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, or why that is not known (`O`, `P`)."""

    number: str = ""
    name: str = ""
    number_absent: str = ""
    name_absent: str = ""


def parse_fsk(message: bytes) -> Identity | None:
    """An FSK message (type, length, contents, no checksum); None if it names no caller."""
    if len(message) < 2 or message[1] > len(message) - 2:
        return None
    contents = message[2 : 2 + message[1]]
    if message[0] == Message.SDMF_CALL:
        return _parse_sdmf(contents)
    if message[0] == Message.MDMF_CALL:
        return _parse_mdmf(contents)
    return None


def _parse_sdmf(contents: bytes) -> Identity | None:
    number = _text(contents[SDMF_DATE_OCTETS:])
    if not number:
        return None
    if number in ABSENT_CODES:
        return Identity(number_absent=number)
    return Identity(number=number)


def _parse_mdmf(contents: bytes) -> Identity | None:
    found: dict[int, str] = {}
    while len(contents) >= 2:
        kind, length = contents[0], contents[1]
        if length > len(contents) - 2:
            return None
        found[kind] = _text(contents[2 : 2 + length])
        contents = contents[2 + length :]
    identity = Identity(
        number=found.get(Parameter.NUMBER, ""),
        name=found.get(Parameter.NAME, ""),
        number_absent=_reason(found.get(Parameter.NUMBER_ABSENT, "")),
        name_absent=_reason(found.get(Parameter.NAME_ABSENT, "")),
    )
    return None if identity == Identity() else identity


def _reason(code: str) -> str:
    """Some networks send reasons of their own; what is not `P` is plainly unavailable."""
    return code if code in ABSENT_CODES or not code else "O"


def _text(octets: bytes) -> str:
    """Printable characters of T.50 / ISO 8859-1; anything else is line noise or padding."""
    return "".join(c for c in octets.decode("latin-1") if c.isprintable()).strip()


def parse_dtmf(digits: str) -> Identity | None:
    """A DTMF identity as it was dialled, start and stop digits included."""
    if digits in DTMF_WITHHELD:
        return Identity(number_absent="P")
    if digits in DTMF_UNAVAILABLE:
        return Identity(number_absent="O")
    if not digits or digits[-1] not in "#C":
        return None
    body = digits[:-1]
    if body.startswith("A"):
        body = body[1:].split("D")[0]  # A caller D redirecting number C
    elif body.startswith("D"):
        body = body[1:]
    return Identity(number=body) if body.isdigit() else None
