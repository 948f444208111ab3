"""Dispositions as people write them: one a line, code, name, and whether the matter is settled.

Pure. `7 Order taken, resolved`; `8 Calls again, not resolved`; `99 Wrong number`: the last counts
neither way. Text to plain data and back; what may not be is found by the schema's own checks.

Tests: tests/web/settings/test_dispositions.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from gettext import gettext as _
from typing import Any, Final

from firmware.config.schema import Disposition

RESOLVED: Final = "resolved"
UNRESOLVED: Final = "not resolved"
LONGEST: Final = 40
_LINE: Final = re.compile(r"(?P<code>[0-9]{1,4})[\s.:)]+(?P<name>\S.*)")


class NotUnderstood(ValueError):
    """A line that is no disposition; says which, and what was expected."""


def as_text(dispositions: Iterable[Disposition]) -> str:
    """One a line."""
    means = {True: f", {RESOLVED}", False: f", {UNRESOLVED}", None: ""}
    return "\n".join(f"{one.code} {one.name}{means[one.is_resolved]}" for one in dispositions)


def from_text(text: str) -> list[dict[str, Any]]:
    """The lines as the configuration has them; empty ones are left out. Raise `NotUnderstood`."""
    return [_one(line.strip()) for line in text.splitlines() if line.strip()]


def _one(line: str) -> dict[str, Any]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise NotUnderstood(
            _("“%s”: expected a number and a name, such as 7 Order taken, resolved.") % line[:40]
        )
    code, (name, is_resolved) = int(found["code"]), _meaning(found["name"].strip())
    if not 1 <= code <= 99:
        raise NotUnderstood(_("“%s”: expected a number from 1 to 99.") % line[:40])
    if not 1 <= len(name) <= LONGEST:
        raise NotUnderstood(_("“%s …”: expected a name of 40 characters at most.") % line[:20])
    return {"code": code, "name": name, "is_resolved": is_resolved}


def _meaning(name: str) -> tuple[str, bool | None]:
    before, comma, last = name.rpartition(",")
    means = {RESOLVED: True, UNRESOLVED: False}.get(" ".join(last.split()).lower())
    return (before.strip(), means) if comma and means is not None else (name, None)
