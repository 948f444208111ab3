"""The writer thread: the loop never waits, and nothing is lost without a word."""

import asyncio
import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from firmware.records import writer_task
from firmware.records.errors import RecordsAway, RowRefused
from firmware.records.messages import EventRow
from firmware.records.store import Records
from firmware.records.writer_task import RecordsWriter
from firmware.trouble import Troubles


class FakeRecords:
    """A database that can be away, or refuse an event by its kind."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.is_away = threading.Event()
        self.tried = threading.Semaphore(0)

    def write(self, rows: list[Any]) -> None:
        self.tried.release()
        if self.is_away.is_set():
            raise RecordsAway("fake:", "disk full")
        for row in rows:
            if row.kind == "bad":
                raise RowRefused(row, "no such column")
        self.rows += rows


@pytest.fixture
def fake() -> FakeRecords:
    return FakeRecords()


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


def codes(troubles: Troubles) -> set[str]:
    return {trouble.code for _, trouble in troubles.standing()}


async def test_rows_reach_the_database_in_order(
    tmp_path: Path, troubles: Troubles, make_event: Any
) -> None:
    records = Records(tmp_path / "records.db")
    writer = RecordsWriter(records, troubles)
    task = asyncio.create_task(writer.run())
    for n in range(1200):
        writer.put(make_event(f"e{n}"))
    assert await writer.drain(30)
    assert [e.kind for e in records.events_after(0)] == [f"e{n}" for n in range(1200)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    records.close()


async def test_rows_gather_for_longer_in_a_rush_and_a_full_batch_for_no_time(
    fake: FakeRecords, troubles: Troubles, make_event: Any
) -> None:
    paused: list[float] = []
    writer = RecordsWriter(fake, troubles, pause=paused.append)
    writer.put(*(make_event("e") for _ in range(writer_task.BATCH + writer_task.RUSH)))
    writer.start()
    for _ in range(2):
        assert await writer.drain()
        writer.put(make_event("e"))
    assert await writer.drain()
    rush, usual = writer_task.RUSH_GATHER_S, writer_task.GATHER_S
    assert paused == [rush, rush, usual]
    await writer.stop()


async def test_while_the_disk_is_full_rows_wait_and_a_trouble_says_so(
    fake: FakeRecords, troubles: Troubles, make_event: Any
) -> None:
    writer = RecordsWriter(fake, troubles, retry_s=0.001)
    fake.is_away.set()
    writer.start()
    writer.put(make_event("a"), make_event("b"))
    for _ in range(3):
        await asyncio.to_thread(fake.tried.acquire)
    assert writer.waiting == 2
    [(_, trouble)] = troubles.standing()
    assert (trouble.code, trouble.why) == ("records.away", "disk full")
    fake.is_away.clear()
    assert await writer.drain()
    assert [row.kind for row in fake.rows] == ["a", "b"]
    await writer.stop()
    assert troubles.standing() == []


async def test_beyond_the_limit_rows_go_to_the_log_and_are_counted(
    fake: FakeRecords, troubles: Troubles, make_event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    writer = RecordsWriter(fake, troubles, limit=2)
    writer.put(*(make_event(kind) for kind in "abcd"))
    assert writer.waiting == 2
    lost = [json.loads(r.getMessage().partition(": ")[2]) for r in caplog.records]
    assert [row["kind"] for row in lost] == ["c", "d"]
    [(_, trouble)] = troubles.standing()
    assert trouble.code == "records.lost"
    assert trouble.what.startswith("2 entries")


async def test_one_bad_row_does_not_hold_up_the_rest(
    fake: FakeRecords, troubles: Troubles, make_event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    writer = RecordsWriter(fake, troubles)
    writer.put(*(make_event(kind) for kind in ("a", "bad", "c")))
    writer.start()
    assert await writer.drain()
    assert [row.kind for row in fake.rows] == ["a", "c"]
    assert codes(troubles) == {"records.refused"}
    assert "no such column" in caplog.text
    await writer.stop()


async def test_what_cannot_be_written_before_the_end_is_in_the_log(
    fake: FakeRecords, troubles: Troubles, make_event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fake.is_away.set()
    writer = RecordsWriter(fake, troubles, retry_s=0.001)
    writer.start()
    writer.put(make_event("last words", text="power fails"))
    with caplog.at_level(logging.ERROR):
        await writer.stop(timeout_s=0.05)
    assert "power fails" in caplog.text


async def test_put_never_waits_for_the_disk(troubles: Troubles, make_event: Any) -> None:
    release = threading.Event()
    began = threading.Event()

    class Slow:
        def write(self, rows: list[EventRow]) -> None:
            began.set()
            release.wait(20)

    writer = RecordsWriter(Slow(), troubles)
    writer.start()
    writer.put(make_event("a"))
    await asyncio.to_thread(began.wait, 20)
    writer.put(make_event("b"))  # would hang here if it waited for the write under way
    assert writer.waiting == 2
    release.set()
    await writer.stop()
    assert writer.waiting == 0


async def test_a_fault_in_the_thread_is_told_and_it_goes_on(
    fake: FakeRecords, troubles: Troubles, make_event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def fails(rows: list[Any]) -> None:
        tried.set()
        raise RuntimeError("no such thing")

    writer = RecordsWriter(fake, troubles, retry_s=0.01)
    task = asyncio.create_task(writer.run())
    with monkeypatch.context() as patch:
        patch.setattr(fake, "write", fails)
        writer.put(make_event("a"))
        assert await asyncio.to_thread(tried.wait, 10)
        async with asyncio.timeout(10):
            while not codes(troubles):  # noqa: ASYNC110 - a thread reports
                await asyncio.sleep(0.01)
    assert await writer.drain(10)
    assert [row.kind for row in fake.rows] == ["a"]
    assert not codes(troubles)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
