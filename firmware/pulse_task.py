"""The event loop's pulse: how long it was busy at a stretch and so heard nobody.

Shell: a selector for asyncio's loop that looks at the clock before and after it waits, so that
every turn of the loop is measured exactly, without a timer, a task or asyncio's debug mode. Leaves
out what a turn was busy with, and whether another process was: a look at the thread's own clock
costs a tenth of a millisecond on some machines, more than many a turn.

    pulse = Pulse()
    asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(pulse))

Tests: tests/firmware/test_pulse_task.py.
"""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

KEPT_S: Final = 10
"""How far back the longest turn is looked for."""
LONG_S: Final = 0.020
"""A turn that a caller might notice: as long as a packet of audio."""


@dataclass(frozen=True, slots=True)
class PulseSnapshot:
    """Turns of the event loop."""

    turns: int
    long_turns: int
    """Longer than 20 ms, since the start."""
    longest_s: float
    """In the last 10 s."""


@dataclass(slots=True)
class _Worst:
    """The longest turn that ended in one second."""

    second: int
    took_s: float


class Pulse(selectors.DefaultSelector):
    """Waits as the default selector does, and measures the time in between."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._began_s: float | None = None
        self._worst: deque[_Worst] = deque(maxlen=KEPT_S + 1)
        self._turns = self._long_turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """The loop has done its work and waits for more."""
        if self._began_s is not None:
            self._ended(self._began_s)
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        self._began_s = self._clock()
        return ready

    def _ended(self, began_s: float) -> None:
        now_s = self._clock()
        took_s = now_s - began_s
        self._turns += 1
        self._long_turns += took_s > LONG_S
        worst = self._worst
        if not worst or worst[-1].second != int(now_s):
            worst.append(_Worst(int(now_s), took_s))
        elif took_s > worst[-1].took_s:
            worst[-1].took_s = took_s

    def snapshot(self) -> PulseSnapshot:
        """Asked from within a turn: that one is not counted yet."""
        since_s = self._clock() - KEPT_S
        recent = [w.took_s for w in self._worst if w.second >= int(since_s)]
        return PulseSnapshot(self._turns, self._long_turns, max(recent, default=0.0))
