"""A TLS listener: connections are counted from their first octet, not from their first message.

Shell (RFC 3261 clause 26.3.1). asyncio's own TLS servers tell nobody about a connection before its
handshake is done, so whoever connects and stays silent would be counted nowhere; here the
handshakes that run are bounded, in all and per source, and in time. What is behind the handshake is
an ordinary connection of transport_task.py. Tests: tests/hal/sip/test_tls_task.py.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Final

logger = logging.getLogger(__name__)

HANDSHAKE_S: Final = 10.0
"""Two packets each way; a phone needs a second for its arithmetic at most."""
MAX_HANDSHAKES: Final = 128
MAX_PER_SOURCE: Final = 16
BACKLOG: Final = 100
RETRY_S: Final = 1.0
"""Wait when the system has no descriptors left, as asyncio's own servers do."""


class TlsDoor:
    """One listening socket. `open` before use, `close` after."""

    def __init__(self, context: ssl.SSLContext, make: Callable[[], asyncio.Protocol]) -> None:
        """`make`: the protocol of one connection, told of it once its handshake is done."""
        self._context, self._make = context, make
        self._listener: socket.socket | None = None
        self._acceptor: asyncio.Task[None] | None = None
        self._handshakes: set[asyncio.Task[None]] = set()
        self.per_source: Counter[str] = Counter()
        """Handshakes that run, by the peer's address."""

    async def open(self, ip: str, port: int) -> int:
        """Bind and accept; the real port."""
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((ip, port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        self._acceptor = asyncio.create_task(self._accept(listener), name="sip tls")
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        """Accept no more and give up on handshakes that are not done."""
        if self._acceptor is not None:
            self._acceptor.cancel()
            await asyncio.gather(self._acceptor, return_exceptions=True)
            self._acceptor = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await asyncio.sleep(0)  # one that was admitted just now begins, and so closes its socket
        await asyncio.sleep(0)
        for handshake in self._handshakes:
            handshake.cancel()
        await asyncio.gather(*self._handshakes, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listener)
            except OSError as error:
                logger.warning("TLS: cannot accept a connection: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            self._admit(accepted, str(address[0]))
            await asyncio.sleep(0)  # sock_accept does not wait while more are in the backlog

    def _admit(self, accepted: socket.socket, ip: str) -> None:
        is_crowded = self.per_source[ip] >= MAX_PER_SOURCE
        if is_crowded or len(self._handshakes) >= MAX_HANDSHAKES:
            logger.debug("! tls:%s: closed: too many handshakes", ip)
            accepted.close()
            return
        self.per_source[ip] += 1
        handshake = asyncio.create_task(self._shake_hands(accepted, ip), name=f"sip tls {ip}")
        self._handshakes.add(handshake)
        handshake.add_done_callback(lambda done: self._done(done, ip))

    async def _shake_hands(self, accepted: socket.socket, ip: str) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make, accepted, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_S
            )
        except OSError as error:  # with it ssl.SSLError and the time-out
            logger.debug("! tls:%s: no handshake: %s", ip, error)

    def _done(self, handshake: asyncio.Task[None], ip: str) -> None:
        self._handshakes.discard(handshake)
        self.per_source[ip] -= 1
        if self.per_source[ip] <= 0:
            del self.per_source[ip]
