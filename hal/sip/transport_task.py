"""The sockets: UDP, TCP and TLS listeners, and the way out along a flow.

Shell of stream.py; implements `flow.Wire`. Behind its handshake (tls_task.py) a TLS connection is
treated as one of TCP. An address reaches `sendto` only as a literal with a port of 1..65535. TCP
connections are bounded in number, in what they may leave unsent, in how long a message may take
to arrive and how long they may be silent. Tests: tests/hal/sip/test_transport_task.py.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import struct
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Final

from hal.sip.capture_task import Capture
from hal.sip.errors import BadStream, Misuse
from hal.sip.fill import Fill
from hal.sip.flow import Flow
from hal.sip.lag import Lag
from hal.sip.rates import Rates
from hal.sip.sdp import is_ip
from hal.sip.stream import PONG, Ping, StreamReader
from hal.sip.tls_task import MAX_HANDSHAKES, TlsDoor

logger = logging.getLogger(__name__)

_IP_MULTICAST_ALL: Final = 49
"""Linux, ip(7); Python does not name it."""
_SO_TIMESTAMPNS: Final = 35
"""Linux, socket(7): the kernel notes when a datagram came, as a timespec. Python does not name it;
SCM_TIMESTAMPNS is the same number."""
_TIMESPEC: Final = struct.Struct("@ll")
_NOTES: Final = socket.CMSG_SPACE(_TIMESPEC.size)
RECEIVE_BUFFER: Final = 4 << 20
"""SO_RCVBUF asked for, octets: a second of call set-ups while the loop is busy elsewhere."""
MAX_CONNECTIONS: Final = 512
MAX_PER_SOURCE: Final = 64
MAX_ROUTES: Final = 1024
MAX_UNSENT: Final = 256 << 10
"""Octets a TCP peer may leave unread before it is cut off."""
IDLE_S: Final = 3900.0
"""Longer than the longest usual registration (3600 s)."""
STRANGER_S: Final = 30.0
"""For a connection that never brought a whole message, and for half a message."""
SWEEP_S: Final = 5.0
MESSAGES_PER_S: Final = 5_000.0
"""Per source: far above any phone, near what one core can answer."""

MAX_DATAGRAM: Final = 65_536
"""One more than a UDP datagram can have."""
TURN_S: Final = 0.004
"""How long messages are read at a stretch, then lines, audio's orders and pages have their turn."""

TRANSPORTS: Final = ("udp", "tcp", "tls")
Listen = tuple[str, str, int]
"""Transport (`udp`, `tcp`, `tls`), local address, port (0: any free one)."""
OnMessage = Callable[[bytes, Flow], None]


