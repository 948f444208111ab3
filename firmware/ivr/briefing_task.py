"""Tells somebody what call it is before they are joined: the shell of briefing.py.

Listens to their leg in front of whoever did, for as long as it lasts: keys are for it, all else is
passed on. Ends with their answer, or with the leg.
Tests: tests/firmware/route/test_briefing.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import assert_never

from firmware.call.audio import Audio
from firmware.ivr import briefing as core
from firmware.voice.built_in import BEEP
from hal.leg import Digit, Leg, LegEvent, Released

logger = logging.getLogger(__name__)


class Briefing:
    """One person who has answered for one call. Calls `decided` at most once."""

    def __init__(
        self,
        run: core.Run,
        leg: Leg,
        language: str,
        audio: Audio,
        loop: asyncio.AbstractEventLoop,
        decided: Callable[[bool], None],
    ) -> None:
        self._run, self._leg, self._language = run, leg, language
        self._audio, self._loop, self._decided = audio, loop, decided
        self._before = leg.listener
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False
        leg.listener = self._heard

    def begin(self) -> None:
        """Say what call it is."""
        self._feed(core.Begin())

    def leave(self) -> None:
        """The call is over: nothing is said or asked any more."""
        if not self._is_over:
            self._close()

    def _heard(self, event: LegEvent) -> None:
        if isinstance(event, Digit):
            return self._feed(core.Pressed(event.digit))
        if isinstance(event, Released):
            self._close()
        if self._before is not None:
            self._before(event)

    def _feed(self, event: core.Event) -> None:
        if self._is_over:
            return
        try:
            for command in self._run.advance(event):
                self._do(command)
        except Exception:  # supervision boundary: they have the call rather than nothing
            logger.exception("! the briefing of who answered failed")
            self._end(True)

    def _do(self, command: core.Command) -> None:
        match command:
            case core.PlayAll(prompts):
                self._say(prompts)
            case core.StartTimer(seconds):
                self._timer = self._loop.call_later(seconds, self._feed, core.TimedOut())
            case core.Decided(takes_it):
                self._end(takes_it)
            case _:
                assert_never(command)

    def _say(self, prompts: Sequence[str]) -> None:
        """A soft tone stands for sentences that are not made yet."""
        port, then = self._leg.port, partial(self._feed, core.PromptEnded())
        for heard in (prompts, (BEEP,)):
            if port is not None and self._audio.play_all(port, heard, self._language, then):
                return
        then()

    def _end(self, takes_it: bool) -> None:
        if not self._is_over:
            self._close()
            if self._leg.port is not None:
                self._audio.quiet(self._leg.port)
            self._decided(takes_it)

    def _close(self) -> None:
        self._is_over = True
        self._leg.listener = self._before
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._leg.port is not None:
            self._audio.forget(self._leg.port)
