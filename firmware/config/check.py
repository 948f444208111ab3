"""Checks of a configuration as a whole: references, duplicates, loops and dead ends.

Pure. `schema.Office` runs `problems` on every construction; the API gives each problem with its
place, so that a page can put it beside the field.

Tests: tests/firmware/config/test_check.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmware.config.schema import Destination, Office


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where: `menus/main/options/1`."""

    where: str
    what: str


def problems(office: Office) -> list[Problem]:
    """Everything wrong with `office`; an empty list if it can run."""
    return [
        *_duplicates(office),
        *_dangling(office),
        *_members(office),
        *_menus(office),
        *_prompts(office),
        *_loops(office),
    ]


def _duplicates(office: Office) -> Iterator[Problem]:
    groups: dict[str, Iterable[str]] = {
        "lines": (str(line.number) for line in office.lines),
        "extensions": (e.number for e in office.extensions),
        "queues": (q.id for q in office.queues),
        "menus": (m.id for m in office.menus),
        "prompts": (p.id for p in office.prompts),
        "users": (u.name.lower() for u in office.users),
    }
    for group, names in groups.items():
        for name, times in Counter(names).items():
            if times > 1:
                yield Problem(f"{group}/{name}", f"{name!r} is used {times} times, expected once")


def destinations(office: Office) -> Iterator[tuple[str, Destination]]:
    """Every destination of the configuration with its place."""
    for line in office.lines:
        yield f"lines/{line.number}/destination", line.destination
    for queue in office.queues:
        yield f"queues/{queue.id}/on_timeout", queue.on_timeout
        yield f"queues/{queue.id}/on_full", queue.on_full
        yield f"queues/{queue.id}/on_empty", queue.on_empty
    for menu in office.menus:
        for digit, to in menu.options.items():
            yield f"menus/{menu.id}/options/{digit}", to
        yield f"menus/{menu.id}/otherwise", menu.otherwise


def _dangling(office: Office) -> Iterator[Problem]:
    known = {
        "menu": {m.id for m in office.menus},
        "queue": {q.id for q in office.queues},
        "extension": {e.number for e in office.extensions},
        "message": {p.id for p in office.prompts},
        "hangup": {""},
    }
    for where, to in destinations(office):
        if to.id not in known[to.to]:
            yield Problem(where, f"leads to {to.to} {to.id!r}, which does not exist")


def _members(office: Office) -> Iterator[Problem]:
    extensions = {e.number for e in office.extensions}
    for queue in office.queues:
        for member in queue.members:
            if member not in extensions:
                yield Problem(f"queues/{queue.id}/members", f"no extension {member!r}")
        if len(set(queue.members)) != len(queue.members):
            yield Problem(f"queues/{queue.id}/members", "somebody is a member twice")


def _menus(office: Office) -> Iterator[Problem]:
    from firmware.config.schema import DIGITS

    for menu in office.menus:
        for digit in menu.options:
            if len(digit) != 1 or digit not in DIGITS:
                yield Problem(
                    f"menus/{menu.id}/options/{digit}", f"{digit!r}: expected one of {DIGITS}"
                )


def _prompts(office: Office) -> Iterator[Problem]:
    known = {p.id for p in office.prompts}
    used = [(f"menus/{m.id}/greeting", m.greeting) for m in office.menus]
    used += [(f"queues/{q.id}/welcome", q.welcome) for q in office.queues if q.welcome]
    used += [(f"queues/{q.id}/music", q.music) for q in office.queues if q.music]
    if office.recording.announcement:
        used.append(("recording/announcement", office.recording.announcement))
    for where, prompt in used:
        if prompt not in known:
            yield Problem(where, f"no prompt {prompt!r}")
    for entry in office.prompts:
        if not entry.texts and not entry.files:
            yield Problem(f"prompts/{entry.id}", "has neither a text nor a recording")


def _loops(office: Office) -> Iterator[Problem]:
    """Calls that would go round with nobody ever able to answer: followed without a key press."""
    by_itself: dict[tuple[str, str], list[Destination]] = {}
    for menu in office.menus:
        by_itself["menu", menu.id] = [menu.otherwise]
    for queue in office.queues:
        by_itself["queue", queue.id] = [queue.on_timeout, queue.on_full, queue.on_empty]
    for start in by_itself:
        if _comes_back(start, by_itself):
            kind, name = start
            yield Problem(f"{kind}s/{name}", "a caller who does nothing comes back here for ever")


def _comes_back(
    start: tuple[str, str], by_itself: dict[tuple[str, str], list[Destination]]
) -> bool:
    seen: set[tuple[str, str]] = set()
    ahead = [(to.to, to.id) for to in by_itself[start]]
    while ahead:
        place = ahead.pop()
        if place == start:
            return True
        if place in seen:
            continue
        seen.add(place)
        ahead += [(to.to, to.id) for to in by_itself.get(place, [])]
    return False
