"""Mailboxes on a medium of their own, and a worker that does its jobs when told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from firmware.call.story import Story
from firmware.config.mailboxes import Mail, Mailbox
from firmware.config.schema import Extension, Office
from firmware.ivr.mailboxes_task import Mailboxes
from firmware.ivr.message_files import MessageFiles
from firmware.records.messages import EventRow
from firmware.trouble import Troubles

OFFICE = Office(
    extensions=tuple(
        Extension(number=n, name=name, secret=f"secret-{n}")
        for n, name in (("201", "Anna"), ("202", "Ben"))
    ),
    mailboxes=(
        Mailbox(id="201", name="Anna", members=("201",), mail_to="anna@example.com"),
        Mailbox(id="sales", name="Sales", members=("201", "202"), max_messages=2),
    ),
    mail=Mail(host="127.0.0.1", port=1, security="none", sender="box@example.com"),
)


class Boxes:
    """Mailboxes, and what they told."""

    def __init__(self, folder: Path) -> None:
        self.files = MessageFiles(folder)
        self.events: list[EventRow] = []
        self.lit: list[set[str]] = []
        self.troubles = Troubles()
        self.story = Story(self.events.append)
        self.mailboxes = Mailboxes(self.files, self.story, self.troubles, self._changed)
        self.mailboxes.configure(OFFICE)
        self.mailboxes.load()
        self.lit.clear()

    def _changed(self, extensions: Iterable[str]) -> None:
        self.lit.append(set(extensions))

    async def work(self, until: Any = lambda: True) -> None:
        """Let the worker do what waits."""
        running = asyncio.ensure_future(self.mailboxes.run())
        async with asyncio.timeout(5):
            while not until() or self.mailboxes.jobs:  # noqa: ASYNC110  # a thread works
                await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.wait([running])

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def codes(self) -> list[str]:
        return [trouble.code for _, trouble in self.troubles.standing()]


@pytest.fixture
async def boxes(tmp_path: Path) -> Boxes:
    return Boxes(tmp_path / "voicemail")
