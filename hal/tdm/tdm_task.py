"""The core's end of the timeslot stream: keeps the pump process alive and feeds the switch.

`TdmPump.run()` starts `python -m hal.tdm` with one end of a socket pair, gives the other to
`switch.attach_tdm`, reads its statuses, and starts it again, with back-off, when it ends.
`listener` gets every status; `snapshot()` says how things stand.

Leaves out: everything in the audio path. Tests: tests/hal/tdm/test_tdm_task.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, assert_never

from hal.switch.face import AudioSwitch
from hal.tdm.blocks import bound
from hal.tdm.messages import (
    Connected,
    FrameFound,
    FrameLost,
    Stats,
    Status,
    StatusError,
    Trouble,
    parse,
)

logger = logging.getLogger(__name__)

FIRST_RESTART_S: Final = 0.2
LAST_RESTART_S: Final = 5.0
EXIT_S: Final = 2.0
"""Given to the process to end by itself when its socket is closed."""
_MAX_LINE: Final = 4096


class StreamState(Enum):
    """How the timeslot stream stands."""

    STOPPED = "stopped"  # no process
    WAITING = "waiting"  # the process runs but has no source
    UNALIGNED = "unaligned"  # octets come, the frame is not found
    ALIGNED = "aligned"


@dataclass(frozen=True, slots=True)
class TdmSnapshot:
    """The stream now."""

    source: str
    state: StreamState
    stats: Stats
    restarts: int
    pid: int | None
    trouble: Trouble | None


class TdmPump:
    """Owner of the pump process."""

    def __init__(self, switch: AudioSwitch, source: str, lock: Path | None = None) -> None:
        self._switch, self._source, self._lock = switch, source, lock
        self.listener: Callable[[Status], None] | None = None
        self._state = StreamState.STOPPED
        self._stats = Stats()
        self._restarts = 0
        self._pid: int | None = None
        self._trouble: Trouble | None = None
        self._was_connected = False  # in this life of the process

    def snapshot(self) -> TdmSnapshot:
        """How things stand."""
        return TdmSnapshot(
            self._source, self._state, self._stats, self._restarts, self._pid, self._trouble
        )

    async def run(self) -> None:
        """Keep the pump running until cancelled."""
        wait_s = FIRST_RESTART_S
        while True:
            self._was_connected = False
            code = await self._one_life()
            wait_s = FIRST_RESTART_S if self._was_connected else wait_s
            if (ended := self._ended(code, wait_s)) != self._trouble:
                self._hear(ended)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LAST_RESTART_S)
            self._restarts += 1

    async def _one_life(self) -> int:
        """Start the process, read it to its end; its exit code."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with ours:
            with theirs:
                bound(ours)
                process = await self._start(theirs.fileno())
            self._switch.attach_tdm(ours.fileno())  # the switch keeps a descriptor of its own
            self._pid, self._state = process.pid, StreamState.WAITING
            try:
                await self._read(process)
                return await process.wait()
            finally:
                ours.shutdown(socket.SHUT_RDWR)  # whoever else holds it: the process sees the end
                await self._end(process)
                self._pid, self._state = None, StreamState.STOPPED

    async def _start(self, fd: int) -> asyncio.subprocess.Process:
        words = ["-m", "hal.tdm", "--source", self._source, "--fd", str(fd)]
        if self._lock is not None:
            words += ["--lock", str(self._lock)]
        return await asyncio.create_subprocess_exec(
            sys.executable, *words, pass_fds=[fd], stdout=asyncio.subprocess.PIPE, limit=_MAX_LINE
        )

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            try:
                self._hear(parse(line))
            except StatusError as error:
                logger.warning("! %s", error)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """See the process gone, also when we are being cancelled."""
        if process.returncode is not None:
            return
        try:
            async with asyncio.timeout(EXIT_S):
                await process.wait()
        except TimeoutError:
            logger.warning("pump process %d did not end by itself: killed", process.pid)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _ended(self, code: int, wait_s: float) -> Trouble:
        """Why it ended: what it said itself, if that was trouble, says more than its code."""
        if self._trouble is not None and code > 0:
            return self._trouble
        return Trouble(
            f"the process that carries line audio from {self._source} ended",
            f"signal {-code}" if code < 0 else f"exit code {code}",
            f"nothing: it is started again in {wait_s:.1f} s",
        )

    def _hear(self, status: Status) -> None:
        match status:
            case Connected():
                self._was_connected = True
                self._state, self._trouble = StreamState.UNALIGNED, None
                logger.info("line audio from %s", status.source)
            case Trouble():
                if self._pid is not None:
                    self._state = StreamState.WAITING
                self._trouble = status
                logger.warning("%s: %s; %s", status.what, status.why, status.what_to_do)
            case FrameFound():
                self._state = StreamState.ALIGNED
                if status.moved_octets:
                    logger.warning("line audio slipped by %d octets", status.moved_octets)
            case FrameLost():
                self._state = StreamState.UNALIGNED
                logger.warning("line audio: frame alignment lost, silence until it is found")
            case Stats():
                lost = status.dropped_in - self._stats.dropped_in
                if lost > 0:  # not after a restart, which counts anew
                    logger.warning(
                        "line audio: %d ms did not get through, the machine was too busy", 10 * lost
                    )
                self._stats = status
            case _:
                assert_never(status)
        if self.listener is not None:
            self.listener(status)
