"""Voice messages over the control API: real mailboxes, server and client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firmware.api.client import ApiClient, Refused
from firmware.call.story import Story
from firmware.config.mailboxes import Mailbox
from firmware.ivr.mailbox import Message
from firmware.ivr.mailboxes_task import Mailboxes
from firmware.ivr.message_files import MessageFiles
from firmware.trouble import Troubles
from firmware.voicemail_side import VoicemailSide

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@pytest.fixture
async def mailboxes(box: Any, tmp_path: Path) -> AsyncIterator[Mailboxes]:
    """Two messages for Anna, on the medium."""
    files = MessageFiles(tmp_path / "voicemail")
    for n, number in enumerate(("0215557788", "")):
        files.load()
        message = Message(f"m{n}", "201", AT + timedelta(minutes=n), number, "", 2.0, f"c{n}")
        files.keep(message, b"alaw")
    made = Mailboxes(files, Story(), Troubles())
    person = Mailbox(id="201", name="Anna", members=("201",))
    made.configure(box.config.office.model_copy(update={"mailboxes": (person,)}))
    made.load()
    box.voicemail = VoicemailSide(made)
    working = asyncio.ensure_future(made.run())
    yield made
    working.cancel()
    await asyncio.wait([working])


async def test_messages_are_listed_newest_first(client: ApiClient, mailboxes: Mailboxes) -> None:
    (anna,) = await asyncio.to_thread(client.voicemail)
    assert (anna.id, anna.name, anna.members, anna.new, anna.old) == ("201", "Anna", ("201",), 2, 0)
    newest, oldest = anna.messages
    assert (newest.id, newest.number, newest.call) == ("m1", "", "c1")
    assert (oldest.id, oldest.number, oldest.at) == ("m0", "0215557788", AT)


async def test_one_is_played_and_heard(client: ApiClient, mailboxes: Mailboxes) -> None:
    wav = await asyncio.to_thread(client.voice_message_wav, "m0")
    assert wav[:4] == b"RIFF"
    assert wav.endswith(b"alaw")
    await asyncio.to_thread(client.message_heard, "m0")
    (anna,) = await asyncio.to_thread(client.voicemail)
    assert (anna.new, anna.old) == (1, 1)


async def test_one_is_deleted_once(client: ApiClient, mailboxes: Mailboxes) -> None:
    await asyncio.to_thread(client.delete_message, "m0")
    (anna,) = await asyncio.to_thread(client.voicemail)
    assert [message.id for message in anna.messages] == ["m1"]
    with pytest.raises(Refused, match="there is no voice message 'm0'") as refused:
        await asyncio.to_thread(client.delete_message, "m0")
    assert refused.value.status == 404


@pytest.mark.parametrize("name", ["../../etc/passwd", "201/m0", "m" * 300])
async def test_names_that_are_none(client: ApiClient, mailboxes: Mailboxes, name: str) -> None:
    with pytest.raises(Refused, match="there is no voice message"):
        await asyncio.to_thread(client.voice_message_wav, name)


async def test_a_medium_that_cannot_be_read(
    client: ApiClient, mailboxes: Mailboxes, tmp_path: Path
) -> None:
    (tmp_path / "voicemail" / "201" / "m0.wav").unlink()
    with pytest.raises(Refused, match="message m0: No such file or directory"):
        await asyncio.to_thread(client.voice_message_wav, "m0")
