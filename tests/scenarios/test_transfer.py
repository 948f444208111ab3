"""A call handed on by real phones, through the whole box."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import Outcome
from tests.hal.sip.linphone import linphonec

pytestmark = pytest.mark.scenario

DAN, EMMA = "204", "205"


def give_up_soon(number: str) -> Any:
    """Let a person's phone ring for five seconds only."""

    def edit(office: dict[str, Any]) -> None:
        next(p for p in office["extensions"] if p["number"] == number)["ring_s"] = 5

    return edit


def two_more(office: dict[str, Any]) -> None:
    """Dan has a softphone, Emma sits beside him; key 4 leads to Dan."""
    office["extensions"] += [
        {"number": DAN, "name": "Dan", "secret": f"secret-of-{DAN}"},
        {"number": EMMA, "name": "Emma", "secret": f"secret-of-{EMMA}"},
    ]
    office["menus"][0]["options"]["4"] = {"to": "extension", "id": DAN}


async def asked_first(box: Any, network: Any, office: Any, folder: Path) -> None:
    """Dan asks Emma before he hands his caller on to her; his phone is linphonec."""
    emma = await office.phone(EMMA, keep=False)
    port = int(box.sip.rsplit(":", 1)[1])
    async with linphonec(folder, DAN, f"secret-of-{DAN}", port) as dan:
        await box.until(
            "Dan signed in",
            lambda live: [p for p in live.phones if p.extension == DAN and p.is_reachable],
        )
        dan.say("autoanswer enable")
        await dan.until("Auto answer enabled")
        caller = await network.ring("0215557702", line=2, press="4", press_after_s=1.0)
        call = await box.on_line(2, "talking")
        await dan.until("for call 1 (audio)")
        dan.say("pause")
        await box.on_line(2, "held")
        dan.say(f"call sip:{EMMA}@{box.sip}")
        await emma.wait_for("CALL_ESTABLISHED")
        await dan.until("for call 2 (audio)")
        dan.say("transfer 1 --to-call 2")
        await dan.until("of call 1 has been transfered")
        await box.until(
            "Emma talks with the caller",
            lambda live: [
                c for c in live.calls
                if (c.id, c.stage, c.agent) == (call.id, "talking", EMMA)
            ],
        )  # fmt: skip
        assert not [event for event in emma.events if event["type"] == "CALL_CLOSED"]
        await caller.hang_up(2)
        await emma.wait_for("CALL_CLOSED")
    row = await box.row_of(call.id)
    assert (row.outcome, row.agent, row.ended_by) == (Outcome.ANSWERED, EMMA, "caller")
    assert row.hold_s > 0
    assert len(box.told(call.id, "recording.started")) == 1
    await box.recording(row)


async def test_callers_are_handed_on(
    box: Any, network: Any, settings: Any, office: Any, hello: Path, reply: Path, sound: Any,
    tmp_path: Path,
) -> None:  # fmt: skip
    await settings.change(give_up_soon("202"))
    await settings.change(two_more)
    await asyncio.gather(
        blindly_and_one_recording_tells_it_all(box, network, office, hello, reply, sound, tmp_path),
        asked_first(box, network, office, tmp_path / "linphone"),
    )


async def blindly_and_one_recording_tells_it_all(
    box: Any, network: Any, office: Any, hello: Path, reply: Path, sound: Any, tmp_path: Path
) -> None:
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
    by_anna = sound.find_piece(sound.samples(reply)[4000:28000], recording[:, 1], 1.0)
    by_carla = sound.find_piece(sound.samples(hello), recording[:, 1], 1.0)
    assert by_anna.correlation > 0.8, by_anna
    assert by_carla.correlation > 0.8, by_carla
    assert by_anna.start_s + 5 < by_carla.start_s
    assert sound.is_as_long(recording, row.talk_s + row.hold_s, await network.torn_s())
    with contextlib.closing(box.records()) as records:
        words = " / ".join(event.text for event in records.timeline(call.id))
    assert "transfers to 202" in words
    assert "not transferred: nobody answered; back with" in words
    assert "is rung back with the call" in words
