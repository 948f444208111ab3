"""Attacks on the framing of a stream, and slow senders: each is cut off, others never notice."""

from __future__ import annotations

import asyncio
import sys

import pytest

from hal.sip import transport_task
from hal.sip.errors import BadStream
from hal.sip.stream import MAX_HEAD, Ping, StreamReader
from tests.hal.sip.test_transport_task import MESSAGE, cut_off, opened

BODY = b"x" * 20
WHOLE = b"MESSAGE sip:a SIP/2.0\r\nl: 20\r\n\r\n" + BODY


@pytest.mark.parametrize("at", range(1, len(WHOLE)))
def test_split_anywhere(at: int) -> None:
    reader = StreamReader()
    assert reader.receive(WHOLE[:at]) == []
    assert reader.receive(WHOLE[at:] + WHOLE) == [WHOLE, WHOLE]


@pytest.mark.parametrize(
    "head",
    [b"l: -1", b"Content-Length: 1\r\nl: 2", b"l: 65536", b"l: 99999999999", b"l: 0x10", b"l: 1 2",
     b"l:", b"l: 1\r\nContent-Length : 3", b"l: \xb2"],
)  # fmt: skip
def test_lengths_that_lie(head: bytes) -> None:
    with pytest.raises(BadStream):
        StreamReader().receive(b"A sip:a SIP/2.0\r\n" + head + b"\r\n\r\n")


def test_a_flood_of_line_ends_leaves_nothing_behind() -> None:
    reader = StreamReader()
    found = reader.receive(b"\r\n" * 10_000)
    assert found == [Ping()] * 5000
    assert reader.is_between
    assert reader.receive(MESSAGE) == [MESSAGE]


def test_a_body_octet_by_octet_costs_no_more_than_its_octets() -> None:
    """Counted in calls of functions: the head is read once."""
    head = b"A sip:a SIP/2.0\r\n" + b"a: b\r\n" * 2000 + b"l: 3000\r\n\r\n"
    reader = StreamReader()
    reader.receive(head)
    calls = 0

    def note(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(note)
    try:
        for _ in range(2999):
            reader.receive(b"x")
    finally:
        sys.setprofile(None)
    assert calls < 20 * 2999
    assert len(reader.receive(b"x")) == 1


def test_an_endless_header_is_refused_at_its_limit() -> None:
    reader = StreamReader()
    reader.receive(b"A sip:a SIP/2.0\r\nSubject: ")
    reader.receive(b"a" * (MAX_HEAD - 30))
    with pytest.raises(BadStream, match="no empty line"):
        reader.receive(b"a" * 10)


async def test_whoever_only_pings_is_a_stranger_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as ear:
        reader, writer = await ear.connect()
        now = asyncio.get_running_loop().time()
        writer.write(b"\r\n\r\n")
        async with asyncio.timeout(5):
            await reader.readexactly(2)
        (connection,) = ear.transport.connections.values()
        assert connection.is_overdue(now + transport_task.STRANGER_S + 1)


async def test_a_known_phone_that_sends_octet_by_octet_goes_too() -> None:
    async with opened() as ear:
        _, writer = await ear.connect()
        loop = asyncio.get_running_loop()
        writer.write(MESSAGE + MESSAGE[:3])
        await ear.next()
        (connection,) = ear.transport.connections.values()
        begun = loop.time()
        for octet in MESSAGE[3:9]:
            connection.data_received(bytes([octet]))
        assert not connection.is_overdue(begun + transport_task.STRANGER_S - 1)
        assert connection.is_overdue(begun + transport_task.STRANGER_S + 1)
        connection.data_received(MESSAGE[9:])
        assert (await ear.next())[0] == MESSAGE
        assert not connection.is_overdue(begun + transport_task.STRANGER_S + 1)


async def test_five_hundred_slow_senders_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than there are places, from one address for the test's sake; each sends one octet."""
    monkeypatch.setattr(transport_task, "MAX_PER_SOURCE", 1000)
    monkeypatch.setattr(transport_task, "MAX_CONNECTIONS", 100)
    async with opened() as ear:
        _, phone = await ear.connect()
        phone.write(MESSAGE)
        assert (await ear.next())[0] == MESSAGE
        for _ in range(500):
            _, slow = await ear.connect()
            slow.write(b"O")
        _, newcomer = await ear.connect()
        newcomer.write(MESSAGE)
        assert (await ear.next())[0] == MESSAGE
        phone.write(MESSAGE)
        assert (await ear.next())[0] == MESSAGE
        fills = {fill.what: fill for fill in ear.transport.fills()}
        assert fills["TCP and TLS connections"].used <= 100


async def test_with_known_phones_everywhere_a_newcomer_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_task, "MAX_CONNECTIONS", 2)
    async with opened() as ear:
        for _ in range(2):
            _, writer = await ear.connect()
            writer.write(MESSAGE)
            await ear.next()
        reader, _ = await ear.connect()
        assert await cut_off(reader)
        assert len(ear.transport.connections) == 2
