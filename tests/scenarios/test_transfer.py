"""A call handed on by real phones, through the whole box."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario


def give_up_soon(number: str) -> Any:
    """Let a person's phone ring for five seconds only."""

    def edit(office: dict[str, Any]) -> None:
        next(p for p in office["extensions"] if p["number"] == number)["ring_s"] = 5

    return edit


async def test_a_caller_is_handed_on_and_one_recording_tells_it_all(
    box: Any, network: Any, settings: Any, office: Any, hello: Path, reply: Path, sound: Any,
    tmp_path: Path,
) -> None:  # fmt: skip
    await settings.change(give_up_soon("202"))
    anna = await office.agent("201", speaks=reply)
    ben = await office.phone("202", answers="manual")
    carla = await office.phone("203", speaks=sound.then_silence(hello, tmp_path / "carla.wav"))
    caller = await network.ring(
        "0215557701", line=1, press="1", record=str(tmp_path / "caller-heard.wav")
    )
    call = await box.reaches("0215557701", "talking")
    await asyncio.sleep(2)  # Anna speaks

    await anna.command("transfer", "202")
    await ben.wait_for("CALL_INCOMING")
    await box.reaches("0215557701", "transferring")
    assert [a.state for a in (await box.live()).agents if a.extension == "201"] == ["on_call"]
    mark = len(anna.events)
    await anna.wait_for("TRANSFER_FAILED")  # Ben never answers
    await ben.wait_for("CALL_CLOSED")
    await anna.wait_for("CALL_ESTABLISHED", since=mark)  # baresip had hung up, and is rung back
    await box.agent_is("201", "wrap_up")
    mark = len(anna.events)

    await anna.command("transfer", "203")
    await carla.wait_for("CALL_ESTABLISHED")
    await anna.wait_for("CALL_CLOSED", since=mark)
    now = await box.reaches("0215557701", "talking")
    assert (now.id, now.agent) == (call.id, "203")
    await sound.pass_by(hello, 0.5)
    await caller.hang_up(1)
    await carla.wait_for("CALL_CLOSED")

    row = await box.row("0215557701")
    assert (row.outcome, row.queue, row.agent, row.ended_by) == (
        Outcome.ANSWERED, "sales", "203", "caller",
    )  # fmt: skip
    assert row.hold_s > 4  # while Ben's phone rang
    assert len(box.told(call.id, "recording.started")) == 1
    recording = sound.channels(await box.recording(row))
    by_anna = sound.find_piece(sound.samples(reply)[4000:28000], recording[:, 1])
    by_carla = sound.find_piece(sound.samples(hello), recording[:, 1])
    assert by_anna.correlation > 0.8, by_anna
    assert by_carla.correlation > 0.8, by_carla
    assert by_anna.start_s + 5 < by_carla.start_s
    assert abs(len(recording) / 8000 - row.talk_s - row.hold_s) < 0.3
    with contextlib.closing(box.records()) as records:
        words = " / ".join(event.text for event in records.timeline(call.id))
    assert "transfers to 202" in words
    assert "not transferred: nobody answered; back with" in words
    assert "is rung back with the call" in words
