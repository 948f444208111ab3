"""The shell of the event log: one reader waiting for the next events.

Tests: tests/firmware/api/test_events.py and test_server_task.py.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, Self

from firmware.api.events import EventLog
from firmware.api.schema import Event

BATCH: Final = 200


class Follower:
    """Reads on from `after`. A slow reader misses only what has left the ring meanwhile, and sees
    that by the numbers. Use as a context manager: it listens to the log until it is left."""

    def __init__(self, log: EventLog, after: int) -> None:
        self._log = log
        self._after = after
        self._news = asyncio.Event()
        self.is_closed = False

    def close(self) -> None:
        """End the reading from outside: `next` returns at once."""
        self.is_closed = True
        self._news.set()

    async def next(self, quiet_s: float) -> list[Event]:
        """The events that follow, oldest first; none after `quiet_s` without any."""
        self._news.clear()
        if not self.is_closed and not self._log.after(self._after, 1):
            try:
                async with asyncio.timeout(quiet_s):
                    await self._news.wait()
            except TimeoutError:
                return []
        events = self._log.after(self._after, BATCH)
        if events:
            self._after = events[-1].seq
        return events

    def __enter__(self) -> Self:
        self._log.listeners.add(self._news.set)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._log.listeners.discard(self._news.set)
