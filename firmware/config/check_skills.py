"""Skills that callers bring along to queues where nobody has them: such callers would wait in vain.

Pure. Part of firmware.config.check. Followed are all ways that a caller may be led, by keys, hours,
forwards and what queues do with callers whom nobody takes: whoever could come to a queue must find
a member there who is good enough, at the latest when the queue has lowered its demand.

Left out: calls that a person hands on; they are asked for what somebody of the queue has.
Tests: tests/firmware/config/test_check_skills.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from firmware.config.callers import CallerRule
from firmware.config.destination import Destination
from firmware.config.document import Document, Queue
from firmware.config.numbering import Kind, Owner, meaning, plan
from firmware.config.problem import Problem

Place: TypeAlias = tuple[str, str]
"""Kind and name."""

_GROUPS: Final = {
    "menus": "menu",
    "queues": "queue",
    "schedules": "schedule",
    "questions": "question",
    "directories": "directory",
}
_OWNERS: Final = {Kind.EXTENSION: "extension", Kind.QUEUE: "queue", Kind.MENU: "menu"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Skills that somebody brings along who begins at one of these places."""

    where: str
    skills: Mapping[str, int]
    begins: tuple[Place, ...]


def problems(office: Document, ways: Iterable[tuple[str, Destination]]) -> list[Problem]:
    """Everything wrong with callers' skills. `ways`: every destination with its place."""
    asked = [one for one in _asked(office) if one.skills]
    if not asked:
        return []
    return [*_nowhere(asked), *_unmet(office, asked, _ways(office, ways))]


def _nowhere(asked: Iterable[Asked]) -> Iterator[Problem]:
    for one in asked:
        if not one.begins:
            what = "never asked for: expected a way by which such callers come"
            yield Problem(one.where, what)


def _unmet(
    office: Document, asked: Iterable[Asked], ways: Mapping[Place, set[Place]]
) -> Iterator[Problem]:
    for one in asked:
        reached = _reached(one.begins, ways)
        for queue in office.queues:
            if queue.members and ("queue", queue.id) in reached:
                for skill, level in one.skills.items():
                    best = best_of(office, queue, skill)
                    if best < (least := least_of(queue, level)):
                        what = (
                            f"{skill} {least} is asked for by callers who may come to the queue "
                            f"{queue.name}, and its best member has {best}: expected a member who "
                            "has it, or skills_lower_every_s there to demand less in time"
                        )
                        yield Problem(f"{one.where}/{skill}", what)


def best_of(office: Document, queue: Queue, skill: str) -> int:
    """The highest level of a skill among a queue's members."""
    people = (e for e in office.extensions if e.number in queue.members)
    return max((person.skills.get(skill, 0) for person in people), default=0)


def least_of(queue: Queue, level: int) -> int:
    """What is still asked in the end of what begins with `level`."""
    return min(level, queue.skills_lower_to) if queue.skills_lower_every_s else level


# -- who asks --------------------------------------------------------------------------------------


def _asked(office: Document) -> Iterator[Asked]:
    for rule in office.callers.rules:
        yield Asked(f"callers/rules/{rule.id}/skills", rule.skills, _begins(office, rule))
    for menu in office.menus:
        for key, skills in menu.skills.items():
            to = menu.options.get(key)
            begins = (_place(to),) if to is not None else ()
            yield Asked(f"menus/{menu.id}/skills/{key}", skills, begins)
    for language, skills in office.skills.by_language.items():
        where = f"skills/by_language/{language}"
        yield Asked(where, skills, tuple(_speakers(office, language)))


def _begins(office: Document, rule: CallerRule) -> tuple[Place, ...]:
    if rule.destination is not None:
        return (_place(rule.destination),)
    lines = (line for line in office.lines if not rule.lines or line.number in rule.lines)
    return tuple(_place(line.destination) for line in lines)


def _speakers(office: Document, language: str) -> Iterator[Place]:
    """Where callers begin to speak it."""
    for line in office.lines:
        if (line.language or office.site.language) == language:
            yield _place(line.destination)
    for rule in office.callers.rules:
        if rule.language == language:
            yield from _begins(office, rule)
    for menu in office.menus:
        for key, chosen in menu.languages.items():
            if chosen == language:
                yield _place(menu.options[key]) if key in menu.options else ("menu", menu.id)


def _place(to: Destination) -> Place:
    return to.to, to.id


# -- where they come to ----------------------------------------------------------------------------


def _ways(office: Document, ways: Iterable[tuple[str, Destination]]) -> dict[Place, set[Place]]:
    found: dict[Place, set[Place]] = {}
    for where, to in ways:
        group, id, *_ = where.split("/")
        if group in _GROUPS:
            found.setdefault((_GROUPS[group], id), set()).add(_place(to))
    numbers = {place for owner in plan(office) if (place := _owned(owner)) is not None}
    for menu in office.menus:
        if menu.dial_extensions:
            found.setdefault(("menu", menu.id), set()).update(numbers)
    everybody = [person.number for person in office.extensions]
    for directory in office.directories:
        people = {("extension", number) for number in directory.members or everybody}
        found.setdefault(("directory", directory.id), set()).update(people)
    for person in office.extensions:
        targets = (person.forward_always, person.forward_busy, person.forward_no_answer)
        forwards = {_forwarded(office, target) for target in targets if target}
        found["extension", person.number] = {place for place in forwards if place is not None}
    return found


def _forwarded(office: Document, target: str) -> Place | None:
    owner = meaning(office, target)
    return _owned(owner) if isinstance(owner, Owner) else None


def _owned(owner: Owner) -> Place | None:
    return (_OWNERS[owner.kind], owner.id) if owner.kind in _OWNERS else None


def _reached(begins: Iterable[Place], ways: Mapping[Place, set[Place]]) -> set[Place]:
    seen: set[Place] = set()
    ahead = list(begins)
    while ahead:
        place = ahead.pop()
        if place not in seen:
            seen.add(place)
            ahead += ways.get(place, ())
    return seen
