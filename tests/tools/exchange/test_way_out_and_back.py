"""The time from a block that the exchange sends to its answer, with a box that stalls."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.exchange.frames import IDLE, idle_block
from tools.exchange.network import Network
from tools.exchange.tdm_task import TdmTask, Wire


class Transport:
    """Stands for the socket: what waits in it, which the test sets."""

    waiting = 0

    def get_extra_info(self, _: str) -> Transport:
        return self

    def setsockopt(self, *_: int) -> None: ...

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def write(self, _: bytes) -> None: ...


def numbered(tick: int) -> bytes:
    block = idle_block()
    block[:, 1] = tick % 100
    return block.tobytes()


def wired() -> tuple[TdmTask, Wire, Transport]:
    task = TdmTask(cast(Network, None), Path())
    wire, transport = Wire(task), Transport()
    wire.connection_made(cast(asyncio.BaseTransport, transport))
    return task, wire, transport


def play(taken: Any) -> int | None:
    """Which tick's answer is heard; None for silence."""
    if taken is None:
        return None
    (number,) = np.unique(taken[:, 1])
    return None if number == IDLE else int(number)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=20))
def test_no_stall_of_the_box_changes_how_long_the_way_is(stalls: list[int]) -> None:
    _, wire, _ = wired()
    ways, heard = set(), 0
    answers: list[bytes] = []
    tick = 0
    for length in [*stalls, *[1] * 10]:
        for _ in range(length):
            number = play(wire.take_block())
            if number is not None:
                ways.add((tick - number) % 100)
                heard += 1
            wire.send(b"")
            answers.append(numbered(tick))
            tick += 1
        wire.data_received(b"".join(answers))
        answers.clear()
    assert ways == {2}
    assert heard >= 7


def test_a_box_that_does_not_read_changes_nothing_either() -> None:
    task, wire, transport = wired()
    ways = set()
    for tick in range(40):
        number = play(wire.take_block())
        if number is not None:
            ways.add(tick - number)
        transport.waiting = 10**6 if 10 <= tick < 13 else 0
        if wire.send(b""):
            wire.data_received(numbered(tick))
    assert ways == {2}
    assert (task.blocks_missing, task.frames_late) == (0, 0)


@pytest.mark.parametrize("late_ticks", [2, 5])
def test_what_comes_too_late_is_counted(late_ticks: int) -> None:
    task, wire, _ = wired()
    for tick in range(10):
        wire.take_block()
        wire.data_received(numbered(tick))
    for _ in range(late_ticks):
        wire.take_block()
    wire.data_received(b"".join(numbered(tick) for tick in range(late_ticks)))
    wire.take_block()
    assert task.frames_late == 80 * (late_ticks - 2)
