"""Cutting a TCP stream: whole, octet by octet, pings, and streams that cannot be followed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sip.errors import BadStream
from hal.sip.stream import MAX_HEAD, Ping, StreamReader

ONE = b"OPTIONS sip:a SIP/2.0\r\nVia: x\r\nContent-Length: 5\r\n\r\nhello"
TWO = b"SIP/2.0 200 OK\r\nl : 0\r\n\r\n"
BARE = b"ACK sip:a SIP/2.0\r\nVia: x\r\n\r\n"
STREAM = ONE + b"\r\n\r\n" + TWO + BARE + b"\r\n\r\n\r\n\r\n" + ONE
ITEMS = [ONE, Ping(), TWO, BARE, Ping(), Ping(), ONE]


def test_whole() -> None:
    assert StreamReader().receive(STREAM) == ITEMS


def test_octet_by_octet() -> None:
    reader = StreamReader()
    found = [item for octet in STREAM for item in reader.receive(bytes([octet]))]
    assert found == ITEMS
    assert reader.is_between


@given(st.lists(st.integers(1, 40), max_size=30))
def test_in_any_pieces(sizes: list[int]) -> None:
    reader, rest = StreamReader(), STREAM
    found = []
    for size in sizes:
        found += reader.receive(rest[:size])
        rest = rest[size:]
    assert found + reader.receive(rest) == ITEMS


def test_half_a_message_is_waited_for() -> None:
    reader = StreamReader()
    assert reader.receive(ONE[:-1]) == []
    assert not reader.is_between
    assert reader.receive(ONE[-1:]) == [ONE]


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nl: 6\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: 65536\r\n",
        b"Content-Length: five\r\n",
        b"Content-Length:\r\n",
    ],
)
def test_lengths_that_cannot_be_trusted(lengths: bytes) -> None:
    with pytest.raises(BadStream, match="Content-Length"):
        StreamReader().receive(b"A sip:a SIP/2.0\r\n" + lengths + b"\r\n")


def test_equal_lengths_are_one() -> None:
    message = b"A sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\nx"
    assert StreamReader().receive(message) == [message]


def test_endless_head() -> None:
    with pytest.raises(BadStream, match="no empty line"):
        StreamReader().receive(b"x" * (MAX_HEAD + 1))


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_noise_never_hangs(pieces: list[bytes]) -> None:
    reader = StreamReader()
    total = 0
    for piece in pieces:
        for item in reader.receive(piece):
            total += 4 if isinstance(item, Ping) else len(item)
    assert total <= sum(map(len, pieces))
