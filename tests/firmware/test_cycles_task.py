"""Cycles go in a quiet moment and not before."""

from __future__ import annotations

import asyncio
import gc
import weakref

from firmware import cycles_task
from firmware.cycles_task import collect_when_quiet


class Knot:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


async def test_cycles_are_collected_when_nobody_is_on_a_call() -> None:
    asked: asyncio.Queue[bool] = asyncio.Queue()
    is_quiet = False

    def quiet() -> bool:
        asked.put_nowait(is_quiet)
        return is_quiet

    gc.collect()
    thing = Knot()
    known = weakref.ref(thing)
    for _ in range(cycles_task.ENOUGH + 1):  # makes it an old object
        gc.collect(1)
    del thing
    task = asyncio.create_task(collect_when_quiet(quiet, 0.001))
    async with asyncio.timeout(5):
        assert await asked.get() is False
        assert known() is not None
        is_quiet = True
        while known() is not None:
            await asked.get()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
