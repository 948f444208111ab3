"""A box that runs in processes of its own, as a scenario sees it: its API, its records, its logs.

Everything waits with a limit, and says what did not come. Started and stopped in boxes.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware.api.client import ApiClient
from firmware.api.schema import AgentAction, Call, Live
from firmware.records.messages import CallRow, EventRow, Search
from firmware.records.store import Records

BUSY_S = 30.0
"""Longest wait for an answer of the core: the machine may be busy with another box."""


@dataclass
class RunningBox:
    """A box that runs, and what the tests need of it."""

    run: Path
    sip: str
    web: str
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    @property
    def api(self) -> ApiClient:
        return ApiClient(self.run / "core.sock", BUSY_S)

    async def live(self) -> Live:
        return await asyncio.to_thread(self.api.live)

    async def agent(self, extension: str, action: str, reason: str = "") -> None:
        body = AgentAction(who="test", reason=reason)
        await asyncio.to_thread(self.api.agent_action, extension, action, body)

    async def until(self, what: str, true: Callable[[Live], Any], timeout_s: float = 20.0) -> Any:
        """Wait until `true(live)` is something; `what` names it when it does not come."""
        live = None
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    live = await self.live()
                    if found := true(live):
                        return found
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{what}: not within {timeout_s} s; now: {live}") from None

    async def call_from(self, number: str) -> Call:
        """The call in progress from a number."""
        found = await self.until(
            f"call from {number}",
            lambda live: [c for c in live.calls if c.caller_number == number],
        )
        call: Call = found[0]
        return call

    async def reaches(self, number: str, stage: str, timeout_s: float = 30.0) -> Call:
        """The call from a number, once it is in a stage."""
        found = await self.until(
            f"call from {number} {stage}",
            lambda live: [c for c in live.calls if c.caller_number == number and c.stage == stage],
            timeout_s,
        )
        call: Call = found[0]
        return call

    async def on_line(self, line: int, stage: str, timeout_s: float = 60.0) -> Call:
        """The call on a line, once it is in a stage; for calls whose number is not what the
        scenario is about: a busy machine may tear the audio of a caller ID."""
        found = await self.until(
            f"call on line {line} {stage}",
            lambda live: [c for c in live.calls if c.line == line and c.stage == stage],
            timeout_s,
        )
        call: Call = found[0]
        return call

    async def agent_is(self, extension: str, state: str, timeout_s: float = 20.0) -> None:
        await self.until(
            f"agent {extension} {state}",
            lambda live: [a for a in live.agents if a.extension == extension and a.state == state],
            timeout_s,
        )

    def records(self) -> Records:
        return Records(self.run / "records.db", read_only=True)

    async def row(self, number: str, timeout_s: float = 20.0) -> CallRow:
        """The kept row of the newest call from (or to) a number."""
        with contextlib.closing(self.records()) as records:
            try:
                async with asyncio.timeout(timeout_s):
                    while True:
                        if rows := records.calls(Search(text=number, limit=1)):
                            return rows[0]
                        await asyncio.sleep(0.1)
            except TimeoutError:
                raise AssertionError(f"no row of a call with {number}") from None

    async def recording(self, row: CallRow, timeout_s: float = 20.0) -> Path:
        """The finished recording of a call."""
        with contextlib.closing(self.records()) as records:
            try:
                async with asyncio.timeout(timeout_s):
                    while True:
                        found = records.recording_of(row.id)
                        if found is not None and found.state == "done":
                            return Path(found.path)
                        await asyncio.sleep(0.1)
            except TimeoutError:
                raise AssertionError(f"recording of {row.id} is not done: {found}") from None

    async def row_of(self, call: str, timeout_s: float = 20.0) -> CallRow:
        """The kept row of a call by its id, for callers without a number."""
        with contextlib.closing(self.records()) as records:
            try:
                async with asyncio.timeout(timeout_s):
                    while (row := records.call(call)) is None:  # noqa: ASYNC110  # another process
                        await asyncio.sleep(0.1)
                    return row
            except TimeoutError:
                raise AssertionError(f"no row of call {call}") from None

    def has_recording(self, call: str) -> bool:
        with contextlib.closing(self.records()) as records:
            return records.recording_of(call) is not None

    def told(self, call: str, kind: str) -> list[EventRow]:
        """What the story tells of one kind about a call."""
        with contextlib.closing(self.records()) as records:
            return [event for event in records.timeline(call) if event.kind == kind]

    async def prompt(self, name: str, language: str, folder: Path) -> Path:
        """What the caller hears of a prompt, as a file."""
        path = folder / f"{name}-{language}.wav"
        path.write_bytes(await asyncio.to_thread(self.api.prompt_wav, name, language))
        return path

    def story(self, call: str) -> list[str]:
        with contextlib.closing(self.records()) as records:
            return [event.kind for event in records.timeline(call)]

    def log(self, part: str) -> str:
        return (self.run / "log" / f"{part}.log").read_text(errors="replace")
