"""Has an advice or a replay worked out by a process of its own (advise.py), one at a time.

Shell. The process is nice, reads the records only, and is ended after `LIMIT_S`; what it refuses is
passed on in its own words.

Tests: tests/firmware/test_advise.py.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Final

from firmware.advise import REFUSED, Task
from firmware.api.advice_schema import Advice, AdviceRequest, Replay, ReplayRequest
from firmware.api.errors import conflict, unavailable
from firmware.config.schema import Office

logger = logging.getLogger(__name__)

LIMIT_S: Final = 60.0


class Adviser:
    """The adviser of a box (firmware.api.face.AdviserSide)."""

    def __init__(self, records_url: str, office: Callable[[], Office]) -> None:
        self._url, self._office = records_url, office
        self._one = asyncio.Lock()

    async def advise(self, asked: AdviceRequest) -> Advice:
        """Next week's staff, and lines."""
        task = Task(office=self._office(), advice=asked)
        return Advice.model_validate_json(await self._work_out(task))

    async def replay(self, asked: ReplayRequest) -> Replay:
        """Some days as they were and as they would have been."""
        task = Task(office=self._office(), replay=asked)
        return Replay.model_validate_json(await self._work_out(task))

    async def _work_out(self, task: Task) -> bytes:
        if self._one.locked():
            raise conflict("another advice or replay is being worked out: ask again after it")
        async with self._one:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "firmware.advise", "--records", self._url),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(LIMIT_S):
                    said, why = await process.communicate(task.model_dump_json().encode())
            except TimeoutError:
                raise unavailable(
                    f"not worked out within {LIMIT_S:.0f} s: ask for fewer days"
                ) from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode == REFUSED:
            raise conflict(why.decode(errors="replace"))
        if process.returncode != 0:
            logger.error("the adviser failed: %s", why.decode(errors="replace"))
            raise unavailable("it could not be worked out; the log of the core says why")
        return said
