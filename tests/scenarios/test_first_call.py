"""A call from a phone line reaches an agent and is recorded: the whole box, through real parts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario


async def test_a_caller_reaches_an_agent_and_is_recorded(
    box: Any, network: Any, office: Any, hello: Path, reply: Path, sound: Any
) -> None:
    anna = await office.agent("201", speaks=reply)
    caller = await network.ring(
        line=1, **{"from": "0215557788"}, name="Alice Example", press="1", cid="v23",
        hangup_by="polarity", record=str(office.folder / "caller-heard.wav"),
    )  # fmt: skip
    await caller.until("pressed")
    await anna.wait_for("CALL_ESTABLISHED")
    call = await box.call_from("0215557788")
    await box.until("talking", lambda live: [c for c in live.calls if c.stage == "talking"])
    assert (call.line, call.caller_name) == (1, "Alice Example")
    await caller.say(do="say", line=1, play=str(hello))
    await sound.pass_by(hello, 1.0)
    await caller.say(do="hangup", line=1, by="polarity")
    done = await caller.until("done")
    await box.agent_is("201", "wrap_up")

    row = await box.row("0215557788")
    assert (row.caller_number, row.caller_name) == ("0215557788", "Alice Example")
    assert (row.digits, row.queue, row.agent, row.line) == ("1", "sales", "201", 1)
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, "caller")
    assert row.started_at < row.answered_at < row.queued_at < row.joined_at < row.ended_at
    assert row.ended_at - row.joined_at == pytest.approx(
        timedelta(seconds=row.talk_s), abs=timedelta(seconds=0.01)
    )
    assert done["heard"]

    recording = sound.channels(await box.recording(row))
    said, spoken = sound.samples(hello), sound.samples(reply)
    assert sound.mostly(said, recording[:, 0]) > 0.9
    other = sound.find(said, recording[:, 1])
    assert other.correlation < 0.5, other
    middle = spoken[4000:20000]  # the phone may begin to speak a moment before the tape runs
    assert sound.mostly(middle, recording[:, 1]) > 0.9
    assert sound.is_as_long(recording, row.talk_s, await network.torn_s())

    heard_by_agent = sound.samples(next(anna.heard.glob("*-dec.wav")))
    assert sound.find_piece(said, heard_by_agent).correlation > 0.9
    heard_by_caller = sound.samples(Path(done["heard"]))
    assert sound.find_piece(middle, heard_by_caller).correlation > 0.9

    assert {"call.started", "menu.key", "queue.offered", "call.joined", "call.ended"} <= set(
        box.story(row.id)
    )
