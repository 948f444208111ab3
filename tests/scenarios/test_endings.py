"""How calls end other than by a caller who has been served: every ending is let go and kept."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario


async def test_the_agent_hangs_up_first(box: Any, settings: Any, network: Any, office: Any) -> None:
    await settings.staff("201", wrap_up_s=0)
    anna = await office.agent("201", keep=False)
    caller = await network.ring("0215550201", line=4, press="1", press_after_s=1.0)
    call = await box.reaches("0215550201", "talking")
    await anna.command("hangup")
    await caller.until("box_hung_up")
    assert (await caller.until("done"))["hung_up_by"] == "box"
    row = await box.row_of(call.id)
    assert (row.outcome, row.ended_by, row.agent) == (Outcome.ANSWERED, "agent", "201")
    await box.agent_is("201", "ready")


async def test_callers_hang_up_in_the_menu_in_the_queue_and_while_the_phone_rings(
    box: Any, settings: Any, network: Any, office: Any
) -> None:
    await settings.staff("201", ring_s=60)
    anna = await office.agent("201", answers="manual", keep=False)
    in_menu, ringing, waiting = "0215550301", "0215550302", "0215550303"

    first = await network.ring(ringing, line=1, press="1", press_after_s=0.5)
    calls = {ringing: await box.reaches(ringing, "offering")}
    await anna.wait_for("CALL_INCOMING")
    second = await network.ring(waiting, line=2, press="1", press_after_s=0.5)
    third = await network.ring(in_menu, line=3)
    calls[waiting] = await box.reaches(waiting, "waiting")
    calls[in_menu] = await box.reaches(in_menu, "menu")

    await asyncio.gather(second.hang_up(2), third.hang_up(3))
    await box.row_of(calls[waiting].id)  # before the phone is free for it
    await first.hang_up(1)
    await anna.wait_for("CALL_CLOSED")
    await box.agent_is("201", "ready")

    outcomes = {}
    for number, call in calls.items():
        row = await box.row_of(call.id)
        outcomes[number] = row.outcome
        assert (row.ended_by, row.agent, row.recording) == ("caller", "", "")
        assert not box.has_recording(call.id)
    assert outcomes == {
        in_menu: Outcome.IN_MENU,
        waiting: Outcome.ABANDONED,
        ringing: Outcome.ABANDONED,
    }


async def test_a_caller_hears_that_nobody_is_there(
    box: Any, network: Any, sound: Any, tmp_path: Path
) -> None:
    caller = await network.ring(
        "0215550401", line=5, press="1", press_after_s=0.5, record=str(tmp_path / "heard.wav")
    )
    await caller.until("box_hung_up")
    heard = sound.samples(Path((await caller.until("done"))["heard"]))
    nobody = sound.samples(await box.prompt("nobody", "en", tmp_path))
    assert sound.find_piece(nobody, heard).correlation > 0.9
    row = await box.row("0215550401")
    assert (row.outcome, row.ended_by, row.digits) == (Outcome.OVERFLOWED, "box", "1")
