"""When unreachable cycles are looked for: the newest objects often, all of them in quiet moments.

Shell. A call that is over leaves no cycles (test_let_go.py of phones and visits), so what a look
finds is little: exceptions with their frames, tasks of requests to the control API. A look at all
objects takes 15 ms and more with many calls, so it happens while nobody is on a call if there is
such a moment; if there is none, as a last resort, by `THRESHOLDS`.

When it has been quiet for so long that the last transactions are forgotten, memory that the C
library keeps for later is given back to the system: texts of messages are of all lengths, and what
lies between those still needed would otherwise stay resident after every busy hour.

Tests: tests/firmware/test_cycles_task.py.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable
from typing import Final

THRESHOLDS: Final = (5_000, 3, 4_000)
"""Objects made, less those freed, until a look at the newest (a millisecond); such looks until one
at the next older (three), and those until one at all."""
CHECK_S: Final = 5.0
SETTLED_S: Final = 35.0
"""A little longer than transactions are remembered (RFC 3261 clause 17, timers H and J: 32 s)."""
ENOUGH: Final = 2
"""Looks at the older ones since the last at all: less is not worth it."""


def begin() -> None:
    """From here on; what was made by importing stays, and is never looked at."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def give_back() -> None:
    """Return free memory to the system: malloc_trim(3), which the GNU C library has."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def collect_when_quiet(
    is_quiet: Callable[[], bool],
    check_s: float = CHECK_S,
    settled_s: float = SETTLED_S,
    give_back: Callable[[], None] = give_back,
) -> None:
    """Runs until cancelled."""
    quiet_s = 0.0
    while True:
        await asyncio.sleep(check_s)
        if not is_quiet():
            quiet_s = 0.0
            continue
        if gc.get_count()[2] >= ENOUGH:
            gc.collect()
        if quiet_s < settled_s <= quiet_s + check_s:
            give_back()
        quiet_s += check_s
