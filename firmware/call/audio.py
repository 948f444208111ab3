"""What a call needs of the switch: prompts, music, and two parties hearing each other.

Shell over hal.switch.face.AudioSwitch, without tasks of its own. Sounds are loaded before they
are needed (`SoundShelf.stock`), so that playing never waits for speech synthesis or storage. Only
in the first moments of a new box a sentence may still be coming (`SoundShelf.expect`): then it is
asked for, and whoever is to hear it waits a moment, or hears the sound that stands in its place.

Tests: tests/firmware/call/test_audio.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

from hal.leg import PortId
from hal.switch.face import AudioSwitch, Played, SoundId
from hal.switch.tones import render

ALAW_SILENCE: Final = b"\xd5"
LEAD_IN: Final = ALAW_SILENCE * 3200
"""400 ms before a prompt: the far exchange cuts the speech path through only a little after
answer, and a first word lost is a caller confused."""
COMING_S: Final = 3.0
"""How long a party waits for a sound that is being made, before the call goes on without."""
MUSIC: Final = ("", "")
"""The music's place among the sounds that are coming."""


class Tone(Enum):
    """Tones for people of the office, of 425 Hz as ITU-T E.180 clause 4 to 7 recommends: sounding
    and silent milliseconds, and how often. Kept short in the making: rendering takes time."""

    DIAL = (1000, 0, 1)
    RINGING = (1000, 4000, 1)
    BUSY = (250, 250, 6)


class SoundShelf:
    """Sounds in the switch by (prompt, language), with the fallbacks of a call in a hurry."""

    def __init__(self, switch: AudioSwitch) -> None:
        self._switch = switch
        self._sounds: dict[tuple[str, str], SoundId] = {}
        self._content: dict[tuple[str, str], bytes] = {}
        self.music: SoundId | None = None
        self.in_place = ""
        """The prompt heard in place of one that did not come in time."""
        self.on_wanted: Callable[[str, str], None] = lambda prompt, language: None
        """Told which of the coming sounds somebody waits for."""
        self.on_late: Callable[[str, str], None] = lambda prompt, language: None
        """Told which of them did not come in time."""
        self.on_stocked: Callable[[], None] = lambda: None
        self._coming: frozenset[tuple[str, str]] = frozenset()
        self._tones: dict[Tone, SoundId] = {}

    def tone(self, tone: Tone) -> SoundId:
        """A tone, made when first needed."""
        if (sound := self._tones.get(tone)) is None:
            on_ms, off_ms, times = tone.value
            period = render([((425,), on_ms)]) + ALAW_SILENCE * (8 * off_ms)
            sound = self._tones[tone] = self._switch.load(period * times)
        return sound

    def stock(self, sounds: Mapping[tuple[str, str], bytes]) -> None:
        """Replace the stock; unchanged sounds stay loaded, others are unloaded after use."""
        for key in [k for k in self._sounds if k not in sounds]:
            self._switch.unload(self._sounds.pop(key))
            del self._content[key]
        for key, alaw in sounds.items():
            if self._content.get(key) == alaw:
                continue
            old = self._sounds.get(key)
            self._sounds[key] = self._switch.load(LEAD_IN + alaw)
            self._content[key] = alaw
            if old is not None:
                self._switch.unload(old)
        self.on_stocked()

    def expect(self, coming: Collection[tuple[str, str]]) -> None:
        """These sounds are being made, and no others. Say so before stocking what has come."""
        self._coming = frozenset(coming)

    def is_coming(self, prompt: str, language: str) -> bool:
        """True if it is worth waiting for."""
        return (prompt, language) in self._coming

    def find(self, prompt: str, language: str) -> SoundId | None:
        """The prompt in the caller's language, else in any; None if there is none at all."""
        if (sound := self._sounds.get((prompt, language))) is not None:
            return sound
        return next((s for (name, _), s in self._sounds.items() if name == prompt), None)


@dataclass(frozen=True, slots=True)
class _Awaited:
    """Somebody waits for a sound that is coming."""

    key: tuple[str, str]
    then: Callable[[], None]
    timer: asyncio.TimerHandle | None
    """None: there is no hurry."""


