"""The simulated telephone network (tools/exchange) at its control socket, and callers in it.

The simulated line board (tools/hatsim) speaks the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import wave
from pathlib import Path
from typing import Any

from firmware.api.errors import ApiError
from tests.scenarios.running_box import RunningBox

BLOCKS_A_SECOND = 100
"""Of the stream of timeslots."""
QUIET_DBM0 = -65.0


class Caller:
    """A caller of the simulated exchange: a control connection and what it was told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.events: list[dict[str, Any]] = []

    async def say(self, **request: Any) -> None:
        self._writer.write(json.dumps(request).encode() + b"\n")
        await self._writer.drain()

    async def until(self, event: str, timeout_s: float = 45.0) -> dict[str, Any]:
        """Read until an event of this name; errors of the exchange fail the test."""
        try:
            async with asyncio.timeout(timeout_s):
                while line := await self._reader.readline():
                    told = json.loads(line)
                    assert "error" not in told, told
                    self.events.append(told)
                    if told.get("event") == event:
                        return dict(told)
        except TimeoutError:
            pass
        raise AssertionError(f"no {event}: heard {self.events}")

    async def next(self, timeout_s: float = 10.0) -> str:
        """The name of the next event."""
        async with asyncio.timeout(timeout_s):
            told = json.loads(await self._reader.readline())
        assert "error" not in told, told
        self.events.append(told)
        return str(told["event"])

    async def hang_up(self, line: int, by: str = "polarity") -> dict[str, Any]:
        """Hang up, and wait until the box has let go of the line."""
        await self.say(do="hangup", line=line, by=by)
        return await self.until("done")

    def close(self) -> None:
        self._writer.close()


class Network:
    """The simulated telephone network's control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._callers: list[Caller] = []
        self._torn_before_s = 0.0

    async def connect(self) -> Caller:
        caller = Caller(*await asyncio.open_unix_connection(self._path))
        self._callers.append(caller)
        return caller

    async def ring(self, number: str = "", **request: Any) -> Caller:
        """A call to the box; `number` is the caller's."""
        caller = await self.connect()
        if number:
            request["from"] = number
        await caller.say(do="ring", **request)
        return caller

    async def do(self, **request: Any) -> dict[str, Any]:
        """A request that is answered at once, and the answer."""
        caller = await self.connect()
        await caller.say(**request)
        async with asyncio.timeout(5):
            line = await caller._reader.readline()
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, line
        return answer

    async def pass_by(self, path: Path, more_s: float = 0.5) -> None:
        """Wait as long as the sound takes, and a little more, by the exchange's own clock: on a
        busy machine its audio may be late."""
        with wave.open(str(path)) as file:
            length_s = file.getnframes() / file.getframerate()
        until = (await self.do(do="status"))["t"] + length_s + more_s
        while (now := (await self.do(do="status"))["t"]) < until:  # noqa: ASYNC110  # its clock
            await asyncio.sleep(until - now)

    async def as_at_first(self) -> None:
        """Wires, noise and the called side as the exchange starts with, whatever a scenario that
        failed has left."""
        await self.do(do="restore", line=0)
        await self.do(do="noise", line=0, dbm0=QUIET_DBM0)
        await self.do(do="called_side", line=0)

    async def watch_for_tears(self) -> None:
        """From now on, `torn_s`."""
        self._torn_before_s += await self.torn_s()

    async def torn_s(self) -> float:
        """How much of the lines' audio a busy machine has not carried since then: the exchange
        stood still, or the box did not read. Recordings are in the time of that audio."""
        stream = (await self.do(do="status"))["tdm"]
        blocks = stream["ticks_skipped"] + stream["blocks_dropped"]
        return float(blocks / BLOCKS_A_SECOND - self._torn_before_s)

    async def is_free(self) -> None:
        """Wait until no line is in use any more: the box goes on hook a moment after the end of
        the call, and who rings before that is refused."""
        async with asyncio.timeout(30):
            while await self._are_in_use():  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.1)

    async def _are_in_use(self) -> bool:
        return any(line["state"] != "idle" for line in (await self.do(do="status"))["lines"])

    def close(self) -> None:
        for caller in self._callers:
            caller.close()


async def clear(box: RunningBox, network: Network) -> None:
    """End what a scenario that failed has left behind, on both sides of the lines."""
    while calls := (await box.live()).calls:
        for line in range(1, 9):
            with contextlib.suppress(AssertionError, TimeoutError):
                await network.do(do="hangup", line=line, by="loop")
        for call in calls:
            with contextlib.suppress(ApiError):
                await asyncio.to_thread(box.api.hang_up, call.id)
        await asyncio.sleep(2)  # callers who were about to ring do so now
