"""Rows to work with."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import CallId, CallRow, EventRow, Outcome
from firmware.records.store import Records

sys.path.insert(0, str(Path(__file__).parent))

NOON = datetime(2026, 3, 2, 10, tzinfo=UTC)  # 12:00 in Johannesburg


@pytest.fixture
def records(tmp_path: Path):
    opened = Records(tmp_path / "records.db")
    opened.use_country("ZA")
    yield opened
    opened.close()


@pytest.fixture
def make_call():
    def make(number: int, **fields: Any) -> CallRow:
        began = NOON + timedelta(minutes=number)
        return CallRow(
            **{
                "id": CallId(f"20260302-1000{number:02d}-abcd"),
                "started_at": began,
                "direction": "incoming",
                "outcome": Outcome.ANSWERED,
                "ended_at": began + timedelta(seconds=90),
                "ended_by": "caller",
                "cause": 16,
                **fields,
            }
        )

    return make


@pytest.fixture
def make_event():
    def make(kind: str = "line.state", second: int = 0, **fields: Any) -> EventRow:
        return EventRow(NOON + timedelta(seconds=second), kind, fields.pop("text", kind), **fields)

    return make