class Audio:
    """Prompts, music and bridges on the ports of the switch."""

    def __init__(self, switch: AudioSwitch) -> None:
        self.switch = switch
        self.shelf = SoundShelf(switch)
        self.shelf.on_stocked = self._stocked
        self._at_end: dict[PortId, tuple[SoundId, Callable[[], None]]] = {}
        self._awaited: dict[PortId, _Awaited] = {}

    def play(
        self, port: PortId, prompt: str, language: str, at_end: Callable[[], None] | None = None
    ) -> bool:
        """Play a prompt to the party on `port`, then call `at_end`. False if there is no such
        sound: `at_end` is not called then. One that is coming is played when it has come."""
        if self.shelf.is_coming(prompt, language):
            self._await(port, prompt, language, at_end)
            return True
        sound = self.shelf.find(prompt, language)
        if sound is None:
            return False
        self.forget(port)
        if at_end is not None:
            self._at_end[port] = (sound, at_end)
        self.switch.play(port, sound)
        return True

    def _await(
        self, port: PortId, prompt: str, language: str, at_end: Callable[[], None] | None
    ) -> None:
        self.forget(port)
        later = asyncio.get_running_loop().call_later
        self._awaited[port] = _Awaited(
            (prompt, language),
            partial(self._play_or_go_on, port, prompt, language, at_end),
            later(COMING_S, self._late, port, at_end),
        )
        self.shelf.on_wanted(prompt, language)

    def _stocked(self) -> None:
        """Sounds have come: play them to whoever waits for them."""
        for port, awaited in list(self._awaited.items()):
            if self._awaited.get(port) is awaited and not self.shelf.is_coming(*awaited.key):
                self.forget(port)
                awaited.then()

    def _late(self, port: PortId, at_end: Callable[[], None] | None) -> None:
        prompt, language = self._awaited.pop(port).key
        self.shelf.on_late(prompt, language)
        self._play_or_go_on(port, self.shelf.in_place, language, at_end)

    def _play_or_go_on(
        self, port: PortId, prompt: str, language: str, at_end: Callable[[], None] | None
    ) -> None:
        if not self.play(port, prompt, language, at_end) and at_end is not None:
            at_end()

    def play_all(
        self, port: PortId, prompts: Iterable[str], language: str, at_end: Callable[[], None]
    ) -> bool:
        """Play prompts one after the other, then call `at_end`. What is not on the shelf (a
        sentence that is not made yet) is left out; False if nothing is there: `at_end` is not
        called then."""
        ahead = iter(asked := tuple(prompts))
        for prompt in asked:
            if self.shelf.is_coming(prompt, language):
                self.shelf.on_wanted(prompt, language)
        after = partial(self._play_on, port, ahead, language, at_end)
        return any(self.play(port, prompt, language, after) for prompt in ahead)

    def _play_on(
        self, port: PortId, ahead: Iterable[str], language: str, at_end: Callable[[], None]
    ) -> None:
        after = partial(self._play_on, port, ahead, language, at_end)
        if not any(self.play(port, prompt, language, after) for prompt in ahead):
            at_end()

    def play_once(self, port: PortId, sound: SoundId, at_end: Callable[[], None]) -> None:
        """Play a sound that is on no shelf, such as a voice message, then call `at_end`."""
        self.forget(port)
        self._at_end[port] = (sound, at_end)
        self.switch.play(port, sound)

    def music(self, port: PortId, prompt: str | None = None, language: str = "") -> None:
        """Music until something else is played or stopped; as soon as there is any."""
        self.forget(port)
        sound = self.shelf.find(prompt, language) if prompt else None
        if (sound := sound or self.shelf.music) is not None:
            self.switch.play(port, sound, loop=True)
        elif self.shelf.is_coming(*MUSIC):
            again = partial(self.music, port, prompt, language)
            self._awaited[port] = _Awaited(MUSIC, again, None)

    def tone(self, port: PortId, tone: Tone, at_end: Callable[[], None] | None = None) -> None:
        """A tone until something else is played or stopped, or once if `at_end` waits for it."""
        self.forget(port)
        sound = self.shelf.tone(tone)
        if at_end is not None:
            self._at_end[port] = (sound, at_end)
        self.switch.play(port, sound, loop=at_end is None)

    def quiet(self, port: PortId) -> None:
        """Stop whatever plays on the port; its `at_end` is not called."""
        self.forget(port)
        self.switch.stop(port)

    def hear(self, listener: PortId, source: PortId) -> None:
        """From now on one party hears another, beside what it hears already."""
        self.switch.hear(listener, source)

    def unhear(self, listener: PortId, source: PortId) -> None:
        """It no longer does."""
        self.switch.unhear(listener, source)

    def played(self, event: Played) -> None:
        """A sound ended: call whoever waits for it."""
        waiting = self._at_end.get(event.port)
        if waiting is not None and waiting[0] == event.sound:
            del self._at_end[event.port]
            waiting[1]()

    @property
    def waiting(self) -> int:
        """Ports whose sound somebody waits for."""
        return len(self._at_end) + len(self._awaited)

    def forget(self, port: PortId) -> None:
        """The port is closed, or hears something else: nobody waits for its sounds any more."""
        self._at_end.pop(port, None)
        awaited = self._awaited.pop(port, None)
        if awaited is not None and awaited.timer is not None:
            awaited.timer.cancel()
