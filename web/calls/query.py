"""The search form of the calls page: query string to `Search` and back.

Pure. What cannot be understood (a date of 2026-13-45, a page of -1) is left out of the search
and named in `complaints`, never an error page. Tests: tests/web/calls/test_query.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from gettext import gettext as _
from zoneinfo import ZoneInfo

from firmware.records import again
from firmware.records.columns import Column
from firmware.records.messages import DispositionsWanted, Outcome, Search
from web.calls import behind

PER_PAGE = 25
NAMES = (*("text", "from", "to", "line", "agent", "queue", "direction", "outcome", "disposition"),)
DIRECTIONS = ("incoming", "outgoing", "internal")


@dataclass(frozen=True, slots=True)
class Query:
    """A search as the form states it."""

    search: Search
    page: int
    fields: dict[str, str]
    """The form's fields that were filled in, for showing them again and for links."""
    complaints: tuple[str, ...] = ()
    figure: Column | None = None
    """Of a report, behind which these calls are."""
    again: again.Asked | None = None
    """They are the further calls of these callers: the records know which."""

    @property
    def is_narrowed(self) -> bool:
        """True if anything was asked for."""
        return bool(self.fields)


def parse(form: Mapping[str, str], where: ZoneInfo, per_page: int = PER_PAGE) -> Query:
    """The query in `form`; dates are days on the office's clock."""
    fields = {name: value.strip()[:64] for name in NAMES if (value := form.get(name, "")).strip()}
    complaints: list[str] = []
    if (opened := behind.parse(form)) is not None:
        fields |= {name: form[name][:64] for name in behind.NAMES if form.get(name)}
    page = _whole(form.get("page", "1"), least=1) or 1
    found = opened.search if opened is not None else Search()
    direction = fields.get("direction", "")
    search = replace(
        found,
        text=fields.get("text", ""),
        since=_day_start(fields.get("from"), where, 0, complaints) or found.since,
        until=_day_start(fields.get("to"), where, 1, complaints) or found.until,
        line=_whole(fields.get("line", ""), least=1) or found.line,
        agent=fields.get("agent", ""),
        queue=fields.get("queue", ""),
        direction=direction if direction in DIRECTIONS else found.direction,
        outcome=_outcome(fields.get("outcome", "")),
        dispositions=_dispositions(fields.get("disposition", ""), found.dispositions),
        limit=per_page,
        offset=(page - 1) * per_page,
    )
    figure, further = (opened.figure, opened.again) if opened is not None else (None, None)
    return Query(search, page, fields, tuple(complaints), figure, further)


def _whole(text: str, least: int) -> int | None:
    if not (text.isascii() and text.isdigit()) or len(text) > 7:
        return None
    return value if (value := int(text)) >= least else None


def _day_start(
    text: str | None, where: ZoneInfo, days_later: int, complaints: list[str]
) -> datetime | None:
    """Midnight at which the day begins (or the day after it, for an end that includes it)."""
    if text is None:
        return None
    try:
        at = date.fromisoformat(text) + timedelta(days=days_later)
        return datetime.combine(at, time(), where).astimezone(UTC)
    except (ValueError, OverflowError):
        complaints.append(_("%r is not a date; expected one such as 2026-11-21.") % text)
        return None


def _dispositions(text: str, found: DispositionsWanted | None) -> DispositionsWanted | None:
    """One code, beside what a figure asks for."""
    code = _whole(text, least=1)
    return found if code is None else replace(found or DispositionsWanted(), code=code)


def _outcome(text: str) -> Outcome | None:
    try:
        return Outcome(text)
    except ValueError:
        return None
