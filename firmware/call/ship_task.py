"""The core's side of the recording stream: taps in, the recorder's socket out.

Shell around ship.py. On the core's event loop: every 200 ms one read of each tap and one write to
the socket for all calls together, nothing per packet. Never blocks a call: a recorder that is
away is tried again (0.1 s to 2 s between attempts) while audio is held; after `AWAY_S` it is
reported once. Tests: tests/firmware/call/test_ship_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from firmware.call.ship import Done, Outbox, ShipEvent, ShipSnapshot, Trouble
from recorder.stream import Message, Reader, RecordingId, StreamError, encode

logger = logging.getLogger(__name__)

POLL_S: Final = 0.2
AWAY_S: Final = 5.0
"""A recorder that restarts is back in a second; longer is worth telling a person."""
_RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
_READ: Final = 64 << 10
_TAKE: Final = 64 << 10
"""Octets taken from a tap at once: 4 s."""
_UNSENT_LIMIT: Final = 1 << 20
"""Octets left to the socket at a time; the rest waits here."""

ReadTap = Callable[[int], tuple[int, bytes]]
"""(limit) -> (stream offset, A-law octets), as AudioSwitch.read_tap; empty when there is none."""


class Shipper:
    """Ships every recording of the box. `run` is a task of the owner's group."""

    def __init__(
        self,
        socket_path: Path | str,
        on_done: Callable[[Done], None],
        on_trouble: Callable[[Trouble], None],
    ) -> None:
        self._path = str(socket_path)
        self._on_done = on_done
        self._on_trouble = on_trouble
        self._outbox = Outbox()
        self._taps: dict[RecordingId, ReadTap] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._away_since_s: float | None = None
        self._is_away_told = False
        self._is_told_of_former = False
        """Troubles stand that a recorder told which has gone since."""
        self._told: set[tuple[str, str]] = set()

    def open(
        self,
        recording_id: str,
        call_id: str,
        started_at: str,
        meta: Mapping[str, Any],
        read: ReadTap,
    ) -> None:
        """Begin a recording (ids: see Outbox.open; started_at: UTC, ISO 8601 with zone)."""
        self._taps[self._outbox.open(recording_id, call_id, started_at, meta)] = read

    def meta(self, recording_id: str, meta: Mapping[str, Any]) -> None:
        """Add to the description (agent, tags, result of the call)."""
        self._outbox.describe(RecordingId(recording_id), meta)

    def close(self, recording_id: str, meta: Mapping[str, Any] | None = None) -> None:
        """The call is over: drain the tap now (it may be closed after this) and let the rest
        happen by itself; `on_done` says when it is on the medium."""
        name = RecordingId(recording_id)
        read = self._taps.pop(name)
        while octets := self._take(name, read, self._outbox.room(name, is_last=True)):
            logger.debug("> recording=%s last %d octets", name, octets)
        offset, left = read(_TAKE)
        while left:  # no room: the length is right, the recorder fills in silence
            self._outbox.ends_at(name, offset + len(left))
            offset, left = read(_TAKE)
        self._outbox.close(name, meta or {})

    def snapshot(self) -> ShipSnapshot:
        return self._outbox.snapshot()

    async def run(self) -> None:
        """Ship until cancelled."""
        self._away_since_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._poll(), name="ship-poll")
                group.create_task(self._link(), name="ship-link")
        finally:
            if self._writer is not None:
                self._writer.close()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            for name in list(self._taps):
                self._drain(name)
            self._flush()
            self._look_for_recorder()

    def _drain(self, name: RecordingId) -> None:
        try:
            self._take(name, self._taps[name], self._outbox.room(name))
        except Exception as error:  # supervision boundary of one recording
            logger.exception("! recording=%s: its audio cannot be read", name)
            self._taps[name] = _nothing
            self._tell(_unreadable(name, error))

    def _take(self, name: RecordingId, read: ReadTap, room: int) -> int:
        """Move audio from the tap to the outbox; how many octets."""
        limit = min(room, _TAKE) & ~1
        if not limit:
            return 0
        offset, octets = read(limit)
        if octets:
            self._outbox.put(name, offset, octets)
        return len(octets)

    def _flush(self) -> None:
        if self._writer is None or self._writer.is_closing():
            return
        unsent = self._writer.transport.get_write_buffer_size()
        if unsent < _UNSENT_LIMIT:
            self._write(self._outbox.due(_UNSENT_LIMIT - unsent))

    def _write(self, messages: list[Message]) -> None:
        if messages and self._writer is not None:
            self._writer.write(b"".join(encode(message) for message in messages))

    async def _link(self) -> None:
        attempt = 0
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(self._path)
                self._write(self._outbox.connected())
                if await self._listen(reader):
                    attempt = 0
            except OSError as error:
                logger.debug("! recorder %s: %s", self._path, error)
            except StreamError as error:
                self._tell(_not_understood(error))
            self._unlink()
            await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
            attempt += 1

    async def _listen(self, reader: asyncio.StreamReader) -> bool:
        """Read until the recorder goes; whether it ever took a recording or said hello."""
        frames = Reader()
        is_welcome = False
        while data := await reader.read(_READ):
            for message in frames.receive(data):
                events = self._outbox.received(message)
                is_welcome = is_welcome or not events
                for event in events:
                    self._pass_on(event)
            if is_welcome:
                self._recorder_is_back()
        return is_welcome

    def _unlink(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._outbox.disconnected()
        self._is_told_of_former = bool(self._told)
        if self._away_since_s is None:
            self._away_since_s = asyncio.get_running_loop().time()

    def _pass_on(self, event: ShipEvent) -> None:
        if isinstance(event, Trouble):
            self._tell(event)
        else:
            self._on_done(event)

    def _tell(self, trouble: Trouble) -> None:
        """Pass a trouble on, once for as long as it lasts."""
        if trouble.code.endswith(("_ok", "_back")):
            self._told.clear()
        elif trouble.code != "audio_lost":
            if (trouble.code, trouble.recording) in self._told:
                return
            self._told.add((trouble.code, trouble.recording))
        self._on_trouble(trouble)

    def _look_for_recorder(self) -> None:
        now_s = asyncio.get_running_loop().time()
        since_s = self._away_since_s
        if since_s is not None and now_s - since_s > AWAY_S and not self._is_away_told:
            self._is_away_told = True
            self._tell(_away(self._path))

    def _recorder_is_back(self) -> None:
        """Also after a short absence, if something was told of the recorder that went: the one
        that came tells again what is still wrong."""
        self._away_since_s = None
        if self._is_away_told or self._is_told_of_former:
            self._is_away_told = self._is_told_of_former = False
            self._tell(_back())


def _nothing(limit: int) -> tuple[int, bytes]:
    """What can be read of a tap that failed."""
    return 0, b""


def _unreadable(recording: str, error: Exception) -> Trouble:
    return Trouble(
        "audio_lost",
        f"Recording {recording} has no audio from here on; the call itself goes on.",
        f"The switch does not give it: {error}",
        "Send the log of the core to whoever looks after the box.",
        recording,
    )


def _away(path: str) -> Trouble:
    return Trouble(
        "recorder_away",
        f"The recorder has not answered for {AWAY_S:.0f} s. Calls go on; up to 60 s of each "
        "call are held and will be recorded when it is back.",
        f"No recorder listens on {path}, or it refuses us.",
        "Look at the recorder's log; it is started again by itself unless it was stopped.",
    )


def _back() -> Trouble:
    return Trouble(
        "recorder_back",
        "The recorder is back and gets what was held.",
        "It answered.",
        "Nothing; a recording that lost audio is reported by itself.",
    )


def _not_understood(error: StreamError) -> Trouble:
    return Trouble(
        "recorder_unknown",
        "The recorder says something this box does not understand.",
        str(error),
        "Core and recorder may be of different versions: install the same on both.",
    )
