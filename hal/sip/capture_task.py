"""Writes what phones and box say to each other into a pcap file, for a while.

Shell of capture.py. A thread of its own writes, from a bounded queue: when the medium is slow,
messages are left out and counted, and nobody waits. It ends by time, by size, by `stop`, or when
the medium refuses. One file at a time; only its owner can read it, since it holds digest responses.
Tests: tests/hal/sip/test_capture_task.py.
"""

from __future__ import annotations

import logging
import os
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

from hal.sip.capture import Captured, PcapWriter, file_header
from hal.sip.flow import Flow

logger = logging.getLogger(__name__)

MAX_OCTETS: Final = 64 << 20
MAX_S: Final = 3600.0
MAX_WAITING: Final = 2000
"""Messages not yet written: some seconds of a busy box, 2 MB."""


@dataclass(frozen=True, slots=True)
class CaptureState:
    """A trace, for people."""

    path: str
    is_running: bool
    messages: int
    octets: int
    left_out: int
    """Messages that found the queue full."""
    ends_in_s: float
    why_ended: str = ""


class Capture:
    """One trace. `begin` before use; it ends by itself."""

    def __init__(
        self,
        path: Path,
        seconds: float,
        max_octets: int = MAX_OCTETS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path, self._max, self._clock = path, max_octets, clock
        self._ends_at = clock() + min(seconds, MAX_S)
        self._queue: queue.Queue[Captured] = queue.Queue(MAX_WAITING)
        self._thread = Thread(target=self._work, name="sip trace", daemon=True)
        self._messages = self._left_out = 0
        self._octets = 0
        self._why = ""

    def begin(self) -> None:
        """Make the file and start; `OSError` when it cannot be made."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(
            os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=65536
        )
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return not self._why

    def note(self, data: bytes, flow: Flow, local: tuple[str, int], is_sent: bool) -> None:
        """One message; never waits."""
        if self._why:
            return
        at = self._clock()
        if at >= self._ends_at:
            self.stop("the time is over")
            return
        try:
            self._queue.put_nowait(Captured(at, data, flow, local, is_sent))
        except queue.Full:
            self._left_out += 1

    def stop(self, why: str = "stopped") -> None:
        """No more is taken; what waits is written."""
        if not self._why:
            self._why = why

    def join(self, timeout_s: float = 10.0) -> None:
        """Wait until the file is complete. Not on the event loop."""
        self._thread.join(timeout_s)

    def state(self) -> CaptureState:
        return CaptureState(
            str(self._path),
            self.is_running,
            self._messages,
            self._octets,
            self._left_out,
            max(0.0, self._ends_at - self._clock()) if self.is_running else 0.0,
            self._why,
        )

    def _work(self) -> None:
        try:
            with self._file:
                self._write_all()
        except OSError as error:
            self.stop(f"the file cannot be written: {error.strerror}")
            logger.warning("trace %s: %s", self._path, error.strerror)

    def _write_all(self) -> None:
        writer = PcapWriter()
        self._put(file_header())
        while True:
            try:
                captured = self._queue.get(timeout=0.2)
            except queue.Empty:
                self._file.flush()
                if self._clock() >= self._ends_at:
                    self.stop("the time is over")
                if self._why:
                    return
                continue
            self._put(writer.packets(captured))
            self._messages += 1
            if self._octets >= self._max:
                self.stop(f"the file has {self._octets} octets, which is enough")
                return

    def _put(self, octets: bytes) -> None:
        self._file.write(octets)
        self._octets += len(octets)
