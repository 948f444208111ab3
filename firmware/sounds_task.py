"""Every sound that callers and people may hear, made and put on the call layer's shelf.

Shell between firmware.voice (makes sounds, in other processes) and firmware.call.audio (plays
them). The office's own prompts are made before a configuration is in force; the music and the
box's own sentences (firmware.voice.built_in) are made afterwards, so that a first start is not held
up by them: some at a time, what callers hear in the site's language first. A sentence that somebody
waits for is made beside them, at once. Who waits and for how long is the shelf's and the player's
matter (firmware.call.audio).

Tests: tests/firmware/test_sounds_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Final, Protocol

from firmware.call.audio import MUSIC, SoundShelf
from firmware.config.schema import Office, Prompt
from firmware.voice.built_in import BEEP, built_in
from firmware.voice.prompts import Haste
from hal.switch.face import SoundId

logger = logging.getLogger(__name__)

TOGETHER: Final = 8
"""Sentences made in one go, which is cheaper; who asks for another one waits for these."""
FOR_CALLERS: Final = tuple(
    f"box-{kind}-" for kind in ("wait", "minutes", "digit", "callback", "mailbox", "name")
)
"""How the names of sentences begin that callers hear; the others people of the office hear."""
Key = tuple[str, str]
"""Prompt and language."""


class Speaker(Protocol):
    """What is needed of firmware.voice.prompts.Voices."""

    async def alaw(self, prompt: Prompt, language: str, site_language: str) -> bytes: ...
    async def sentences(
        self, prompts: Iterable[Prompt], language: str, site_language: str, haste: Haste
    ) -> dict[str, bytes]: ...
    def want(self, names: Collection[str]) -> None: ...
    async def tone(self) -> bytes: ...
    async def music(self) -> bytes: ...


class Sounds:
    """The shelf, kept as the office needs it."""

    def __init__(
        self,
        shelf: SoundShelf,
        voices: Speaker,
        load: Callable[[bytes], SoundId],
        tell: Callable[[str, str], None] = lambda kind, text: None,
    ) -> None:
        """`load`: puts a sound into the switch; `tell`: the story's, what and in which words."""
        self._shelf, self._voices, self._load, self._tell = shelf, voices, load, tell
        self._own: dict[Key, bytes] = {}
        self._built_in: dict[Key, bytes] = {}
        self._wanted: dict[Key, Prompt] = {}
        """The box's own sentences that this office needs, the first ones first."""
        self._asked: dict[Key, None] = {}
        """Of these, what somebody waits for, in the order in which it was asked for."""
        self._is_to_do, self._is_asked = asyncio.Event(), asyncio.Event()
        shelf.on_wanted = self._ask
        shelf.on_late = self._late
        shelf.in_place = BEEP

    async def stock(self, office: Office) -> None:
        """Make the office's prompts in every language callers may be given, and shelve them."""
        own: dict[Key, bytes] = {}
        for prompt in office.prompts:
            for language in _languages(office):
                own[prompt.id, language] = await self._voices.alaw(
                    prompt, language, office.site.language
                )
        sentences, before = sorted(built_in(office), key=_is_for_the_office), self._wanted
        self._wanted = {(p.id, x): p for x in _languages(office) for p in sentences}
        self._own, self._built_in = (
            own,
            {
                key: sound
                for key, sound in self._built_in.items()
                if key[0] == BEEP or (key in self._wanted and self._wanted[key] == before[key])
            },
        )
        self._voices.want({name for name, _ in self._wanted})
        self._put()
        self._is_to_do.set()

    async def run(self) -> None:
        """Make what is missing of the box's own sounds, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._make_all(), name="sentences")
            group.create_task(self._make_asked(), name="sentences asked for")

    async def _make_all(self) -> None:
        while True:
            await self._is_to_do.wait()
            self._is_to_do.clear()
            await self._make_built_in()

    async def _make_asked(self) -> None:
        """Beside the others: whoever waits for one does so for seconds."""
        while True:
            await self._is_asked.wait()
            self._is_asked.clear()
            while batch := self._next(self._asked):
                await self._make(batch, Haste.SOON)

    def _ask(self, prompt: str, language: str) -> None:
        if (prompt, language) not in self._asked:
            self._asked[prompt, language] = None
            self._is_asked.set()
            what = self._words(prompt, language)
            self._tell("voice.wanted", f"{what} is to be heard and not spoken yet: it is made now")

    def _late(self, prompt: str, language: str) -> None:
        what = self._words(prompt, language)
        self._tell("voice.late", f"{what} was not spoken in time: two soft tones in its place")

    def _words(self, prompt: str, language: str) -> str:
        wanted = self._wanted.get((prompt, language))
        return f"the sentence {wanted.name!r} ({language})" if wanted else f"{prompt!r}"

    async def _make_built_in(self) -> None:
        if (BEEP, "") not in self._built_in:
            self._built_in[BEEP, ""] = await self._voices.tone()
            self._put()
        if self._shelf.music is None:
            self._shelf.music = self._load(await self._voices.music())
            self._put()
        while batch := self._next(self._wanted):
            await self._make(batch, Haste.SPARE)
        logger.info("the box's own sentences can be heard")

    async def _make(self, batch: Mapping[Key, Prompt], haste: Haste) -> None:
        ((_, language), *_) = batch
        made = await self._voices.sentences(batch.values(), language, "en", haste)
        for key, prompt in batch.items():
            if self._wanted.get(key) == prompt:  # the office may have changed meanwhile
                self._built_in[key] = made[prompt.id]
        self._put()

    def _next(self, keys: Iterable[Key]) -> dict[Key, Prompt]:
        """Some of these sentences, of one language, that are missing."""
        missing = [key for key in keys if self._is_missing(key)]
        alike = (key for key in missing if key[1] == missing[0][1])
        return {key: self._wanted[key] for key in islice(alike, TOGETHER)}

    def _is_missing(self, key: Key) -> bool:
        return key in self._wanted and key not in self._built_in

    def _put(self) -> None:
        self._asked = {key: None for key in self._asked if self._is_missing(key)}
        coming = {key for key in self._wanted if self._is_missing(key)}
        self._shelf.expect(coming | ({MUSIC} if self._shelf.music is None else set()))
        self._shelf.stock(self._built_in | self._own)


def _is_for_the_office(prompt: Prompt) -> bool:
    """A key to sort by: callers first."""
    return not prompt.id.startswith(FOR_CALLERS)


def _languages(office: Office) -> list[str]:
    """The site's first."""
    spoken = [line.language for line in office.lines if line.language]
    spoken += [rule.language for rule in office.callers.rules if rule.language]
    spoken += [language for menu in office.menus for language in menu.languages.values()]
    return list(dict.fromkeys([office.site.language, *sorted(spoken)]))
