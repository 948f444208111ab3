"""What a dialled number means for who dials it: somebody, somewhere, something to do, or nothing.

Pure. The numbering plan itself: firmware.config.numbering; star codes: firmware.config.codes.
Tests: tests/firmware/route/test_numbers.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmware.config.codes import Dialled, find
from firmware.config.destination import Destination
from firmware.config.numbering import Kind, Outside, Owner, meaning, plan
from firmware.config.schema import Extension, Menu, Office, PageGroup, Queue


@dataclass(frozen=True, slots=True)
class ToExtension:
    """Ring this person."""

    extension: Extension


@dataclass(frozen=True, slots=True)
class ToLine:
    """Take a free line and dial these digits."""

    digits: str


@dataclass(frozen=True, slots=True)
class ToQueue:
    """Wait in this queue."""

    queue: Queue


@dataclass(frozen=True, slots=True)
class ToMenu:
    """Hear this menu."""

    menu: Menu


@dataclass(frozen=True, slots=True)
class ToPark:
    """Be parked in the first free slot: for calls that are transferred here."""


@dataclass(frozen=True, slots=True)
class ToSlot:
    """Take up the call in this parking slot; a call transferred here is parked in it."""

    slot: str


@dataclass(frozen=True, slots=True)
class ToPage:
    """Announce to these phones."""

    group: PageGroup


@dataclass(frozen=True, slots=True)
class ToCode:
    """Do what a star code says. No call can be transferred to one."""

    dialled: Dialled


@dataclass(frozen=True, slots=True)
class Nowhere:
    """The call cannot be made, and why in words."""

    why: str


Way = ToExtension | ToLine | ToQueue | ToMenu | ToPark | ToSlot | ToPage | ToCode | Nowhere


def resolve(office: Office, dialled: str, by: str) -> Way:
    """What `dialled` means for the phone of extension `by`."""
    match meaning(office, dialled):
        case Owner() as owner:
            return _inside(office, owner)
        case Outside(digits):
            caller = next((e for e in office.extensions if e.number == by), None)
            if caller is None or not caller.may_dial_out:
                return Nowhere(f"extension {by} may not dial outside numbers")
            return ToLine(digits)
    if (code := find(dialled)) is not None:
        return ToCode(code)
    return Nowhere(_why_not(office, dialled))


def _why_not(office: Office, dialled: str) -> str:
    if not re.fullmatch(r"\+?[0-9*#]{1,32}", dialled):
        return f"{dialled[:40]!r} is no number: expected digits"
    if dialled.startswith("*"):
        return f"there is no code {dialled}"
    prefix = office.site.outside_prefix
    return f"there is no extension {dialled}; outside numbers begin with {prefix}"


def _inside(office: Office, owner: Owner) -> Way:
    match owner.kind:
        case Kind.EXTENSION:
            return ToExtension(next(e for e in office.extensions if e.number == owner.id))
        case Kind.QUEUE:
            return ToQueue(next(q for q in office.queues if q.id == owner.id))
        case Kind.MENU:
            return ToMenu(next(m for m in office.menus if m.id == owner.id))
        case Kind.PAGE:
            return ToPage(next(g for g in office.page_groups if g.number == owner.id))
        case Kind.SLOT:
            return ToSlot(owner.id)
        case Kind.PARK:
            return ToPark()


def dialled_by_callers(office: Office) -> dict[str, Destination]:
    """The numbers of the office that a caller may dial in a menu, and where each leads."""
    found: dict[str, Destination] = {}
    for owner in plan(office):
        match owner.kind:
            case Kind.EXTENSION:
                found[owner.number] = Destination(to="extension", id=owner.id)
            case Kind.QUEUE:
                found[owner.number] = Destination(to="queue", id=owner.id)
            case Kind.MENU:
                found[owner.number] = Destination(to="menu", id=owner.id)
    return found
