"""Numbers of callers listed twice in different forms: the second never counts.

Pure. Asked when a configuration is changed (store.py), and only about what the change brings: one
stored before these numbers were known to be the same must still load, and be changed elsewhere.
What is hidden word for word: check_places.py.

Tests: tests/firmware/config/test_check_numbers.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from firmware.config.callers import CallerRule
from firmware.config.problem import Problem
from firmware.config.subscriber import begins_with, written

if TYPE_CHECKING:
    from firmware.config.schema import Office


def new_problems(before: Office, after: Office) -> list[Problem]:
    """What is wrong with the numbers of `after` and was not with those of `before`."""
    if (before.callers, before.site.country) == (after.callers, after.site.country):
        return []
    known = set(problems(before))
    return [problem for problem in problems(after) if problem not in known]


def problems(office: Office) -> list[Problem]:
    """Numbers that are another entry's already."""
    return [*_rules(office), *_blacklist(office)]


def _rules(office: Office) -> Iterator[Problem]:
    country = office.site.country
    exact: dict[str, list[tuple[CallerRule, str]]] = {}
    prefixes: list[tuple[CallerRule, str]] = []
    for rule in office.callers.rules:
        for pattern in rule.numbers:
            if pattern.endswith("*"):
                continue
            earlier = [pair for form in written(pattern, country) for pair in exact.get(form, ())]
            earlier += [
                (wider, f"{prefix}*")
                for wider, prefix in prefixes
                if begins_with(pattern, prefix, country)
            ]
            if (hidden := _hidden(rule, pattern, earlier)) is not None:
                yield hidden
        for pattern in rule.numbers:
            if pattern.endswith("*"):
                prefixes.append((rule, pattern[:-1]))
            else:
                exact.setdefault(pattern, []).append((rule, pattern))


def _hidden(
    rule: CallerRule, pattern: str, earlier: list[tuple[CallerRule, str]]
) -> Problem | None:
    for wider, other in earlier:
        if not wider.lines or (rule.lines and set(rule.lines) <= set(wider.lines)):
            what = f"{pattern} never gets here: {wider.name} comes first and has it as {other}"
            return Problem(f"callers/rules/{rule.id}/numbers", what)
    return None


def _blacklist(office: Office) -> Iterator[Problem]:
    seen: set[str] = set()
    for entry in office.callers.blacklist:
        forms = written(entry.number, office.site.country)
        if (other := next((form for form in forms if form in seen), None)) is not None:
            what = f"{entry.number} is on the list already, as {other}"
            yield Problem(f"callers/blacklist/{entry.number}", what)
        seen.add(entry.number)
