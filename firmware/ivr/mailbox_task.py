"""Somebody hears their voice messages: the shell of mailbox.py on the switch and timers.

A message's sound is loaded into the switch for the time it is played. Sentences that are not made
yet are left out. Tests: tests/firmware/ivr/test_mailbox_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import assert_never

from firmware.call.audio import LEAD_IN, Audio
from firmware.ivr import mailbox as core
from firmware.ivr.mailboxes_task import Mailboxes
from hal.leg import PortId
from hal.switch.face import SoundId

logger = logging.getLogger(__name__)


class HearingVisit:
    """One person at their mailboxes. Ends by calling `over` once, or by `leave`."""

    def __init__(
        self,
        messages: Sequence[core.Message],
        mailboxes: Mailboxes,
        port: PortId,
        language: str,
        audio: Audio,
        loop: asyncio.AbstractEventLoop,
        over: Callable[[str], None],
        failed: Callable[[], None],
    ) -> None:
        """`over`: the call can be ended, and why; `failed`: something went wrong here, and is in
        the log."""
        self._core, self._mailboxes = core.Hearing(messages), mailboxes
        self._port, self._language, self._audio, self._loop = port, language, audio, loop
        self._over, self._failed = over, failed
        self._timer: asyncio.TimerHandle | None = None
        self._sound: SoundId | None = None
        self._step = 0
        """What is said is of this step; what ends of a former one counts no more."""

    def begin(self) -> None:
        """Say how many messages there are."""
        self._feed(core.Begin())

    def pressed(self, digit: str) -> None:
        """A key."""
        self._feed(core.Pressed(digit))

    def leave(self) -> None:
        """The person hung up."""
        self._next_step()

    def _feed(self, event: core.Event) -> None:
        try:
            for command in self._core.advance(event):
                self._do(command)
        except Exception:  # supervision boundary: a timer or a sound's end called, not the call
            logger.exception("! hearing messages failed")
            self._next_step()
            self._failed()

    def _do(self, command: core.Command) -> None:
        match command:
            case core.PlayAll(prompts):
                self._next_step()
                self._say(prompts, partial(self._feed, core.PromptEnded()))
            case core.Play(prompts, message):
                self._next_step()
                self._mailboxes.heard(message)
                self._say(prompts, partial(self._load, self._step, message))
            case core.Delete(message):
                self._mailboxes.delete(message)
            case core.StartTimer(seconds):
                self._next_step()
                self._timer = self._loop.call_later(seconds, self._feed, core.TimedOut())
            case core.HangUp(why):
                self._next_step()
                self._over(why)
            case _:
                assert_never(command)

    def _next_step(self) -> None:
        """Whatever was said or waited for is over."""
        self._step += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._audio.quiet(self._port)
        if self._sound is not None:
            sound, self._sound = self._sound, None
            self._audio.switch.unload(sound)

    def _say(self, prompts: Sequence[str], then: Callable[[], None]) -> None:
        if not self._audio.play_all(self._port, prompts, self._language, then):
            self._loop.call_soon(self._then, self._step, then)

    def _then(self, step: int, then: Callable[[], None]) -> None:
        if step == self._step:
            then()

    def _load(self, step: int, message: core.Message) -> None:
        self._mailboxes.fetch(message, partial(self._play, step))

    def _play(self, step: int, alaw: bytes) -> None:
        """The sound is there; the person may have pressed a key meanwhile, or hung up."""
        if step != self._step:
            return
        if not alaw:
            return self._say(("box-mailbox-unreadable",), partial(self._feed, core.PromptEnded()))
        self._sound = self._audio.switch.load(LEAD_IN + alaw)
        self._audio.play_once(self._port, self._sound, partial(self._feed, core.PromptEnded()))
