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
import time
from typing import Final, TextIO

DELAY_S: Final = 0.1
MOST_LINES: Final = 1000


class Lines(logging.Formatter):
    """Lines as the log shows them; the text of a second is made once in that second."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._second = -1
        self._text = ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        if int(record.created) != self._second:
            self._second = int(record.created)
            self._text = time.strftime(self.default_time_format, time.localtime(record.created))
        return f"{self._text},{int(record.msecs):03d}"


def log_to(stream: TextIO, level: int) -> None:
    """Log to a stream by `GatheredLog`. What no line shows is not looked up: where in the program
    a line was written, by which thread, task and process, costs as much as the line."""
    logging._srcfile = None  # as the logging HOWTO says it
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    log = GatheredLog(stream)
    log.setFormatter(Lines())
    logging.basicConfig(level=level, handlers=[log])


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
