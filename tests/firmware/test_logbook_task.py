"""What happened: kept, numbered on after a restart, and never in the way of telephones."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware.logbook_task import Logbook
from firmware.records.errors import RecordsAway
from firmware.records.messages import EventRow
from firmware.trouble import Troubles

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def written(book: Logbook, *texts: str) -> None:
    """Events told while the box runs, then an orderly stop."""
    running = asyncio.ensure_future(book.run())
    await asyncio.sleep(0)
    for text in texts:
        book.remember(EventRow(NOON, "box.note", text))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    book.close()


async def test_events_are_numbered_on_after_a_restart(tmp_path: Path) -> None:
    await written(Logbook(tmp_path / "records.db", Troubles()), "one", "two")
    again = Logbook(tmp_path / "records.db", Troubles())
    again.recover()
    events = again.records.last_events(10)
    assert [event.text for event in events] == ["one", "two"]
    again.remember(EventRow(NOON, "box.note", "three"))
    assert again.events.last(1)[0].seq == events[-1].seq + 1
    again.close()


async def test_damaged_records_are_told_and_new_ones_begun(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"this is no database " * 500)
    troubles = Troubles()
    book = Logbook(tmp_path / "records.db", troubles)
    book.recover()
    book.close()
    assert [t.code for _, t in troubles.standing()] == ["records.damaged"]


async def test_records_that_cannot_be_read_do_not_keep_the_box_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise RecordsAway("sqlite:///records.db", "database disk image is malformed")

    troubles = Troubles()
    book = Logbook(tmp_path / "records.db", troubles)
    monkeypatch.setattr(book.records, "recover", fails)
    book.recover()
    book.close()
    assert [t.code for _, t in troubles.standing()] == ["records.unrecovered"]
