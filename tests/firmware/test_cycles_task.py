"""Cycles go in a quiet moment and not before."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import resource
import weakref
from pathlib import Path

import pytest

from firmware import cycles_task
from firmware.cycles_task import collect_when_quiet, give_back


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


async def test_memory_is_given_back_once_in_each_long_quiet() -> None:
    quiet = [True, True, True, True, False, True, False, True, True, True]
    given: list[int] = []

    def next_one() -> bool:
        if not quiet:
            raise asyncio.CancelledError
        return quiet.pop(0)

    task = asyncio.create_task(
        collect_when_quiet(next_one, 0.001, 0.0025, lambda: given.append(len(quiet)))
    )
    await asyncio.gather(task, return_exceptions=True)
    assert given == [7, 0]  # at the third quiet look in a row, twice


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="no GNU C library")
def test_what_lies_between_texts_still_needed_is_given_back() -> None:
    texts = [bytes(1000 + n % 100) for n in range(50_000)]
    needed = texts[::50]
    texts.clear()
    before = resident()
    give_back()
    assert resident() < before - 20_000_000  # of fifty million octets
    assert len(needed) == 1000


def resident() -> int:
    """Octets of this process in memory, proc(5)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
