"""The mailboxes of an office, on a real medium."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firmware.config.schema import Office
from firmware.ivr.mailbox import Message
from firmware.ivr.mailboxes_task import LIMIT
from hal.sip.watch import Messages

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
ANNAS = Message("m1", "201", AT, "0215557788", "Alice", 2.0)
SALES = Message("m2", "sales", AT, "", "", 1.0)


async def test_a_message_counts_once_it_is_on_the_medium(boxes: Any) -> None:
    mailboxes = boxes.mailboxes
    assert mailboxes.keep(ANNAS, b"a")
    assert mailboxes.keep(SALES, b"s")
    assert (mailboxes.count("201"), boxes.lit) == (Messages(), [])
    await boxes.work()
    assert boxes.lit == [{"201"}, {"201", "202"}]
    assert mailboxes.count("201") == Messages(new=2)
    assert mailboxes.count("202") == Messages(new=1)
    assert mailboxes.count("203") == Messages()


async def test_heard_and_deleted(boxes: Any) -> None:
    mailboxes = boxes.mailboxes
    mailboxes.keep(ANNAS, b"a")
    await boxes.work()
    mailboxes.heard(ANNAS)
    mailboxes.heard(ANNAS)
    await boxes.work()
    assert mailboxes.count("201") == Messages(old=1)
    assert boxes.lit == [{"201"}, {"201"}]
    assert boxes.files.load()[0].is_heard
    mailboxes.heard(mailboxes.find("m1"))
    mailboxes.delete(mailboxes.find("m1"))
    mailboxes.delete(ANNAS)
    await boxes.work()
    assert mailboxes.count("201") == Messages()
    assert boxes.files.load() == []
    assert boxes.kinds() == ["voicemail.deleted"]


async def test_what_is_found_at_the_start(boxes: Any) -> None:
    boxes.mailboxes.keep(ANNAS, b"a")
    await boxes.work()
    boxes.mailboxes._messages.clear()
    boxes.mailboxes.is_mail_due.clear()
    boxes.mailboxes.load()
    assert boxes.mailboxes.count("201") == Messages(new=1)
    assert boxes.mailboxes.is_mail_due.is_set()  # Anna has a mail about it


async def test_a_mailbox_is_full(boxes: Any) -> None:
    sales = boxes.mailboxes.box("sales")
    for n in range(2):
        assert not boxes.mailboxes.is_full(sales)
        boxes.mailboxes.keep(Message(f"s{n}", "sales", AT, "", "", 1.0), b"s")
        await boxes.work()
    assert boxes.mailboxes.is_full(sales)


async def test_sounds_are_fetched(boxes: Any, tmp_path: Path) -> None:
    got: list[bytes] = []
    boxes.mailboxes.keep(ANNAS, b"alaw")
    boxes.mailboxes.fetch(ANNAS, got.append)
    await boxes.work(lambda: got)
    assert got == [b"alaw"]
    shutil.rmtree(tmp_path / "voicemail" / "201")
    boxes.mailboxes.fetch(ANNAS, got.append)
    await boxes.work(lambda: len(got) == 2)
    assert got[1] == b""
    assert boxes.codes() == ["voicemail.medium"]


async def test_a_medium_that_refuses_is_told_and_in_order_again(boxes: Any, tmp_path: Path) -> None:
    (tmp_path / "voicemail" / "201").write_text("no folder")
    boxes.mailboxes.keep(ANNAS, b"a")
    await boxes.work(lambda: boxes.events)
    assert (boxes.kinds(), boxes.codes()) == (["voicemail.lost"], ["voicemail.medium"])
    assert boxes.mailboxes.count("201") == Messages()
    (tmp_path / "voicemail" / "201").unlink()
    boxes.mailboxes.keep(ANNAS, b"a")
    await boxes.work(lambda: boxes.mailboxes.find("m1"))
    assert boxes.codes() == []


async def test_what_waits_is_bounded_and_done_at_the_end(boxes: Any) -> None:
    taken = [
        boxes.mailboxes.keep(Message(f"m{n}", "201", AT, "", "", 1.0), b"a")
        for n in range(LIMIT + 1)
    ]
    assert taken == [True] * LIMIT + [False]
    assert boxes.codes() == ["voicemail.medium"]
    await boxes.work()
    assert len(boxes.files.load()) == LIMIT


async def test_a_changed_office_lights_the_lamps_anew(boxes: Any) -> None:
    boxes.mailboxes.configure(Office())
    assert boxes.lit == [{"201", "202"}]
    assert boxes.mailboxes.count("201") == Messages()
