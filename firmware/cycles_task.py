"""When unreachable cycles are looked for: the newest objects often, all of them in quiet moments.

Shell. A call that is over leaves no cycles (test_let_go.py of phones and visits), so what a look
finds is little: exceptions with their frames, tasks of requests to the control API. A look at all
objects takes 15 ms and more with many calls, so it happens while nobody is on a call if there is
such a moment; if there is none, as a last resort, by `THRESHOLDS`.

Tests: tests/firmware/test_cycles_task.py.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

THRESHOLDS: Final = (5_000, 3, 4_000)
"""Objects made, less those freed, until a look at the newest (a millisecond); such looks until one
at the next older (three), and those until one at all."""
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
