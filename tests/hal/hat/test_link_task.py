"""HatLink on a pty: ports that are missing, vanish, come back, and take nothing."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from board.hat import wire
from hal.hat import link_task
from hal.hat.codec import Type
from hal.hat.link_task import HatLink
from hal.hat.messages import HatEvent, LinkDown, LinkUp
from tools.hatsim.cpython import load

link = load("link")
PATIENCE_S = 10.0


class Played:
    """The other end of the pty: the HAT's link.py, called when octets come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: list[tuple[int, bytes]] = []
        self._news = asyncio.Event()
        self.boot = 0
        self.master = -1
        self.slave = -1

    def plug_in(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self.slave))
        self.boot += 1
        identity = link.Identity(1, "played", "p1", self.boot, 0b1, 1)
        self.hat = link.Link(lambda data: os.write(self.master, data), self, identity)
        asyncio.get_running_loop().add_reader(self.master, self._readable)

    def _readable(self) -> None:
        self.hat.receive(os.read(self.master, 4096), 0)

    def pull_out(self) -> None:
        if self.master >= 0:
            asyncio.get_running_loop().remove_reader(self.master)
            os.close(self.master)
            os.close(self.slave)
            self.master = -1

    def command(self, kind: int, payload: bytes, now: int) -> None:
        self.done.append((kind, payload))
        self._news.set()

    async def until(self, kind: int, payload: bytes) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while (kind, payload) not in self.done:
                self._news.clear()
                await self._news.wait()

    def host_back(self, now: int) -> None: ...
    def host_lost(self, now: int) -> None: ...
    def announce(self, now: int, is_new_box: bool) -> None: ...


class Ears:
    """Listener that can be waited on."""

    def __init__(self, hat: HatLink) -> None:
        self.events: list[HatEvent] = []
        self._news = asyncio.Event()
        self.hat = hat
        hat.listener = self.hear

    def hear(self, event: HatEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, kind: type, times: int = 1) -> list[HatEvent]:
        async with asyncio.timeout(PATIENCE_S):
            while len(found := [e for e in self.events if isinstance(e, kind)]) < times:
                self._news.clear()
                await self._news.wait()
        return found


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    end = Played(tmp_path / "tty")
    yield end
    end.pull_out()


@pytest.fixture
async def ears(played: Played) -> AsyncIterator[Ears]:
    hat = HatLink(str(played.path))
    heard = Ears(hat)
    running = asyncio.create_task(hat.run())
    yield heard
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_missing_port_is_named_once_then_taken_when_it_comes(
    played: Played, ears: Ears
) -> None:
    down = (await ears.until(LinkDown))[0]
    assert isinstance(down, LinkDown)
    assert str(played.path) in down.why
    ears.hat.hook(1, True)
    played.plug_in()
    await ears.until(LinkUp)
    assert len([e for e in ears.events if isinstance(e, LinkDown)]) == 1
    await played.until(Type.HOOK, b"\x01\x01")


async def test_port_that_vanishes_is_opened_again(played: Played, ears: Ears) -> None:
    played.plug_in()
    await ears.until(LinkUp)
    played.pull_out()
    await ears.until(LinkDown, times=2)
    assert not ears.hat.is_up
    played.plug_in()
    await ears.until(LinkUp, times=2)
    assert ears.hat.snapshot().counters.links_up == 2


async def test_commands_from_within_the_listener_keep_their_order(
    played: Played, ears: Ears
) -> None:
    def answer(event: HatEvent) -> None:
        ears.hear(event)
        if isinstance(event, LinkUp):
            ears.hat.hook(1, True)
            ears.hat.hook(1, False)

    ears.hat.listener = answer
    played.plug_in()
    await ears.until(LinkUp)
    await played.until(Type.HOOK, b"\x01\x00")
    hooks = [payload for kind, payload in played.done if kind == Type.HOOK]
    assert hooks == [b"\x01\x01", b"\x01\x00"]


async def test_port_that_takes_nothing_is_given_up(
    played: Played, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_task, "UNSENT_MAX", 64)
    played.plug_in()
    await ears.until(LinkUp)
    asyncio.get_running_loop().remove_reader(played.master)
    for _ in range(1500):  # far more than a pty takes (4 kB)
        ears.hat._session._send(Type.HEARTBEAT, 0, bytes(wire.MAX_PAYLOAD))
        ears.hat._settle()
    down = (await ears.until(LinkDown, times=2))[-1]
    assert isinstance(down, LinkDown)
    assert "takes no octets" in down.why


async def test_a_listener_that_fails_ends_neither_the_link_nor_the_next_event(
    played: Played, ears: Ears, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(event: HatEvent) -> None:
        ears.hear(event)
        raise RuntimeError("no such stage")

    ears.hat.listener = fails
    await ears.until(LinkDown)  # told by the task that carries the link
    played.plug_in()
    await ears.until(LinkUp)
    assert "no such stage" in caplog.text
