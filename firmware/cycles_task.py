"""When unreachable cycles are looked for: the newest objects often, all of them in quiet moments.

Shell. A leg and its parts refer to each other, some 20 kB a call that only a look at all objects
gives back. Such a look takes 15 ms and more with many calls, so it happens while nobody is on a
call if there is such a moment; if there is none, after some 700 calls (`THRESHOLDS`), which bounds
what waits to be given back to a tenth of the core's memory.

Tests: tests/firmware/test_cycles_task.py.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

THRESHOLDS: Final = (1_500, 5, 10)
"""Objects made until a look at the newest (2 ms at most), such looks until one at the next older,
and those until one at all."""
CHECK_S: Final = 5.0
ENOUGH: Final = 2
"""Looks at the older ones since the last at all: less is not worth it."""


def begin() -> None:
    """From here on; what was made by importing stays, and is never looked at."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


async def collect_when_quiet(is_quiet: Callable[[], bool], check_s: float = CHECK_S) -> None:
    """Runs until cancelled."""
    while True:
        await asyncio.sleep(check_s)
        if gc.get_count()[2] >= ENOUGH and is_quiet():
            gc.collect()
