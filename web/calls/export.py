"""A search as a CSV file (RFC 4180) that a spreadsheet opens safely.

Pure. A cell that a spreadsheet would take for a formula is prefixed with an apostrophe, unless
it is a plain telephone number such as +27215551234. Tests: tests/web/calls/test_export.py.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from firmware.records.dispositions import Disposed
from firmware.records.messages import CallRow
from firmware.records.sheets import harmless
from web import words

COLUMNS = (
    "Call", "Date", "Time", "Direction", "Line", "Caller number", "Caller name", "Called",
    "Queue", "Agent", "Agent name", "Outcome", "Wait s", "Talk s", "Hold s", "Total s",
    "Disposition", "Disposition name", "Resolved",
)  # fmt: skip


Noting = Callable[[Sequence[CallRow]], Mapping[str, Disposed]]
"""How calls ended in the agents' words, by call."""


def lines(batches: Iterable[Sequence[CallRow]], where: ZoneInfo, noting: Noting) -> Iterator[str]:
    """The file, line by line."""
    yield _line(COLUMNS)
    for rows in batches:
        noted = noting(rows)
        for row in rows:
            yield _line((*_cells(row, where), *_noted(noted.get(row.id))))


def _cells(row: CallRow, where: ZoneInfo) -> tuple[str, ...]:
    at = words.local(row.started_at, where)
    return (
        row.id, f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}", row.direction, str(row.line or ""),
        row.caller_number, row.caller_name, row.called, row.queue, row.agent, row.agent_name,
        row.outcome.value, f"{row.wait_s:.0f}", f"{row.talk_s:.0f}", f"{row.hold_s:.0f}",
        f"{row.total_s:.0f}",
    )  # fmt: skip


def _noted(one: Disposed | None) -> tuple[str, str, str]:
    if one is None:
        return "", "", ""
    is_resolved = {True: "yes", False: "no", None: ""}[one.is_resolved]
    return str(one.code), one.name, is_resolved


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()
