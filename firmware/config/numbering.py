"""The office's numbering plan: what each number that a phone can dial belongs to.

Pure. One place for the checks of a configuration (no number means two things, a forward leads
somewhere) and for the calls (firmware.route.numbers). Star codes begin with `*` or `#` and can
collide with nothing here: firmware.config.codes.

Tests: tests/firmware/config/test_numbering.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from firmware.config.document import Document, Extension


class Kind(Enum):
    """What a number of the office stands for."""

    EXTENSION = "extension"
    QUEUE = "queue"
    MENU = "menu"
    PARK = "park"
    SLOT = "slot"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a number is. `id`: of the queue or menu, else the number itself."""

    number: str
    kind: Kind
    id: str
    words: str
    """For people: `the queue Sales`."""
    where: str
    """Place in the configuration."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A number of the telephone network, without the office's prefix."""

    digits: str


def plan(office: Document) -> Iterator[Owner]:
    """Every number of the office, people first."""
    yield from map(_of_person, office.extensions)
    for queue in office.queues:
        if queue.number is not None:
            where = f"queues/{queue.id}/number"
            yield Owner(queue.number, Kind.QUEUE, queue.id, f"the queue {queue.name}", where)
    for menu in office.menus:
        if menu.number is not None:
            where = f"menus/{menu.id}/number"
            yield Owner(menu.number, Kind.MENU, menu.id, f"the menu {menu.name}", where)
    for group in office.page_groups:
        number, where = group.number, f"page_groups/{group.number}"
        yield Owner(number, Kind.PAGE, number, f"the announcement {group.name}", where)
    parking = office.parking
    if parking.is_enabled:
        number = parking.number
        yield Owner(number, Kind.PARK, number, "parking", "parking/number")
    for slot in parking.slots:
        yield Owner(slot, Kind.SLOT, slot, f"parking slot {slot}", "parking/first_slot")


def _of_person(person: Extension) -> Owner:
    number = person.number
    return Owner(number, Kind.EXTENSION, number, person.name, f"extensions/{number}")


def owners(office: Document) -> dict[str, list[Owner]]:
    """By number; more than one where the configuration is wrong."""
    found: dict[str, list[Owner]] = {}
    for owner in plan(office):
        found.setdefault(owner.number, []).append(owner)
    return found


_latest: list[tuple[Document, dict[str, Owner]]] = []
"""The configuration that was asked about last, and its plan: every call asks about the same one,
and a configuration is never changed, only replaced."""


def _first_owners(office: Document) -> dict[str, Owner]:
    for known, found in _latest:
        if known is office:
            return found
    found = {}
    for owner in plan(office):
        found.setdefault(owner.number, owner)
    _latest[:] = [(office, found)]
    return found


def meaning(office: Document, dialled: str) -> Owner | Outside | None:
    """What a dialled number is, whoever dials it; None if it is nothing here."""
    if (owner := _first_owners(office).get(dialled)) is not None:
        return owner
    prefix = office.site.outside_prefix
    if not re.fullmatch(r"\+?[0-9*#]{1,32}", dialled) or dialled[0] in "*#":
        return None
    if not dialled.startswith(prefix) or len(dialled) <= len(prefix):
        return None
    return Outside(dialled[len(prefix) :].lstrip("+"))
