"""Cycles go in a quiet moment and not before."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import resource
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware import cycles_task
from firmware.cycles_task import collect_when_quiet, give_back


@pytest.fixture(autouse=True)
def by_hand() -> Iterator[None]:
    """No collection but those that are asked for."""
    gc.disable()
    yield
    gc.enable()


class Knot:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.mark.parametrize(
    ("looks", "settled_s"),
    [
        (cycles_task.ENOUGH, 0.002),
        (cycles_task.PRESSING, 1000.0),  # a box that is seldom quiet for long
    ],
)
async def test_cycles_are_collected_when_nobody_is_on_a_call(looks: int, settled_s: float) -> None:
    asked: asyncio.Queue[bool] = asyncio.Queue()
    is_quiet = False

    def quiet() -> bool:
        asked.put_nowait(is_quiet)
        return is_quiet

    known = old_knot(looks)
    task = asyncio.create_task(collect_when_quiet(quiet, 0.001, settled_s))
    async with asyncio.timeout(5):
        assert await asked.get() is False
        assert known() is not None
        is_quiet = True
        while known() is not None:
            await asked.get()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_short_quiet_is_not_worth_a_look_at_all_that_is_still_remembered() -> None:
    quiet = [True] * 20

    def next_one() -> bool:
        if not quiet:
            raise asyncio.CancelledError
        return quiet.pop()

    known = old_knot(cycles_task.ENOUGH)
    task = asyncio.create_task(collect_when_quiet(next_one, 0.001, 1000.0))
    await asyncio.gather(task, return_exceptions=True)
    assert quiet == []
    assert known() is not None


def old_knot(looks: int) -> weakref.ref[Knot]:
    """One that only a look at all objects finds, and so many at the older ones since the last."""
    gc.collect()
    thing = Knot()
    for _ in range(looks + 1):
        gc.collect(1)
    return weakref.ref(thing)


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
