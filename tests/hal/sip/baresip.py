"""A real telephone for tests: baresip in its own process, steered over its TCP control port."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

MODULES = "/usr/lib/baresip/modules"
CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:0
call_max_calls 4
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,nil
rtp_timeout 0
module_path {modules}
module account.so
module g711.so
module aubridge.so
module menu.so
module ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


def free_port() -> int:
    """A TCP port nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Baresip:
    """The control connection: netstrings of JSON (ctrl_tcp)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.events: list[dict[str, Any]] = []

    async def command(self, command: str, params: str = "") -> dict[str, Any]:
        """Send one command; its response."""
        body = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))
        while True:
            item = await self._next()
            if item.get("response"):
                return item
            self.events.append(item)

    async def until(self, kind: str) -> dict[str, Any]:
        """Wait for an event by its type (REGISTER_OK, CALL_ESTABLISHED, ...)."""
        for event in self.events:
            if event.get("type") == kind:
                self.events.remove(event)
                return event
        while True:
            item = await self._next()
            if item.get("type") == kind:
                return item
            self.events.append(item)

    async def _next(self) -> dict[str, Any]:
        length = int((await self._reader.readuntil(b":"))[:-1])
        body = await self._reader.readexactly(length + 1)
        item: dict[str, Any] = json.loads(body[:-1])
        return item


@asynccontextmanager
async def baresip(
    folder: Path, account: str, *, contacts: str = "", modules: tuple[str, ...] = ()
) -> AsyncIterator[Baresip]:
    """Run a phone with one account line until the block ends. `modules`: beside the usual ones."""
    control = free_port()
    more = "".join(f"module {module}\n" for module in modules)
    (folder / "config").write_text(CONFIG.format(modules=MODULES, control=control) + more)
    (folder / "accounts").write_text(account + "\n")
    (folder / "contacts").write_text(contacts)
    log = (folder / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        "baresip", "-f", str(folder), "-s", "-t", "60", stdout=log, stderr=log
    )
    try:
        async with asyncio.timeout(10):
            reader, writer = await _connect(control)
        try:
            yield Baresip(reader, writer)
        finally:
            writer.close()
    finally:
        await _end(process)
        log.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """baresip 1.0 with its presence module now and then never comes to an end by itself."""
    process.terminate()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
