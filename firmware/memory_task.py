"""Keeps what must outlive a restart of the core: saved now and then, and at the end.

Shell of memory.py. A save that fails is a trouble; calls go on.

Tests: tests/firmware/test_memory_task.py; the file itself: tests/firmware/test_memory.py.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

from firmware.memory import Memory
from firmware.trouble import Trouble, Troubles

MEMORY_S: Final = 5.0
"""How often registrations and presences are saved, if they changed."""
SOON_S: Final = 0.3
"""Until news is saved, and what comes with it: a core that is killed a moment after a phone has
signed in must know it afterwards, as the phone comes back by itself in an hour at the earliest."""


class Remembering:
    """Saves what `gather` gives."""

    def __init__(
        self, memory: Memory, gather: Callable[[], dict[str, Any]], troubles: Troubles, place: str
    ) -> None:
        """`place`: where the file is, for people."""
        self._memory, self._gather, self._troubles, self._place = memory, gather, troubles, place
        self._news = asyncio.Event()

    def soon(self) -> None:
        """There is something new that the box should not start without."""
        self._news.set()

    async def run(self) -> None:
        """Save for ever; once more when cancelled."""
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(MEMORY_S):
                        await self._news.wait()
                        await asyncio.sleep(SOON_S)
                self._news.clear()
                await asyncio.to_thread(self._save, self._gather())
        finally:
            self.save()

    def save(self) -> None:
        """Save now; blocks."""
        self._save(self._gather())

    def _save(self, memories: dict[str, Any]) -> None:
        try:
            self._memory.save(memories)
        except OSError as error:
            self._troubles.report(
                Trouble(
                    "memory.unwritable",
                    "registrations and log-ins cannot be saved",
                    f"{self._place}: {error.strerror}",
                    "make room on the box's storage; calls go on, but after a restart phones "
                    "must register and agents log in again",
                    "warning",
                )
            )
        else:
            self._troubles.clear("memory.unwritable")
