"""Somebody hears their messages at a stand-in switch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from firmware.call.audio import Audio
from firmware.ivr.mailbox import Message
from firmware.ivr.mailbox_task import HearingVisit
from firmware.voice.built_in import BUILT_IN
from hal.leg import PortId
from hal.sip.watch import Messages
from hal.switch.face import Played

PORT = PortId(1)


class Loop:
    """What is due at once happens when told; timers do not."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.later: list[Callable[[], None]] = []

    def call_soon(self, step: Callable[..., None], *given: Any) -> None:
        self.soon.append(lambda: step(*given))

    def call_later(self, seconds: float, step: Callable[..., None], *given: Any) -> Any:
        self.later.append(lambda: step(*given))
        return self

    def cancel(self) -> None:
        self.later.clear()


class Phone:
    """The person's side."""

    def __init__(self, switch: Any, boxes: Any, messages: list[Message]) -> None:
        self.switch, self.boxes, self.loop = switch, boxes, Loop()
        self.over: list[str] = []
        self.audio = Audio(switch)
        self.audio.shelf.stock({(p.id, "en"): p.id.encode() for p in BUILT_IN})
        loop: Any = self.loop
        self.visit = HearingVisit(
            messages, boxes.mailboxes, PORT, "en", self.audio, loop,
            self.over.append, lambda: self.over.append("FAILED"),
        )  # fmt: skip

    async def hears(self) -> list[str]:
        """Everything until nothing is played any more."""
        heard: list[str] = []
        while True:
            while self.loop.soon:
                self.loop.soon.pop(0)()
            await self.boxes.work()
            if PORT not in self.switch.plays:
                return heard
            sound = self.switch.plays.pop(PORT)
            heard.append(self.switch.sounds[sound].lstrip(b"\xd5").decode())
            self.audio.played(Played(PORT, sound))


@pytest.fixture
async def phone(switch: Any, boxes: Any) -> Phone:
    at = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    messages = [
        Message("m1", "201", at, "21", "", 2.0),
        Message("m2", "201", at, "", "", 2.0),
    ]
    for message in messages:
        boxes.mailboxes.keep(message, message.id.encode())
    await boxes.work()
    return Phone(switch, boxes, boxes.mailboxes.of("201"))


async def test_messages_are_heard_and_counted(phone: Phone, boxes: Any) -> None:
    phone.visit.begin()
    assert await phone.hears() == [
        "box-mailbox-new", "box-digit-2",
        "box-mailbox-from", "box-digit-2", "box-digit-1", "m1", "box-mailbox-keys",
    ]  # fmt: skip
    assert boxes.mailboxes.count("201") == Messages(new=1, old=1)
    (time_out,) = phone.loop.later
    time_out()
    assert await phone.hears() == ["box-mailbox-unknown", "m2", "box-mailbox-keys"]
    assert boxes.mailboxes.count("201") == Messages(old=2)
    phone.visit.pressed("*")
    assert phone.over == ["heard the messages"]


async def test_a_key_stops_what_is_played(phone: Phone, boxes: Any, switch: Any) -> None:
    phone.visit.begin()
    phone.visit.pressed("2")
    phone.visit.pressed("3")
    assert await phone.hears() == [
        "box-mailbox-deleted", "box-mailbox-unknown", "m2", "box-mailbox-keys",
    ]  # fmt: skip
    assert [m.id for m in boxes.mailboxes.of("201")] == ["m2"]
    phone.visit.leave()
    assert b"m2" not in [s.lstrip(b"\xd5") for s in switch.sounds.values()]


async def test_hanging_up_while_a_message_is_fetched(phone: Phone, switch: Any) -> None:
    phone.visit.begin()
    phone.visit.pressed("2")
    phone.visit.leave()
    assert await phone.hears() == []
    assert (switch.plays, phone.over) == ({}, [])


async def test_a_message_whose_file_is_gone(phone: Phone, boxes: Any) -> None:
    for message in boxes.files.load():
        boxes.files.remove(message)
    phone.visit.begin()
    assert (await phone.hears())[-2:] == ["box-mailbox-unreadable", "box-mailbox-keys"]
