"""Which sounds are on the shelf, and when."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import Any

from firmware.call.audio import MUSIC, SoundShelf
from firmware.config.places import Directory
from firmware.config.schema import Extension, Line, Office, Prompt, Site
from firmware.sounds_task import TOGETHER, Sounds
from firmware.voice.built_in import BEEP, BUILT_IN
from firmware.voice.prompts import Haste

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
        self.together: list[list[str]] = []
        self.hastes: list[Haste] = []
        self.wanted: set[str] = set()

    async def alaw(self, prompt: Prompt, language: str, site_language: str) -> bytes:
        self.asked.append((prompt.id, language))
        return prompt.texts.get(language, prompt.texts[site_language]).encode()

    async def sentences(
        self, prompts: Collection[Prompt], language: str, site_language: str, haste: Haste
    ) -> dict[str, bytes]:
        self.hastes.append(haste)
        self.together.append([p.id for p in prompts])
        await asyncio.sleep(0)  # another program makes them
        return {p.id: await self.alaw(p, language, site_language) for p in prompts}

    def want(self, names: Collection[str]) -> None:
        self.wanted = set(names)

    async def tone(self) -> bytes:
        return b"tone"

    async def music(self) -> bytes:
        return b"music"


async def all_made(sounds: Sounds, shelf: SoundShelf) -> None:
    """Run until nothing is coming any more."""
    names = [*(prompt.id for prompt in BUILT_IN), "box-name-201"]
    keys = [(name, language) for name in names for language in ("en", "fr")]
    running = asyncio.create_task(sounds.run())
    async with asyncio.timeout(5):
        while any(shelf.is_coming(*key) for key in [*keys, MUSIC]):  # noqa: ASYNC110  # there
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
    assert shelf.is_coming("box-dnd-on", "fr")
    assert shelf.music is None
    await all_made(sounds, shelf)
    found = shelf.find("box-dnd-on", "fr")
    assert switch.sounds[found].endswith("Ne pas déranger est maintenant activé.".encode())
    assert len(speaker.asked) == 2 + 2 * len(BUILT_IN)
    first = [name for together in speaker.together[:3] for name in together]
    assert {"box-wait-place", "box-digit-7"} & set(first)
    assert not {"box-dnd-on", "box-logged-in"} & set(first)
    assert max(map(len, speaker.together)) == TOGETHER
    assert speaker.asked[2][1] == "en"
    assert shelf.find(BEEP, "en") is not None
    assert switch.sounds[shelf.music] == b"music"


async def test_a_change_keeps_what_is_made_and_a_recording_replaces_a_sentence(
    switch: Any,
) -> None:
    speaker, shelf = Speaker(), SoundShelf(switch)
    sounds = Sounds(shelf, speaker, switch.load)
    await sounds.stock(OFFICE)
    await all_made(sounds, shelf)
    before = len(speaker.asked)
    own = Prompt(id="box-dnd-on", name="Quiet", texts={"en": "Peace"})
    await sounds.stock(OFFICE.model_copy(update={"prompts": (HELLO, own)}))
    assert switch.sounds[shelf.find("box-dnd-on", "en")].endswith(b"Peace")
    assert shelf.find("box-dnd-off", "en") is not None
    assert len(speaker.asked) == before + 4


async def test_what_somebody_waits_for_is_made_at_once(switch: Any) -> None:
    speaker, shelf = Speaker(), SoundShelf(switch)
    told: list[tuple[str, str]] = []
    sounds = Sounds(shelf, speaker, switch.load, lambda kind, text: told.append((kind, text)))
    await sounds.stock(OFFICE)
    shelf.on_wanted("box-ready", "fr")
    shelf.on_wanted("box-ready", "fr")
    shelf.on_wanted("no-such-prompt", "fr")
    shelf.on_late("box-ready", "fr")
    assert [kind for kind, _ in told] == ["voice.wanted", "voice.wanted", "voice.late"]
    assert "'You are ready for calls.' (fr) is to be heard" in told[0][1]
    await all_made(sounds, shelf)
    assert speaker.together[speaker.hastes.index(Haste.SOON)] == ["box-ready"]
    assert ("box-ready", "fr") in speaker.asked[2 : 2 + TOGETHER + 1]
    assert speaker.hastes.count(Haste.SOON) == 1


async def test_a_name_that_changed_is_spoken_anew_and_nothing_else_is(switch: Any) -> None:
    def office(name: str) -> Office:
        people = (Extension(number="201", name=name, secret="s" * 12),)
        directory = Directory(id="staff", name="Staff")
        return Office(site=Site(language="en"), extensions=people, directories=(directory,))

    speaker, shelf = Speaker(), SoundShelf(switch)
    sounds = Sounds(shelf, speaker, switch.load)
    await sounds.stock(office("Anna Bell"))
    await all_made(sounds, shelf)
    before = len(speaker.asked)
    await sounds.stock(office("Anna Clark"))
    await all_made(sounds, shelf)
    assert switch.sounds[shelf.find("box-name-201", "en")].endswith(b"Anna Clark")
    assert speaker.asked[before:] == [("box-name-201", "en")]
    assert {"box-name-201", "box-ready"} <= speaker.wanted
