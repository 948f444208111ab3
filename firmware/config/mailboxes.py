"""What an office may set about voice messages: who has a mailbox, and how mail is sent.

Pure. Part of firmware.config.schema; references are checked in firmware.config.check.
Tests: tests/firmware/config/test_mailboxes.py.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from firmware.config.part import ExtensionNumber, Identifier, Name, Part


def _address(text: str) -> str:
    """One address as RFC 5321 clause 4.1.2 has it, without its rarities (quoted names, literals):
    nothing that could begin another header of a mail."""
    if text and not re.fullmatch(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}", text
    ):
        raise ValueError(f"{text!r}: expected a mail address such as anna@example.com, or nothing")
    return text


MailAddress = Annotated[str, AfterValidator(_address)]


class Mailbox(Part):
    """Where callers leave voice messages. The mailbox of a person has their number as its id;
    others are reached as a destination."""

    id: Identifier
    name: Name
    members: Annotated[tuple[ExtensionNumber, ...], Field(max_length=50)] = ()
    """Whose lamps show its messages, and who hears them with *97."""
    takes_unanswered: bool = True
    """Calls for the person of its number that nobody takes, and that are not forwarded, come
    here."""
    greeting: Identifier | None = None
    """Prompt heard before the tone; None: the box's own words."""
    max_message_s: int = Field(180, ge=10, le=600)
    silence_s: int = Field(8, ge=3, le=60)
    """So long without a word ends a message."""
    max_messages: int = Field(50, ge=1, le=200)
    """A mailbox with so many takes no more."""
    mail_to: MailAddress = ""
    """Where a mail is sent for each message; empty: nowhere."""
    is_sound_mailed: bool = True
    """The message goes with the mail."""


class Mail(Part):
    """The server that takes the office's mail (SMTP, RFC 5321). No host: nothing is sent."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{0,253}$")] = ""
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """STARTTLS (RFC 3207), TLS from the first octet (RFC 8314), or none at all."""
    user: Annotated[str, Field(max_length=254)] = ""
    password: Annotated[str, Field(max_length=254)] = ""
    sender: MailAddress = ""
