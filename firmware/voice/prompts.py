"""The sound of prompts: spoken by espeak-ng or uploaded, as A-law, kept in a folder.

Rendered sounds are named by the hash of what they were made from (text, language, voice, file),
so a changed prompt is a new file and an old one is never wrong. Uploads are kept beside them and
never overwritten: an undone configuration still finds its recording. A prompt that cannot be
made is reported and heard as two soft tones; a call never waits or fails for it.

Blocking work runs in other processes (espeak-ng, render.py), one at a time, with a time limit: what
somebody waits for at a low priority, the box's own sentences only when the processor has nothing
else to do, so that a box that starts for the first time has its processor for calls.

Tests: tests/firmware/voice/test_prompts.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import sys
import time
from collections.abc import Collection, Iterable
from enum import Enum
from pathlib import Path
from typing import Final

from firmware.config.errors import NotStored
from firmware.config.schema import Office, Prompt
from firmware.trouble import Trouble, TroubleSink
from firmware.voice.render import BAD_SOUND, framed, unframed
from firmware.voice.wave import BadSound, write_alaw_wav

logger = logging.getLogger(__name__)

RENDERING: Final = 1
"""Part of every hash: raise it when the same source would now sound different."""
MAX_TEXT: Final = 2000
"""Longest text spoken, characters: about two minutes."""
SILENCE: Final = b"\xd5" * 8000
"""One second, A-law."""
SPEAK_S: Final = 30.0
BATCH: Final = 8
"""Sentences rendered by one process: the longest that a prompt saved meanwhile waits for."""
RENDER_S: Final = 120.0
NICENESS: Final = 10
"""Of what somebody waits for, whatever the core's own: calls come first."""
PATIENCE_S: Final = 20.0
"""How long, in all, the box's own sentences are made in spare time: if the processor has none, they
are made all the same."""
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
_IDENTIFIER: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class Haste(Enum):
    """Whose turn it is when the processor is busy."""

    SOON = "soon"  # somebody waits: after the calls
    SPARE = "spare"  # when nobody else wants the processor (sched(7), SCHED_IDLE)


class NotSpoken(Exception):
    """The speech program failed; the text says how."""


