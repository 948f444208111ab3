"""The recorder's socket: one core at a time speaks, the intake decides, the storage works.

Shell around intake.py. A Unix stream socket; a second core is told TROUBLE `busy` and closed,
unless the first one's end is already hung up. Reading stops while the storage is behind
(storage_task.BACKLOG_LIMIT): the core keeps what is not acknowledged.
Tests: tests/recorder/test_intake_task.py.
"""

from __future__ import annotations

import asyncio
import logging
import select
import socket
import time
from pathlib import Path
from typing import Final

from recorder.errors import OpenError, RecorderError
from recorder.intake import Answer, Intake, trouble_note
from recorder.messages import Dropped, Report, Trouble
from recorder.storage_task import BACKLOG_LIMIT, SLOW_S, Storage
from recorder.stream import PROTOCOL, Message, Note, Reader, StreamError, Type, encode

logger = logging.getLogger(__name__)

_READ: Final = 256 << 10
_TICK_S: Final = 0.25
_SEND_LIMIT: Final = 1 << 20
"""Unread answers after which a core is taken for dead: 30,000 ACKs."""


class IntakeTask:
    """Owns the socket. `report` is the storage's way in, on the event loop."""

    def __init__(self, path: Path, intake: Intake) -> None:
        self._path = path
        self._intake = intake
        self._storage: Storage | None = None
        self._core: asyncio.StreamWriter | None = None
        self._is_slow = False
        self._has_room = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()

    async def run(self, storage: Storage) -> None:
        """Serve until cancelled."""
        self._storage = storage
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._serve, self._path, limit=_READ)
        logger.info("= listening on %s", self._path)
        try:
            async with server, asyncio.TaskGroup() as group:
                group.create_task(self._watch(storage), name="recorder-watch")
        finally:
            self._drop_core()
            if self._serving:
                await asyncio.wait(self._serving, timeout=1.0)

    def report(self, report: Report) -> None:
        """What the storage says."""
        if isinstance(report, Trouble):
            logger.warning("%s %s (%s)", report.what, report.do, report.why)
        self._act(self._intake.report(report))
        if isinstance(report, Dropped):
            self._drop_core()  # it comes back, opens again and sends what is not acknowledged

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._core is not None:
            if not _is_hung_up(self._core):
                await _refuse(writer)
                return
            self._drop_core()
        self._core = writer
        logger.info("= core connected")
        self._send([Note(Type.HELLO, {"protocol": PROTOCOL})])
        if (me := asyncio.current_task()) is not None:
            self._serving.add(me)
            me.add_done_callback(self._serving.discard)
        try:
            await self._read(reader, writer)
        except (StreamError, RecorderError) as error:
            logger.warning("! core: %s", error)
            self._send([trouble_note(_broken(error))])
        except OSError as error:
            logger.info("= core: %s", error)
        finally:
            if self._core is writer:
                self._drop_core()
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = Reader()
        while self._core is writer and (data := await reader.read(_READ)):
            for message in frames.receive(data):
                self._receive(message)
            if self._storage is not None and self._storage.backlog_octets > BACKLOG_LIMIT:
                self._has_room.clear()
                await self._has_room.wait()

    def _receive(self, message: Message) -> None:
        try:
            self._act(self._intake.receive(message))
        except OpenError as error:  # this recording cannot be kept; the others go on
            logger.warning("! core: %s", error)
            self._send([trouble_note(_broken(error))])

    async def _watch(self, storage: Storage) -> None:
        """Close what nobody came back for; say when the storage hangs."""
        while True:
            await asyncio.sleep(_TICK_S)
            for job in self._intake.tick(time.monotonic()):
                storage.put(job)
            if storage.backlog_octets <= BACKLOG_LIMIT:
                self._has_room.set()
            busy_s = storage.snapshot().busy_s
            if busy_s > SLOW_S and not self._is_slow:
                self._is_slow = True
                self.report(_slow(busy_s))
            elif self._is_slow and busy_s < SLOW_S:
                self._is_slow = False
                self.report(_no_longer_slow())

    def _act(self, answer: Answer) -> None:
        for job in answer.jobs:
            if self._storage is not None:
                self._storage.put(job)
        self._send(answer.messages)

    def _send(self, messages: list[Message]) -> None:
        if self._core is None or not messages or self._core.is_closing():
            return
        self._core.write(b"".join(encode(message) for message in messages))
        if self._core.transport.get_write_buffer_size() > _SEND_LIMIT:
            logger.warning("! core does not read: connection closed")
            self._core.transport.abort()

    def _drop_core(self) -> None:
        if self._core is not None:
            logger.info("= core disconnected")
            self._core.close()
            self._core = None
            self._has_room.set()  # its reader, if it waits, is to see that it is over
            self._intake.core_left(time.monotonic())


def _is_hung_up(writer: asyncio.StreamWriter) -> bool:
    """Has the other end gone, though we have not read to its end yet?"""
    end: socket.socket | None = writer.get_extra_info("socket")
    if writer.is_closing() or end is None or end.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(end.fileno(), select.POLLHUP | select.POLLRDHUP)
    return bool(poll.poll(0))


async def _refuse(writer: asyncio.StreamWriter) -> None:
    trouble = Trouble(
        "busy",
        "A second core tried to use the recorder and was refused.",
        "Another core is connected, and only one may send recordings.",
        "Stop the other core.",
    )
    logger.warning("! %s", trouble.what)
    writer.write(encode(trouble_note(trouble)))
    writer.close()


def _broken(error: Exception) -> Trouble:
    return Trouble(
        "bad_message",
        "The recorder got something it cannot use.",
        str(error),
        "Core and recorder may be of different versions: install the same on both.",
    )


def _slow(busy_s: float) -> Trouble:
    return Trouble(
        "storage_slow",
        "The storage has stopped taking recordings; nothing is lost for the first 20 s.",
        f"One write or sync has taken {busy_s:.0f} s so far.",
        "If this stays, check the storage: a worn SD card or a loose USB plug does this.",
    )


def _no_longer_slow() -> Trouble:
    return Trouble("storage_ok", "The storage takes recordings again.", "It answered.", "Nothing.")
