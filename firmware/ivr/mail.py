"""The mail about a voice message: its words, and when a server that refused is asked again.

Pure. Left out: whose mail it is (config.mailboxes), sending it (mail_task.py).
Tests: tests/firmware/ivr/test_mail.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from zoneinfo import ZoneInfo

from firmware.config.schema import Mailbox, Office
from firmware.ivr.mailbox import Message

RETRY_S: Final = (60.0, 300.0, 900.0, 3600.0)
"""After a failure the server is asked again after so long, the last for ever."""
GIVE_UP: Final = timedelta(days=2)
"""A mail that could not be sent for so long is not sent any more; the message itself stays."""


def retry_s(failures: int) -> float:
    """How long to wait after so many failures in a row."""
    return RETRY_S[min(failures, len(RETRY_S)) - 1]


def is_too_old(message: Message, now: datetime) -> bool:
    """Nobody wants a mail about it any more."""
    return now - message.at > GIVE_UP


def compose(office: Office, box: Mailbox, message: Message, wav: bytes) -> EmailMessage:
    """The mail. `wav`: the message's sound; empty: without it."""
    caller = " ".join(part for part in (message.name, message.number) if part) or "unknown number"
    at = message.at.astimezone(ZoneInfo(office.site.timezone))
    mail = EmailMessage()
    mail["Subject"] = _line(f"Voice message from {caller} for {box.name}")
    mail["From"] = office.mail.sender
    mail["To"] = box.mail_to
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.id}@{office.mail.sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 clause 5: no holiday replies to this
    mail.set_content(
        f"{_line(caller)} left a message of {message.length_s:.0f} seconds for {_line(box.name)}\n"
        f"on {at:%A %d %B %Y at %H:%M}.\n\n"
        "Dial *97 at your phone to hear it.\n"
    )
    if wav:
        name = f"message-{at:%Y-%m-%d-%H%M}.wav"
        mail.add_attachment(wav, maintype="audio", subtype="wav", filename=name)
    return mail


def _line(text: str) -> str:
    """On one line, whatever a caller's name contains."""
    return " ".join(text.split())
