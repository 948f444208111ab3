"""Looks for unreachable cycles among all objects, while nobody is on a call.

Shell. A look at everything takes a tenth of a second with some thousands of transactions, too long
for anybody in a call; a look at the newest objects is brief and goes on as usual (`THRESHOLDS`). A
call leaves next to no cycles, so what waits for the next quiet minute is little.

Tests: tests/firmware/test_cycles_task.py.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

THRESHOLDS: Final = (1_500, 5, 100_000)
"""Some 2 ms for a look at the newest objects; a look at all happens here, or when 750 million
objects have been made without a quiet minute."""
CHECK_S: Final = 60.0
ENOUGH: Final = 20
"""Looks at the newest since the last one at all: less is not worth it."""


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
