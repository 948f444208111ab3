"""The pump: carries the timeslot stream between the HAT and the switch, in a process of its own.

Python, because ALSA comes to us through pyalsaaudio; a process of its own, so that it never waits
for an interpreter lock that call handling holds, and no garbage collection of the core's falls
into a block. It runs under SCHED_FIFO where that is permitted, collects no garbage (it makes no
cycles), and does nothing but poll, align and hand on. Statuses go to standard output and are
dropped rather than waited for.

Towards the switch goes one aligned block for every 2560 octets that come; the switch's blocks go
the other way as they are (it writes the alignment signal itself). While there is no source the
switch's blocks are read and discarded, and the switch ticks by its own timer.

Leaves out: alignment (frames.py), the sources (source_task.py), the parent (tdm_task.py).
Tests: tests/hal/tdm/test_tdm_task.py.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, assert_never

from hal.tdm.blocks import BlockReader, BlockWriter, Ended, bound
from hal.tdm.frames import IDLE_BLOCK, Aligned, Aligner, Block, Found, Lost, Slipped
from hal.tdm.messages import Connected, FrameFound, FrameLost, Stats, Status, Trouble, encode
from hal.tdm.source_task import Source, SourceError

STATS_S: Final = 5.0
SILENT_S: Final = 1.0
"""A source that gives nothing for so long has stopped: its clock is the network's."""
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 2.0
FIFO_PRIORITY: Final = 50
RUNAWAY_US: Final = 500_000
"""CPU time without one wait after which the kernel ends a real-time process (RLIMIT_RTTIME)."""


class Pump:
    """Both directions between one source and the switch's socket."""

    def __init__(
        self, source: Source, switch: socket.socket, report: Callable[[Status], None]
    ) -> None:
        bound(switch)
        self._source, self._switch, self._report = source, switch, report
        self._to_switch, self._from_switch = BlockWriter(switch), BlockReader(switch)
        self._aligner = Aligner()
        self._counts: Counter[str] = Counter()  # by the field names of Stats
        self._is_open = False
        self._is_silent = False
        self._retry_s = FIRST_RETRY_S
        self._next_try = self._last_octets = 0.0
        self._next_stats = time.monotonic() + STATS_S
        self._last_trouble: Trouble | None = None

    def run(self) -> None:
        """Pump until the switch's side is closed."""
        try:
            while True:
                self._step()
        except Ended:
            pass
        finally:
            self._source.close()

    def _step(self) -> None:
        """Open what is closed, wait for octets, carry them both ways."""
        now = time.monotonic()
        if not self._is_open and now >= self._next_try:
            self._open(now)
        poll = select.poll()
        poll.register(self._switch, select.POLLIN)
        for fd, events in self._source.descriptors():
            poll.register(fd, events)
        poll.poll(max(1.0, 1000 * (self._wake_at() - now)))
        try:
            self._outwards()
            if self._is_open:
                self._inwards()
        except SourceError as error:
            self._shut(error)
        self._watch(time.monotonic())

    def _wake_at(self) -> float:
        at = self._next_stats
        if not self._is_open:
            return min(at, self._next_try)
        return at if self._is_silent else min(at, self._last_octets + SILENT_S)

    def _open(self, now: float) -> None:
        try:
            self._source.open()
        except SourceError as error:
            self._shut(error)
            return
        self._is_open, self._is_silent = True, False
        self._last_octets = now
        self._retry_s = FIRST_RETRY_S
        self._aligner = Aligner()
        self._last_trouble = None
        self._report(Connected(self._source.name))

    def _shut(self, error: SourceError) -> None:
        """Close the source and try again later, longer each time; say so once."""
        self._source.close()
        self._is_open = False
        self._next_try = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)
        self._trouble(Trouble(error.what, error.why, error.what_to_do))

    def _trouble(self, trouble: Trouble) -> None:
        if trouble != self._last_trouble:
            self._report(trouble)
        self._last_trouble = trouble

    def _outwards(self) -> None:
        for block in self._from_switch.read():
            if not self._is_open:
                continue
            if self._source.write(block):
                self._counts["blocks_out"] += 1
            else:
                self._counts["dropped_out"] += 1

    def _inwards(self) -> None:
        octets = self._source.read()
        if not octets:
            return
        began = time.monotonic()
        self._last_octets = began
        if self._is_silent:
            self._is_silent, self._last_trouble = False, None
            self._report(Connected(self._source.name))
        for item in self._aligner.receive(octets):
            self._hand_on(item)
        took_us = int(1e6 * (time.monotonic() - began))
        self._counts["worst_block_us"] = max(self._counts["worst_block_us"], took_us)

    def _hand_on(self, item: Found) -> None:
        match item:
            case Block(octets, is_filled):
                if self._to_switch.send(octets):
                    self._counts["blocks_in"] += 1
                    self._counts["filled"] += is_filled
                else:
                    self._counts["dropped_in"] += 1
                    self._source.write(IDLE_BLOCK)  # for the answer that will not come
            case Aligned(skipped):
                self._report(FrameFound(skipped))
            case Slipped(moved, skipped):
                self._counts["slips"] += 1
                self._report(FrameFound(skipped, moved))
            case Lost():
                self._counts["losses"] += 1
                self._report(FrameLost())
            case _:
                assert_never(item)

    def _watch(self, now: float) -> None:
        """What has to be said without being asked: silence, and the counters."""
        if self._is_open and not self._is_silent and now >= self._last_octets + SILENT_S:
            self._is_silent = True
            self._trouble(
                Trouble(
                    f"line audio {self._source.name} stands still",
                    f"no octets for {SILENT_S:.0f} s",
                    "check that the HAT runs and gives its clock; the box goes on by itself",
                )
            )
        if now >= self._next_stats:
            self._next_stats = now + STATS_S
            self._report(Stats(**self._counts, xruns=self._source.xruns))


def report_to(fd: int) -> Callable[[Status], None]:
    """Write statuses to a descriptor; one that would have to be waited for is dropped.

    Lines are shorter than PIPE_BUF, so each goes whole or not at all (POSIX write()).
    """
    os.set_blocking(fd, False)

    def report(status: Status) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(fd, encode(status))

    return report


def hurry() -> bool:
    """Real-time scheduling if permitted, no garbage collection; True if it is real-time."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        resource.setrlimit(resource.RLIMIT_RTTIME, (RUNAWAY_US, RUNAWAY_US))
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    except (PermissionError, ValueError):
        return False
    return True
