"""What people set and dial at real phones: forwards, do not disturb, pick-up, parking, paging."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware.config.storage import unpack
from firmware.records.messages import Outcome
from firmware.trouble import Troubles
from firmware.voice.built_in import BUILT_IN
from firmware.voice.music import music
from firmware.voice.prompts import Voices
from hal.switch.g711 import to_pcm16

pytestmark = pytest.mark.scenario


def groups(office: dict[str, Any]) -> None:
    """201 and 204 pick up for each other; 500 announces to everybody."""
    office["extensions"].append({"number": "204", "name": "Dan", "secret": "secret-of-204"})
    for person in office["extensions"]:
        if person["number"] in ("201", "204"):
            person["pickup_group"] = "front"
    members = ["201", "202", "203", "204"]
    office["page_groups"] = [{"number": "500", "name": "Everybody", "members": members}]


async def person(box: Any, number: str) -> Any:
    config = await asyncio.to_thread(box.api.config)
    return next(e for e in config.office.extensions if e.number == number)


def stored(box: Any, number: str) -> Any:
    """A person as a core started now would read them."""
    newest = max((box.run / "config").glob("office-*.json"))
    people = unpack(newest.read_bytes())["extensions"].values()
    return next(e for e in people if e["number"] == number)


async def sentence(name: str, folder: Path) -> Any:
    """What the box says, made by its own voice once more."""
    prompt = next(p for p in BUILT_IN if p.id == f"box-{name}")
    alaw = await Voices(folder, Troubles()).alaw(prompt, "en")
    return np.frombuffer(to_pcm16(alaw), "<i2").astype(float) / 32768


async def until(what: str, true: Any, timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not await true():  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.1)


async def close(phone: Any) -> None:
    """Hang up, and wait until the phone knows."""
    mark = len(phone.events)
    await phone.command("hangup")
    await phone.wait_for("CALL_CLOSED", since=mark)


def heard(phone: Any, sound: Any) -> list[Any]:
    """What a phone heard, call by call."""
    return [sound.samples(path) for path in sorted(phone.heard.glob("*-dec.wav"))]


async def test_an_office_at_its_phones(
    box: Any, settings: Any, office: Any, reply: Path, sound: Any, tmp_path: Path
) -> None:
    await settings.change(groups)
    anna = await office.phone("201")
    ben = await office.phone("202")
    carla = await office.phone("203", speaks=reply)
    dan = await office.phone("204", answers="manual")

    async def are_made() -> bool:
        return "own sentences can be heard" in await asyncio.to_thread(box.log, "core")

    await until("sentences", are_made, 90)

    # Ben forwards his calls to Anna, and hears that he does.
    await ben.command("dial", "*72201")
    await ben.wait_for("CALL_CLOSED", 30)
    assert (await person(box, "202")).forward_always == "201"
    history = await asyncio.to_thread(box.api.config_history)
    assert history[0].who == "202 by phone"
    assert stored(box, "202")["forward_always"] == "201"
    said = await sentence("forward-always", tmp_path / "voice")
    assert sound.find_piece(said, heard(ben, sound)[0]).correlation > 0.9
    await carla.command("dial", "202")
    ring = await anna.wait_for("CALL_ESTABLISHED")
    assert "203" in ring["peeruri"]
    await close(carla)

    # No more; he does not want to be disturbed at all.
    for code, field, value in (("*73", "forward_always", ""), ("*78", "do_not_disturb", True)):
        mark = len(ben.events)
        await ben.command("dial", code)
        await ben.wait_for("CALL_ESTABLISHED", since=mark)

        async def is_set(field: str = field, value: object = value) -> bool:
            return getattr(await person(box, "202"), field) == value

        await until(code, is_set)
        await close(ben)
    mark = len(carla.events)
    await carla.command("dial", "202")
    refused = await carla.wait_for("CALL_CLOSED", since=mark)
    assert "486" in refused["param"]
    mark = len(ben.events)
    await ben.command("dial", "*79")
    await ben.wait_for("CALL_CLOSED", 30, since=mark)

    # Dan's phone rings; Anna, who sits near, takes the call.
    mark = len(anna.events)
    await carla.command("dial", "204")
    await dan.wait_for("CALL_INCOMING")
    await anna.command("dial", "*8")
    await dan.wait_for("CALL_CLOSED")
    await anna.wait_for("CALL_ESTABLISHED", since=mark)
    call = await box.reaches("203", "talking")
    assert call.agent == "201"

    # She parks it; Ben takes it from the slot.
    mark = len(ben.events)
    await anna.command("transfer", "70")
    await box.reaches("203", "parked")
    await asyncio.sleep(3)  # Carla hears the music
    await ben.command("dial", "71")
    await ben.wait_for("CALL_ESTABLISHED", since=mark)
    assert (await box.reaches("203", "talking")).id == call.id
    await close(ben)
    row = await box.row_of(call.id)
    assert (row.outcome, row.caller_number) == (Outcome.ANSWERED, "203")
    tune = np.array(music()[:16000])
    assert max(sound.find_piece(tune, part, 1.0).correlation for part in heard(carla, sound)) > 0.9

    # She announces; two phones say it aloud, the one that does not answer by itself is left alone.
    marks = {phone: len(phone.events) for phone in (anna, ben)}
    mark = len(carla.events)
    await carla.command("dial", "500")
    await carla.wait_for("CALL_ESTABLISHED", since=mark)
    for phone, since in marks.items():
        await phone.wait_for("CALL_ESTABLISHED", since=since)
    await asyncio.sleep(3)
    await close(carla)
    spoken = sound.samples(reply)[4000:20000]
    for phone, since in marks.items():
        await phone.wait_for("CALL_CLOSED", since=since)
        assert sound.find_piece(spoken, heard(phone, sound)[-1]).correlation > 0.9
