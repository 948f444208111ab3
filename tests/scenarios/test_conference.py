"""Three together by codes typed at a phone without a transfer key, through the whole box."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario


async def typed(phone: Any, keys: str) -> None:
    """Keys as a person presses them."""
    for key in keys:
        await phone.command("sndcode", key)
        await asyncio.sleep(0.25)


async def test_a_colleague_is_asked_and_brought_in_by_keys(
    box: Any, office: Any, hello: Path, reply: Path, sound: Any, tmp_path: Path
) -> None:
    ben = await office.phone("202", speaks=sound.then_silence(reply, tmp_path / "ben.wav"))
    carla = await office.phone("203", speaks=sound.then_silence(hello, tmp_path / "carla.wav"))
    anna = await office.phone("201")
    await anna.command("dial", "202")
    call = await box.reaches("201", "talking")

    await typed(anna, "*2203#")
    await carla.wait_for("CALL_ESTABLISHED")
    await box.reaches("201", "transferring")
    await typed(anna, "*3")
    await box.reaches("201", "conference")
    await asyncio.sleep(2)
    await anna.command("hangup")
    await box.until(
        "the two others talk",
        lambda live: [c for c in live.calls if c.id == call.id and c.stage == "talking"],
    )
    await asyncio.sleep(1)
    await ben.command("hangup")
    await carla.wait_for("CALL_CLOSED")

    row = await box.row_of(call.id)
    assert (row.outcome, row.caller_number, row.hold_s > 0) == (Outcome.ANSWERED, "201", True)
    assert len(box.told(call.id, "recording.started")) == 1
    assert {"call.transferring", "call.consulting", "call.conference"} <= set(box.story(call.id))
    recording = sound.channels(await box.recording(row))
    by_ben, by_carla = sound.samples(reply), sound.samples(hello)
    everybody = recording.sum(axis=1)  # each on one side or the other, and two at a time
    assert sound.find_piece(by_ben, everybody, 1.0).correlation > 0.6
    assert sound.find_piece(by_carla, everybody, 1.0).correlation > 0.6
    heard_by_ben = sound.samples(next(ben.heard.glob("*-dec.wav")))
    assert sound.find_piece(by_carla, heard_by_ben, 1.0).correlation > 0.6
