"""From a plain document to an `Office`, or to a list of everything wrong with it.

Pure. pydantic names a place by index (`menus`, 0, `timeout_s`); people know their menus by name,
so places read `menus/main/timeout_s`, the form that firmware.config.check uses too. Both kinds
of mistake come out in one `InvalidOffice`.

Tests: tests/firmware/config/test_schema.py and test_check.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from firmware.config.check import Problem, problems
from firmware.config.document import Document
from firmware.config.errors import InvalidOffice
from firmware.config.schema import Office

KEYS: Final[Mapping[str, str]] = {
    "lines": "number",
    "extensions": "number",
    "phone_sets": "mac",
    "queues": "id",
    "menus": "id",
    "schedules": "id",
    "questions": "id",
    "directories": "id",
    "surveys": "id",
    "prompts": "id",
    "page_groups": "number",
    "mailboxes": "id",
    "users": "name",
}
"""What people call an entry of each group."""


def office_from(document: Mapping[str, Any]) -> Office:
    """Return the office; raise `InvalidOffice` naming everything that is wrong."""
    try:
        parts = Document.model_validate(document)
    except ValidationError as error:
        raise InvalidOffice(_field_problems(error, document)) from None
    if found := problems(parts):
        raise InvalidOffice(found)
    return Office.model_validate(document)


def _field_problems(error: ValidationError, document: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(place(entry["loc"], document), _words(entry["msg"], entry["input"], entry["type"]))
        for entry in error.errors(include_url=False, include_context=False)
    ]


def _words(message: str, value: object, kind: str) -> str:
    message = message.removeprefix("Value error, ")
    if kind in {"missing", "value_error", "model_type"} or isinstance(value, dict | list):
        return message
    shown = repr(value)
    return f"{shown[:60]}: {message[:1].lower()}{message[1:]}"


def place(loc: tuple[int | str, ...], document: Mapping[str, Any]) -> str:
    """`("menus", 0, "timeout_s")` as `menus/main/timeout_s`."""
    if len(loc) < 2 or loc[0] not in KEYS or not isinstance(loc[1], int):
        return "/".join(map(str, loc))
    group = str(loc[0])
    return "/".join([group, _name(document, group, loc[1]), *map(str, loc[2:])])


def _name(document: Mapping[str, Any], group: str, index: int) -> str:
    entries = document.get(group)
    entry = entries[index] if isinstance(entries, list | tuple) and index < len(entries) else None
    name = entry.get(KEYS[group]) if isinstance(entry, dict) else None
    return str(name)[:40] if isinstance(name, str | int) and str(name) else str(index)
