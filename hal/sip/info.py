"""Digits in INFO bodies: `application/dtmf-relay` and `application/dtmf`.

No standard covers these; the first is Cisco's (lines `Signal=5`, `Duration=160`), the second is the
bare digit. Both are what telephones send when told "DTMF by SIP INFO". Pure.
Tests: tests/hal/sip/test_small_rooms.py.
"""

from __future__ import annotations

from typing import Final

from hal.sip.errors import BadMessage
from hal.sip.message import Request

_DIGITS: Final = "0123456789*#ABCD"
_EVENTS: Final = {str(number): digit for number, digit in enumerate(_DIGITS)}
"""RFC 4733 event numbers, which some phones write: 10 is *, 11 is #."""


def digit_in(request: Request) -> str | None:
    """The digit an INFO carries; None when it carries something else."""
    text = request.body[:256].decode("ascii", "replace").strip()
    if request.content_type == "application/dtmf-relay":
        return _digit(_signal(text))
    if request.content_type == "application/dtmf":
        return _digit(text)
    return None


def _signal(text: str) -> str:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip().lower() == "signal":
            return value.strip()
    raise BadMessage("INFO body", "(hidden)", "a line Signal=")


def _digit(text: str) -> str | None:
    text = _EVENTS.get(text, text).upper()
    if text in ("16", "FLASH", "!"):  # hook flash: nothing to dial
        return None
    if len(text) != 1 or text not in _DIGITS:
        raise BadMessage("INFO digit", "(hidden)", "one of 0-9 * # A-D")
    return text
