"""Two phones that can do better than telephone sound, one of which encrypts, through the whole box:
they get it, the recording hears them all the same, and how it was is kept with the call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.scenario


async def test_two_good_phones(
    box: Any, office: Any, hello: Path, reply: Path, sound: Any, tmp_path: Path
) -> None:
    best = ("opus", "g722", "pcma")
    ben = await office.phone("202", codecs=best[1:], speaks=hello)
    anna = await office.phone(
        "201",
        codecs=best,
        mediaenc="srtp-mand",
        speaks=sound.then_silence(reply, tmp_path / "anna.wav"),
    )
    await anna.command("dial", "202")
    call = await box.reaches("201", "talking")
    await ben.wait_for("CALL_ESTABLISHED")
    live = await box.until(
        "both are heard",
        lambda live: [c for c in live.calls if c.id == call.id and len(c.sound) == 2],
    )
    assert [(s.codec, s.is_encrypted) for s in live[0].sound] == [("G722", True), ("G722", False)]
    await ben.wait_for("CALL_CLOSED", timeout_s=30)  # a phone hangs up when it has said all

    row = await box.row_of(call.id)
    told = box.told(call.id, "leg.quality")
    assert [event.data["codec"] for event in told] == ["G722", "G722"]
    assert [event.data["encrypted"] for event in told] == [1, 0]
    assert all("wideband sound" in event.text for event in told)
    assert all(event.data["packets_in"] > 50 for event in told)
    recording = sound.channels(await box.recording(row)).sum(axis=1)
    by_anna = sound.samples(reply)[: 4 * 8000]
    for words in (sound.samples(hello), by_anna):
        assert sound.find_piece(words, recording, 1.0).correlation > 0.6
    heard = sound.samples(next(anna.heard.glob("*-dec.wav")))
    assert sound.find_piece(sound.samples(hello), heard, 1.0).correlation > 0.8
