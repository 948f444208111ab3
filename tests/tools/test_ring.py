"""The command that calls the box: its story, its exit codes, its complaints."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tools import ring
from tools.exchange import sound

CALL = [
    {"event": "ringing", "line": 1, "t": 1.0, "from": "0215557788", "cid": "v23"},
    {"event": "answered", "line": 1, "t": 3.5, "after_s": 2.5},
    {"event": "pressed", "line": 1, "t": 6.0, "digit": "1"},
    {"event": "hearing", "line": 1, "t": 7.0, "what": "tone 425 Hz"},
    {"event": "caller_hung_up", "line": 1, "t": 9.0, "by": "busy"},
    {"event": "box_hung_up", "line": 1, "t": 11.0},
]
DONE = {"event": "done", "line": 1, "t": 11.0, "answered": True, "talked_s": 7.5}


class Exchange:
    """Answers every request with the same lines and remembers what was asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.says: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(json.loads(await reader.readline()))
        for line in self.says:
            writer.write(json.dumps(line).encode() + b"\n")
        await writer.drain()
        writer.close()


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    fake = Exchange(tmp_path / "exchange.sock")
    server = await asyncio.start_unix_server(fake.serve, str(fake.path))
    async with server:
        yield fake


async def call(exchange: Exchange, *more: str) -> int:
    return await asyncio.to_thread(ring.main, ["--control", str(exchange.path), *more])


async def test_the_story_is_told_line_by_line(
    exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange.says = [*CALL, DONE]
    assert await call(exchange, "--line", "1") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == ("    1.00 s  line 1: the telephone rings (from 0215557788, caller ID v23)")
    assert told[2] == "    6.00 s  line 1: the caller presses 1"
    assert told[-1] == "   11.00 s  line 1: over after 7.5 s"


async def test_what_was_asked_reaches_the_exchange(exchange: Exchange, tmp_path: Path) -> None:
    exchange.says = [DONE]
    wav = tmp_path / "hello.wav"
    await call(
        exchange, "--line", "2", "--from", "0825550111", "--name", "Bongani", "--press", "12",
        "--play", str(wav), "--cid", "bell202", "--hangup-by", "loop", "--talk-s", "8",
    )  # fmt: skip
    asked = exchange.asked[0]
    assert asked["do"] == "ring"
    assert asked["play"] == str(wav)
    assert (asked["line"], asked["from"], asked["name"]) == (2, "0825550111", "Bongani")
    assert (asked["press"], asked["cid"]) == ("12", "bell202")
    assert (asked["hangup_by"], asked["talk_s"]) == ("loop", 8.0)


async def test_an_unanswered_call_is_exit_code_1(exchange: Exchange) -> None:
    exchange.says = [{"event": "done", "line": 1, "t": 61.0, "answered": False}]
    assert await call(exchange) == 1


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        ([{"error": "line 1 is busy: it is ringing"}], "ring: line 1 is busy: it is ringing"),
        ([CALL[0]], "ring: the simulated exchange went away in the middle of the call"),
    ],
)
async def test_what_goes_wrong_is_exit_code_2(
    exchange: Exchange,
    capsys: pytest.CaptureFixture[str],
    says: list[dict[str, Any]],
    complaint: str,
) -> None:
    exchange.says = says
    assert await call(exchange) == 2
    assert capsys.readouterr().err.strip() == complaint


def test_without_an_exchange_it_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLBOX_RUN", str(tmp_path))
    assert ring.main([]) == 2
    assert "the simulated exchange is not running: start it with `make run`" in (
        capsys.readouterr().err
    )


def test_a_caller_without_espeak_still_has_a_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    samples = sound.read(str(ring.sentence(tmp_path, "Alice")))
    assert samples.size > 8000