class Voices:
    """Prompts of one box, in `folder` (`uploads/` and `rendered/`)."""

    def __init__(self, folder: Path, troubles: TroubleSink, espeak: str = "espeak-ng") -> None:
        self._uploads = folder / "uploads"
        self._rendered = folder / "rendered"
        self._troubles = troubles
        self._espeak = espeak
        self._turns = {haste: asyncio.Lock() for haste in Haste}
        """One process of each kind at a time: who is in haste does not wait for who is not."""
        self._unspoken: dict[str, dict[str, str]] = {}
        """Why, by language and sentence, of the box's own."""
        self._patience_s = PATIENCE_S
        for path in (self._uploads, self._rendered):
            path.mkdir(parents=True, exist_ok=True)

    async def alaw(self, prompt: Prompt, language: str, site_language: str = "en") -> bytes:
        """The prompt in the caller's language, else the site's, else any it has."""
        for chosen in languages(prompt, language, site_language):
            try:
                sound = await self._in_language(prompt, chosen)
            except (BadSound, NotSpoken, OSError) as error:
                self._report(prompt, chosen, error)
                continue
            self._troubles.clear(_code(prompt, chosen))
            return sound
        return await self.tone()

    async def sentences(
        self,
        prompts: Iterable[Prompt],
        language: str,
        site_language: str = "en",
        haste: Haste = Haste.SPARE,
    ) -> dict[str, bytes]:
        """Texts of the box itself by their ids: new ones are rendered in one go, which costs a
        third. What cannot be made is two soft tones, and all of it one trouble."""
        made: dict[str, bytes] = {}
        spoken: list[tuple[str, str, bytes]] = []
        why: dict[str, str] = {}
        asked = list(prompts)
        for prompt in asked:
            chosen = languages(prompt, language, site_language)[0]
            text = prompt.texts[chosen].strip()
            key = _key("text", chosen, text)
            if (kept := await asyncio.to_thread(_read, self._rendered / key)) is not None:
                made[prompt.id] = kept
                continue
            try:
                spoken.append((prompt.id, key, await self._speak(text, chosen, haste)))
            except (NotSpoken, BadSound, OSError) as error:
                why[prompt.id] = str(error)
        try:
            made |= await self._render_all(spoken, haste)
        except (NotSpoken, OSError) as error:
            why |= {name: str(error) for name, *_ in spoken if name not in made}
        self._tell_sentences(language, (prompt.id for prompt in asked), why)
        for prompt in asked:
            if prompt.id not in made:
                made[prompt.id] = await self.tone()
        return made

    def _tell_sentences(self, language: str, asked: Iterable[str], why: dict[str, str]) -> None:
        unspoken = self._unspoken.setdefault(language, {})
        for name in asked:
            unspoken.pop(name, None)
        unspoken |= why
        self._tell_unspoken(language, unspoken)

    def want(self, names: Collection[str]) -> None:
        """These are all the sentences that are wanted now: no other one is missed any more."""
        self._patience_s = PATIENCE_S
        for language, unspoken in self._unspoken.items():
            for name in [name for name in unspoken if name not in names]:
                del unspoken[name]
            self._tell_unspoken(language, unspoken)

    def _tell_unspoken(self, language: str, unspoken: dict[str, str]) -> None:
        if not unspoken:
            return self._troubles.clear(f"voice.sentences.{language}")
        self._troubles.report(
            Trouble(
                f"voice.sentences.{language}",
                f"not all of the box's own sentences can be heard in {language!r}",
                next(reversed(unspoken.values())),
                "install espeak-ng (Debian); until then two soft tones are heard in their place",
                "warning",
            )
        )

    async def _render_all(
        self, spoken: list[tuple[str, str, bytes]], haste: Haste
    ) -> dict[str, bytes]:
        """By prompt; `spoken`: prompt, key and sound. A sound that cannot be used is left out. Some
        at a time, so that a prompt that somebody saves meanwhile need not wait for all."""
        made: dict[str, bytes] = {}
        for at in range(0, len(spoken), BATCH):
            made |= await self._render_some(spoken[at : at + BATCH], haste)
        return made

    async def _render_some(
        self, spoken: list[tuple[str, str, bytes]], haste: Haste
    ) -> dict[str, bytes]:
        command = [sys.executable, "-m", "firmware.voice.render", "sentences"]
        source = framed(wav for *_, wav in spoken)
        async with self._turns[haste]:
            code, out, said = await self._run(command, source, RENDER_S, haste)
        if code != 0:
            raise NotSpoken(f"rendering failed: {said}")
        made: dict[str, bytes] = {}
        for (prompt, key, _), alaw in zip(spoken, unframed(out), strict=False):
            if alaw:
                made[prompt] = alaw
                await asyncio.to_thread(self._keep, key, alaw)
        return made

    def _keep(self, key: str, alaw: bytes) -> None:
        try:
            _store(self._rendered / key, alaw)
        except OSError as error:
            logger.warning("%s is not kept: %s; made again when needed", key, error.strerror)

    async def prepare(self, office: Office) -> None:
        """Make every prompt in every language it has, so that no caller waits for it."""
        for prompt in office.prompts:
            for language in dict.fromkeys([*prompt.files, *prompt.texts]):
                await self.alaw(prompt, language, office.site.language)
        await self.music()
        await self.tone()

    async def music(self) -> bytes:
        """The built-in music on hold, to be looped."""
        return await self._built_in("music")

    async def tone(self) -> bytes:
        """What is heard in place of a prompt that cannot be made."""
        return await self._built_in("tone")

    async def _built_in(self, name: str) -> bytes:
        """A sound of our own; silence if even that cannot be made: the box must start."""
        code = f"voice.{name}"
        try:
            sound = await self._kept(_key(name), [name], b"")
        except (NotSpoken, OSError) as error:
            self._troubles.report(
                Trouble(
                    code,
                    f"the built-in {name} cannot be made: callers hear silence instead",
                    str(error),
                    "look at the load and the memory of the box, and start the core again",
                    "warning",
                )
            )
            return SILENCE
        self._troubles.clear(code)
        return sound

    async def accept(self, prompt_id: str, language: str, wav: bytes) -> str:
        """Check and keep an uploaded WAV; returns its file name. Raise `BadSound` or
        `NotStored`."""
        if not _IDENTIFIER.fullmatch(prompt_id):
            raise BadSound(f"prompt {prompt_id!r}: expected 1-32 of a-z 0-9 - _")
        if not _LANGUAGE.fullmatch(language):
            raise BadSound(f"language {language!r}: expected a code such as en or pt-br")
        digest = hashlib.sha256(wav).hexdigest()
        await self._kept(_key("file", digest), ["speech"], wav)
        name = f"{prompt_id}-{language}-{digest[:12]}.wav"
        try:
            await asyncio.to_thread(_store, self._uploads / name, wav)
        except OSError as error:
            raise NotStored(self._uploads, error) from error
        return name

    async def wav(self, prompt: Prompt, language: str, site_language: str = "en") -> bytes:
        """The prompt as a caller would hear it, as a WAV file."""
        return write_alaw_wav(await self.alaw(prompt, language, site_language))

    async def _in_language(self, prompt: Prompt, language: str) -> bytes:
        if name := prompt.files.get(language):
            if Path(name).name != name:
                raise BadSound(f"file {name!r}: expected a name without a folder")
            data = await asyncio.to_thread((self._uploads / name).read_bytes)
            return await self._kept(
                _key("file", hashlib.sha256(data).hexdigest()), ["speech"], data
            )
        text = prompt.texts[language].strip()
        key = _key("text", language, text)
        if (kept := await asyncio.to_thread(_read, self._rendered / key)) is not None:
            return kept
        return await self._kept(key, ["speech"], await self._speak(text, language))

    async def _speak(self, text: str, language: str, haste: Haste = Haste.SOON) -> bytes:
        if not 0 < len(text) <= MAX_TEXT:
            raise BadSound(f"a text of {len(text)} characters: expected 1 to {MAX_TEXT}")
        said = ""
        for voice in dict.fromkeys((language, language.partition("-")[0])):
            command = [self._espeak, "-v", voice, "-s", "150", "--stdin", "--stdout"]
            code, wav, said = await self._run(command, text.encode(), SPEAK_S, haste)
            if code == 0 and len(wav) > 44:
                return wav
        raise NotSpoken(f"{self._espeak} cannot speak {language!r}: {said or 'no sound'}")

    async def _kept(self, key: str, arguments: list[str], source: bytes) -> bytes:
        """The rendered sound of a key, made from `source` if it is not there yet."""
        path = self._rendered / key
        async with self._turns[Haste.SOON]:
            if (kept := await asyncio.to_thread(_read, path)) is not None:
                return kept
            command = [sys.executable, "-m", "firmware.voice.render", *arguments]
            code, alaw, said = await _run(command, source, RENDER_S)
            if code == BAD_SOUND:
                raise BadSound(said)
            if code != 0:
                raise NotSpoken(f"rendering failed: {said}")
            try:
                await asyncio.to_thread(_store, path, alaw)
            except OSError as error:
                logger.warning("%s is not kept: %s; made again when needed", path, error.strerror)
            return alaw

    async def _run(
        self, command: Iterable[str], source: bytes, limit_s: float, haste: Haste
    ) -> tuple[int, bytes, str]:
        """What is made in spare time and finds none is begun anew as if somebody waited for it."""
        if haste is Haste.SPARE and self._patience_s > 0:
            began = time.monotonic()
            try:
                return await _run(command, source, self._patience_s, haste)
            except NotSpoken:
                logger.info("the processor has no time to spare: sentences are made all the same")
            finally:
                self._patience_s -= time.monotonic() - began
        return await _run(command, source, limit_s)

    def _report(self, prompt: Prompt, language: str, error: Exception) -> None:
        match error:
            case FileNotFoundError() if error.filename == self._espeak:
                why, do = f"{self._espeak} is not installed", f"install {self._espeak} (Debian)"
            case OSError():
                why = f"{error.filename}: {error.strerror}"
                do = "upload the recording again, or remove it so that the text is spoken"
            case _:
                why, do = str(error), "correct the text, or upload a recording of it"
        self._troubles.report(
            Trouble(
                _code(prompt, language),
                f"prompt {prompt.name!r} cannot be heard in {language!r}",
                why,
                f"{do}; until then callers hear another language of it, or two soft tones",
                "warning",
            )
        )


