"""Asking the simulated exchange for a call, over a real Unix socket."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from firmware.simulator_task import Simulator, SimulatorRefused


async def exchange(path: Path, answer: bytes, heard: list[dict[str, object]]) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(json.loads(await reader.readline()))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(serve, path)


async def test_a_ring_is_asked_for_and_its_line_returned(tmp_path: Path) -> None:
    heard: list[dict[str, object]] = []
    simulator = Simulator(tmp_path / "x")
    async with await exchange(tmp_path / "x", b'{"event": "ringing", "line": 3}\n', heard):
        running = asyncio.create_task(simulator.run())
        assert await simulator.ring({"line": 0, "press": "1"}) == 3
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert heard == [{"do": "ring", "line": 0, "press": "1"}]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b'{"error": "line 1 is busy"}\n', "line 1 is busy"),
        (b'{"event": "all_busy"}\n', "all lines are busy"),
        (b"not json\n", "does not answer"),
        (b"[3]\n", "does not answer"),
    ],
)
async def test_a_refusal_is_told_in_words(tmp_path: Path, answer: bytes, words: str) -> None:
    async with await exchange(tmp_path / "x", answer, []):
        with pytest.raises(SimulatorRefused, match=words):
            await Simulator(tmp_path / "x").ring({"line": 1})


async def test_an_exchange_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SimulatorRefused, match="does not answer"):
        await Simulator(tmp_path / "nobody").ring({"line": 1})


async def test_an_exchange_that_talks_nonsense_ends_its_own_call_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    endless = b'{"event": "ringing", "line": 3}\n' + b"x" * (1 << 17)
    simulator = Simulator(tmp_path / "x")
    async with await exchange(tmp_path / "x", endless, []):
        running = asyncio.create_task(simulator.run())
        assert await simulator.ring({"line": 0}) == 3
        async with asyncio.timeout(10):
            while "went away" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                await asyncio.sleep(0.01)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
