"""A voice message: left by a real phone, shown by the lamp of another, heard there."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.scenario


def mailbox(office: dict[str, Any]) -> None:
    """Anna does not want to be disturbed, and has a mailbox."""
    for person in office["extensions"]:
        if person["number"] == "201":
            person["do_not_disturb"] = True
    box = {"id": "201", "name": "Anna", "members": ["201"], "greeting": "welcome"}
    office["mailboxes"] = [box]


async def message(box: Any, call: str, is_heard: bool) -> Any:
    """The message of a call in Anna's mailbox, once it is heard or not."""
    async with asyncio.timeout(20):
        while True:
            (anna,) = await asyncio.to_thread(box.api.voicemail)
            for one in anna.messages:
                if (one.call, one.is_heard) == (call, is_heard):
                    return one
            await asyncio.sleep(0.1)


async def lamp(phone: Any, shows: str) -> None:
    """Wait until the phone was told of so many messages, new and old (RFC 3842)."""
    mark, told = 0, ""
    try:
        while f"Voice-Message: {shows}" not in told:
            event = await phone.wait_for("MWI_NOTIFY", since=mark)
            mark, told = phone.events.index(event, mark) + 1, event["param"]
    except TimeoutError:
        raise AssertionError(f"the lamp never showed {shows}: {phone.events}") from None


async def with_lamp(office: Any) -> Any:
    """Anna's phone; another if it spins, as `mwi.so` of baresip 1.0 does in one start of five."""
    for _ in range(10):
        phone = await office.phone("201", modules=("mwi",), more=("mwi=yes",))
        await asyncio.sleep(1)
        log = phone.folder / "log"
        if (await asyncio.to_thread(log.read_bytes)).count(b"mwi: subscribing") <= 5:
            return phone
        phone.kill()
        await phone.stop()  # and lets go of its control connection
        await asyncio.to_thread(shutil.rmtree, phone.folder)
    raise AssertionError("ten baresips in a row span in mwi.so")


async def test_a_message_is_left_shown_and_heard(
    box: Any, settings: Any, office: Any, reply: Path, sound: Any, tmp_path: Path
) -> None:
    await settings.change(mailbox)
    for (old,) in [m.messages for m in await asyncio.to_thread(box.api.voicemail) if m.messages]:
        await asyncio.to_thread(box.api.delete_message, old.id)
    anna = await with_lamp(office)
    carla = await office.phone("203", speaks=reply)

    await carla.command("dial", "201")
    await carla.wait_for("CALL_ESTABLISHED")
    call = await box.reaches("203", "message")
    async with asyncio.timeout(20):
        while not box.told(call.id, "voicemail.speaks"):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.1)
    await asyncio.sleep(3)  # she speaks
    await carla.command("hangup")
    left = await message(box, call.id, is_heard=False)
    assert left.number == "203"
    assert left.length_s > 2
    await lamp(anna, "1/0")

    wav = tmp_path / "message.wav"
    wav.write_bytes(await asyncio.to_thread(box.api.voice_message_wav, left.id))
    spoken = sound.samples(wav)
    assert sound.find_piece(spoken[8000:24000], sound.samples(reply)).correlation > 0.9

    mark = len(anna.events)
    await anna.command("dial", "*97")
    await message(box, call.id, is_heard=True)
    await asyncio.sleep(left.length_s + 7)  # she listens, to whose message it is as well
    await anna.command("hangup")
    await anna.wait_for("CALL_CLOSED", since=mark)
    await lamp(anna, "0/1")
    (heard,) = anna.heard.glob("*-dec.wav")
    assert sound.find_piece(spoken[8000:24000], sound.samples(heard)).correlation > 0.9
