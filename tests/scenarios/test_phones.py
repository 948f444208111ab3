"""Calls that phones make: to each other, and out of the house over a line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware.records.messages import Outcome
from firmware.voice.music import music

pytestmark = pytest.mark.scenario


def heard_by(phone: Any, sound: Any) -> Any:
    return sound.samples(next(phone.heard.glob("*-dec.wav")))


async def test_two_phones_talk_hold_and_send_digits(
    box: Any, office: Any, hello: Path, reply: Path, sound: Any, tmp_path: Path
) -> None:
    greeting = sound.then_silence(hello, tmp_path / "greeting.wav")
    anna = await office.phone("201", speaks=reply)
    ben = await office.phone("202", speaks=greeting)
    await anna.command("dial", "202")
    await ben.wait_for("CALL_ESTABLISHED")
    call = await box.reaches("201", "talking")
    assert (call.direction, call.called) == ("internal", "202")
    await sound.pass_by(hello, 0.5)
    await anna.command("hold")
    await box.reaches("201", "held")
    await asyncio.sleep(3)  # Ben listens to the music
    await anna.command("resume")
    await box.reaches("201", "talking")
    await anna.command("sndcode", "5")
    await asyncio.sleep(3)  # and to Anna again
    assert (await box.reaches("201", "talking")).id == call.id
    await anna.command("hangup")
    await ben.wait_for("CALL_CLOSED")

    row = await box.row_of(call.id)
    assert (row.direction, row.caller_number, row.called) == ("internal", "201", "202")
    assert (row.outcome, row.ended_by, row.digits) == (Outcome.ANSWERED, "caller", "")
    assert row.hold_s > 2
    assert row.talk_s + row.hold_s <= row.total_s

    said_by_anna, said_by_ben = sound.samples(reply), sound.samples(hello)
    assert sound.mostly(said_by_ben[4000:20000], heard_by(anna, sound)) > 0.9
    heard = heard_by(ben, sound)
    assert sound.mostly(said_by_anna[4000:20000], heard) > 0.9
    tune = sound.find_piece(np.array(music()[:16000]), heard, 1.0)
    assert tune.correlation > 0.9
    after = heard[round(tune.start_s * 8000) + 16000 :]
    assert max(
        sound.find(after[at : at + 8000], said_by_anna).correlation
        for at in range(0, len(after) - 8000, 4000)
    ) > 0.9  # fmt: skip


async def test_phones_dial_out(
    box: Any, network: Any, office: Any, hello: Path, sound: Any
) -> None:
    anna = await office.phone("201")
    ben = await office.phone("202")
    cleo = await office.phone("203")
    watcher = await network.connect()
    await watcher.say(do="watch")
    await network.do(
        do="called_side", line=8, answer_after_s=1, play=str(hello), hangup_after_s=7,
        hangup_by="busy",
    )  # fmt: skip
    await network.do(do="called_side", line=7, busy=True)
    await network.do(do="called_side", line=6, no_answer=True)
    await network.do(do="noise", line=6, dbm0=-44)

    async def a_number_that_answers() -> None:
        await anna.command("dial", "00215550801")
        await anna.wait_for("CALL_ESTABLISHED", 30)
        await anna.wait_for("CALL_CLOSED", 40)
        row = await box.row("0215550801")
        assert (row.direction, row.caller_number, row.called) == ("outgoing", "201", "0215550801")
        assert (row.line, row.outcome, row.ended_by) == (8, Outcome.ANSWERED, "called")
        assert sound.mostly(sound.samples(hello), heard_by(anna, sound)) > 0.9

    async def in_use(line: int) -> None:
        await box.until(
            f"line {line} dials",
            lambda live: [row for row in live.lines if row.number == line and row.call],
        )

    async def a_number_that_is_busy() -> None:
        await in_use(8)
        await ben.command("dial", "00215550802")
        await ben.wait_for("CALL_CLOSED", 40)
        row = await box.row("0215550802")
        assert (row.direction, row.caller_number, row.line) == ("outgoing", "202", 7)
        assert (row.outcome, row.talk_s) == (Outcome.BUSY, 0.0)

    async def a_number_where_nobody_answers_behind_a_noisy_line() -> None:
        await in_use(7)
        await cleo.command("dial", "00215550803")
        await watcher.until("ringback")
        await asyncio.sleep(6)  # two double rings and their pauses, which are full of noise
        await cleo.command("hangup")
        row = await box.row("0215550803")
        assert (row.direction, row.caller_number, row.line) == ("outgoing", "203", 6)
        assert (row.outcome, row.ended_by, row.talk_s) == (Outcome.NO_ANSWER, "caller", 0.0)

    await asyncio.gather(
        a_number_that_answers(),
        a_number_that_is_busy(),
        a_number_where_nobody_answers_behind_a_noisy_line(),
    )
    dialled = {event["number"] for event in watcher.events if event.get("event") == "dialled"}
    while dialled != {"0215550801", "0215550802", "0215550803"}:
        dialled.add((await watcher.until("dialled"))["number"])
