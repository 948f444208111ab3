"""What a caller asks of the agents of a queue: by language, by number, by keys pressed.

Pure. What was asked is kept with the call by where it comes from, so that a later key of the same
menu takes the place of an earlier one; the higher level of each skill counts. What the queue itself
demands, and how all of it falls as the caller waits: firmware.acd.fitness. What can be set:
firmware.config.skills. Tests: tests/firmware/route/test_asking.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, TypeAlias

from firmware.acd.fitness import within
from firmware.config.schema import Office, Queue

Asks: TypeAlias = Mapping[str, Mapping[str, int]]
"""Skills and levels, by where they were asked for."""

BY_NUMBER: Final = "number"
"""By the rule for the caller's number; also what a callback keeps."""


def by_menu(menu: str) -> str:
    """Where what a key of this menu asks for is kept."""
    return f"menu {menu}"


def highest(asks: Asks) -> dict[str, int]:
    """By number and keys: the higher level of each."""
    found: Counter[str] = Counter()
    for skills in asks.values():
        found |= Counter(skills)
    return dict(found)


def asked_for(office: Office, language: str, asks: Asks) -> dict[str, int]:
    """All of it, the language's among it."""
    return highest({**asks, "language": office.skills.by_language.get(language, {})})


def asked_in(office: Office, queue: Queue, language: str, asks: Asks) -> Mapping[str, int]:
    """The same as far as a member of this queue could meet it."""
    members = (person.skills for person in office.extensions if person.number in queue.members)
    return within(asked_for(office, language, asks), members)
