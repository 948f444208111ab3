"""The summary of a call that never got one, made again from its events.

Pure. A crash or a power cut ends calls without a word; what the events say of them is kept as a
`CallRow` with outcome FAILED, ended at the last thing that is known. Fields are taken from the
events' `data` where a key has the name of the field, the later event winning.

Tests: tests/firmware/records/test_rebuild.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from firmware.records.messages import CallId, CallRow, EventRow, Outcome

STARTED: Final = "call.started"
"""Kind of the event that begins every call."""
TEMPORARY_FAILURE: Final = 41  # ITU-T Q.850
_WORDS: Final = (
    "caller_number",
    "caller_name",
    "caller_why_unknown",
    "called",
    "digits",
    "queue",
    "agent",
    "agent_name",
    "recording",
)
_MOMENTS: Final = (
    ("answered_at", "call.answered"),
    ("queued_at", "queue.joined"),
    ("joined_at", "call.joined"),
)


def rebuilt(call: CallId, events: Sequence[EventRow]) -> CallRow:
    """The call as far as its events (at least one, oldest first) tell it."""
    known: dict[str, object] = {}
    for event in events:
        known |= event.data
    line = known.get("line")
    began, ended = events[0].at, events[-1].at
    return CallRow(
        id=call,
        started_at=began,
        direction=str(known.get("direction") or "incoming"),
        outcome=Outcome.FAILED,
        ended_at=ended,
        ended_by="fault",
        cause=TEMPORARY_FAILURE,
        line=line if isinstance(line, int) else None,
        total_s=(ended - began).total_seconds(),
        **{word: str(known[word]) for word in _WORDS if known.get(word)},  # type: ignore[arg-type]  # all are text fields
        **{field: _first(events, kind) for field, kind in _MOMENTS},  # type: ignore[arg-type]  # all are times
    )


def _first(events: Sequence[EventRow], kind: str) -> datetime | None:
    return next((event.at for event in events if event.kind == kind), None)
