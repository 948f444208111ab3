"""The core's log: lines of a tenth of a second written at once.

Shell. At a hundred calls a second the story of the calls is a thousand lines, and each write would
hold up the event loop as long as a message to a phone does. A warning or worse is written at once
with all before it, so what led to a fault is never missing; a process that is killed loses a
tenth of a second of ordinary lines. Where the log goes may be full or gone (a full disk, a pipe
without a reader): lines are lost then and counted, and whoever logged never hears of it: a log
call that raises would end the loop from within its own handler of exceptions.

Tests: tests/firmware/test_log_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, TextIO

DELAY_S: Final = 0.1
MOST_LINES: Final = 1000


class GatheredLog(logging.Handler):
    """Keeps lines until it is time. On a thread without an event loop every line is written at
    once."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record) + "\n")
        except (TypeError, ValueError):  # a wrong number of arguments in a log call
            self.handleError(record)
            return
        if record.levelno >= logging.WARNING or len(self._lines) >= MOST_LINES:
            self.flush()
        elif self._timer is None:
            self._flush_later()

    def _flush_later(self) -> None:
        try:
            self._timer = asyncio.get_running_loop().call_later(DELAY_S, self.flush)
        except RuntimeError:  # no loop on this thread
            self.flush()

    def flush(self) -> None:
        """Write what waits. Any thread; called by `logging.shutdown` at the end."""
        self.acquire()
        try:
            lines, self._lines = self._lines, []
            self._timer = None  # one that still runs will find nothing, or less
            if lines:
                self._write(lines)
        finally:
            self.release()

    def _write(self, lines: list[str]) -> None:
        said = f"! the log could not be written: about {self._lost} lines are missing here\n"
        try:
            self._stream.write("".join([said, *lines] if self._lost else lines))
            self._stream.flush()
        except OSError:
            self._lost += len(lines)
        else:
            self._lost = 0
