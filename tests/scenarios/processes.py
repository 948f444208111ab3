"""The processes of a running box, to be killed as a fault or an impatient hand would."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path


def running(run: Path, module: str) -> set[int]:
    """Processes of the box in this run folder that run a module."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if words[1:3] == ["-m", module] and any(str(run) in word for word in words):
                found.add(int(folder.name))
    return found


async def started(run: Path, module: str, before: set[int], timeout_s: float = 30.0) -> None:
    """Wait until there is one that did not run before."""
    async with asyncio.timeout(timeout_s):
        while not await asyncio.to_thread(running, run, module) - before:  # noqa: ASYNC110  # /proc
            await asyncio.sleep(0.1)


def kill(run: Path, module: str) -> set[int]:
    """Kill -9 them all, and say which they were."""
    found = running(run, module)
    assert found, f"{module} does not run"
    for number in found:
        os.kill(number, signal.SIGKILL)
    return found
