"""A simulated HAT with a played exchange on one side and the real HatLink on the other."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hal.hat.link_task import HatLink
from hal.hat.messages import HatEvent
from tools.hatsim.launcher import Hatsim, Settings

PATIENCE_S = 20.0
"""Only a bound for a hanging test; nothing is measured with it."""


class Exchange:
    """The network's side of the lines socket, played by the test."""

    def __init__(self) -> None:
        self.ports: dict[int, dict[str, Any]] = {}
        self.lines: dict[int, dict[str, Any]] = {}
        self.lifeline: bool | None = None
        self.hellos: list[list[int]] = []
        self.changed = asyncio.Condition()
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        while line := await reader.readline():
            message = json.loads(line)
            if "hello" in message:
                self.hellos.append(message["ports"])
                for port in message["ports"]:
                    self.line(port, battery_v=48.0, loop_ma=25.0)
            elif "lifeline" in message:
                self.lifeline = message["lifeline"]
            else:
                self.ports[message["port"]] = message
            async with self.changed:
                self.changed.notify_all()
        writer.close()

    def line(self, port: int, **change: float | bool) -> None:
        """Change the electrical state of a port."""
        state = self.lines.setdefault(
            port,
            {
                "port": port,
                "battery_v": 0.0,
                "reversed": False,
                "ring_hz": 0.0,
                "ring_vrms": 0.0,
                "loop_ma": 0.0,
                "parallel": False,
            },
        )
        state.update(change)
        assert self._writer is not None
        self._writer.write(json.dumps(state).encode() + b"\n")

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self.changed:
            await self.changed.wait_for(true)


class Rig:
    """Everything together: `link` the box's end, `events` what it told, in order."""

    def __init__(self, hatsim: Hatsim, exchange: Exchange, link: HatLink) -> None:
        self.hatsim = hatsim
        self.exchange = exchange
        self.link = link
        self.events: list[HatEvent] = []
        self._news = asyncio.Event()
        link.listener = self._hear
        self._carrying = asyncio.create_task(link.run())

    def freeze(self) -> None:
        """The box stops: nothing more is sent or read, what it knows stays."""
        self._carrying.cancel()

    def thaw(self) -> None:
        """The box goes on where it stopped."""
        self._carrying = asyncio.create_task(self.link.run())

    async def stop(self) -> None:
        self._carrying.cancel()
        await asyncio.gather(self._carrying, return_exceptions=True)

    def _hear(self, event: HatEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, true: Callable[[HatEvent], bool], after: int = 0) -> HatEvent:
        """The first event from index `after` on that fits, waited for."""
        at = after
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self.events[at:]:
                    at += 1
                    if true(event):
                        return event
                self._news.clear()
                await self._news.wait()


@pytest.fixture
def rig() -> Callable[..., Any]:
    """`async with rig(**settings) as parts:` a running HAT."""

    @asynccontextmanager
    async def make(**settings: Any) -> AsyncIterator[Rig]:
        with tempfile.TemporaryDirectory(prefix="hatsim-") as folder:
            at = Path(folder)
            exchange = Exchange()
            server = await asyncio.start_unix_server(exchange.serve, str(at / "lines"))
            hatsim = Hatsim(Settings(tty=at / "tty", lines_socket=at / "lines", **settings))
            running = asyncio.create_task(hatsim.run())
            await hatsim.started.wait()
            parts = Rig(hatsim, exchange, HatLink(str(at / "tty")))
            try:
                yield parts
            finally:
                await parts.stop()
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                server.close()

    return make
