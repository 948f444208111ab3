"""Voice messages as the control API shows them (firmware.api.face.Voicemail).

Shell: reads firmware.ivr.mailboxes_task, passes orders on to it.
Tests: tests/firmware/api/test_voicemail.py.
"""

from __future__ import annotations

from firmware.api.errors import not_found, unavailable
from firmware.api.voicemail_schema import VoiceMailbox, VoiceMessage
from firmware.ivr.mailbox import Message, counted
from firmware.ivr.mailboxes_task import Mailboxes


class VoicemailSide:
    """The mailboxes for pages and programs."""

    def __init__(self, mailboxes: Mailboxes) -> None:
        self._mailboxes = mailboxes

    def now(self) -> list[VoiceMailbox]:
        """Every mailbox of the office."""
        found: list[VoiceMailbox] = []
        for box in self._mailboxes.boxes():
            messages = sorted(self._mailboxes.of(box.id), key=lambda one: one.at, reverse=True)
            new, old = counted(messages)
            found.append(
                VoiceMailbox(
                    id=box.id,
                    name=box.name,
                    members=box.members,
                    new=new,
                    old=old,
                    messages=[_shown(one) for one in messages],
                )
            )
        return found

    async def wav(self, message: str) -> bytes:
        """The sound of a message; who asks for it says by `heard` that it was heard."""
        found = self._find(message)
        try:
            return await self._mailboxes.wav(found)
        except OSError as error:
            raise unavailable(f"message {message}: {error.strerror}") from error

    def heard(self, message: str) -> None:
        """It is not new any more."""
        self._mailboxes.heard(self._find(message))

    def delete(self, message: str) -> None:
        """Remove it for good."""
        self._mailboxes.delete(self._find(message))

    def _find(self, message: str) -> Message:
        if (found := self._mailboxes.find(message)) is None:
            raise not_found(f"voice message {message[:64]!r}")
        return found


def _shown(message: Message) -> VoiceMessage:
    return VoiceMessage(
        id=message.id,
        at=message.at,
        number=message.number,
        name=message.name,
        length_s=message.length_s,
        call=message.call,
        is_heard=message.is_heard,
    )
