"""Which sounds are on the shelf, and when."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

from firmware.call.audio import SoundShelf
from firmware.config.schema import Line, Office, Prompt, Site
from firmware.sounds_task import Sounds
from firmware.voice.built_in import BEEP, BUILT_IN

HELLO = Prompt(id="hello", name="Hello", texts={"en": "Hello", "fr": "Bonjour"})
OFFICE = Office(
    site=Site(language="en"),
    lines=(Line(number=1, name="Main", language="fr"),),
    prompts=(HELLO,),
)


class Speaker:
    """Says what it was asked to say."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def alaw(self, prompt: Prompt, language: str, site_language: str) -> bytes:
        self.asked.append((prompt.id, language))
        return prompt.texts.get(language, prompt.texts[site_language]).encode()

    async def sentences(
        self, prompts: Iterable[Prompt], language: str, site_language: str
    ) -> dict[str, bytes]:
        return {p.id: await self.alaw(p, language, site_language) for p in prompts}

    async def tone(self) -> bytes:
        return b"tone"

    async def music(self) -> bytes:
        return b"music"


async def made(sounds: Sounds, shelf: SoundShelf, prompt: str, language: str) -> None:
    """Run until a sound is on the shelf."""
    running = asyncio.create_task(sounds.run())
    async with asyncio.timeout(5):
        while shelf.find(prompt, language) is None:  # noqa: ASYNC110  # made in the background
            await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_callers_first_then_the_boxs_own_sentences(switch: Any) -> None:
    speaker, shelf = Speaker(), SoundShelf(switch)
    sounds = Sounds(shelf, speaker, switch.load)
    await sounds.stock(OFFICE)
    assert speaker.asked == [("hello", "en"), ("hello", "fr")]
    assert shelf.find("box-dnd-on", "fr") is None
    await made(sounds, shelf, "box-dnd-on", "fr")
    found = shelf.find("box-dnd-on", "fr")
    assert switch.sounds[found].endswith("Ne pas déranger est maintenant activé.".encode())
    assert len(speaker.asked) == 2 + 2 * len(BUILT_IN)
    assert shelf.find(BEEP, "en") is not None


async def test_a_change_keeps_what_is_made_and_a_recording_replaces_a_sentence(
    switch: Any,
) -> None:
    speaker, shelf = Speaker(), SoundShelf(switch)
    sounds = Sounds(shelf, speaker, switch.load)
    await sounds.stock(OFFICE)
    await made(sounds, shelf, "box-dnd-on", "en")
    before = len(speaker.asked)
    own = Prompt(id="box-dnd-on", name="Quiet", texts={"en": "Peace"})
    await sounds.stock(OFFICE.model_copy(update={"prompts": (HELLO, own)}))
    assert switch.sounds[shelf.find("box-dnd-on", "en")].endswith(b"Peace")
    assert shelf.find("box-dnd-off", "en") is not None
    assert len(speaker.asked) == before + 4
