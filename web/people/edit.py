"""People in the configuration: adding, changing, removing one, wherever they are mentioned.

Pure: an office as plain data in, a changed copy out. Tests: tests/web/people/test_edit.py.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from web.change import OfficeDict

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without characters that look alike (0 O, 1 l I, i o): it is typed on a phone's keypad."""
SECRET_LENGTH: Final = 16
"""About 92 bits."""


def new_secret() -> str:
    """A password for a phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_LENGTH))


def free_number(taken: Collection[str]) -> str:
    """The next extension after the highest one in use; 201 in an empty office."""
    numbers = [int(number) for number in taken]
    return str(max(numbers) + 1) if numbers else "201"


def put_person(
    office: OfficeDict, person: Mapping[str, Any], queues: Collection[str]
) -> OfficeDict:
    """`office` with `person` added or changed, a member of exactly `queues`."""
    changed = copy.deepcopy(office)
    number = person["number"]
    places = [i for i, e in enumerate(changed["extensions"]) if e["number"] == number]
    if places:
        changed["extensions"][places[0]] |= person
    else:
        changed["extensions"].append(dict(person))
    for queue in changed["queues"]:
        queue["members"] = _members(queue["members"], number, queue["id"] in queues)
        if number not in queue["members"]:
            queue["member_rules"].pop(number, None)
    return changed


def drop_person(office: OfficeDict, number: str) -> OfficeDict:
    """`office` without the person; calls that were led to them are for the owner to redirect."""
    changed = copy.deepcopy(office)
    changed["extensions"] = [e for e in changed["extensions"] if e["number"] != number]
    changed["phone_sets"] = [p for p in changed["phone_sets"] if p["extension"] != number]
    changed["mailboxes"] = [box for box in changed["mailboxes"] if box["id"] != number]
    for group in (*changed["queues"], *changed["page_groups"], *changed["mailboxes"]):
        group["members"] = _members(group["members"], number, False)
    for directory in changed["directories"]:  # without members it would list everybody
        directory["members"] = _members(directory["members"], number, False) or directory["members"]
    for queue in changed["queues"]:
        queue["member_rules"].pop(number, None)
    for user in changed["users"]:
        if user["extension"] == number:
            user["extension"] = None
    rules = changed["callers"]["rules"]
    changed["callers"]["rules"] = [one for one in map(partial(_disown, number), rules) if one]
    return changed


def _disown(number: str, rule: dict[str, Any]) -> dict[str, Any] | None:
    """A rule for callers of nobody in particular; None if it says nothing else."""
    if rule["owner"] != number:
        return rule
    says = rule["destination"] or rule["language"] or rule["priority"]
    return rule | {"owner": None} if says else None


def _members(members: list[str], number: str, is_member: bool) -> list[str]:
    if is_member:
        return members if number in members else [*members, number]
    return [m for m in members if m != number]
