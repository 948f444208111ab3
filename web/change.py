"""Changing the configuration from a form: read it, change a copy, send it with its generation.

Somebody else may save in between: the core refuses a stale generation, and the form comes back
with what was typed. Problems come back as sentences, beside their field where one is named.

Tests: tests/web/people/test_views.py, tests/web/settings/test_views.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from gettext import gettext as _
from typing import Any, Final

from flask import request
from pydantic import ValidationError

from firmware.api.schema import ConfigChange, ConfigDocument, Problem
from firmware.config.schema import Office, Part
from web.access import who_asks
from web.face import Refused
from web.parts import parts

OfficeDict = dict[str, Any]
"""An office as plain data, on its way through a form."""


@dataclass(slots=True)
class Trouble:
    """Why a form was not saved: `fields` beside their field, `general` above the form."""

    fields: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.fields or self.general)


def current() -> ConfigDocument:
    """The configuration now, asked afresh."""
    return parts().core.config()


def as_dict(office: Office) -> OfficeDict:
    """A copy of `office` that may be changed."""
    return office.model_dump(mode="json")


def check(part: type[Part], values: Mapping[str, object]) -> Trouble:
    """What is wrong with one part by itself, by field; by `comfort-every_s` within a part of it."""
    try:
        part.model_validate(values)
    except ValidationError as error:
        found = [(e["loc"], plain(e["msg"])) for e in error.errors() if e["loc"]]
        first = reversed([(name, words) for place, words in found for name in _names(place)])
        return Trouble(dict(first))
    return Trouble()


def _names(place: tuple[int | str, ...]) -> list[str]:
    """`comfort`, `comfort-every_s` for what is wrong at comfort, every_s."""
    return ["-".join(map(str, place[: n + 1])) for n in range(len(place))]


def save(office: OfficeDict, what: str, fields: Mapping[str, str] | None = None) -> Trouble:
    """Send the whole configuration; an empty `Trouble` if it was accepted.

    `fields`: form field by the end of a problem's place (`options/1` to `option-1`).
    """
    try:
        generation = int(request.form.get("generation", ""))
    except ValueError:
        return Trouble(general=[_("The form is incomplete. Reload the page and try again.")])
    change = ConfigChange(generation=generation, who=who_asks().name, what=what, office=office)
    try:
        parts().core.change_config(change)
    except Refused as refused:
        return _trouble(refused, fields or {})
    forget()
    return Trouble()


def forget() -> None:
    """The configuration changed: nothing that was remembered of it holds."""
    parts().office.forget()
    parts().accounts.forget()
    parts().live.forget()


def plain(message: str) -> str:
    """A validation message without the machine's preface."""
    text = message.removeprefix("Value error, ")
    return text[:1].upper() + text[1:]


def _trouble(refused: Refused, fields: Mapping[str, str]) -> Trouble:
    if refused.status == 409:
        stale = _(
            "Somebody else changed the settings while this page was open. What you typed is kept "
            "below; look whether it still fits, then save again."
        )
        return Trouble(general=[stale])
    if refused.status not in (400, 422):
        raise refused
    trouble = Trouble()
    for problem in refused.refusal.problems or [Problem(what=refused.refusal.error)]:
        place = next((name for end, name in fields.items() if problem.where.endswith(end)), "")
        if place:
            trouble.fields[place] = plain(problem.what)
        trouble.general.append(_sentence(problem))
    return trouble


_GROUPS: Final[Mapping[str, str]] = {
    "lines": _("Line"),
    "extensions": _("Person"),
    "queues": _("Queue"),
    "menus": _("Menu"),
    "prompts": _("Message"),
    "page_groups": _("Announcement"),
    "dispositions": _("Disposition"),
    "parking": _("Parking"),
    "users": _("Account"),
}


def _sentence(problem: Problem) -> str:
    """`lines/1/destination` becomes `Line 1, destination`."""
    if not problem.where:
        return plain(problem.what)
    group, *rest = problem.where.split("/")
    named = " ".join([_GROUPS.get(group, group), *rest[:1]])
    place = ", ".join([named, *(part.replace("_", " ") for part in rest[1:])])
    return f"{place}: {plain(problem.what)}"
