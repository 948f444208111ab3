"""A call over a bad line: strong echo and audible noise.

Echo return loss 6 dB (of what the box sends, half the amplitude comes back) and white noise 30 dB
below the caller's speech. Recordings are compared as they are: the caller's own band was not
limited, so nothing has to be filtered first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario


def level_dbm0(samples: Any) -> float:
    """A sine at full scale is 3.14 dBm0 (ITU-T G.711)."""
    return float(20 * np.log10(np.sqrt(np.mean(samples**2)) * np.sqrt(2)) + 3.14)


async def test_echo_and_noise_spoil_neither_keys_nor_recording_nor_release(
    box: Any, settings: Any, network: Any, office: Any, hello: Path, reply: Path, sound: Any,
    tmp_path: Path,
) -> None:  # fmt: skip
    await settings.staff("201", wrap_up_s=0)
    anna = await office.agent("201", speaks=sound.then_silence(reply, tmp_path / "reply.wav"))
    said, spoken = sound.samples(hello), sound.samples(reply)
    caller = await network.ring(
        "0215550501", line=5, press="1", press_after_s=1.5,  # while the greeting plays
        erl_db=6, noise_db=level_dbm0(said) - 30, record=str(tmp_path / "heard.wav"),
    )  # fmt: skip
    await caller.until("pressed")
    call = await box.reaches("0215550501", "talking")
    await anna.wait_for("CALL_ESTABLISHED")
    await caller.say(do="say", line=5, play=str(hello))  # both speak at once
    await network.pass_by(hello)
    done = await caller.hang_up(5, by="busy")
    assert done["hung_up_by"] == "busy"

    row = await box.row_of(call.id)
    assert (row.digits, row.outcome, row.ended_by) == ("1", Outcome.ANSWERED, "caller")
    assert [event.data["digit"] for event in box.told(call.id, "menu.key")] == ["1"]
    greeting = sound.samples(await box.prompt("greeting", "en", tmp_path))
    heard = sound.samples(Path(done["heard"]))
    assert sound.find(greeting[:4000], heard).correlation > 0.9
    assert sound.find(greeting[-12000:], heard).correlation < 0.5  # the key cut it short

    recording = sound.channels(await box.recording(row))
    of_caller, of_agent = recording[:, 0], recording[:, 1]
    assert sound.mostly(said, of_caller) > 0.9
    assert sound.find(spoken[4000:20000], of_caller).correlation < 0.3  # no echo of the agent
    assert sound.find_piece(spoken[4000:20000], of_agent).correlation > 0.9
