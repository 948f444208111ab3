"""`make soak`: everything that can be killed is, at every moment of a call, over and over.

The whole of the table in test_nobody_stuck.py, with phones over UDP as well, where nothing tells
that one is gone, and with the line board's serial line, the carrier of the line audio and the core
among what dies. Not among the tests (its name keeps it out): a round takes two minutes, and there
are as many as `ROUNDS` says.

    make soak ROUNDS=10
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from firmware.api.errors import ApiError
from tests.scenarios import processes
from tests.scenarios.moments import MOMENTS, Moment, Moments

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(300)]

ROUNDS = int(os.environ.get("ROUNDS", "1"))
LINES = dict(enumerate(MOMENTS, 1))
BYSTANDERS = ("recorder", "web", "web.provision", "firmware.console")
"""No call depends on them."""
LIMIT_S = 30.0


@pytest.fixture
def moments(box: Any, settings: Any, network: Any, office: Any) -> Moments:
    return Moments(box, settings, network, office)


async def all_right(box: Any, moments: Moments) -> None:
    """Every agent is ready for the next call, and gets it."""
    for line in LINES:
        await box.agent(f"20{line}", "ready")
        await box.agent_is(f"20{line}", "ready", LIMIT_S)
    await box.until("all lines idle", lambda live: all(x.state == "idle" for x in live.lines), 30)
    await box.until("no call and no trouble", lambda live: not (live.calls or live.box.troubles))
    for one in await moments.begin(LINES):
        await one.ends_well(box)
    await box.until("no call", lambda live: not live.calls)
    repaired = [e for e in await asyncio.to_thread(box.api.last_events, 500) if "repair" in e.kind]
    assert repaired == []


async def kill_bystanders(box: Any, now: list[Moment], hatsim: Any) -> None:
    killed = {module: processes.kill(box.run, module) for module in BYSTANDERS}
    for module, before in killed.items():
        await processes.started(box.run, module, before, LIMIT_S)
    for one in now:
        await one.stands(box)
        await one.ends_well(box)


async def kill_the_line_audio(box: Any, now: list[Moment], hatsim: Any) -> None:
    before = processes.kill(box.run, "hal.tdm")
    await processes.started(box.run, "hal.tdm", before, LIMIT_S)
    for one in now:
        await one.stands(box)
        await one.ends_well(box)


async def kill_the_line_board(box: Any, now: list[Moment], hatsim: Any) -> None:
    os.kill((await hatsim.do(do="status"))["pid"], signal.SIGKILL)
    await all_over(box, now)


async def kill_the_serial_line(box: Any, now: list[Moment], hatsim: Any) -> None:
    processes.kill(box.run, "tools.hatsim")
    await all_over(box, now)


async def kill_the_core(box: Any, now: list[Moment], hatsim: Any) -> None:
    began = (await box.live()).box.uptime_s
    processes.kill(box.run, "firmware")
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                if (await box.live()).box.uptime_s < began:
                    break
            except ApiError:
                await asyncio.sleep(0.1)
    await all_over(box, now)
    for one in now:
        await one.phone.command("hangup")  # which nobody tells that the call is over


async def kill_the_phones(box: Any, now: list[Moment], hatsim: Any) -> None:
    for one in now:
        one.phone.kill()
    for one in now:
        if one.what == "wrap_up":
            await box.agent(one.agent, "ready")
    await asyncio.gather(*(box.agent_is(one.agent, "unreachable", LIMIT_S) for one in now))
    (waits,) = [one for one in now if one.what == "ringing"]
    await waits.hangs_up()


async def all_over(box: Any, now: list[Moment]) -> None:
    for one in now:
        await box.row_of(one.call, LIMIT_S)


Kill = Callable[[Any, list[Moment], Any], Any]
KILLS: tuple[Kill, ...] = (
    kill_bystanders,
    kill_the_line_audio,
    kill_the_line_board,
    kill_the_serial_line,
    kill_the_core,
    kill_the_phones,
)


def rounds() -> list[Any]:
    """Each kill over each transport, in an order drawn anew for each round. A core that was killed
    has lost its connections: phones on them are away until they sign in again, in their own time.
    """
    found = []
    for turn in range(ROUNDS):
        each = [(kill, transport) for kill in KILLS for transport in ("udp", "tcp")]
        each.remove((kill_the_core, "tcp"))
        Random(turn).shuffle(each)
        found += [pytest.param(*one, id=f"{turn}-{one[0].__name__}-{one[1]}") for one in each]
    return found


@pytest.mark.parametrize(("kill", "transport"), rounds())
async def test_nobody_is_stuck(
    box: Any, moments: Moments, hatsim: Any, kill: Kill, transport: str
) -> None:
    await moments.set_up(LINES)
    await moments.sit_down(LINES, transport)
    await kill(box, await moments.begin(LINES), hatsim)
    if kill is kill_the_phones:
        await moments.sit_down(LINES, transport)  # others are plugged in
    await all_right(box, moments)
