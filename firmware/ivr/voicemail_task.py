"""A caller leaves a voice message: the shell of voicemail.py on the switch, a tap and timers.

The tap is read every POLL_S; its ring holds 30 s, so a busy moment loses nothing. The message is
kept in memory until its end and goes to the mailboxes' worker then: a power cut before that loses
it, as it loses the call. Tests: tests/firmware/ivr/test_voicemail_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, assert_never

from firmware.call.audio import Audio
from firmware.config.schema import Mailbox
from firmware.ivr import voicemail as core
from firmware.ivr.mailbox import Message
from firmware.ivr.mailboxes_task import Mailboxes
from hal.leg import Party, PortId
from hal.switch.face import TapId

logger = logging.getLogger(__name__)

POLL_S: Final = 0.5
_READ: Final = 64 << 10

Tell = Callable[..., None]
"""Tells the story of the call, as Seats.tell."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who leaves the message."""

    call: str
    party: Party
    at: datetime
    """UTC."""


class MessageVisit:
    """One caller at one mailbox. Ends by calling `over` once, or by `leave` (the caller is gone,
    or led elsewhere)."""

    def __init__(
        self,
        box: Mailbox,
        mailboxes: Mailboxes,
        speaker: Speaker,
        port: PortId,
        language: str,
        audio: Audio,
        loop: asyncio.AbstractEventLoop,
        tell: Tell,
        over: Callable[[str], None],
        failed: Callable[[], None],
    ) -> None:
        """`over`: the call can be ended, and why; `failed`: something went wrong here, and is in
        the log."""
        self._run, self._take = core.Run(box), core.Take(box)
        self._box, self._mailboxes, self._speaker = box, mailboxes, speaker
        self._port, self._language, self._audio, self._loop = port, language, audio, loop
        self._tell, self._over, self._failed = tell, over, failed
        self._tap: TapId | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Play the greeting, or say that the mailbox is full."""
        self._feed(core.Begin(self._mailboxes.is_full(self._box)))

    def pressed(self, digit: str) -> None:
        """The caller pressed a key."""
        self._feed(core.Pressed(digit))

    def leave(self) -> None:
        """The caller is gone: what was said so far is kept."""
        self._feed(core.HungUp())
        self._close()
        self._audio.quiet(self._port)

    def _feed(self, event: core.Event) -> None:
        try:
            for command in self._run.advance(event):
                self._do(command)
        except Exception:  # supervision boundary: a timer or a sound's end called, not the call
            logger.exception("! mailbox %s: a message failed", self._box.id)
            self._close()
            self._failed()

    def _do(self, command: core.Command) -> None:
        match command:
            case core.Play(prompt):
                self._play(prompt)
            case core.Record():
                self._tap = self._audio.switch.open_tap(self._port)
                self._tell("voicemail.speaks", f"speaks to the mailbox {self._box.name}")
                self._timer = self._loop.call_later(POLL_S, self._poll)
            case core.Keep(why, is_there):
                self._keep(why, is_there)
            case core.HangUp(why):
                self._over(why)
            case _:
                assert_never(command)

    def _play(self, prompt: str) -> None:
        ended = partial(self._feed, core.PromptEnded())
        if not self._audio.play(self._port, prompt, self._language, ended):
            self._loop.call_soon(ended)  # not made yet: go on without it

    def _poll(self) -> None:
        self._timer = self._loop.call_later(POLL_S, self._poll)
        try:
            enough = self._listen()
        except Exception:  # supervision boundary: a timer called
            logger.exception("! mailbox %s: the caller cannot be heard", self._box.id)
            self._close()
            return self._failed()
        if enough is not None:
            self._feed(core.Enough(enough))

    def _listen(self) -> str | None:
        """Take what came since; channel 0 of a tap is the party itself."""
        enough: str | None = None
        while self._tap is not None and enough is None:
            _, octets = self._audio.switch.read_tap(self._tap, _READ)
            enough = self._take.hear(octets[0::2])
            if not octets:
                break
        return enough

    def _keep(self, why: str, is_there: bool) -> None:
        self._listen()
        self._close()
        alaw = self._take.message
        if not alaw:
            self._tell("voicemail.empty", f"left no message: {why}", mailbox=self._box.id)
        elif self._mailboxes.keep(message := self._message(len(alaw)), alaw):
            self._tell(
                "voicemail.left",
                f"left a message of {message.length_s:.0f} s for {self._box.name}: {why}",
                mailbox=self._box.id,
                message=message.id,
                length_s=message.length_s,
            )
        else:
            alaw = b""
            self._tell("voicemail.lost", "the message could not be kept", mailbox=self._box.id)
        if is_there:
            self._play("box-mailbox-thanks" if alaw else "box-mailbox-nothing")

    def _message(self, octets: int) -> Message:
        who = self._speaker
        return Message(
            f"{who.call}-{self._box.id}",
            self._box.id,
            who.at,
            who.party.number,
            who.party.name,
            round(octets / core.RATE_HZ, 1),
            who.call,
        )

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._tap is not None:
            tap, self._tap = self._tap, None
            self._audio.switch.close_tap(tap)
