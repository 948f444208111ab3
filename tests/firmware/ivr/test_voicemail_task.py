"""A caller leaves a message at a stand-in switch."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from firmware.call.audio import Audio
from firmware.config.mailboxes import Mailbox
from firmware.ivr.voicemail_task import POLL_S, MessageVisit, Speaker
from firmware.voice.built_in import BEEP
from hal.leg import Party, PortId
from hal.switch.face import Played
from hal.switch.g711 import from_pcm16

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
PORT = PortId(1)
SPEECH = from_pcm16(array("h", (int(4000 * math.sin(n / 2)) for n in range(4000))).tobytes())
"""Half a second at -15 dBm0."""


class Loop:
    """Timers that are due when told."""

    def __init__(self) -> None:
        self.due: list[Any] = []

    def call_later(self, seconds: float, step: Callable[..., None], *given: Any) -> Any:
        assert seconds == POLL_S
        return self.call_soon(step, *given)

    def call_soon(self, step: Callable[..., None], *given: Any) -> Any:
        entry = Entry(lambda: step(*given))
        self.due.append(entry)
        return entry

    def turn(self) -> None:
        due, self.due = self.due, []
        for entry in due:
            if entry.is_set:
                entry.step()


class Entry:
    def __init__(self, step: Callable[[], None]) -> None:
        self.step, self.is_set = step, True

    def cancel(self) -> None:
        self.is_set = False


class Telephone:
    """The caller's side."""

    def __init__(self, switch: Any, mailboxes: Any, box: Mailbox) -> None:
        self.switch, self.loop = switch, Loop()
        self.told: list[str] = []
        self.over: list[str] = []
        self.speech: list[bytes] = []
        switch.read_tap = self._read
        audio = self.audio = Audio(switch)
        names = ("greeting", "full", "thanks", "nothing")
        sounds = {(f"box-mailbox-{n}", "en"): n.encode() for n in names}
        audio.shelf.stock(sounds | {(BEEP, ""): b"beep"})
        loop: Any = self.loop
        self.visit = MessageVisit(
            box, mailboxes, Speaker("c1", Party("0215557788", "Alice"), AT), PORT, "en",
            audio, loop, self._tell, self.over.append, lambda: self.over.append("FAILED"),
        )  # fmt: skip

    def _tell(self, kind: str, text: str, **data: Any) -> None:
        self.told.append(kind)

    def _read(self, tap: int, limit: int) -> tuple[int, bytes]:
        """Both channels, as the switch gives them: what is said, and what is heard."""
        said = self.speech.pop(0) if self.speech else b""
        pairs = bytearray(2 * len(said))
        pairs[0::2], pairs[1::2] = said, b"\xd5" * len(said)
        return 0, bytes(pairs)

    @property
    def hears(self) -> str:
        sound = self.switch.sounds[self.switch.plays[PORT]]
        return str(sound.lstrip(b"\xd5").decode())

    def listens(self) -> None:
        self.audio.played(Played(PORT, self.switch.plays[PORT]))

    def speaks(self, times: int) -> None:
        for _ in range(times):
            self.speech.append(SPEECH)
            self.loop.turn()


@pytest.fixture
def telephone(switch: Any, boxes: Any) -> Telephone:
    return Telephone(switch, boxes.mailboxes, boxes.mailboxes.box("sales"))


async def test_a_message_is_left(telephone: Telephone, boxes: Any, switch: Any) -> None:
    telephone.visit.begin()
    assert telephone.hears == "greeting"
    telephone.listens()
    assert telephone.hears == "beep"
    telephone.listens()
    assert switch.taps == {PORT}
    telephone.speaks(4)
    telephone.visit.pressed("#")
    assert (telephone.hears, switch.taps) == ("thanks", set())
    telephone.listens()
    assert telephone.over == ["the end of the mailbox"]
    assert telephone.told == ["voicemail.speaks", "voicemail.left"]
    await boxes.work()
    (message,) = boxes.mailboxes.of("sales")
    assert (message.id, message.number, message.name) == ("c1-sales", "0215557788", "Alice")
    assert (message.length_s, message.at) == (2.0, AT)
    got: list[bytes] = []
    boxes.mailboxes.fetch(message, got.append)
    await boxes.work(lambda: got)
    assert got == [SPEECH * 4]


async def test_hanging_up_keeps_it_with_its_last_words(
    telephone: Telephone, boxes: Any, switch: Any
) -> None:
    telephone.visit.begin()
    telephone.listens()
    telephone.listens()
    telephone.speaks(2)
    telephone.speech.append(SPEECH)  # said since the last look
    telephone.visit.leave()
    telephone.loop.turn()
    assert (telephone.over, switch.taps) == ([], set())
    await boxes.work()
    assert [m.length_s for m in boxes.mailboxes.of("sales")] == [1.5]


async def test_silence_ends_it(telephone: Telephone, boxes: Any) -> None:
    telephone.visit.begin()
    telephone.listens()
    telephone.listens()
    telephone.speaks(3)
    telephone.speech.append(b"\xd5" * 8000 * 8)
    telephone.loop.turn()
    assert telephone.hears == "thanks"
    await boxes.work()
    assert [m.length_s for m in boxes.mailboxes.of("sales")] == [2.5]


async def test_nothing_was_said(telephone: Telephone, boxes: Any) -> None:
    telephone.visit.begin()
    telephone.listens()
    telephone.listens()
    telephone.visit.pressed("#")
    assert telephone.hears == "nothing"
    assert telephone.told == ["voicemail.speaks", "voicemail.empty"]
    await boxes.work()
    assert boxes.mailboxes.of("sales") == []


async def test_sentences_that_are_not_made_yet_are_left_out(telephone: Telephone) -> None:
    telephone.audio.shelf.stock({})
    telephone.visit.begin()
    telephone.loop.turn()  # no greeting
    telephone.loop.turn()  # no tone
    assert telephone.told == ["voicemail.speaks"]


async def test_a_tap_that_fails_ends_the_call_alone(telephone: Telephone, switch: Any) -> None:
    telephone.visit.begin()
    telephone.listens()
    telephone.listens()

    def broken(tap: int, limit: int) -> tuple[int, bytes]:
        raise RuntimeError("no tap")

    switch.read_tap = broken
    telephone.loop.turn()
    assert (telephone.over, switch.taps) == (["FAILED"], set())
