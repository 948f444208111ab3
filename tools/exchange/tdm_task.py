"""The TDM socket: the timeslot stream in real time, both ways, for one client at a time.

Shell around network.py and frames.py. Block n is due at start + n x 10 ms by the monotonic clock,
so the stream never drifts. A client that reads too slowly loses whole blocks, which are counted;
one that sends too little is heard as silence for that moment, and what it sends too late is not
played: as on a sound card that plays and records by one clock, the way out and back takes the same
time all day, and an echo canceller may rely on it. A second client is closed at once.
Tests: tests/tools/exchange/test_sockets.py.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np

from tools.exchange.frames import BLOCK_OCTETS, Aligner, idle_block
from tools.exchange.g711 import BLOCK, IDLE, TICK_S, Octets
from tools.exchange.network import Network

logger = logging.getLogger(__name__)

MAX_WAITING_OUT: Final = 4 * BLOCK_OCTETS
"""With the socket's own buffer about 80 ms; what is older is of no use to a live stream."""
SOCKET_BUFFER: Final = 4 * BLOCK_OCTETS
PRIME_IN: Final = 2
"""Blocks to have before playing begins, and at most: covers the jitter of two processes on a busy
machine."""
MAX_LATE_TICKS: Final = 2
"""The way into the switch holds three blocks: the one due and these. After a longer sleep of the
machine the stream goes on from now instead of catching up: the box slept as well, and a burst
would only overrun it. On a real line nobody's clock stops."""


@dataclass(frozen=True, slots=True)
class TdmSnapshot:
    """Counters of the stream since the start."""

    is_connected: bool
    clients_refused: int
    blocks_out: int
    blocks_dropped: int
    blocks_missing: int
    frames_late: int
    alignment_losses: int
    ticks_skipped: int


class Wire(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, owner: TdmTask) -> None:
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._aligner = Aligner()
        self._frames: deque[Octets] = deque()
        self._count = 0
        self._is_primed = False

    @property
    def losses(self) -> int:
        return self._aligner.losses

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)
        if not self._owner.accept(self):
            stream.abort()
            return
        stream.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER
        )
        self._transport = stream

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._owner.lost(self)

    def data_received(self, data: bytes) -> None:
        for frames in self._aligner.receive(data):
            self._frames.append(frames)
            self._count += len(frames)

    def take_block(self) -> Octets | None:
        """80 frames, or None while there are not enough."""
        if self._count > PRIME_IN * BLOCK:
            late = self._count - PRIME_IN * BLOCK
            self._take(late)
            self._owner.frames_late += late
        enough = BLOCK if self._is_primed else PRIME_IN * BLOCK
        if self._count < enough:
            if self._is_primed:
                self._owner.blocks_missing += 1
            self._is_primed = False
            return None
        self._is_primed = True
        return self._take(BLOCK)

    def _take(self, count: int) -> Octets:
        pieces: list[Octets] = []
        self._count -= count
        while count:
            head = self._frames.popleft()
            pieces.append(head[:count])
            if len(head) > count:
                self._frames.appendleft(head[count:])
            count -= len(pieces[-1])
        return np.concatenate(pieces)

    def send(self, octets: bytes) -> bool:
        """Send one block; False if the client has not read the ones before. Silence is played
        for the answer that will not come."""
        if self._transport is None:
            return True
        if self._transport.get_write_buffer_size() + len(octets) > MAX_WAITING_OUT:
            self._frames.append(idle_block())
            self._count += BLOCK
            return False
        self._transport.write(octets)
        return True

    def close(self) -> None:
        """End the connection, at shutdown."""
        if self._transport:
            self._transport.abort()


class TdmTask:
    """Owns the clock of the exchange."""

    def __init__(self, network: Network, path: Path) -> None:
        self._network, self._path = network, path
        self._wire: Wire | None = None
        self._losses_before = 0
        self.blocks_missing = 0
        self.frames_late = 0
        self._refused = self._out = self._dropped = self._skipped = 0

    def snapshot(self) -> TdmSnapshot:
        """The counters now."""
        losses = self._losses_before + (self._wire.losses if self._wire else 0)
        return TdmSnapshot(
            self._wire is not None,
            self._refused,
            self._out,
            self._dropped,
            self.blocks_missing,
            self.frames_late,
            losses,
            self._skipped,
        )

    def accept(self, wire: Wire) -> bool:
        """Whether this client gets the stream."""
        if self._wire is not None:
            self._refused += 1
            logger.warning(
                "! a second client on %s was closed: the stream has one reader", self._path
            )
            return False
        self._wire = wire
        logger.info("= the box is connected to the timeslot stream")
        return True

    def lost(self, wire: Wire) -> None:
        """A client has gone."""
        if wire is self._wire:
            self._losses_before += wire.losses
            self._wire = None
            logger.info("= the box has left the timeslot stream")

    async def run(self) -> None:
        """Serve until cancelled."""
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(lambda: Wire(self), str(self._path))
        try:
            await self._tick_for_ever(loop)
        finally:
            server.close()
            if self._wire:
                self._wire.close()

    async def _tick_for_ever(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time()
        while True:
            due += TICK_S
            late = int((loop.time() - due) / TICK_S)
            if late > MAX_LATE_TICKS:
                logger.warning("! the exchange stood still for %d ms", late * 10)
                self._skipped += late
                due += late * TICK_S
            # a sleep of 0 lets the sockets work while ticks are being caught up
            await asyncio.sleep(max(0.0, due - loop.time()))
            self._tick()

    def _tick(self) -> None:
        wire = self._wire
        block = self._network.tick(wire.take_block() if wire else None)
        if wire is None:
            self._network.slip_octets = 0
            return
        octets = self._slipped(block.tobytes())
        if wire.send(octets):
            self._out += 1
        else:
            self._dropped += 1
            if self._dropped % 100 == 1:
                logger.warning("! the box reads too slowly: %d blocks dropped", self._dropped)

    def _slipped(self, octets: bytes) -> bytes:
        count, self._network.slip_octets = self._network.slip_octets, 0
        if count > 0:
            return bytes([IDLE]) * count + octets
        return octets[-count:]
