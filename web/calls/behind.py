"""The calls behind a figure of a report: which stays make it, as a query string and back.

Pure. A figure's link names the figure and all that its row was narrowed by, so that the page of
calls finds exactly what was counted. Tests: tests/web/calls/test_behind.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from firmware.records.figures import Figure, figure, needs_limits
from firmware.records.messages import StaysWanted
from firmware.records.reports import Limits

MOST_EPOCH: Final = 32_503_680_000
"""The year 3000."""
NAMES: Final = (
    "figure", "since", "until", "in_queue", "by_agent", "on_line", "decided", "limit", "short",
    "cause",
)  # fmt: skip


def fields(one: Figure, wanted: StaysWanted | None, limits: Limits | None) -> dict[str, str] | None:
    """The query string; None if no search finds just these calls."""
    if wanted is None or one.opens is None or (needs_limits(one) and limits is None):
        return None
    known = limits or Limits()
    chosen = {
        "figure": one.key,
        "since": _epoch(wanted.since),
        "until": _epoch(wanted.until),
        "in_queue": wanted.queue,
        "by_agent": wanted.agent,
        "on_line": str(wanted.line) if wanted.line is not None else "",
        "cause": wanted.cause,
        "decided": "1" if wanted.is_by_decision else "",
        "limit": f"{known.threshold_s:g}" if needs_limits(one) else "",
        "short": f"{known.short_s:g}" if needs_limits(one) else "",
    }
    return {name: value for name, value in chosen.items() if value}


def parse(form: Mapping[str, str]) -> tuple[Figure, StaysWanted] | None:
    """The figure a link named and its stays; None if it names none."""
    try:
        one = figure(form.get("figure", ""))
    except KeyError:
        return None
    if one.opens is None:
        return None
    line = form.get("on_line", "")
    wanted = StaysWanted(
        _moment(form.get("since", "")),
        _moment(form.get("until", "")),
        form.get("in_queue", "")[:64],
        form.get("by_agent", "")[:64],
        int(line) if line.isascii() and line.isdigit() and len(line) < 4 else None,
        cause=form.get("cause", "")[:64],
        is_by_decision=form.get("decided") == "1",
    )
    usual = Limits()
    limits = Limits(
        _seconds(form.get("limit", ""), usual.threshold_s),
        _seconds(form.get("short", ""), usual.short_s),
    )
    return one, one.opens(wanted, limits)


def _epoch(at: datetime | None) -> str:
    return str(int(at.timestamp())) if at is not None else ""


def _moment(text: str) -> datetime | None:
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > MOST_EPOCH:
        return None
    return datetime.fromtimestamp(int(text[:12]), UTC)


def _seconds(text: str, usual: float) -> float:
    is_number = text.isascii() and text.isdigit() and len(text) < 5
    return float(text) if is_number else usual
