"""Agents who do not take the call offered, and phones whose plug is pulled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario

CARE = {
    "id": "care",
    "name": "Care",
    "members": ["208"],
    "on_timeout": {"to": "hangup"},
    "on_empty": {"to": "hangup"},
    "on_full": {"to": "hangup"},
}


def third_queue(office: dict[str, Any]) -> None:
    office["extensions"].append({"number": "208", "name": "Care", "secret": "secret-of-208"})
    office["queues"].append(CARE)
    office["menus"][0]["options"]["3"] = {"to": "queue", "id": "care"}


async def test_calls_go_on_to_the_next_agent_and_nobody_is_stuck(
    box: Any, settings: Any, network: Any, office: Any
) -> None:
    in_order = {"strategy": "linear", "ring_s": 5, "wrap_up_s": 0}
    await settings.staff("201", "202", queue="sales", **in_order)
    await settings.staff("206", "207", queue="support", **in_order)
    await settings.change(third_queue)
    anna = await office.agent("201", answers="manual", keep=False)
    pulled = await office.agent("206", answers="manual", keep=False)
    for extension in ("202", "207"):
        await office.agent(extension, keep=False)
    mid_call = await office.agent("208", keep=False)

    async def an_agent_does_not_answer() -> None:
        caller = await network.ring("0215550701", line=1, press="1", press_after_s=0.5)
        await anna.wait_for("CALL_INCOMING", 30)
        call = await box.reaches("0215550701", "talking")
        assert call.agent == "202"
        await anna.wait_for("CALL_CLOSED")
        await caller.hang_up(1)
        row = await box.row("0215550701")
        assert (row.outcome, row.agent) == (Outcome.ANSWERED, "202")
        await box.agent_is("201", "ready")

    async def a_phone_dies_while_it_rings() -> None:
        caller = await network.ring("0215550702", line=2, press="2", press_after_s=0.5)
        await pulled.wait_for("CALL_INCOMING", 30)
        pulled.kill()
        call = await box.reaches("0215550702", "talking")
        assert call.agent == "207"
        await caller.hang_up(2)
        row = await box.row("0215550702")
        assert (row.outcome, row.agent) == (Outcome.ANSWERED, "207")

    async def a_phone_dies_in_mid_call() -> None:
        caller = await network.ring("0215550703", line=3, press="3", press_after_s=0.5)
        await box.reaches("0215550703", "talking")
        mid_call.kill()
        assert (await caller.until("done", 30))["hung_up_by"] == "box"
        row = await box.row("0215550703")
        assert (row.outcome, row.agent) == (Outcome.ANSWERED, "208")
        assert row.ended_by in ("agent", "fault")
        await box.until(
            "agent 208 off the call",
            lambda live: [a for a in live.agents if a.extension == "208" and a.call is None],
        )

    await asyncio.gather(
        an_agent_does_not_answer(), a_phone_dies_while_it_rings(), a_phone_dies_in_mid_call()
    )
