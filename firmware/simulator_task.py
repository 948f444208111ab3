"""Asks the simulated telephone network for a call: JSON lines on its control socket.

Only there while the lines are simulated. Shell; the requests are documented with the simulated
exchange. Tests: tests/firmware/test_simulator_task.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger(__name__)

ANSWER_S: Final = 5.0
LONGEST_CALL_S: Final = 1800.0


class SimulatorRefused(Exception):
    """The exchange refused, or is not there; the message is for people."""


class Simulator:
    """The control socket of the simulated exchange. `run` carries the calls it was asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._following: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue(64)
        )

    async def ring(self, request: Mapping[str, Any]) -> int:
        """Ring a line; returns its number once it rings. `SimulatorRefused` says why not."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._path)
        except OSError as error:
            raise self._silent(error) from error
        try:
            async with asyncio.timeout(ANSWER_S):
                writer.write(json.dumps({"do": "ring", **request}).encode() + b"\n")
                answer = json.loads(await reader.readline())
            line = _line(answer)
            self._following.put_nowait((reader, writer))
        except (OSError, TimeoutError, ValueError) as error:
            writer.close()
            raise self._silent(error) from error
        except asyncio.QueueFull:
            writer.close()
            raise SimulatorRefused("64 test calls have just begun: wait a moment") from None
        except SimulatorRefused:
            writer.close()
            raise
        return line

    def _silent(self, error: Exception) -> SimulatorRefused:
        return SimulatorRefused(
            f"the simulated exchange does not answer on {self._path}: {error}; look at its log"
        )

    async def run(self) -> None:
        """Keep each call's connection open until the exchange says it is over."""
        async with asyncio.TaskGroup() as group:
            while True:
                reader, writer = await self._following.get()
                group.create_task(_follow(reader, writer), name="simulated call")


def _line(answer: Any) -> int:
    """The line that rings, from the exchange's first answer; `ValueError` if it is none."""
    if not isinstance(answer, Mapping):
        raise ValueError(f"{answer!r:.80}: expected an object")
    if "error" in answer:
        raise SimulatorRefused(str(answer["error"]))
    if answer.get("event") == "all_busy":
        raise SimulatorRefused("all lines are busy: end a call first")
    return int(answer.get("line", 0))


async def _follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(LONGEST_CALL_S):
            while line := await reader.readline():
                logger.debug("< exchange %s", line.decode(errors="replace").rstrip())
    except (TimeoutError, OSError, ValueError) as error:  # ValueError: a line without an end
        logger.warning("simulated call: the exchange went away: %s", error)
    finally:
        writer.close()
