"""The mail about a voice message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

from firmware.config.mailboxes import Mail, Mailbox
from firmware.config.schema import Office, Site
from firmware.ivr.mail import compose, is_too_old, retry_s
from firmware.ivr.mailbox import Message

OFFICE = Office(
    site=Site(timezone="Africa/Johannesburg"),
    mail=Mail(host="mail.example.com", sender="box@example.com"),
)
BOX = Mailbox(id="201", name="Anna", mail_to="anna@example.com")
MESSAGE = Message("m1", "201", datetime(2026, 3, 2, 9, 15, tzinfo=UTC), "0215557788", "Alice", 12.4)


def test_the_mail_as_anybody_reads_it() -> None:
    mail = message_from_bytes(bytes(compose(OFFICE, BOX, MESSAGE, b"RIFFsound")), policy=default)
    assert mail["Subject"] == "Voice message from Alice 0215557788 for Anna"
    assert (mail["From"], mail["To"]) == ("box@example.com", "anna@example.com")
    assert mail["Date"].datetime == MESSAGE.at
    assert mail["Message-ID"] == "<m1@example.com>"
    body = mail.get_body()
    assert body is not None
    assert "12 seconds for Anna\non Monday 02 March 2026 at 11:15." in body.get_content()
    (sound,) = mail.iter_attachments()
    assert sound.get_content_type() == "audio/wav"
    assert sound.get_filename() == "message-2026-03-02-1115.wav"
    assert sound.get_content() == b"RIFFsound"


def test_without_the_sound() -> None:
    assert list(compose(OFFICE, BOX, MESSAGE, b"").iter_attachments()) == []


def test_a_caller_cannot_add_headers() -> None:
    caller = Message("m1", "201", MESSAGE.at, "", "Eve\r\nBcc: all@example.com", 1.0)
    mail = message_from_bytes(bytes(compose(OFFICE, BOX, caller, b"")), policy=default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Voice message from Eve Bcc: all@example.com for Anna"


def test_a_server_that_is_away_is_asked_more_and_more_seldom() -> None:
    assert [retry_s(n) for n in (1, 2, 3, 4, 5, 100)] == [60, 300, 900, 3600, 3600, 3600]
    assert not is_too_old(MESSAGE, MESSAGE.at + timedelta(days=1))
    assert is_too_old(MESSAGE, MESSAGE.at + timedelta(days=3))