class Transport:
    """All sockets of one stack. `open` before use, `close` after."""

    def __init__(
        self,
        listen: list[Listen],
        on_message: OnMessage,
        on_closed: Callable[[Flow], None],
        local_ip: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls`: certificate and key of all TLS listeners."""
        for transport, ip, port in listen:
            if transport not in TRANSPORTS or not is_ip(ip) or not 0 <= port <= 65535:
                raise Misuse(
                    f"listen on {transport} {ip}:{port}: expected udp, tcp or tls and an address"
                )
            if transport == "tls" and tls is None:
                raise Misuse(f"listen on tls {ip}:{port}: expected a context with a certificate")
        self._listen, self._local_ip, self._tls = listen, local_ip, tls
        self.on_message, self.on_closed = on_message, on_closed
        self._udp: dict[int, _Datagrams] = {}
        self._servers: list[asyncio.Server] = []
        self._doors: list[TlsDoor] = []
        self.connections: dict[int, _Connection] = {}
        self.per_source: Counter[str] = Counter()
        self._numbers = count(1)
        self._routes: OrderedDict[str, str] = OrderedDict()
        self.rates = Rates(MESSAGES_PER_S, 2 * MESSAGES_PER_S)
        self.lag = Lag()
        """How long datagrams wait for us."""
        self.capture: Capture | None = None
        """Where messages are noted as well; None: nowhere."""
        self.ports: tuple[int, ...] = ()
        """The real port of each listener, in order, once open."""

    async def open(self) -> None:
        """Bind everything; on an error what was bound is closed again."""
        ports: list[int] = []
        try:
            for index, (transport, ip, port) in enumerate(self._listen):
                bind = {"udp": self._open_udp, "tcp": self._open_tcp, "tls": self._open_tls}
                ports.append(await bind[transport](index, ip, port))
        except OSError as error:
            await self.close()
            why = os.strerror(error.errno) if error.errno else str(error)
            raise OSError(
                error.errno, f"phones cannot be heard on {transport} {ip} port {port}: {why}"
            ) from error
        self.ports = tuple(ports)

    async def _open_udp(self, index: int, ip: str, port: int) -> int:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_DGRAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            bound.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            bound.setblocking(False)
            bound.bind((ip, port))
            if family is socket.AF_INET:
                # Phones out of the box ask by multicast who sets them up; another process answers
                # them. Without this the kernel gives every group of the machine to a wildcard.
                bound.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
        except OSError:
            bound.close()
            raise
        self._udp[index] = _Datagrams(self, index, bound)
        return int(bound.getsockname()[1])

    async def _open_tcp(self, index: int, ip: str, port: int) -> int:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self, index, "tcp"), ip, port)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _open_tls(self, index: int, ip: str, port: int) -> int:
        assert self._tls is not None  # __init__ has seen to it
        door = TlsDoor(self._tls, lambda: _Connection(self, index, "tls"))
        real = await door.open(ip, port)
        self._doors.append(door)
        return real

    async def close(self) -> None:
        """Close every socket and connection."""
        for server in self._servers:
            server.close()
        for door in self._doors:
            await door.close()
        for connection in list(self.connections.values()):
            connection.abort("closing down")
        for udp in self._udp.values():
            udp.close()
        self._udp.clear()
        self._servers.clear()
        self._doors.clear()
        await asyncio.sleep(0)  # lets asyncio close the sockets themselves

    def fills(self) -> tuple[Fill, ...]:
        """How full the tables are."""
        handshakes = sum(sum(door.per_source.values()) for door in self._doors)
        return (
            Fill("TCP and TLS connections", len(self.connections), MAX_CONNECTIONS),
            Fill("TLS handshakes", handshakes, MAX_HANDSHAKES * len(self._doors)),
            Fill("sources of messages", len(self.rates), self.rates.max_sources),
            Fill("routes looked up", len(self._routes), MAX_ROUTES),
        )

    async def sweep(self) -> None:
        """Close what has been silent too long; runs until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            now = asyncio.get_running_loop().time()
            for connection in list(self.connections.values()):
                if connection.is_overdue(now):
                    connection.abort("silent too long")

    # -- flow.Wire --------------------------------------------------------------------------------

    def send(self, data: bytes, flow: Flow) -> bool:
        """One message along the flow; False if that is impossible."""
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "> %s: %s", flow, data[:200].partition(b"\r\n")[0].decode("utf-8", "replace")
            )
        if self.capture is not None:
            self.capture.note(data, flow, self.local(flow), is_sent=True)
        if flow.is_reliable:
            connection = self.connections.get(flow.connection)
            return connection is not None and connection.send(data)
        udp = self._udp.get(flow.listener)
        if udp is None or not is_ip(flow.ip) or not 1 <= flow.port <= 65535:
            logger.debug("! %s: not an address to send to", flow)
            return False
        return udp.send(data, flow.ip, flow.port)

    def local(self, flow: Flow) -> tuple[str, int]:
        """Our address towards the peer: fixed, bound, of the connection, or by the route."""
        port = self.ports[flow.listener] if flow.listener < len(self.ports) else 5060
        if self._local_ip is not None:
            return self._local_ip, port
        if (connection := self.connections.get(flow.connection)) is not None:
            return connection.local_ip, port
        bound = self._listen[flow.listener][1] if flow.listener < len(self._listen) else "0.0.0.0"
        return (bound if bound not in ("0.0.0.0", "::") else self._route(flow.ip)), port

    def _route(self, ip: str) -> str:
        """The address the kernel would send from; a UDP connect sends nothing."""
        if ip in self._routes:
            return self._routes[ip]
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((ip, 9))
                found = str(probe.getsockname()[0])
            except OSError:
                found = "::1" if ":" in ip else "127.0.0.1"
        self._routes[ip] = found
        if len(self._routes) > MAX_ROUTES:
            self._routes.popitem(last=False)
        return found

    # -- from the sockets ----------------------------------------------------------------

    def deliver(self, data: bytes, flow: Flow) -> None:
        """Hand a message up. The supervision boundary of one message: whatever goes wrong with it
        must not reach the sockets of all others."""
        if not self.rates.allow(flow.ip, asyncio.get_running_loop().time()):
            return
        if self.capture is not None:
            self.capture.note(data, flow, self.local(flow), is_sent=False)
        try:
            self.on_message(data, flow)
        except Exception:
            logger.exception("message from %s could not be handled", flow)

    def make_room(self, newest: _Connection) -> None:
        """All places are taken: the stranger that has been here longest goes, or the newcomer if
        everybody else is known."""
        oldest = next(one for one in self.connections.values() if one.is_stranger)
        oldest.abort("its place is needed" if oldest is not newest else "too many connections")

    def next_number(self) -> int:
        return next(self._numbers)


class _Datagrams:
    """One UDP listener. The socket is ours, not asyncio's: nothing but `close` closes it, and
    what has gathered is read in one turn of the loop, up to a limit."""

    def __init__(self, owner: Transport, index: int, bound: socket.socket) -> None:
        self._owner, self._index, self._socket = owner, index, bound
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(bound, self._readable)
        self.unsent = 0

    def _readable(self) -> None:
        """Messages for `TURN_S` at most: the rest keeps until everybody else had their turn."""
        now = self._loop.time()
        until, is_oldest = now + TURN_S, True
        while True:
            try:
                if is_oldest:
                    data, notes, _, addr = self._socket.recvmsg(MAX_DATAGRAM, _NOTES)
                    self._owner.lag.note(_age_s(notes, time.time()), now)
                    is_oldest = False
                else:
                    data, addr = self._socket.recvfrom(MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:  # of an earlier send, and told with the next reading
                logger.debug("! udp listener %d: %s", self._index, error)
                return
            if len(data) > 4 and addr[1]:  # shorter ones are keepalives (RFC 5626)
                self._owner.deliver(data, Flow("udp", addr[0], addr[1], self._index))
            if self._socket.fileno() < 0 or self._loop.time() >= until:
                return

    def send(self, data: bytes, ip: str, port: int) -> bool:
        """False if the system knows no way there. A full buffer loses the datagram as any router
        on the way might: it is sent again by whoever waits for an answer."""
        try:
            self._socket.sendto(data, (ip, port))
        except BlockingIOError:
            self.unsent += 1
        except OSError as error:
            logger.debug("! udp:%s:%d: %s", ip, port, error)
            return False
        return True

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()


def _age_s(notes: list[tuple[int, int, bytes]], now_s: float) -> float:
    """How long ago a datagram came, by the kernel's note; 0 without one."""
    for level, kind, data in notes:
        if (level, kind, len(data)) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS, _TIMESPEC.size):
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return float(now_s - seconds - nanoseconds / 1e9)
    return 0.0


class _Connection(asyncio.Protocol):
    """One TCP or TLS connection of a phone."""

    def __init__(self, owner: Transport, index: int, kind: str) -> None:
        self._owner, self._index, self._kind = owner, index, kind
        self._reader = StreamReader()
        self._is_stranger = True
        self._heard_at = 0.0
        """When it last sent anything; of a stranger: when it connected."""
        self._begun_at = 0.0
        """When the message began that is half received."""
        self.local_ip = ""
        self.flow = Flow(kind, "", 0, index)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # what create_server makes
        self._transport = transport
        peer, local = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if peer is None or local is None:
            transport.abort()
            return
        owner = self._owner
        self.flow = Flow(self._kind, str(peer[0]), int(peer[1]), self._index, owner.next_number())
        self.local_ip = str(local[0])
        self._heard_at = asyncio.get_running_loop().time()
        owner.per_source[self.flow.ip] += 1
        owner.connections[self.flow.connection] = self
        if owner.per_source[self.flow.ip] > MAX_PER_SOURCE:
            self.abort("too many connections")
        elif len(owner.connections) > MAX_CONNECTIONS:
            owner.make_room(self)

    def data_received(self, data: bytes) -> None:
        if self.flow.connection not in self._owner.connections:
            return
        now = asyncio.get_running_loop().time()
        was_between = self._reader.is_between
        try:
            items = self._reader.receive(data)
        except BadStream as error:
            self.abort(str(error))
            return
        if items or was_between:
            self._begun_at = now
        if not self._is_stranger:
            self._heard_at = now
        for item in items:
            if isinstance(item, Ping):
                if self._owner.rates.allow(self.flow.ip, now):
                    self.send(PONG)
            else:
                self._is_stranger = False
                self._owner.deliver(item, self.flow)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._owner.connections.pop(self.flow.connection, None) is None:
            return
        self._owner.per_source[self.flow.ip] -= 1
        if not self._owner.per_source[self.flow.ip]:
            del self._owner.per_source[self.flow.ip]
        self._owner.on_closed(self.flow)

    def send(self, data: bytes) -> bool:
        """False once the connection is closing or the peer does not read."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() + len(data) > MAX_UNSENT:
            self.abort("does not read")
            return False
        transport.write(data)
        return True

    def is_overdue(self, now: float) -> bool:
        """Silent for its allowance; half a message has a stranger's."""
        if self._is_stranger:
            return now - self._heard_at > STRANGER_S
        if not self._reader.is_between and now - self._begun_at > STRANGER_S:
            return True  # octet by octet, for ever
        return now - self._heard_at > IDLE_S

    @property
    def is_stranger(self) -> bool:
        """It has not brought a whole message yet, and was not cut off either."""
        return (
            self._is_stranger and self._transport is not None and not self._transport.is_closing()
        )

    def abort(self, why: str) -> None:
        """Cut it off."""
        logger.debug("! %s: closed: %s", self.flow, why)
        if self._transport is not None:
            self._transport.abort()
