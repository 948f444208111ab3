"""Sends the mails about voice messages, one after the other, again and again if need be.

Shell of mail.py over smtplib in a thread: nothing waits for it. What is still to be sent is kept
with each message, so that a restart loses no mail. A server that is away is a trouble and asked
again (`mail.RETRY_S`); a mail it refuses for good (a reply 5xx, RFC 5321 clause 4.2.1) is told and
given up; a silent server is given up after TIMEOUT_S and asked again later.

Tests: tests/firmware/ivr/test_mail_task.py.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Final

from firmware.call.story import Story
from firmware.config.schema import Mail, Office
from firmware.ivr.mail import compose, is_too_old, retry_s
from firmware.ivr.mailbox import Message
from firmware.ivr.mailboxes_task import Mailboxes
from firmware.trouble import Trouble, TroubleSink

logger = logging.getLogger(__name__)

TIMEOUT_S: Final = 30.0
_TROUBLE: Final = "mail.away"

Send = Callable[[Mail, EmailMessage], None]


class Refused(Exception):
    """The server will not take this mail, now or later."""


class Mailing:
    """The mails that are due."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        office: Callable[[], Office],
        story: Story,
        troubles: TroubleSink,
        send: Send | None = None,
    ) -> None:
        self._mailboxes, self._office = mailboxes, office
        self._story, self._troubles = story, troubles
        self._send = send or deliver

    async def run(self) -> None:
        """Send what is due, for ever."""
        failures = 0
        while True:
            await self._mailboxes.is_mail_due.wait()
            self._mailboxes.is_mail_due.clear()
            failures = 0 if await self.round() else failures + 1
            if failures:
                await asyncio.sleep(retry_s(failures))
                self._mailboxes.is_mail_due.set()

    async def round(self) -> bool:
        """Send everything that is due, oldest first; False once the server is away."""
        if not self._office().mail.host:
            return True
        for message in self._mailboxes.mail_due():
            if not await self._one(message):
                return False
        return True

    async def _one(self, message: Message) -> bool:
        office, box = self._office(), self._mailboxes.box(message.mailbox)
        if box is None or not box.mail_to:
            self._mailboxes.mailed(message)
            return True
        if is_too_old(message, datetime.now(UTC)):
            self._give_up(message, "the mail server could not be reached for too long")
            return True
        try:
            wav = await self._mailboxes.wav(message) if box.is_sound_mailed else b""
            mail = compose(office, box, message, wav)
            await asyncio.to_thread(self._send, office.mail, mail)
        except FileNotFoundError:
            self._mailboxes.mailed(message)  # deleted meanwhile
        except Refused as error:
            self._give_up(message, str(error))
        except (OSError, smtplib.SMTPException) as error:
            self._report(office.mail, error)
            return False
        else:
            self._troubles.clear(_TROUBLE)
            self._mailboxes.mailed(message)
            words = f"a mail about the message was sent to {box.mail_to}"
            self._story.tell("voicemail.mailed", words, message=message.id, mailbox=box.id)
        return True

    def _give_up(self, message: Message, why: str) -> None:
        self._mailboxes.mailed(message)
        words = f"no mail about the message in {message.mailbox}: {why}"
        self._story.tell("voicemail.not_mailed", words, message=message.id)

    def _report(self, mail: Mail, error: Exception) -> None:
        logger.warning("mail server %s: %s", mail.host, error)
        self._troubles.report(
            Trouble(
                _TROUBLE,
                f"mails about voice messages wait: {mail.host} does not take them",
                str(error) or type(error).__name__,
                "check the mail server's name, port, user and password in the settings; "
                "messages are kept, and mailed when it answers",
                "warning",
            )
        )


def deliver(settings: Mail, mail: EmailMessage) -> None:
    """Blocking: hand a mail to the server. `Refused`, `OSError` or `smtplib.SMTPException`."""
    trust = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=TIMEOUT_S, context=trust
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    with server:
        if settings.security == "starttls":
            server.starttls(context=trust)
        if settings.user:
            server.login(settings.user, settings.password)
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            for address, (code, said) in error.recipients.items():
                if code >= 500:
                    raise Refused(f"{address}: {code} {said.decode(errors='replace')}") from error
            raise
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= 500:
                raise Refused(f"{error.smtp_code} {error.smtp_error!r}") from error
            raise
