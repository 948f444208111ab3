"""Real sockets on loopback: what reaches the stack, what is cut off, what never closes a socket."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from hal.sip import transport_task
from hal.sip.errors import Misuse
from hal.sip.flow import Flow
from hal.sip.transport_task import Transport

MESSAGE = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"


class Ear:
    """Keeps what the transport delivers."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.closed: asyncio.Queue[Flow] = asyncio.Queue()
        self.transport = Transport(
            [("udp", "127.0.0.1", 0), ("tcp", "127.0.0.1", 0)],
            lambda data, flow: self.heard.put_nowait((data, flow)),
            self.closed.put_nowait,
        )

        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection, closed at the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.transport.ports[1])
        self.writers.append(writer)
        return reader, writer

    async def next(self) -> tuple[bytes, Flow]:
        async with asyncio.timeout(5):
            return await self.heard.get()


@asynccontextmanager
async def opened() -> AsyncIterator[Ear]:
    ear = Ear()
    await ear.transport.open()
    try:
        yield ear
    finally:
        for writer in ear.writers:
            writer.transport.abort()
        await ear.transport.close()


async def cut_off(reader: asyncio.StreamReader) -> bool:
    """Wait for the other side to close, in whatever way."""
    with suppress(ConnectionResetError):
        async with asyncio.timeout(5):
            return await reader.read() == b""
    return True


@asynccontextmanager
async def udp_peer(ear: Ear) -> AsyncIterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        peer.bind(("127.0.0.1", 0))
        peer.connect(("127.0.0.1", ear.transport.ports[0]))
        yield peer


async def test_udp_there_and_back() -> None:
    async with opened() as ear, udp_peer(ear) as peer:
        peer.send(MESSAGE)
        data, flow = await ear.next()
        assert data == MESSAGE
        assert flow.port == peer.getsockname()[1]
        assert ear.transport.local(flow) == ("127.0.0.1", ear.transport.ports[0])
        assert ear.transport.send(b"answer", flow)
        async with asyncio.timeout(5):
            assert await asyncio.get_running_loop().sock_recv(peer, 100) == b"answer"


@pytest.mark.parametrize(
    ("ip", "port"),
    [("127.0.0.1", 99999999), ("127.0.0.1", 0), ("127.0.0.1", -1), ("host.example", 5060), ("", 1)],
)
async def test_a_bad_address_is_refused_and_the_socket_lives(ip: str, port: int) -> None:
    async with opened() as ear, udp_peer(ear) as peer:
        assert not ear.transport.send(b"x", Flow("udp", ip, port))
        peer.send(MESSAGE)
        assert (await ear.next())[0] == MESSAGE


async def test_a_refused_port_does_not_close_the_socket() -> None:
    async with opened() as ear:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            port = gone.getsockname()[1]
        for _ in range(5):
            assert ear.transport.send(b"x", Flow("udp", "127.0.0.1", port))
        async with udp_peer(ear) as peer:
            peer.send(MESSAGE)
            assert (await ear.next())[0] == MESSAGE


async def test_a_handler_that_fails_does_not_stop_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened() as ear, udp_peer(ear) as peer:
        real = ear.transport.on_message

        def fail(data: bytes, flow: Flow) -> None:
            ear.transport.on_message = real
            raise ValueError("a fault of ours")

        ear.transport.on_message = fail
        peer.send(MESSAGE)
        peer.send(MESSAGE)
        await ear.next()
        assert "a fault of ours" in caplog.text


async def test_tcp_messages_pings_and_the_same_connection_back() -> None:
    async with opened() as ear:
        reader, writer = await ear.connect()
        writer.write(MESSAGE + b"\r\n\r\n" + MESSAGE[:10])
        data, flow = await ear.next()
        assert (data, flow.transport) == (MESSAGE, "tcp")
        async with asyncio.timeout(5):
            assert await reader.readexactly(2) == b"\r\n"
            writer.write(MESSAGE[10:])
            assert (await ear.next())[1] == flow
            assert ear.transport.send(b"answer", flow)
            assert await reader.readexactly(6) == b"answer"
            writer.close()
            assert await ear.closed.get() == flow
        assert not ear.transport.send(b"x", flow)


async def test_conflicting_lengths_close_the_connection() -> None:
    async with opened() as ear:
        reader, writer = await ear.connect()
        writer.write(b"A sip:a SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n")
        assert await cut_off(reader)


async def test_too_many_connections_from_one_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_task, "MAX_PER_SOURCE", 2)
    async with opened() as ear:
        pairs = [await ear.connect() for _ in range(3)]
        assert await cut_off(pairs[2][0])
        pairs[0][1].write(MESSAGE)
        assert (await ear.next())[0] == MESSAGE


async def test_silence_has_its_allowance() -> None:
    async with opened() as ear:
        _, writer = await ear.connect()
        writer.write(MESSAGE)
        await ear.next()
        (connection,) = ear.transport.connections.values()
        now = asyncio.get_running_loop().time()
        assert not connection.is_overdue(now + transport_task.STRANGER_S + 1)
        assert connection.is_overdue(now + transport_task.IDLE_S + 1)
        pong, stranger = await ear.connect()
        stranger.write(b"\r\n\r\n" + MESSAGE[:5])
        async with asyncio.timeout(5):
            await pong.readexactly(2)  # so it has been accepted
        late = [c for c in ear.transport.connections.values() if c is not connection]
        assert late[0].is_overdue(now + transport_task.STRANGER_S + 2)


async def test_a_peer_that_does_not_read_is_cut_off() -> None:
    async with opened() as ear:
        _, writer = await ear.connect()
        writer.write(MESSAGE)
        _, flow = await ear.next()
        sent = 0
        while ear.transport.send(b"x" * 65536, flow):
            sent += 1
            assert sent < 1000
        async with asyncio.timeout(5):
            assert await ear.closed.get() == flow


async def test_a_port_in_use_is_an_error_and_nothing_stays_open() -> None:
    async with opened() as ear:
        taken = ear.transport.ports[0]
        second = Transport(
            [("tcp", "127.0.0.1", 0), ("udp", "127.0.0.1", taken)], lambda *_: None, lambda _: None
        )
        with pytest.raises(OSError, match=r"on udp 127\.0\.0\.1 port \d+: .* in use"):
            await second.open()


@pytest.mark.parametrize("listen", [("sctp", "127.0.0.1", 1), ("udp", "lo", 1), ("udp", "::", -1)])
def test_listen_is_checked(listen: tuple[str, str, int]) -> None:
    with pytest.raises(Misuse):
        Transport([listen], lambda *_: None, lambda _: None)


async def test_how_long_datagrams_wait_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    lags_s: list[float] = []
    async with opened() as ear:
        monkeypatch.setattr(ear.transport.lag, "note", lambda lag_s, now: lags_s.append(lag_s))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.sendto(MESSAGE, ("127.0.0.1", ear.transport.ports[0]))
            time.sleep(0.2)  # noqa: ASYNC251 -- a loop that is busy elsewhere
            await ear.next()
    assert len(lags_s) == 1
    assert 0.2 <= lags_s[0] < 30
