"""Agents at every moment of a queue call, one of each: so that something may be killed just then.

Each agent has a queue of their own and a line that leads to it.
"""

from __future__ import annotations

import asyncio
import shutil
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.scenarios.network import Caller, Network
from tests.scenarios.office import Document, Office, Settings
from tests.scenarios.running_box import RunningBox
from tests.scenarios.sound import RATE_HZ
from tools.baresip import Baresip

MOMENTS = ("ringing", "talking", "held", "wrap_up")
STAGES = {"ringing": "offering", "talking": "talking", "held": "held"}
AGENT_IS = {"ringing": "offered", "talking": "on_call", "held": "on_call", "wrap_up": "wrap_up"}
WRAP_UP_S = {"wrap_up": 60}
"""Long enough for something to be killed in it; at other moments it is not what is looked at."""
SECONDS = 90
"""Longer than any of these calls."""


@dataclass
class Moment:
    """One agent and caller, at one moment of their call."""

    what: str
    agent: str
    line: int
    phone: Baresip
    caller: Caller
    call: str

    async def stands(self, box: RunningBox) -> None:
        """It is as it was before whatever happened."""
        await box.agent_is(self.agent, AGENT_IS[self.what], 30)
        if stage := STAGES.get(self.what):
            await box.until(f"{self.what} stands", lambda live: _stage(live, self.call) == stage)

    async def ends_well(self, box: RunningBox) -> None:
        """The call goes on as people wish: taken, resumed, ended by the caller, written up."""
        if self.what == "wrap_up":
            return await box.agent(self.agent, "ready")
        if self.what != "talking":
            await self.phone.command("accept" if self.what == "ringing" else "resume")
            await box.until("they talk", lambda live: _stage(live, self.call) == "talking")
        await self.hangs_up()

    async def hangs_up(self) -> None:
        await self.caller.hang_up(self.line)


def _stage(live: Any, call: str) -> str | None:
    return next((c.stage for c in live.calls if c.id == call), None)


def _silence(path: Path, seconds: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(bytes(2 * RATE_HZ * seconds))
    return path


class Moments:
    """Makes them, all at once."""

    def __init__(
        self, box: RunningBox, settings: Settings, network: Network, office: Office
    ) -> None:
        self.box, self.settings, self.network, self.office = box, settings, network, office

    async def set_up(self, lines: dict[int, str]) -> None:
        """A queue and an agent 20n behind each line n, for a moment."""

        def edit(office: Document) -> None:
            known = {person["number"] for person in office["extensions"]}
            for line, moment in lines.items():
                number = f"20{line}"
                if number not in known:
                    person = {
                        "number": number,
                        "name": f"Agent {number}",
                        "secret": f"secret-of-{number}",
                    }
                    office["extensions"].append(person)
                queue = {
                    "id": f"q{line}",
                    "name": f"Queue {line}",
                    "members": [number],
                    "ring_s": 60,
                    "wrap_up_s": WRAP_UP_S.get(moment, 2),
                }
                office["queues"] = [q for q in office["queues"] if q["id"] != queue["id"]] + [queue]
                to = {"to": "queue", "id": queue["id"]}
                office["lines"][line - 1] |= {"destination": to, "caller_id": "none"}

        await self.settings.change(edit)

    async def sit_down(self, lines: dict[int, str], transport: str = "udp") -> None:
        """The agents log in at phones, in the place of those they had. A phone hangs up when it
        has said all."""
        breath = _silence(self.office.folder / "breath.wav", SECONDS)
        for line, moment in lines.items():
            answers = "manual" if moment == "ringing" else "auto"
            more = {"answers": answers, "transport": transport, "keep": False, "speaks": breath}
            if (before := self.office.phones.get(f"20{line}")) is not None:
                await before.stop()
                shutil.rmtree(before.folder)
            await self.office.agent(f"20{line}", **more)

    async def begin(self, lines: dict[int, str]) -> list[Moment]:
        """Callers ring, and each call is led to its moment."""
        return list(await asyncio.gather(*(self._one(*each) for each in lines.items())))

    async def _one(self, line: int, what: str) -> Moment:
        agent, box = f"20{line}", self.box
        caller = await self.network.ring(line=line, cid="none")
        stage = "offering" if what == "ringing" else "talking"
        calls = await box.until(
            f"line {line} {stage}",
            lambda live: [c for c in live.calls if c.line == line and c.stage == stage],
            30,
        )
        moment = Moment(what, agent, line, self.office.phones[agent], caller, calls[0].id)
        if what == "ringing":
            await moment.phone.wait_for("CALL_INCOMING")
        if what == "held":
            await moment.phone.command("hold")
        if what == "wrap_up":
            await asyncio.sleep(1)  # lines are not looked at while they settle after the answer
            await moment.hangs_up()
        await moment.stands(box)
        return moment
