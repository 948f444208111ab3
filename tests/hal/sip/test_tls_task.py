"""TLS on loopback: what gets through the door, what is kept out, and that nothing stays open."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from hal.sip import tls_task
from hal.sip.certificate import own_certificate, server_context
from hal.sip.errors import Misuse
from hal.sip.flow import Flow
from hal.sip.transport_task import Transport

MESSAGE = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server_context(own_certificate(tmp_path_factory.mktemp("tls")))


class Ear:
    """A transport with one TLS listener, and the connections made to it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.heard: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.closed: asyncio.Queue[Flow] = asyncio.Queue()
        self.transport = Transport(
            [("tls", "127.0.0.1", 0)],
            lambda data, flow: self.heard.put_nowait((data, flow)),
            self.closed.put_nowait,
            tls=context,
        )
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """With TLS, as a phone that does not check whom it talks to."""
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        return await self._connect(trusting)

    async def connect_plain(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Without a handshake."""
        return await self._connect(None)

    async def _connect(
        self, context: ssl.SSLContext | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(10):
            pair = await asyncio.open_connection("127.0.0.1", self.transport.ports[0], ssl=context)
        self.writers.append(pair[1])
        return pair


@asynccontextmanager
async def opened(context: ssl.SSLContext) -> AsyncIterator[Ear]:
    ear = Ear(context)
    await ear.transport.open()
    try:
        yield ear
    finally:
        for writer in ear.writers:
            writer.transport.abort()
        await ear.transport.close()


async def cut_off(reader: asyncio.StreamReader) -> bool:
    """Wait for the other side to close, in whatever way."""
    with suppress(ConnectionError, ssl.SSLError):
        async with asyncio.timeout(10):
            return await reader.read() == b""
    return True


async def test_messages_pings_and_the_same_connection_back(context: ssl.SSLContext) -> None:
    async with opened(context) as ear, asyncio.timeout(10):
        reader, writer = await ear.connect()
        writer.write(MESSAGE + b"\r\n\r\n" + MESSAGE[:10])
        data, flow = await ear.heard.get()
        assert (data, flow.transport, flow.is_reliable) == (MESSAGE, "tls", True)
        assert ear.transport.local(flow) == ("127.0.0.1", ear.transport.ports[0])
        assert await reader.readexactly(2) == b"\r\n"
        writer.write(MESSAGE[10:])
        assert (await ear.heard.get())[1] == flow
        assert ear.transport.send(b"answer", flow)
        assert await reader.readexactly(6) == b"answer"
        writer.transport.abort()
        assert await ear.closed.get() == flow
        assert not ear.transport.send(b"x", flow)


async def test_conflicting_lengths_close_the_connection(context: ssl.SSLContext) -> None:
    async with opened(context) as ear:
        reader, writer = await ear.connect()
        writer.write(b"A sip:a SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n")
        assert await cut_off(reader)


async def test_a_peer_that_does_not_read_is_cut_off(context: ssl.SSLContext) -> None:
    async with opened(context) as ear, asyncio.timeout(10):
        _, writer = await ear.connect()
        writer.write(MESSAGE)
        _, flow = await ear.heard.get()
        writer.transport.pause_reading()  # type: ignore[attr-defined] # a read transport too
        sent = 0
        while ear.transport.send(b"x" * 65536, flow):
            sent += 1
            assert sent < 1000
        assert await ear.closed.get() == flow


async def test_sip_without_tls_is_cut_off_and_never_read(context: ssl.SSLContext) -> None:
    async with opened(context) as ear:
        reader, writer = await ear.connect_plain()
        writer.write(MESSAGE)
        with suppress(ConnectionError):
            async with asyncio.timeout(10):
                assert (await reader.read())[:1] != b"S"  # an alert at most, no SIP
        assert ear.heard.empty()
        _, writer = await ear.connect()
        writer.write(MESSAGE)
        async with asyncio.timeout(10):
            assert (await ear.heard.get())[0] == MESSAGE


async def test_the_handshake_has_its_time(
    context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_task, "HANDSHAKE_S", 0.05)
    async with opened(context) as ear:
        reader, _ = await ear.connect_plain()
        assert await cut_off(reader)
        assert not ear.transport.connections


async def test_silent_connections_are_bounded_per_source(
    context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_task, "MAX_PER_SOURCE", 3)
    async with opened(context) as ear:
        silent = [await ear.connect_plain() for _ in range(4)]
        assert await cut_off(silent[3][0])
        # One of them gives up: the next phone gets in.
        silent[0][1].transport.abort()
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await ear.connect()
                    break
                except (ConnectionError, ssl.SSLError):
                    await asyncio.sleep(0.01)
            writer.write(MESSAGE)
            assert (await ear.heard.get())[0] == MESSAGE


async def test_silent_connections_are_bounded_in_all(
    context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_task, "MAX_HANDSHAKES", 2)
    async with opened(context) as ear:
        silent = [await ear.connect_plain() for _ in range(3)]
        assert await cut_off(silent[2][0])


async def test_closing_ends_handshakes_that_run(context: ssl.SSLContext) -> None:
    async with opened(context) as ear:
        reader, _ = await ear.connect_plain()
        async with asyncio.timeout(10):
            await ear.transport.close()
        assert await cut_off(reader)


async def test_a_port_in_use_is_an_error(context: ssl.SSLContext) -> None:
    async with opened(context) as ear:
        taken = ear.transport.ports[0]
        second = Transport(
            [("udp", "127.0.0.1", 0), ("tls", "127.0.0.1", taken)],
            lambda *_: None,
            lambda _: None,
            tls=context,
        )
        with pytest.raises(OSError, match="in use"):
            await second.open()


def test_tls_needs_a_certificate() -> None:
    with pytest.raises(Misuse, match="certificate"):
        Transport([("tls", "127.0.0.1", 0)], lambda *_: None, lambda _: None)
