"""What a dialled number means: an extension, or a number outside.

Pure. Tests: tests/firmware/route/test_numbers.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmware.config.schema import Extension, Office


@dataclass(frozen=True, slots=True)
class ToExtension:
    """Ring this person."""

    extension: Extension


@dataclass(frozen=True, slots=True)
class ToLine:
    """Take a free line and dial these digits."""

    digits: str


@dataclass(frozen=True, slots=True)
class Nowhere:
    """The call cannot be made, and why in words."""

    why: str


def resolve(office: Office, dialled: str, by: str) -> ToExtension | ToLine | Nowhere:
    """What `dialled` means for the phone of extension `by`."""
    people = {e.number: e for e in office.extensions}
    if (person := people.get(dialled)) is not None:
        return ToExtension(person)
    prefix = office.site.outside_prefix
    if not re.fullmatch(r"\+?[0-9*#]{1,32}", dialled):
        return Nowhere(f"{dialled[:40]!r} is no number: expected digits")
    if not dialled.startswith(prefix) or len(dialled) <= len(prefix):
        return Nowhere(f"there is no extension {dialled}; outside numbers begin with {prefix}")
    caller = people.get(by)
    if caller is None or not caller.may_dial_out:
        return Nowhere(f"extension {by} may not dial outside numbers")
    return ToLine(dialled[len(prefix) :].lstrip("+"))
