"""The control socket: people and tests ask, the exchange tells its story.

Shell around network.py and messages.py. Sound files are read before a request is carried out and
recordings are written before `done` is sent, both in threads; a bad request is answered and
forgotten. Tests: tests/tools/exchange/test_sockets.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tools.exchange import sound
from tools.exchange.doors_task import Doors
from tools.exchange.errors import BadSound, ExchangeError
from tools.exchange.g711 import Samples
from tools.exchange.messages import CalledSide, Ring, Say, Status, Told, encode, parse, read_object
from tools.exchange.network import Listener, Network
from tools.exchange.tdm_task import TdmTask

logger = logging.getLogger(__name__)

MAX_UNREAD: Final = 1 << 20
"""Octets a client may leave unread before it is cut off."""
MAX_TOLD: Final = 1000
"""Events waiting for a client's recordings to be written."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Hears the events of one request for its client."""

    client: Client
    tag: object

    def __call__(self, told: Told, heard: Samples | None) -> None:
        self.client.queue(told, heard, self.tag)


class Client:
    """One connection: a queue of what is to be told, in order."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._told: asyncio.Queue[tuple[Told, Samples | None, object]] = asyncio.Queue(MAX_TOLD)

    def queue(self, told: Told, heard: Samples | None, tag: object) -> None:
        """Tell it when what comes before has been told."""
        try:
            self._told.put_nowait((told, heard, tag))
        except asyncio.QueueFull:
            logger.warning("! a control client does not keep up: event %s is lost", told.event)

    async def tell_for_ever(self) -> None:
        """Write recordings, then tell."""
        while True:
            told, heard, tag = await self._told.get()
            details = dict(told.details)
            if heard is not None and isinstance(path := details.get("heard"), str):
                try:
                    await asyncio.to_thread(sound.write, path, heard)
                except BadSound as error:
                    details |= {"heard": None, "problem": str(error)}
            self.send(bytes(Told(told.line, told.t, told.event, _tagged(details, tag))))

    def send(self, octets: bytes) -> None:
        """One line to the client."""
        if self._writer.is_closing():
            return
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD:
            logger.warning("! a control client does not read: it is cut off")
            self._writer.transport.abort()
            return
        self._writer.write(octets)


def _tagged(value: Mapping[str, object], tag: object) -> dict[str, object]:
    return dict(value) if tag is None else {**value, "tag": tag}


class ControlTask:
    """Serves any number of clients."""

    def __init__(
        self,
        network: Network,
        path: Path,
        tdm: TdmTask,
        board: Callable[[], Mapping[str, object]],
    ) -> None:
        self._network, self._path, self._tdm, self._board = network, path, tdm, board
        self._doors = Doors(self._serve)

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._doors.keep(self._path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(writer)
        try:
            async with asyncio.TaskGroup() as group:
                teller = group.create_task(client.tell_for_ever(), name="control-teller")
                await self._read(reader, client)
                teller.cancel()
        except* (OSError, ValueError) as errors:
            logger.warning("! a control connection broke: %s", errors.exceptions[0])
        finally:
            self._forget(client)

    def _forget(self, client: Client) -> None:
        self._network.watchers[:] = [
            watcher
            for watcher in self._network.watchers
            if not (isinstance(watcher, Listening) and watcher.client is client)
        ]

    async def _read(self, reader: asyncio.StreamReader, client: Client) -> None:
        while line := await reader.readline():
            if line.strip():
                await self._answer(line, client)

    async def _answer(self, line: bytes, client: Client) -> None:
        logger.debug("< %s", line)
        tag: object = None
        try:
            value = read_object(line)
            tag = value.get("tag")
            answer = await self.carry_out(value, Listening(client, tag))
        except ExchangeError as error:
            answer = {"error": str(error)}
        if answer is not None:
            client.send(encode(_tagged(answer, tag)))

    async def carry_out(
        self, value: Mapping[str, Any], listener: Listener
    ) -> dict[str, object] | None:
        """One request, from a client or from the scenario."""
        request = parse(value)
        clip: Samples | None = None
        if isinstance(request, Ring | Say | CalledSide) and request.play:
            clip = await asyncio.to_thread(sound.read, request.play)
        if isinstance(request, Ring | CalledSide) and request.record:
            _check_folder(request.record)
        answer = self._network.request(request, listener, clip)
        if isinstance(request, Status) and answer is not None:
            answer |= {**self._board(), "tdm": asdict(self._tdm.snapshot())}
        return answer


def _check_folder(path: str) -> None:
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise BadSound(f"record {path!r}: the folder {str(folder)!r} does not exist")
