"""How the calls of before a start ended, for the core that goes on with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware.config.schema import Disposition, Extension, Office, Queue
from firmware.look_back import look_back, noted_before
from firmware.records.messages import CallId, EventRow
from firmware.records.store import Records

OFFICE = Office(
    extensions=(Extension(number="201", name="Anna", secret="secret-201"),),
    queues=(Queue(id="sales", name="Sales", members=("201",)),),
    dispositions=(Disposition(code=7, name="Order taken", is_resolved=True),),
)
NOON = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records(tmp_path / "records.db")
    yield opened
    opened.close()


def test_what_was_noted_before_the_start(records: Records) -> None:
    for number, call in enumerate(("c1", "c2")):
        at, id = NOON + timedelta(minutes=number), CallId(call)
        who = {"queue": "sales", "agent": "201"}
        records.append(
            EventRow(at, "call.started", "rings", id, data={"line": 1}),
            EventRow(at, "queue.joined", "waits", id, data={"queue": "sales"}),
            EventRow(at, "queue.answered", "answered", id, data={**who, "waited_s": 0}),
        )
        if call == "c1":
            said = {"code": 7, "name": "Order taken", "is_resolved": True}
            records.append(EventRow(at, "call.disposition", "noted", id, data={**said, **who}))
    before = look_back(records, OFFICE, NOON + timedelta(minutes=5))
    found = noted_before(records, OFFICE, before)
    assert [(call, one.code, one.agent) for call, one in found.items()] == [("c1", 7, "201")]
    without = OFFICE.model_copy(update={"dispositions": ()})
    assert noted_before(records, without, before) == {}
    assert noted_before(records, OFFICE, None) == {}
