"""Who calls: the rule that fits a number, and the blacklist from a proposal to its end.

Pure: the time is an argument. What can be set: firmware.config.callers. A proposal changes
nothing for callers; approved, a number is turned away until the approval expires, by itself. What
expired or was never approved is dropped from the list some time after (`KEEP_DAYS`).

Tests: tests/firmware/route/test_lists.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from firmware.config.callers import WITHHELD, Blocked, CallerRule, Callers

KEEP_DAYS: Final = 45
"""An entry without effect is still shown for so long."""


class NotOnTheList(LookupError):
    """A number that nobody proposed."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number[:40]!r} is not on the blacklist")


def fits(pattern: str, number: str) -> bool:
    """Whether a caller with `number` (empty: withheld) is meant by a pattern."""
    if pattern == WITHHELD or not number:
        return pattern == WITHHELD and not number
    if pattern.endswith("*"):
        return number.startswith(pattern[:-1])
    return number == pattern


def rule_for(callers: Callers, number: str, line: int | None) -> CallerRule | None:
    """The first rule that fits."""
    for rule in callers.rules:
        if rule.lines and line not in rule.lines:
            continue
        if any(fits(pattern, number) for pattern in rule.numbers):
            return rule
    return None


def blocked(callers: Callers, number: str, at: datetime) -> Blocked | None:
    """The entry by which calls from `number` are turned away now."""
    return next(
        (b for b in callers.blacklist if fits(b.number, number) and b.is_in_force(at)), None
    )


def propose(callers: Callers, number: str, who: str, reason: str, at: datetime) -> Callers:
    """`number` should be blocked, says `who`. One that is in force already stays as it is."""
    there = next((b for b in callers.blacklist if b.number == number), None)
    if there is not None and there.is_in_force(at):
        return callers
    entry = Blocked(number=number, reason=reason, proposed_by=who, proposed_at=at)
    return _with(callers, [*_others(callers, number, at), entry])


def approve(callers: Callers, number: str, who: str, at: datetime, days: int | None) -> Callers:
    """In force from now on, for `days` or as long as is usual here; `NotOnTheList` if nobody
    proposed it."""
    there = _entry(callers, number)
    until = at + timedelta(days=days if days is not None else callers.block_days)
    entry = there.model_copy(update={"approved_by": who, "until": until})
    return _with(callers, [*_others(callers, number, at), entry])


def remove(callers: Callers, number: str, at: datetime) -> Callers:
    """Off the list; `NotOnTheList` if it is not there."""
    _entry(callers, number)
    return _with(callers, _others(callers, number, at))


def _entry(callers: Callers, number: str) -> Blocked:
    for entry in callers.blacklist:
        if entry.number == number:
            return entry
    raise NotOnTheList(number)


def _others(callers: Callers, number: str, at: datetime) -> list[Blocked]:
    """The rest of the list, without what has had no effect for long."""
    limit = at - timedelta(days=KEEP_DAYS)
    return [
        b for b in callers.blacklist if b.number != number and (b.until or b.proposed_at) > limit
    ]


def _with(callers: Callers, blacklist: Iterable[Blocked]) -> Callers:
    return callers.model_copy(update={"blacklist": tuple(blacklist)})
