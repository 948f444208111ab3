"""A telephone that knows SHA-256 (RFC 8760): linphonec signs in with it, and with a nonce count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hal.sip.digest import Credentials
from hal.sip.message import Request, parse
from hal.sip.phones_task import Phones
from tests.hal.fake_switch import FakeSwitch

pytestmark = pytest.mark.client

CONFIG = """\
[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=0
use_ipv6=0
"""


@asynccontextmanager
async def linphonec(
    folder: Path, server: str, more: str = ""
) -> AsyncIterator[asyncio.StreamReader]:
    """Run the phone, signed in as 201, until the block ends; what it says. `more`: in its
    configuration."""
    (folder / ".local/share/linphone").mkdir(parents=True)
    config = folder / "linphonerc"
    config.write_text(CONFIG + more)
    process = await asyncio.create_subprocess_exec(
        "linphonec", "-c", str(config),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        async with asyncio.timeout(10):
            await process.stdout.readuntil(b"linphonec>")
        process.stdin.write(f"register sip:201@127.0.0.1 {server} secret\n".encode())
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_signs_in_with_sha_256(switch: FakeSwitch, tmp_path: Path, transport: str) -> None:
    registered: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
    phones = Phones(
        switch,
        {"201": "secret"}.get,
        listen=[("udp", "127.0.0.1", 0), ("tcp", "127.0.0.1", 0)],
        on_offered=lambda leg: None,
        on_registered=lambda who, there: registered.put_nowait((who, there)),
    )
    heard: list[bytes] = []
    receive = phones._transport.on_message
    phones._transport.on_message = lambda data, flow: (heard.append(data), receive(data, flow))[1]
    task = asyncio.create_task(phones.run())
    try:
        await phones.opened.wait()
        port = phones.ports[("udp", "tcp").index(transport)]
        server = f"sip:127.0.0.1:{port};transport={transport}"
        async with linphonec(tmp_path, server), asyncio.timeout(20):
            assert await registered.get() == ("201", True)
            (registration,) = phones.registrations()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    requests = [message for data in heard if isinstance(message := parse(data), Request)]
    (value,) = [r.first("Authorization") for r in requests if r.first("Authorization")]
    assert value is not None
    given = Credentials.parse(value)
    assert given is not None
    assert (given.algorithm, given.qop, given.nc) == ("sha-256", "auth", "00000001")
    assert registration.transport == transport
