"""The calls behind a figure of a report: which they are, as a query string and back.

Pure. A figure's link names the figure and all that its row was narrowed by, so that the page of
calls finds exactly what was counted. Tests: tests/web/calls/test_behind.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from firmware.records import again
from firmware.records.callers import AGAIN_DAYS
from firmware.records.columns import CALLED_AGAIN, Column, Row, column, resolution
from firmware.records.figures import NEED_LIMITS
from firmware.records.messages import Search, StaysWanted
from firmware.records.reports import Limits

MOST_EPOCH: Final = 32_503_680_000
"""The year 3000."""
NAMES: Final = (
    "figure", "since", "until", "in_queue", "by_agent", "on_line", "decided", "limit", "short",
    "cause", "within",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behind:
    """What a link says: the figure, and how its calls are found."""

    figure: Column
    search: Search
    again: again.Asked | None = None
    """The further calls of callers, which only the records can name: `Search.ids` is to be."""


def fields(one: Column, row: Row, again_days: int = AGAIN_DAYS) -> dict[str, str] | None:
    """The query string; None if no search finds just these calls."""
    wanted = row.wanted
    if wanted is None or (one.key != CALLED_AGAIN and one.calls(row) is None):
        return None
    known, needs_limits = row.limits or Limits(), one.key in NEED_LIMITS
    chosen = {
        "figure": one.key,
        "since": _epoch(wanted.since),
        "until": _epoch(wanted.until),
        "in_queue": wanted.queue,
        "by_agent": wanted.agent,
        "on_line": str(wanted.line) if wanted.line is not None else "",
        "cause": wanted.cause,
        "decided": "1" if wanted.is_by_decision else "",
        "limit": f"{known.threshold_s:g}" if needs_limits else "",
        "short": f"{known.short_s:g}" if needs_limits else "",
        "within": f"{again_days}" if one.key == CALLED_AGAIN else "",
    }
    return {name: value for name, value in chosen.items() if value}


def parse(form: Mapping[str, str]) -> Behind | None:
    """The figure a link named and its calls; None if it names none."""
    key = form.get("figure", "")
    wanted, limits = _wanted(form), _limits(form)
    if key == CALLED_AGAIN:
        return _further(wanted, form)
    try:
        one = column(key)
    except KeyError:
        return None
    search = one.calls(Row("", wanted, limits))
    return Behind(one, search) if search is not None else None


def _wanted(form: Mapping[str, str]) -> StaysWanted:
    line = form.get("on_line", "")
    return StaysWanted(
        _moment(form.get("since", "")),
        _moment(form.get("until", "")),
        form.get("in_queue", "")[:64],
        form.get("by_agent", "")[:64],
        int(line) if line.isascii() and line.isdigit() and len(line) < 4 else None,
        cause=form.get("cause", "")[:64],
        is_by_decision=form.get("decided") == "1",
    )


def _limits(form: Mapping[str, str]) -> Limits:
    usual = Limits()
    return Limits(
        _seconds(form.get("limit", ""), usual.threshold_s),
        _seconds(form.get("short", ""), usual.short_s),
    )


def _further(wanted: StaysWanted, form: Mapping[str, str]) -> Behind | None:
    if wanted.since is None or wanted.until is None:
        return None
    days = int(_seconds(form.get("within", ""), AGAIN_DAYS))
    asked = again.Asked(wanted.since, wanted.until, wanted.line, timedelta(days=days))
    return Behind(resolution(days)[0], replace(Search(), ids=()), asked)


def _epoch(at: datetime | None) -> str:
    return str(int(at.timestamp())) if at is not None else ""


def _moment(text: str) -> datetime | None:
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > MOST_EPOCH:
        return None
    return datetime.fromtimestamp(int(text[:12]), UTC)


def _seconds(text: str, usual: float) -> float:
    is_number = text.isascii() and text.isdigit() and len(text) < 5
    return float(text) if is_number else usual
