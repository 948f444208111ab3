"""The mailboxes of the office: what is in them, lamps that say so, and the work of the medium.

Shell. What is in them is known at once (`of`, `count`); files are written and read by one worker,
a job after the other, so that no call and no page waits for the medium. At most LIMIT jobs wait:
one more is refused and told. A new message counts, and lights lamps, once it is on the medium.

Mail about messages: mail_task.py. Tests: tests/firmware/ivr/test_mailboxes_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from firmware.call.story import Story
from firmware.config.schema import Mailbox, Office
from firmware.ivr.mailbox import Message, counted
from firmware.ivr.message_files import MessageFiles, alaw_of
from firmware.trouble import Trouble, TroubleSink
from hal.sip.watch import Messages

logger = logging.getLogger(__name__)

LIMIT: Final = 64
_TROUBLE: Final = "voicemail.medium"

Changed = Callable[[Iterable[str]], None]
"""Told whose messages have changed: extensions."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Something for the worker. `work` blocks; `then` is told what it gave, or why it failed."""

    what: str
    work: Callable[[], Any]
    then: Callable[[Any, OSError | ValueError | None], None]


class Mailboxes:
    """Every voice message of the box."""

    def __init__(
        self,
        files: MessageFiles,
        story: Story,
        troubles: TroubleSink,
        changed: Changed = lambda extensions: None,
    ) -> None:
        self._files, self._story, self._troubles = files, story, troubles
        self.changed = changed
        self._boxes: dict[str, Mailbox] = {}
        self._messages: dict[str, Message] = {}
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue(LIMIT)
        self._at_work = 0
        self.is_mail_due = asyncio.Event()
        """Set when a message came of which somebody wants a mail."""

    # -- what is in them -----------------------------------------------------------------------

    def configure(self, office: Office) -> None:
        """Use these mailboxes from now on. Messages of one that is gone stay on the medium."""
        before = self._boxes
        self._boxes = {box.id: box for box in office.mailboxes}
        if before != self._boxes:
            boxes = [*before.values(), *self._boxes.values()]
            self.changed({member for box in boxes for member in box.members})

    def box(self, mailbox: str) -> Mailbox | None:
        """A mailbox by its id."""
        return self._boxes.get(mailbox)

    def boxes(self) -> list[Mailbox]:
        """Every mailbox."""
        return list(self._boxes.values())

    def of_person(self, extension: str) -> list[Mailbox]:
        """The mailboxes that somebody hears."""
        return [box for box in self._boxes.values() if extension in box.members]

    def of(self, mailbox: str) -> list[Message]:
        """The messages of a mailbox."""
        return [one for one in self._messages.values() if one.mailbox == mailbox]

    def find(self, message: str) -> Message | None:
        """A message by its id."""
        return self._messages.get(message)

    def count(self, extension: str) -> Messages:
        """What the lamp of a person shows (firmware.presence.Mailboxes)."""
        boxes = self.of_person(extension)
        new, old = counted(one for box in boxes for one in self.of(box.id))
        return Messages(new, old)

    def mail_due(self) -> list[Message]:
        """Messages of which a mail is still to be sent, oldest first."""
        due = (one for one in self._messages.values() if one.is_mail_due)
        return sorted(due, key=lambda one: one.at)

    def is_full(self, mailbox: Mailbox) -> bool:
        """It takes no more messages."""
        return len(self.of(mailbox.id)) >= mailbox.max_messages

    # -- what is done with them ----------------------------------------------------------------

    def keep(self, message: Message, alaw: bytes) -> bool:
        """Keep a new message. False, and told, if the medium is too far behind."""
        box = self._boxes.get(message.mailbox)
        message = replace(message, is_mail_due=box is not None and bool(box.mail_to))
        work = partial(self._files.keep, message, alaw)
        return self._ask("keep a message", work, partial(self._kept, message))

    def heard(self, message: Message) -> None:
        """Somebody hears it."""
        self._change(message.id, lambda one: replace(one, is_heard=True))

    def mailed(self, message: Message) -> None:
        """Its mail is sent, or given up."""
        self._change(message.id, lambda one: replace(one, is_mail_due=False))

    def delete(self, message: Message) -> None:
        """Remove it for good."""
        if self._messages.pop(message.id, None) is not None:
            self._story.tell(
                "voicemail.deleted",
                f"a message of {_caller(message)} was deleted",
                mailbox=message.mailbox,
                message=message.id,
            )
            self._ask("delete a message", partial(self._files.remove, message), self._told)
            self._tell_lamps(message)

    def fetch(self, message: Message, then: Callable[[bytes], None]) -> None:
        """Read its sound (A-law); `then` gets it, or nothing where it cannot be read."""

        def fetched(alaw: Any, error: OSError | ValueError | None) -> None:
            self._told(alaw, error)
            then(alaw if error is None else b"")

        if not self._ask("read a message", lambda: alaw_of(self._files.sound(message)), fetched):
            then(b"")

    async def wav(self, message: Message) -> bytes:
        """Its sound as a WAV file, for pages and mail; `OSError` if it cannot be read."""
        return await asyncio.to_thread(self._files.sound, message)

    @property
    def jobs(self) -> int:
        """How many wait for the worker, the one it is at among them."""
        return self._jobs.qsize() + self._at_work

    # -- the worker ----------------------------------------------------------------------------

    def load(self) -> None:
        """Blocking, at the start: find what is there."""
        try:
            self._messages = {message.id: message for message in self._files.load()}
        except OSError as error:
            self._report(error)
        if self.mail_due():
            self.is_mail_due.set()

    async def run(self) -> None:
        """Do the jobs, for ever; when cancelled, those that are left."""
        try:
            while True:
                job = await self._jobs.get()
                self._at_work = 1
                await self._do(job)
                self._at_work = 0
        finally:
            while not self._jobs.empty():
                job = self._jobs.get_nowait()
                try:
                    job.work()
                except (OSError, ValueError):
                    logger.exception("! mailboxes: %s", job.what)

    async def _do(self, job: _Job) -> None:
        result, failed = None, None
        try:
            result = await asyncio.to_thread(job.work)  # the stop of the loop waits for threads
        except (OSError, ValueError) as error:
            failed = error
        try:
            job.then(result, failed)
        except Exception:  # supervision boundary of one job
            logger.exception("! mailboxes: %s", job.what)

    def _ask(
        self,
        what: str,
        work: Callable[[], Any],
        then: Callable[[Any, OSError | ValueError | None], None],
    ) -> bool:
        try:
            self._jobs.put_nowait(_Job(what, work, then))
        except asyncio.QueueFull:
            self._report(OSError(f"{LIMIT} jobs wait already: could not {what}"))
            return False
        return True

    def _kept(self, message: Message, _: Any, error: OSError | ValueError | None) -> None:
        self._told(None, error)
        if error is not None:
            self._story.tell(
                "voicemail.lost",
                f"the message of {_caller(message)} could not be kept: {error}",
                mailbox=message.mailbox,
            )
            return
        self._messages[message.id] = message
        self._tell_lamps(message)
        if message.is_mail_due:
            self.is_mail_due.set()

    def _change(self, message_id: str, edit: Callable[[Message], Message]) -> None:
        before = self._messages.get(message_id)
        if before is None or (after := edit(before)) == before:
            return
        self._messages[message_id] = after
        self._ask("note what became of a message", partial(self._note, message_id), self._told)
        self._tell_lamps(after)

    def _note(self, message_id: str) -> None:
        """In the worker, as it is by then: deleted meanwhile, it must not come back."""
        if (message := self._messages.get(message_id)) is not None:
            self._files.describe(message)

    def _tell_lamps(self, message: Message) -> None:
        if (box := self._boxes.get(message.mailbox)) is not None:
            self.changed(box.members)

    def _told(self, _: Any, error: OSError | ValueError | None) -> None:
        if error is None:
            self._troubles.clear(_TROUBLE)
        else:
            self._report(error)

    def _report(self, error: OSError | ValueError) -> None:
        logger.warning("voice messages: %s", error)
        self._troubles.report(
            Trouble(
                _TROUBLE,
                "voice messages cannot be kept or read",
                str(error),
                "make room on the box's storage, or replace it; calls go on",
            )
        )


def _caller(message: Message) -> str:
    return message.name or message.number or "an unknown caller"
