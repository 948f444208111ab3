"""Whatever is killed, at every moment of a call: each agent, caller and line is right afterwards.

| moment of the call | recorder, web | agent's phone | line board |
|---|---|---|---|
| ringing | goes on, is answered | the agent is unreachable, the caller waits on | over, ready |
| talking | goes on | over, the agent is unreachable | over, wrap-up, ready |
| held | goes on, is resumed | over, the agent is unreachable | over, wrap-up, ready |
| wrap-up | goes on | unreachable when it is over | goes on, ready |

Here phones are connected by TCP, where a cut is told at once; over UDP it takes up to half a
minute: soak_nobody_stuck.py.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from firmware.records.messages import Outcome
from tests.scenarios import processes
from tests.scenarios.moments import MOMENTS, Moments

pytestmark = pytest.mark.scenario

STAYING = dict(enumerate(MOMENTS, 1))
"""Lines and moments of agents whose phones live."""
DYING = dict(enumerate(MOMENTS, 5))


async def test_each_state_is_right_whatever_dies(
    box: Any, settings: Any, network: Any, office: Any, hatsim: Any
) -> None:
    moments = Moments(box, settings, network, office)
    await moments.set_up({**STAYING, **DYING})
    await moments.sit_down(STAYING)
    await moments.sit_down(DYING, "tcp")
    last = (await asyncio.to_thread(box.api.last_events, 1))[-1].seq
    staying, dying = await asyncio.gather(moments.begin(STAYING), moments.begin(DYING))

    async def phones_die() -> None:
        for one in dying:
            one.phone.kill()
        for one in dying:
            if one.what == "wrap_up":
                await box.agent(one.agent, "ready")
            await box.agent_is(one.agent, "unreachable", 30)
        (waits,) = [one for one in dying if one.what == "ringing"]
        await waits.hangs_up()

    async def recorder_and_web_die() -> None:
        killed = {module: processes.kill(box.run, module) for module in ("recorder", "web")}
        for module, before in killed.items():
            await processes.started(box.run, module, before)
        for one in staying:
            await one.stands(box)
        await asyncio.gather(*(one.ends_well(box) for one in staying))
        for one in staying:
            row = await box.row_of(one.call)
            assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, "caller"), one
            await box.recording(row)
            await box.agent_is(one.agent, "ready", 30)

    await asyncio.gather(phones_die(), recorder_and_web_die())
    staying = await moments.begin(STAYING)
    os.kill((await hatsim.do(do="status"))["pid"], signal.SIGKILL)
    for one in staying:
        row = await box.row_of(one.call, 30)
        assert row.ended_by == ("caller" if one.what == "wrap_up" else "fault"), one
        if one.what == "wrap_up":
            await box.agent(one.agent, "ready")
        await box.agent_is(one.agent, "ready", 30)
    await box.until("all lines idle", lambda live: all(x.state == "idle" for x in live.lines), 30)
    await box.until("no call and no trouble", lambda live: not (live.calls or live.box.troubles))
    told = [e for e in await asyncio.to_thread(box.api.last_events, 1000) if e.seq > last]
    assert [e.text for e in told if e.kind == "acd.repaired"] == []