def languages(prompt: Prompt, language: str, site_language: str) -> list[str]:
    """The prompt's languages in the order in which they serve a caller."""
    has = dict.fromkeys([*prompt.files, *prompt.texts])
    related = (code for code in has if code.partition("-")[0] == language.partition("-")[0])
    return [
        code for code in dict.fromkeys([language, *related, site_language, *has]) if code in has
    ]


def _code(prompt: Prompt, language: str) -> str:
    return f"voice.{prompt.id}.{language}"


def _key(*source: str | int) -> str:
    text = "\n".join(map(str, (RENDERING, *source)))
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.alaw"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() or None
    except FileNotFoundError:
        return None


def _store(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


async def _run(
    command: Iterable[str], source: bytes, limit_s: float, haste: Haste = Haste.SOON
) -> tuple[int, bytes, str]:
    """Run a program on `source`: exit code, output, first line of what it complained."""
    pipe = asyncio.subprocess.PIPE
    program = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    _step_back(program.pid, haste)
    try:
        async with asyncio.timeout(limit_s):
            out, complaint = await program.communicate(source)
    except TimeoutError:
        raise NotSpoken(f"no result within {limit_s:.0f} s") from None
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    lines = complaint.decode(errors="replace").strip().splitlines()
    return program.returncode or 0, out, lines[-1] if lines else ""


def _step_back(pid: int, haste: Haste) -> None:
    """Behind the calls, before the program has read what it is to do: the core comes before others
    (firmware.__main__) and its children would, too."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone, or forbidden: as it is
        if haste is Haste.SPARE:
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
        else:
            os.setpriority(os.PRIO_PROCESS, pid, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
