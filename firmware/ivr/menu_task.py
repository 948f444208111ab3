"""Plays a menu to a caller: the shell of `menu.Run` on the switch and the event loop's timers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import assert_never

from firmware.call.audio import Audio
from firmware.config.schema import Destination, Menu
from firmware.ivr import menu as core
from hal.leg import PortId

logger = logging.getLogger(__name__)

GoOn = Callable[[Destination, str], None]
"""Where the caller goes from here, and why in words."""


class MenuVisit:
    """One caller in one menu. Ends by calling `go_on` once, or by `leave` (the caller hung up)."""

    def __init__(
        self,
        menu: Menu,
        port: PortId,
        language: str,
        audio: Audio,
        loop: asyncio.AbstractEventLoop,
        go_on: GoOn,
        failed: Callable[[], None],
    ) -> None:
        """`failed`: something went wrong here, and is in the log."""
        self._run = core.Run(menu)
        self._port, self._language = port, language
        self._audio, self._loop, self._go_on = audio, loop, go_on
        self._failed = failed
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Play the greeting."""
        self._feed(core.Begin())

    def pressed(self, digit: str) -> None:
        """The caller pressed a key."""
        self._feed(core.Pressed(digit))

    def leave(self) -> None:
        """The caller is gone: no prompt, no timer, no `go_on`."""
        self._stop_timer()
        self._audio.quiet(self._port)

    def _feed(self, event: core.Event) -> None:
        try:
            for command in self._run.advance(event):
                self._do(command)
        except Exception:  # supervision boundary: a timer or a sound's end called, not the call
            logger.exception("! menu %s failed", self._run.menu.id)
            self._failed()

    def _do(self, command: core.Command) -> None:
        match command:
            case core.Play(prompt):
                ended = partial(self._feed, core.PromptEnded())
                if not self._audio.play(self._port, prompt, self._language, ended):
                    self._loop.call_soon(ended)  # nothing to hear: the keys still count
            case core.StopPlaying():
                self._audio.quiet(self._port)
            case core.StartTimer(seconds):
                self._stop_timer()
                self._timer = self._loop.call_later(seconds, self._feed, core.TimedOut())
            case core.StopTimer():
                self._stop_timer()
            case core.Go(to, why):
                self._go_on(to, why)
            case _:
                assert_never(command)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
