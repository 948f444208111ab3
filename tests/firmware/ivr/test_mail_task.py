"""Sending mails, to a small mail server that answers as RFC 5321 has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

from firmware.config.mailboxes import Mail
from firmware.config.schema import Office
from firmware.ivr.mail_task import Mailing
from firmware.ivr.mailbox import Message


class Server:
    """Takes mails, or refuses recipients with a reply of its own (RFC 5321 clause 4.2)."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.recipient = b"250 OK"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com\r\n")
        while line := (await reader.readline()).strip():
            match line.split(b" ")[0].split(b":")[0].upper():
                case b"EHLO":
                    writer.write(b"250 mail.example.com\r\n")
                case b"RCPT":
                    writer.write(self.recipient + b"\r\n")
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(b"250 kept\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 OK\r\n")
        writer.close()


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Office]:
    """An office whose mails this server takes."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield Office(
            mail=Mail(host="127.0.0.1", port=port, security="none", sender="box@example.com")
        )


async def left(boxes: Any, name: str = "m1", at: datetime | None = None) -> None:
    """A message for Anna, of which she wants a mail."""
    message = Message(name, "201", at or datetime.now(UTC), "0215557788", "Alice", 2.0)
    boxes.mailboxes.keep(message, b"alaw")
    await boxes.work()
    assert boxes.mailboxes.is_mail_due.is_set()


def mailing(boxes: Any, office: Office) -> Mailing:
    return Mailing(boxes.mailboxes, lambda: office, boxes.story, boxes.troubles)


async def test_a_mail_is_sent_once(boxes: Any) -> None:
    server = Server()
    await left(boxes)
    async with serving(server) as office:
        assert await mailing(boxes, office).round()
        assert await mailing(boxes, office).round()
    (mail,) = (message_from_bytes(m, policy=default) for m in server.mails)
    assert mail["To"] == "anna@example.com"
    assert boxes.kinds() == ["voicemail.mailed"]
    assert boxes.mailboxes.mail_due() == []


async def test_a_server_that_is_away_is_a_trouble_until_it_is_back(boxes: Any) -> None:
    server = Server()
    await left(boxes)
    away = Office(mail=Mail(host="127.0.0.1", port=1, security="none", sender="b@example.com"))
    assert not await mailing(boxes, away).round()
    assert (boxes.codes(), len(boxes.mailboxes.mail_due())) == (["mail.away"], 1)
    async with serving(server) as office:
        assert await mailing(boxes, office).round()
    assert (boxes.codes(), len(server.mails)) == ([], 1)


async def test_a_recipient_refused_for_good_is_given_up(boxes: Any) -> None:
    server = Server()
    server.recipient = b"550 no such user here"
    await left(boxes)
    async with serving(server) as office:
        assert await mailing(boxes, office).round()
    assert boxes.mailboxes.mail_due() == []
    assert "550 no such user here" in boxes.events[-1].text


async def test_a_recipient_refused_for_now_is_tried_again(boxes: Any) -> None:
    server = Server()
    server.recipient = b"450 busy"
    await left(boxes)
    async with serving(server) as office:
        assert not await mailing(boxes, office).round()
        server.recipient = b"250 OK"
        assert await mailing(boxes, office).round()
    assert len(server.mails) == 1


async def test_an_old_one_and_one_nobody_wants_are_given_up(boxes: Any) -> None:
    server = Server()
    await left(boxes, at=datetime.now(UTC) - timedelta(days=3))
    await left(boxes, "m2")
    boxes.mailboxes.configure(Office())
    async with serving(server) as office:
        assert await mailing(boxes, office).round()
    assert (boxes.mailboxes.mail_due(), server.mails) == ([], [])


async def test_without_a_server_nothing_is_sent_and_nothing_is_wrong(boxes: Any) -> None:
    await left(boxes)
    assert await mailing(boxes, Office()).round()
    assert (boxes.codes(), len(boxes.mailboxes.mail_due())) == ([], 1)
