"""Who calls: the rule that fits a number, and the blacklist from a proposal to its end.

Pure: the time is an argument. What can be set: firmware.config.callers. A proposal changes
nothing for callers; approved, a number is turned away until the approval expires, by itself. What
expired or was never approved is dropped from the list some time after (`KEEP_DAYS`). Numbers are
the same if they are the same subscriber's (firmware.config.subscriber).

Tests: tests/firmware/route/test_lists.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from firmware.config.callers import WITHHELD, Blocked, CallerRule, Callers
from firmware.config.subscriber import begins_with, written

KEEP_DAYS: Final = 45
"""An entry without effect is still shown for so long."""


class NotOnTheList(LookupError):
    """A number that nobody proposed."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number[:40]!r} is not on the blacklist")


@dataclass(frozen=True, slots=True)
class _Index:
    """Numbers as somebody wrote them down, to be looked up: an office may list thousands, and
    every call asks."""

    callers: Callers
    rules: Mapping[str, tuple[int, ...]]
    """Places of the rules that name a number."""
    prefixes: tuple[tuple[str, int], ...]
    """Beginnings of numbers, and the places of their rules."""
    blacklist: Mapping[str, tuple[Blocked, ...]]


_latest: list[_Index] = []
"""Of the configuration that was asked about last: it is never changed, only replaced."""


def _index(callers: Callers) -> _Index:
    for made in _latest:
        if made.callers is callers:
            return made
    rules: dict[str, list[int]] = defaultdict(list)
    blacklist: dict[str, list[Blocked]] = defaultdict(list)
    for place, rule in enumerate(callers.rules):
        for pattern in rule.numbers:
            rules[pattern].append(place)
    for entry in callers.blacklist:
        blacklist[entry.number].append(entry)
    made = _Index(
        callers,
        {pattern: tuple(places) for pattern, places in rules.items()},
        tuple((p[:-1], place) for p, at in rules.items() if p.endswith("*") for place in at),
        {number: tuple(entries) for number, entries in blacklist.items()},
    )
    _latest[:] = [made]
    return made


def _written(number: str, country: str) -> tuple[str, ...]:
    """How a caller's number may be listed; `withheld` is their empty one."""
    return written(number, country) if number and number != WITHHELD else (WITHHELD,)


def rule_for(callers: Callers, number: str, line: int | None, country: str) -> CallerRule | None:
    """The first rule that fits. `number`: empty if withheld; `country`: the office's."""
    if not callers.rules:
        return None
    found = _index(callers)
    fitting = {p for form in _written(number, country) for p in found.rules.get(form, ())}
    if number:
        fitting |= {p for prefix, p in found.prefixes if begins_with(number, prefix, country)}
    rules = (callers.rules[place] for place in sorted(fitting))
    return next((rule for rule in rules if not rule.lines or line in rule.lines), None)


def blocked(callers: Callers, number: str, at: datetime, country: str) -> Blocked | None:
    """The entry by which calls from `number` are turned away now."""
    if not callers.blacklist:
        return None
    listed = _index(callers).blacklist
    entries = (entry for form in _written(number, country) for entry in listed.get(form, ()))
    return next((entry for entry in entries if entry.is_in_force(at)), None)


def propose(
    callers: Callers, number: str, who: str, reason: str, at: datetime, country: str
) -> Callers:
    """`number` should be blocked, says `who`. One that is in force already stays as it is."""
    if blocked(callers, number, at, country) is not None:
        return callers
    entry = Blocked(number=number, reason=reason, proposed_by=who, proposed_at=at)
    return _with(callers, [*_others(callers, number, at, country), entry])


def propose_in(office: dict[str, Any], number: str, who: str, reason: str, at: datetime) -> None:
    """The same in a document of the office that is being changed."""
    callers = Callers.model_validate(office["callers"])
    changed = propose(callers, number, who, reason, at, office["site"]["country"])
    office["callers"] = changed.model_dump(mode="json")


def approve(
    callers: Callers, number: str, who: str, at: datetime, days: int | None, country: str
) -> Callers:
    """In force from now on, for `days` or as long as is usual here; `NotOnTheList` if nobody
    proposed it."""
    there = _entry(callers, number, country)
    until = at + timedelta(days=days if days is not None else callers.block_days)
    entry = there.model_copy(update={"approved_by": who, "until": until})
    return _with(callers, [*_others(callers, number, at, country), entry])


def remove(callers: Callers, number: str, at: datetime, country: str) -> Callers:
    """Off the list; `NotOnTheList` if it is not there."""
    _entry(callers, number, country)
    return _with(callers, _others(callers, number, at, country))


def _entry(callers: Callers, number: str, country: str) -> Blocked:
    forms = _written(number, country)
    for entry in callers.blacklist:
        if entry.number in forms:
            return entry
    raise NotOnTheList(number)


def _others(callers: Callers, number: str, at: datetime, country: str) -> list[Blocked]:
    """The rest of the list, without what has had no effect for long."""
    limit, forms = at - timedelta(days=KEEP_DAYS), _written(number, country)
    return [
        b for b in callers.blacklist if b.number not in forms and (b.until or b.proposed_at) > limit
    ]


def _with(callers: Callers, blacklist: Iterable[Blocked]) -> Callers:
    return callers.model_copy(update={"blacklist": tuple(blacklist)})
