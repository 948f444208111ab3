"""Whole blocks over a stream socket: never half of one, never a backlog.

A block that does not fit at once is dropped and counted: late audio is worth less than none. A
block of which a part went out is always ended, so the far end stays aligned. The socket's own
buffer is kept to about three blocks (30 ms).

Tests: tests/hal/tdm/test_blocks.py.
"""

from __future__ import annotations

import socket
from typing import Final

from hal.tdm.frames import BLOCK_OCTETS

SEND_BUFFER: Final = 2 * BLOCK_OCTETS
"""Given to SO_SNDBUF. Linux doubles it and charges 4352 octets for a block (2560 in a 4096
allocation, and its own 256): a third block still begins below 10 240, a fourth does not."""


def bound(sock: socket.socket) -> None:
    """Make the socket non-blocking, with room for three blocks on their way."""
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


class Ended(Exception):
    """The other end closed the socket."""


class BlockWriter:
    """Sends whole blocks on a non-blocking socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._rest = b""

    def send(self, block: bytes) -> bool:
        """Send a block; False if it had to be dropped. `Ended` when nobody reads any more."""
        if self._rest:
            self._rest = self._rest[self._put(self._rest) :]
        if self._rest:
            return False
        sent = self._put(block)
        self._rest = block[sent:] if sent else b""
        return sent > 0

    def _put(self, octets: bytes) -> int:
        try:
            return self._sock.send(octets)
        except BlockingIOError:
            return 0
        except (BrokenPipeError, ConnectionResetError):
            raise Ended from None


class BlockReader:
    """Takes what a non-blocking socket has and gives the whole blocks in it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray()

    def read(self) -> list[bytes]:
        """The blocks that are there now. `Ended` at the end of the stream."""
        self._buffer += receive(self._sock)
        blocks = []
        while len(self._buffer) >= BLOCK_OCTETS:
            blocks.append(bytes(self._buffer[:BLOCK_OCTETS]))
            del self._buffer[:BLOCK_OCTETS]
        return blocks


def receive(sock: socket.socket) -> bytes:
    """What is there now, nothing included. `Ended` at the end of the stream."""
    try:
        data = sock.recv(16 * BLOCK_OCTETS)
    except BlockingIOError:
        return b""
    except ConnectionResetError:
        raise Ended from None
    if not data:
        raise Ended
    return data
