"""Forms of the settings pages: what was typed to configuration parts, and choices to offer.

Pure. A destination is one choice in a list, written `queue:sales`, `hangup:`.
Tests: tests/web/settings/test_forms.py.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping
from gettext import gettext as _
from typing import Any

from firmware.config.schema import DIGITS, Destination, Office
from web.change import OfficeDict


def destinations(office: Office) -> list[tuple[str, str]]:
    """Everywhere a call can be led to: value and words."""
    return [
        *((f"menu:{m.id}", _("Menu: %s") % m.name) for m in office.menus),
        *((f"queue:{q.id}", _("Queue: %s") % q.name) for q in office.queues),
        *((f"extension:{e.number}", f"{e.number} · {e.name}") for e in office.extensions),
        *((f"message:{p.id}", _("Play: %s") % p.name) for p in office.prompts),
        *((f"schedule:{s.id}", _("Opening hours: %s") % s.name) for s in office.schedules),
        *((f"question:{q.id}", _("Question: %s") % q.name) for q in office.questions),
        *((f"directory:{d.id}", _("Dial by name: %s") % d.name) for d in office.directories),
        *((f"voicemail:{m.id}", _("Leave a message: %s") % m.name) for m in office.mailboxes),
        ("hangup:", _("Hang up")),
    ]


def to_value(destination: Destination) -> str:
    """A destination as the value of a choice."""
    return f"{destination.to}:{destination.id}"


def to_destination(value: str) -> dict[str, str]:
    """A chosen value as a destination; nonsense hangs up (the schema refuses what is unknown)."""
    to, colon, id = value.partition(":")
    return {"to": to, "id": id} if colon else {"to": "hangup", "id": ""}


def new_id(name: str, taken: Collection[str]) -> str:
    """An identifier from a name: `After hours` to `after-hours`, numbered if taken."""
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:24] or "item"
    candidates = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(c for c in candidates if c not in taken)


def line(form: Mapping[str, str], number: int) -> dict[str, Any]:
    """The fields of one line on the lines page."""
    return {
        "name": form.get(f"name-{number}", "").strip(),
        "is_enabled": f"is_enabled-{number}" in form,
        "may_dial_out": f"may_dial_out-{number}" in form,
        "destination": to_destination(form.get(f"destination-{number}", "")),
    }


def menu(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the menu page, without its greeting."""
    chosen = {digit: form.get(f"option-{digit}", "") for digit in DIGITS}
    return {
        "name": form.get("name", "").strip(),
        "number": form.get("number", "").strip() or None,
        "options": {digit: to_destination(to) for digit, to in chosen.items() if to},
        "timeout_s": form.get("timeout_s", "").strip(),
        "tries": form.get("tries", "").strip(),
        "otherwise": to_destination(form.get("otherwise", "")),
    }


def parking(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the parking page."""
    names = ("number", "first_slot", "last_slot", "timeout_s")
    return {
        "is_enabled": "is_enabled" in form,
        "otherwise": to_destination(form.get("otherwise", "")),
        **{name: form.get(name, "").strip() for name in names},
    }


def page_group(form: Mapping[str, str], members: list[str]) -> dict[str, Any]:
    """The fields of the announcement page."""
    names = ("number", "name", "limit_s")
    return {"members": members, **{name: form.get(name, "").strip() for name in names}}


def texts(form: Mapping[str, str]) -> dict[str, str]:
    """Texts by language: fields `text-en`, `text-af`, and a new one with its own language."""
    typed = {k.removeprefix("text-"): v for k, v in form.items() if k.startswith("text-")}
    if language := form.get("new_language", "").strip().lower():
        typed[language] = form.get("new_text", "")
    return {language: text.strip() for language, text in typed.items() if text.strip()}


def put(office: OfficeDict, group: str, part: Mapping[str, Any], key: str = "id") -> OfficeDict:
    """`office` with `part` added to `group`, or merged into the one of the same key."""
    changed = copy.deepcopy(office)
    for i, there in enumerate(changed[group]):
        if there[key] == part[key]:
            changed[group][i] = {**there, **part}
            return changed
    changed[group].append(dict(part))
    return changed


def drop(office: OfficeDict, group: str, value: str, key: str = "id") -> OfficeDict:
    """`office` without the part of `group` whose `key` is `value`."""
    changed = copy.deepcopy(office)
    changed[group] = [part for part in changed[group] if part[key] != value]
    return changed
