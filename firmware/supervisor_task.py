"""The supervisor of `callbox up`: starts the box's processes in order, restarts what dies.

Each part is a process of its own with a log of its own. A log that grows past its limit is kept
once more as `.1` and begun anew, so that a box that runs for years does not fill its card with
words. No part outlives the supervisor, even one that is killed: the kernel tells it (prctl(2),
PR_SET_PDEATHSIG), so that the next start finds no ports taken by what nobody looks after.
On the real box systemd and its journal do this.

Tests: tests/firmware/test_supervisor_task.py, tests/scenarios (they start the box through it).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Wait before each restart of a process that died; the last for ever after."""
START_S: Final = 90.0
"""How long a part may take to be ready: two seconds of a processor, of which a small machine that
does something else has few."""
GRACE_S: Final = 8.0
"""How long a process may take to end before it is killed."""
SETTLED_S: Final = 30.0
"""A process that lived so long starts again with the shortest wait."""
LOG_OCTETS: Final = 10_000_000
"""A log may grow to this; with the one before it, twice as much is kept."""
LOG_CHECK_S: Final = 60.0
TIED: Final = ("setpriv", "--pdeathsig", "TERM", "--")
"""Before a part's command (util-linux): a TERM comes to it when the supervisor is no more."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the box."""

    name: str
    module: str
    arguments: tuple[str, ...]
    ready: Callable[[], bool]
    """True once the others may rely on it."""


class Supervisor:
    """Starts parts in order, restarts what dies, stops all in reverse order."""

    def __init__(self, run: Path, say: Callable[[str], None]) -> None:
        self._run, self._say = run, say
        self._alive: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._logs: set[Path] = set()
        self._is_stopping = False

    async def start(self, part: Part, timeout_s: float = START_S) -> None:
        """Start a part and wait until it is ready; `TimeoutError` names its log."""
        self._say(f"  {part.name} ...")
        self._keepers.append(asyncio.create_task(self._keep(part), name=part.name))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not part.ready():  # noqa: ASYNC110  # another process makes it true
                    await asyncio.sleep(0.05)
                return
        raise TimeoutError(
            f"{part.name} did not become ready within {timeout_s:g} s; its log says why: "
            f"{self._log(part)}"
        )

    def process_id(self, name: str) -> int | None:
        """The process id of a part that runs."""
        process = self._alive.get(name)
        return process.pid if process is not None else None

    async def run(self) -> None:
        """Keep the logs short, for ever."""
        while True:
            await asyncio.sleep(LOG_CHECK_S)
            for path in sorted(self._logs):
                try:
                    await asyncio.to_thread(shorten, path)
                except OSError as error:  # a full card: what is written meanwhile is more of it
                    self._say(f"! {path} cannot be shortened: {error.strerror}")

    async def stop(self) -> None:
        """Stop everything, last started first."""
        self._is_stopping = True
        for name in reversed(list(self._alive)):
            await _end(self._alive[name])
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def _log(self, part: Part) -> Path:
        return self._run / "log" / f"{part.name}.log"

    async def _keep(self, part: Part) -> None:
        loop = asyncio.get_running_loop()
        turn = 0
        while not self._is_stopping:
            began = loop.time()
            try:
                how = f"ended (code {await self._once(part)})"
            except OSError as error:  # no memory, no process left, no place for its log
                how = f"cannot be started ({error})"
            if self._is_stopping:
                return
            turn = 0 if loop.time() - began > SETTLED_S else turn
            wait_s = BACKOFF_S[min(turn, len(BACKOFF_S) - 1)]
            turn += 1
            self._say(
                f"! {part.name} {how}: starting it again in {wait_s:g} s; log: {self._log(part)}"
            )
            await asyncio.sleep(wait_s)

    async def _once(self, part: Part) -> int:
        path = self._log(part)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._logs.add(path)
        with path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *TIED, sys.executable, "-m", part.module, *part.arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip  # own session: Ctrl-C reaches the supervisor alone, which stops in order
        self._alive[part.name] = process
        try:
            return await process.wait()
        finally:
            self._alive.pop(part.name, None)


def shorten(path: Path, limit: int = LOG_OCTETS) -> bool:
    """Keep a log that is longer than `limit` as `.1` and begin it anew; True if that was done.

    The process that writes has it open for appending, so it goes on at the new beginning. A line
    written between copy and cut is lost; the copy comes to its place whole."""
    if not path.exists() or path.stat().st_size <= limit:
        return False
    copy = path.with_suffix(".new")
    shutil.copyfile(path, copy)
    copy.replace(path.with_suffix(path.suffix + ".1"))
    with path.open("r+b") as log:
        log.truncate(0)
    return True


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(GRACE_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
