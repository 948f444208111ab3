"""Whole blocks over real socket pairs: bounded, never torn."""

import socket

import pytest

from hal.tdm.blocks import BlockReader, BlockWriter, Ended, bound


@pytest.fixture
def pair():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    bound(a)
    b.setblocking(False)
    with a, b:
        yield a, b


def numbered(count):
    return [bytes([n]) * 2560 for n in range(count)]


def test_no_more_than_30_ms_wait_in_the_socket_and_no_block_is_torn(pair):
    writer, reader = BlockWriter(pair[0]), BlockReader(pair[1])
    taken = [writer.send(block) for block in numbered(10)]
    assert taken == [True] * 3 + [False] * 7
    assert reader.read() == numbered(3)
    assert writer.send(b"\x77" * 2560)
    assert reader.read() == [b"\x77" * 2560]


def test_blocks_come_out_whole_from_any_portions(pair):
    reader = BlockReader(pair[1])
    octets = b"".join(numbered(3))
    found = []
    for at in range(0, len(octets), 700):
        pair[0].send(octets[at : at + 700])
        found += reader.read()
    assert found == numbered(3)


def test_the_end_is_told_to_reader_and_writer(pair):
    pair[1].close()
    with pytest.raises(Ended):
        BlockWriter(pair[0]).send(bytes(2560))
    with pytest.raises(Ended):
        BlockReader(pair[0]).read()
