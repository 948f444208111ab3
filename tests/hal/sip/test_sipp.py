"""The stack with sipp as the caller: whole calls, hold, timers, CANCEL, 5 % of messages lost."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from hal.leg import Answered, LegEvent, Released
from hal.sip.call import SipCall
from hal.sip.phones_task import Phones
from tests.hal.fake_switch import FakeSwitch

pytestmark = pytest.mark.client

SCENARIOS = Path(__file__).parent / "sipp"


class Desk:
    """Rings for every caller; answers those who dial 600."""

    def __init__(self, switch: FakeSwitch) -> None:
        self.events: list[LegEvent] = []
        self.offered = 0
        self.phones = Phones(
            switch,
            {"201": "secret"}.get,
            listen=[("udp", "127.0.0.1", 0)],
            on_offered=self.take,
        )

    def take(self, leg: SipCall) -> None:
        self.offered += 1
        leg.listener = self.events.append
        leg.alert()
        if leg.called.number == "600":
            leg.answer()


async def sipp(port: int, scenario: str, *options: str) -> int:
    """Run a scenario to its end; sipp's exit status (0: every call as written)."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            "sipp", f"127.0.0.1:{port}", "-sf", str(SCENARIOS / f"{scenario}.xml"),
            "-i", "127.0.0.1", "-nostdin", "-timeout", "30", *options,
            cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return await process.wait()


@pytest.mark.parametrize(
    ("scenario", "number", "options", "calls"),
    [
        ("call", "600", (), 40),
        ("reinvite", "600", (), 20),
        ("session", "600", (), 20),
        ("cancel", "700", (), 20),
        ("prack", "700", (), 20),
        ("call", "600", ("-lost", "5"), 60),
        ("reinvite", "600", ("-lost", "5"), 60),
    ],
    ids=["call", "reinvite", "session", "cancel", "prack", "call lost 5", "reinvite lost 5"],
)
async def test_scenario(
    switch: FakeSwitch, scenario: str, number: str, options: tuple[str, ...], calls: int
) -> None:
    desk = Desk(switch)
    task = asyncio.create_task(desk.phones.run())
    try:
        async with asyncio.timeout(60):
            await desk.phones.opened.wait()
            status = await sipp(
                desk.phones.ports[0], scenario, "-s", number, "-m", str(calls), "-r", "40", *options
            )
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert status == 0
    assert desk.offered == calls
    assert [type(e) for e in desk.events].count(Released) == calls
    assert Answered not in [type(e) for e in desk.events]
    assert not switch.ports
