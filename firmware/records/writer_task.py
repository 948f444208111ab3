"""The shell that writes records: a bounded queue and one thread, so that the event loop never
waits for a disk.

`put()` returns at once. The thread writes what has gathered in one transaction; while the
database is away (disk full, medium gone) rows wait in memory, a trouble says so, and writing is
tried again every second. When `LIMIT` rows wait, further ones are written to the log as JSON and
counted in the trouble: late, but never silently lost. A row that can never be stored goes to the
log too, and does not hold up the rest.

Tests: tests/firmware/records/test_writer_task.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from threading import Condition, Thread
from typing import Final, Protocol

from firmware.records.errors import RecordsAway, RowRefused
from firmware.records.store import RecordRow
from firmware.trouble import Trouble, TroubleSink

logger = logging.getLogger(__name__)

LIMIT: Final = 20_000
"""Rows that may wait: some hours of a busy office, about 20 MB."""
BATCH: Final = 500
"""Rows in one transaction."""
RETRY_S: Final = 1.0
GATHER_S: Final = 0.05
"""Rows of so long go into one transaction: each costs a sync of the medium and, beside it, more
processor time than the rows."""
RUSH: Final = 50
"""From so many rows at a time on (60 calls a second)..."""
RUSH_GATHER_S: Final = 0.2
"""...they gather for longer: 40 calls together cost half of what they do ten at a time."""
AWAY: Final = "records.away"
LOST: Final = "records.lost"
REFUSED: Final = "records.refused"


class Sink(Protocol):
    """What the thread needs of `store.Records`."""

    def write(self, rows: list[RecordRow]) -> None: ...


class RecordsWriter:
    """Takes rows from the event loop (or any thread) and sees that they reach the database."""

    def __init__(
        self,
        records: Sink,
        troubles: TroubleSink,
        limit: int = LIMIT,
        retry_s: float = RETRY_S,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`pause`: how the thread lets rows gather."""
        self._records = records
        self._troubles = troubles
        self._limit = limit
        self._retry_s, self._pause = retry_s, pause
        self._rows: deque[RecordRow] = deque()
        self._changed = Condition()
        self._is_stopping = False
        self._overflowed = 0
        self._gather_s = GATHER_S
        self._thread: Thread | None = None

    @property
    def waiting(self) -> int:
        """Rows not yet in the database."""
        return len(self._rows)

    def put(self, *rows: RecordRow) -> None:
        """Have rows written, in this order. Never blocks."""
        with self._changed:
            for row in rows:
                if len(self._rows) >= self._limit:
                    self._overflow(row)
                else:
                    self._rows.append(row)
            self._changed.notify_all()

    def start(self) -> None:
        """Start the thread."""
        self._thread = Thread(target=self._work, name="records", daemon=True)
        self._thread.start()

    async def drain(self, timeout_s: float = 10.0) -> bool:
        """Wait until all rows are in the database; False if they are not in time."""
        return await asyncio.to_thread(self._wait_empty, timeout_s)

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Write what waits (as far as that is possible in time) and end the thread. Rows that
        could not be written go to the log."""
        await self.drain(timeout_s)
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, timeout_s)
        for row in self._rows:
            logger.error("not stored: %s", as_json(row))

    async def run(self) -> None:
        """Write until cancelled, then write what still waits."""
        self.start()
        try:
            await asyncio.Event().wait()
        finally:
            await self.stop()

    def _wait_empty(self, timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._rows, timeout_s)

    def _work(self) -> None:
        while batch := self._next_batch():
            try:
                self._records.write(batch)
            except RecordsAway as error:
                self._away(error)
            except RowRefused as error:
                self._refuse(error)
            except Exception as error:  # supervision boundary: the thread is the only one
                logger.exception("! records: a fault of ours")
                self._away(RecordsAway("the database", f"{type(error).__name__}: {error}"))
            else:
                self._wrote(len(batch))

    def _next_batch(self) -> list[RecordRow]:
        """The oldest rows, still in the queue; empty when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._is_stopping)
        if len(self._rows) < BATCH:
            self._pause(self._gather_s)  # not on the condition: every row would wake the thread
        with self._changed:
            if self._is_stopping:
                return []
            batch = [self._rows[i] for i in range(min(BATCH, len(self._rows)))]
        self._gather_s = GATHER_S if len(batch) < RUSH else RUSH_GATHER_S
        return batch

    def _wrote(self, count: int) -> None:
        with self._changed:
            for _ in range(count):
                self._rows.popleft()
            self._changed.notify_all()
        self._troubles.clear(AWAY)

    def _away(self, error: RecordsAway) -> None:
        waiting = self.waiting
        logger.warning("! %s (%d rows wait)", error, waiting)
        self._troubles.report(
            Trouble(
                AWAY,
                f"the call records cannot be written; {waiting} entries wait in memory",
                error.why,
                "make room on the storage or replace it; calls go on, and the entries are "
                "written as soon as it works again",
            )
        )
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopping, self._retry_s)

    def _refuse(self, error: RowRefused) -> None:
        """Take the one bad row out of the queue; the rest of its batch is tried again."""
        with self._changed:
            self._rows = deque(row for row in self._rows if row is not error.row)
            self._changed.notify_all()
        logger.error("refused (%s): %s", error.why, repr(error.row))
        self._troubles.report(
            Trouble(
                REFUSED,
                "an entry of the call records was refused by the database",
                error.why,
                "the entry is in the log; send the log to whoever looks after the box",
                "warning",
            )
        )

    def _overflow(self, row: RecordRow) -> None:
        self._overflowed += 1
        logger.error("no room in memory: %s", as_json(row))
        self._troubles.report(
            Trouble(
                LOST,
                f"{self._overflowed} entries of the call records are only in the log",
                f"the records database has been away so long that {self._limit} entries wait",
                "repair the storage; the missing entries can be taken from the system log",
            )
        )


def as_json(row: RecordRow) -> str:
    """A row for the log, from which it can be entered again."""
    return json.dumps({"row": type(row).__name__, **asdict(row)}, default=str)
