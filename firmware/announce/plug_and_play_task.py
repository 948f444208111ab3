"""Hears phones that ask by multicast who sets them up, and answers.

Shell around plug_and_play.py. The group's port 5060 is the core's too, so the questions are read
from a raw socket (ip(7)) that is bound to the group's address and to no port; it needs root or
CAP_NET_RAW. Answers leave from a socket of their own.
Tests: tests/firmware/announce/test_announce.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Final

from firmware.announce.plug_and_play import GROUP, PORT, Place, PlugAndPlay

logger = logging.getLogger(__name__)

LONGEST: Final = 65_535
_UDP_HEADER: Final = 8


class PlugAndPlayListener:
    """Listens on one network."""

    def __init__(self, address: str, files_url: str, port: int = PORT) -> None:
        """`address`: of the box on that network. `port`: for tests."""
        self._address, self._url, self._port = address, files_url, port
        self._core = PlugAndPlay()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Answer until cancelled. `OSError` without the right, or without a network."""
        loop = asyncio.get_running_loop()
        with (
            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as group,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
        ):
            _join(group, self._address)
            mouth.bind((self._address, 0))
            mouth.setblocking(False)
            place = Place(self._address, int(mouth.getsockname()[1]), self._url)
            self.ready.set()
            while True:
                packet, (ip, _) = await loop.sock_recvfrom(group, LONGEST)
                found = datagram(packet, self._port)
                if found is None:
                    continue
                port, data = found
                for answer in self._core.receive(data, (ip, port), place, loop.time()):
                    with contextlib.suppress(OSError):  # it went away: it asks again
                        mouth.sendto(answer, (ip, port))


def datagram(packet: bytes, to_port: int) -> tuple[int, bytes] | None:
    """Source port and content of an IPv4 packet with UDP (RFC 791, RFC 768) for `to_port`."""
    header = 4 * (packet[0] & 15) if packet else 0
    if header < 20 or len(packet) < header + _UDP_HEADER:
        return None
    source, destination, length, _ = struct.unpack_from("!HHHH", packet, header)
    if destination != to_port or source == 0 or length < _UDP_HEADER:
        return None
    return int(source), packet[header + _UDP_HEADER : header + length]


def _join(group: socket.socket, address: str) -> None:
    group.bind((GROUP, 0))
    group.setblocking(False)
    membership = socket.inet_aton(GROUP) + socket.inet_aton(address)
    group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
