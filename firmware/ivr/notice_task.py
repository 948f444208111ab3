"""Tells a caller that the call is recorded, before anything else, and hears whether they object.

Shell without a core: one sound, one key that counts; other keys are for the menu that follows.
Tests: tests/firmware/ivr/test_notice_task.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from firmware.call.audio import Audio
from firmware.config.schema import Recording
from hal.leg import PortId

NOT_RECORDED: Final = "box-not-recorded"
MOST_KEYS: Final = 32
"""Kept for what follows."""


class Notice:
    """The announcement to one caller. Ends by calling `ended` with the keys pressed meanwhile, or
    by `leave`."""

    def __init__(
        self,
        rule: Recording,
        port: PortId,
        language: str,
        audio: Audio,
        opted_out: Callable[[], None],
        ended: Callable[[str], None],
    ) -> None:
        self._rule, self._port, self._language = rule, port, language
        self._audio, self._opted_out, self._ended = audio, opted_out, ended
        self._keys = ""
        self._has_objected = False
        """The same key is for the menu from then on."""
        self._is_over = False

    def begin(self) -> None:
        """Play it. One that is not there is over at once."""
        self._play(self._rule.announcement or "")

    def pressed(self, digit: str) -> None:
        """The caller pressed a key."""
        if self._is_over:
            return
        if digit == self._rule.opt_out_key and not self._has_objected:
            self._has_objected = True
            self._opted_out()
            self._play(NOT_RECORDED)
        elif len(self._keys) < MOST_KEYS:
            self._keys += digit

    def leave(self) -> None:
        """The caller is gone."""
        self._is_over = True
        self._audio.quiet(self._port)

    def _play(self, prompt: str) -> None:
        if not self._audio.play(self._port, prompt, self._language, self._over):
            self._over()

    def _over(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._ended(self._keys)
