"""A second real telephone for tests: linphonec in its own process, steered by its prompt."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

CONFIG = """\
[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=0
use_ipv6=0
"""


class Linphone:
    """Its prompt. What it says arrives in chunks, in the middle of its own prompts."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self._heard = b""

    def say(self, command: str) -> None:
        """Type one command."""
        self._in.write(command.encode() + b"\n")

    async def until(self, words: str) -> str:
        """Read on until it has said these words; what it said since the last time."""
        async with asyncio.timeout(15):
            while words.encode() not in self._heard:
                chunk = await self._out.read(4096)
                if not chunk:
                    raise EOFError(f"linphonec ended without saying {words!r}")
                self._heard += chunk
        said, _, self._heard = self._heard.partition(words.encode())
        return said.decode("utf-8", "replace")


@asynccontextmanager
async def linphonec(folder: Path, user: str, secret: str, port: int) -> AsyncIterator[Linphone]:
    """Run the phone, signing in over UDP at this port of ours, until the block ends."""
    (folder / ".local/share/linphone").mkdir(parents=True)
    (folder / "linphonerc").write_text(CONFIG)
    process = await asyncio.create_subprocess_exec(
        "linphonec", "-c", str(folder / "linphonerc"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    try:
        phone = Linphone(process)
        await phone.until("linphonec>")
        phone.say(f"register sip:{user}@127.0.0.1 sip:127.0.0.1:{port} {secret}")
        yield phone
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
