"""When unreachable cycles are looked for: the newest objects often, all of them in quiet moments.

Shell. A call that is over leaves no cycles (test_let_go.py of phones and visits), so what a look
finds is little: exceptions with their frames, tasks of requests to the control API. A look at all
objects takes 2 ms in an idle box and, while the transactions of a busy minute are remembered, fifty
and more, in which nobody is heard. So it happens when it has been quiet until those are forgotten;
in a box that seldom is, while nobody is on a call; as a last resort, by `THRESHOLDS`.

When it is as quiet as that, memory that the C library keeps for later is given back to the system:
texts of messages are of all lengths, and what lies between those still needed would otherwise stay
resident after every busy hour.

Tests: tests/firmware/test_cycles_task.py.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable
from typing import Final

THRESHOLDS: Final = (1_000, 3, 20_000)
"""Objects made, less those freed, until a look at the newest; such looks until one at the next
older, and those until one at all. On a loaded machine the first take up to 6 ms and the second up
to 8; with five times the objects at a time, 14 and 21 ms, and no less in all, as each object is
looked at as often."""
CHECK_S: Final = 5.0
SETTLED_S: Final = 35.0
"""A little longer than transactions are remembered (RFC 3261 clause 17, timers H and J: 32 s)."""
ENOUGH: Final = 10
"""Looks at the older ones since the last at all: less is not worth it."""
PRESSING: Final = 2_000
"""As many make it worth a longer pause, before the thresholds choose a moment of their own."""


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
        quiet_s += check_s
        if gc.get_count()[2] >= (ENOUGH if quiet_s >= settled_s else PRESSING):
            gc.collect()
        if quiet_s - check_s < settled_s <= quiet_s:
            give_back()
