"""Holds a conversation by keys: the shell of the cores of firmware.ivr on the switch and the event
loop's timers. Tests: tests/firmware/ivr/test_dialogue_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

from firmware.call.audio import Audio
from firmware.ivr import dialogue
from hal.leg import PortId

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
"""What a core finds out."""
Found = TypeVar("Found", covariant=True)


class Core(Protocol[Found]):
    """One conversation."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    def advance(self, event: dialogue.Event) -> Sequence[dialogue.Step | Found]: ...


class Dialogue(Generic[Result]):
    """One caller in one conversation. It ends by `leave`; what it found out before is told."""

    def __init__(
        self,
        core: Core[Result],
        port: PortId,
        language: str,
        audio: Audio,
        loop: asyncio.AbstractEventLoop,
        found: Callable[[Result], None],
        failed: Callable[[], None],
        speaks: Callable[[str], None] = lambda language: None,
    ) -> None:
        """`failed`: something went wrong here, and is in the log. `speaks`: the caller chose a
        language."""
        self._core, self._port, self._language = core, port, language
        self._audio, self._loop, self._found = audio, loop, found
        self._failed, self._speaks = failed, speaks
        self._timer: asyncio.TimerHandle | None = None
        self._silence: asyncio.Handle | None = None
        """Stands for the end of a prompt that is not there."""
        self._is_over = False

    def begin(self) -> None:
        """Play the first prompt."""
        self._feed(dialogue.Begin())

    def pressed(self, digit: str) -> None:
        """The caller pressed a key."""
        self._feed(dialogue.Pressed(digit))

    def leave(self) -> None:
        """The caller is gone: no prompt, no timer, nothing told any more."""
        self._is_over = True
        self._stop_timer()
        self._quiet()

    def _feed(self, event: dialogue.Event) -> None:
        if self._is_over:
            return
        try:
            for command in self._core.advance(event):
                self._do(command)
        except Exception:  # supervision boundary: a timer or a sound's end called, not the call
            logger.exception("! %s failed", self._core.name)
            self._failed()

    def _do(self, command: dialogue.Step | Result) -> None:
        match command:
            case dialogue.Play(prompt):
                self._play((prompt,))
            case dialogue.PlayAll(prompts):
                self._play(prompts)
            case dialogue.StopPlaying():
                self._quiet()
            case dialogue.StartTimer(seconds):
                self._stop_timer()
                ended = partial(self._feed, dialogue.TimedOut())
                self._timer = self._loop.call_later(seconds, ended)
            case dialogue.StopTimer():
                self._stop_timer()
            case dialogue.Speak(language):
                self._language = language
                self._speaks(language)
            case _:
                self._found(command)

    def _play(self, prompts: Sequence[str]) -> None:
        ended = partial(self._feed, dialogue.PromptEnded())
        self._no_silence()
        if not self._audio.play_all(self._port, prompts, self._language, ended):
            self._silence = self._loop.call_soon(ended)  # nothing to hear: the keys still count

    def _quiet(self) -> None:
        self._no_silence()
        self._audio.quiet(self._port)

    def _no_silence(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
