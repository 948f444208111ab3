"""Every sound that callers and people may hear, made and put on the call layer's shelf.

Shell between firmware.voice (makes sounds, in other processes) and firmware.call.audio (plays
them). The office's own prompts are made before a configuration is in force; the box's own
sentences (firmware.voice.built_in) are made afterwards, so that a first start is not held up by
them. Until a sentence is made its place is silent and the call goes on.

Tests: tests/firmware/test_sounds_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from firmware.call.audio import SoundShelf
from firmware.config.schema import Office, Prompt
from firmware.voice.built_in import BEEP, built_in
from hal.switch.face import SoundId

logger = logging.getLogger(__name__)


class Speaker(Protocol):
    """What is needed of firmware.voice.prompts.Voices."""

    async def alaw(self, prompt: Prompt, language: str, site_language: str) -> bytes: ...
    async def sentences(
        self, prompts: Iterable[Prompt], language: str, site_language: str
    ) -> dict[str, bytes]: ...
    async def tone(self) -> bytes: ...
    async def music(self) -> bytes: ...


class Sounds:
    """The shelf, kept as the office needs it."""

    def __init__(
        self, shelf: SoundShelf, voices: Speaker, load: Callable[[bytes], SoundId]
    ) -> None:
        """`load`: puts a sound into the switch."""
        self._shelf, self._voices, self._load = shelf, voices, load
        self._own: dict[tuple[str, str], bytes] = {}
        self._built_in: dict[tuple[str, str], bytes] = {}
        self._office = Office()
        self._is_to_do = asyncio.Event()

    async def stock(self, office: Office) -> None:
        """Make the office's prompts in every language callers may be given, and shelve them."""
        own: dict[tuple[str, str], bytes] = {}
        for prompt in office.prompts:
            for language in _languages(office):
                own[prompt.id, language] = await self._voices.alaw(
                    prompt, language, office.site.language
                )
        if self._shelf.music is None:
            self._shelf.music = self._load(await self._voices.music())
        self._own, self._office = own, office
        self._put()
        self._is_to_do.set()

    async def run(self) -> None:
        """Make what is missing of the box's own sentences, for ever."""
        while True:
            await self._is_to_do.wait()
            self._is_to_do.clear()
            await self._make_built_in(self._office)

    async def _make_built_in(self, office: Office) -> None:
        wanted = {(p.id, x) for p in built_in(office) for x in _languages(office)} | {(BEEP, "")}
        self._built_in = {key: sound for key, sound in self._built_in.items() if key in wanted}
        if (BEEP, "") not in self._built_in:
            self._built_in[BEEP, ""] = await self._voices.tone()
        for language in _languages(office):
            if self._is_to_do.is_set():
                return  # a newer configuration says what is wanted
            missing = [p for p in built_in(office) if (p.id, language) not in self._built_in]
            made = await self._voices.sentences(missing, language, "en")
            self._built_in |= {(name, language): sound for name, sound in made.items()}
        self._put()
        logger.info("the box's own sentences can be heard")

    def _put(self) -> None:
        self._shelf.stock(self._built_in | self._own)


def _languages(office: Office) -> list[str]:
    spoken = [office.site.language]
    spoken += [line.language for line in office.lines if line.language]
    spoken += [rule.language for rule in office.callers.rules if rule.language]
    spoken += [language for menu in office.menus for language in menu.languages.values()]
    return sorted(set(spoken))
