"""What people are told about the signalling of phones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware.api.errors import Refused
from firmware.api.sip_schema import AllowRequest, TraceRequest
from firmware.call.story import Story
from firmware.records.messages import EventRow
from firmware.sip_side import KEPT, SipSide
from hal.sip.phones_task import Phones
from hal.sip.shutout import Shut
from tests.hal.fake_switch import FakeSwitch

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Told:
    """The side of a box whose phones have no sockets."""

    def __init__(self, folder: Path) -> None:
        self.events: list[EventRow] = []
        self.side = SipSide(Story(self.events.append), folder, lambda: NOON)
        self.phones = Phones(
            FakeSwitch(), {}.get, on_offered=lambda leg: None, on_shut_out=self.side.shut_out
        )
        self.side.phones = self.phones


@pytest.fixture
async def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "traces")


async def test_who_is_shut_out_is_told_with_what_to_do(told: Told) -> None:
    told.side.shut_out(Shut("203.0.113.9", "", 60.0, "wrong passwords"))
    (event,) = told.events
    assert event.kind == "phone.shut_out"
    assert "from 203.0.113.9 are not listened to until 12:01:00 UTC: wrong" in event.text
    assert "callbox allow 203.0.113.9" in event.text
    assert event.data == {"address": "203.0.113.9", "user": "", "seconds": 60}


async def test_who_is_shut_out_is_shown_and_let_in_again(told: Told) -> None:
    guard = told.phones._agent.registrar.shut_out
    now = told.phones._timers.clock()
    for n in range(10):
        guard.wrong("203.0.113.9", "201", f"proof {n}", now)
    (shown,) = told.side.now().shut_out
    assert shown.address == "203.0.113.9"
    assert 50 < (shown.until - NOON).total_seconds() <= 60
    told.side.allow(AllowRequest(address="203.0.113.9", who="Ann"))
    assert told.side.now().shut_out == []
    assert told.events[-1].text == "sign-ins from 203.0.113.9 are listened to again, by Ann"
    with pytest.raises(Refused):
        told.side.allow(AllowRequest(address="203.0.113.9"))


async def test_every_table_shows_its_limit(told: Told) -> None:
    tables = {table.what: table for table in told.side.now().tables}
    assert {"transactions", "calls", "nonces used", "timers", "addresses that sign in"} <= set(
        tables
    )
    assert all(table.used <= table.limit for table in tables.values())


async def test_a_trace_is_begun_shown_and_ended(told: Told, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no trace"):
        await told.side.trace(TraceRequest(seconds=0))
    begun = await told.side.trace(TraceRequest(seconds=30, who="Ann"))
    assert begun.is_running
    assert Path(begun.path).parent == tmp_path / "traces"
    assert "for 30 s, by Ann. Keep that file to yourself" in told.events[-1].text
    ended = await told.side.trace(TraceRequest(seconds=0))
    assert (ended.is_running, ended.why_ended) == (False, "stopped")
    shown = told.side.now().trace
    assert shown is not None
    assert shown.path == begun.path


async def test_the_newest_traces_are_kept(told: Told, tmp_path: Path) -> None:
    folder = tmp_path / "traces"
    folder.mkdir()
    for n in range(KEPT + 3):
        (folder / f"phones-20250101-0000{n:02}.pcap").write_bytes(b"")
    begun = await told.side.trace(TraceRequest(seconds=1))
    await told.side.trace(TraceRequest(seconds=0))
    kept = list(folder.iterdir())
    assert len(kept) == KEPT
    assert Path(begun.path) in kept


async def test_a_trace_that_cannot_be_written_is_refused(told: Told, tmp_path: Path) -> None:
    (tmp_path / "traces").write_text("not a folder")
    with pytest.raises(Refused, match="cannot be written"):
        await told.side.trace(TraceRequest(seconds=1))
    assert told.events == []
