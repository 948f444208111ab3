"""A caller waits in a queue: the shell of waiting.py on the switch and timers.

Tests: tests/firmware/ivr/test_waiting.py, tests/firmware/route/test_waiting.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from firmware.acd.expected_wait import Range
from firmware.call.audio import Audio
from firmware.config.callback import CallbackRule
from firmware.config.schema import Queue
from firmware.ivr import callback_ask
from firmware.ivr import waiting as core
from firmware.ivr.dialogue_task import Dialogue
from hal.leg import PortId

logger = logging.getLogger(__name__)

Outlook = Callable[[], tuple[int, Range | None]]
"""The caller's place now, and how long it will probably be."""


@dataclass(frozen=True, slots=True)
class CallbackOffer:
    """The callback that a caller may have."""

    rule: CallbackRule
    number: str
    """The caller's own, if it can be called back."""
    is_good: Callable[[str], bool]
    """Whether another number can be."""
    take: Callable[[str], bool]
    """Keeps it, and leads the caller out of the queue; False if that is not possible."""


class WaitingVisit:
    """One caller in one queue. Ends by `leave`, whoever takes the call; `go_out` is called once if
    the caller presses the key for it."""

    def __init__(
        self,
        queue: Queue,
        port: PortId,
        language: str,
        audio: Audio,
        loop: asyncio.AbstractEventLoop,
        outlook: Outlook,
        go_out: Callable[[], None],
        tell: Callable[..., None],
        failed: Callable[[], None],
        callback: CallbackOffer | None = None,
        is_welcome: bool = True,
    ) -> None:
        """`failed`: something went wrong here, and is in the log. `is_welcome`: hears the welcome;
        who was called back has heard it."""
        rule = callback.rule if callback is not None else None
        welcome = queue.welcome if is_welcome else None
        self._queue, self._run = queue, core.Run(queue.comfort, welcome, rule)
        self._callback = callback
        self._asking: Dialogue[callback_ask.Taken | callback_ask.Declined] | None = None
        self._offer_timer: asyncio.TimerHandle | None = None
        self._port, self._language, self._audio, self._loop = port, language, audio, loop
        self._outlook, self._go_out, self._tell, self._failed = outlook, go_out, tell, failed
        self._timer: asyncio.TimerHandle | None = None
        self._has_left = False

    def begin(self) -> None:
        """Play the welcome, or music."""
        self._feed(core.Begin())

    def pressed(self, digit: str) -> None:
        """The caller pressed a key."""
        if self._asking is not None:
            self._asking.pressed(digit)
        else:
            self._feed(core.Pressed(digit))

    def leave(self) -> None:
        """The caller is gone, or led elsewhere: what is said is cut off."""
        self._has_left = True
        self._stop_timer()
        if self._offer_timer is not None:
            self._offer_timer.cancel()
        self._stop_asking()
        self._audio.quiet(self._port)

    def _feed(self, event: core.Event) -> None:
        if self._has_left:
            return
        try:
            for command in self._run.advance(event):
                self._do(command)
        except Exception:  # supervision boundary: a timer or a sound's end called, not the call
            logger.exception("! queue %s: a caller's waiting failed", self._queue.id)
            self._failed()

    def _do(self, command: core.Command) -> None:
        match command:
            case core.PlayAll(prompts):
                self._stop_timer()
                self._say(prompts)
            case core.Music(seconds):
                self._audio.music(self._port, self._queue.music, self._language)
                self._stop_timer()
                if seconds is not None:
                    self._timer = self._loop.call_later(seconds, self._time_out)
            case core.Leave():
                self._stop_timer()
                self._tell("queue.key", f"pressed {self._queue.comfort.exit_key} to go out")
                self._go_out()
            case core.StartOffer(seconds):
                due = partial(self._feed, core.OfferDue())
                self._offer_timer = self._loop.call_later(seconds, due)
            case core.Ask():
                self._stop_timer()
                self._ask()
            case _:
                assert_never(command)

    def _ask(self) -> None:
        """The caller's keys are for the question from now on; the place in line stays."""
        offer = self._callback
        assert offer is not None  # else the core has no key for it
        self._tell("callback.asked", "is asked where to be called back", queue=self._queue.id)
        run = callback_ask.Run(offer.number, offer.rule.may_key_number, offer.is_good)
        self._asking = Dialogue(
            run, self._port, self._language, self._audio, self._loop, self._asked, self._failed
        )
        self._asking.begin()

    def _asked(self, found: callback_ask.Taken | callback_ask.Declined) -> None:
        offer = self._callback
        self._stop_asking()
        if isinstance(found, callback_ask.Taken) and offer is not None and offer.take(found.number):
            return
        self._tell("callback.declined", "goes on waiting", queue=self._queue.id)
        self._feed(core.Declined())

    def _stop_asking(self) -> None:
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.leave()

    def _say(self, prompts: Sequence[str]) -> None:
        """What is not made yet is left out; if nothing is there, music goes on at once."""
        then = partial(self._feed, core.PromptEnded())
        if not self._audio.play_all(self._port, prompts, self._language, then):
            then()

    def _time_out(self) -> None:
        self._timer = None
        try:
            position, wait = self._outlook()
        except Exception:  # supervision boundary: a timer called
            logger.exception("! queue %s: how long it will be is not known", self._queue.id)
            position, wait = 0, None
        if position and not self._has_left:
            self._tell_story(position, wait)
        self._feed(core.TimedOut(position, wait))

    def _tell_story(self, position: int, wait: Range | None) -> None:
        rule, words = self._queue.comfort, []
        if rule.tell_position:
            words.append(f"number {position} in line")
        if rule.tell_wait and wait is not None:
            words.append(f"{wait.low_min} to {wait.high_min} minutes")
        if words:
            text = f"hears: {', '.join(words)}"
            self._tell("queue.told", text, queue=self._queue.id, position=position)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
