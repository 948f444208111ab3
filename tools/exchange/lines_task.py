"""The lines socket: where the simulated line board plugs its ports in.

Shell around network.py and wires.py. One board at a time; a new connection replaces the old one,
so a board that is started again is served at once. Without a board every line is on hook.
Tests: tests/tools/exchange/test_sockets.py.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from tools.exchange.doors_task import Doors
from tools.exchange.errors import BadRequest
from tools.exchange.network import Network
from tools.exchange.wires import BoardHello, BoxSide, Electrical, Lifeline, parse

logger = logging.getLogger(__name__)

MAX_UNREAD: Final = 1 << 18
"""Octets a board may leave unread before it is cut off (some thousand changes)."""


class LinesTask:
    """Serves the line board."""

    def __init__(self, network: Network, path: Path) -> None:
        self._network, self._path = network, path
        self._board: asyncio.StreamWriter | None = None
        self._is_lifeline_on = False
        self._doors = Doors(self._serve)
        network.on_electrical = self._send

    def status(self) -> dict[str, object]:
        """For the answer to `status`."""
        return {"board": self._board is not None, "lifeline": self._is_lifeline_on}

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._doors.keep(self._path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._board is not None:
            logger.warning("! another line board has connected: the one before is let go")
            self._let_go(self._board)
        self._board = writer
        for state in self._network.electrical():
            self._send(state)
        try:
            while line := await reader.readline():
                if self._board is writer:
                    self._receive(line)
        except (OSError, ValueError) as error:  # gone in mid-line, or a line without end
            logger.warning("! the line board's connection broke: %s", error)
        finally:
            if self._board is writer:
                self._let_go(writer)

    def _let_go(self, writer: asyncio.StreamWriter) -> None:
        self._board = None
        writer.close()
        self._network.board_gone()
        logger.info("= the line board has gone: all lines on hook")

    def _receive(self, line: bytes) -> None:
        logger.debug("< %s", line)
        try:
            match parse(line):
                case BoxSide() as side:
                    self._network.set_side(side)
                case Lifeline(is_connected):
                    self._is_lifeline_on = is_connected
                case BoardHello(ports):
                    logger.info("= a line board with ports %s is connected", ports)
        except BadRequest as error:
            logger.warning("! %s", error)

    def _send(self, state: Electrical) -> None:
        if self._board is None or self._board.is_closing():
            return
        if self._board.transport.get_write_buffer_size() > MAX_UNREAD:
            logger.warning("! the line board does not read: it is let go")
            self._board.transport.abort()
            return
        logger.debug("> %s", state)
        self._board.write(bytes(state))
