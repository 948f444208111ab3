"""One analog line of the box: shell around its supervisor.

`Line` gives the supervisor what is reported, carries out its effects, and makes a Leg of every
call. Inputs that arrive while it carries out effects (a leg's listener that releases another leg at
once) wait their turn.

The port of a line is opened at the start, and again after each call: closing it is what surely
ends all that was heard through it.

Leaves out: judging (supervisor.py), who owns all lines (lines_task.py), tests of a line
(line_test_task.py). Tests: tests/hal/lines/test_lines_task.py.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol, assert_never

from hal.hat.messages import Hat
from hal.leg import Cause, Digit, Direction, HangupBy, Identified, Party, PortId
from hal.leg import Fault as LegFault
from hal.lines.analog import Timer
from hal.lines.config import LineConfig
from hal.lines.line_leg import LineLeg, make_leg
from hal.lines.line_test_task import TestBench
from hal.lines.messages import (
    AbortTest,
    Effect,
    EndLeg,
    Hear,
    Hook,
    Learned,
    Listen,
    Offer,
    Say,
    SendDigits,
    StartTimer,
    StopTimer,
    TellAnswered,
    TellCaller,
    TellFault,
    TellProgress,
)
from hal.lines.supervisor import Supervisor
from hal.lines.tones import LearnedTone, Segment
from hal.switch.errors import SwitchError, SwitchMisuse
from hal.switch.face import AudioSwitch, Detect, DigitHeard, ToneSegment

logger = logging.getLogger(__name__)

SILENCE_DBM0: Final = -99.0


class Handle(Protocol):
    """A timer that runs."""

    def cancel(self) -> None: ...


class Scheduler(Protocol):
    """The part of an event loop that is used: tests give a clock that jumps."""

    def time(self) -> float: ...
    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Handle: ...


class Owner(Protocol):
    """What a line needs of who owns them all."""

    @property
    def hat(self) -> Hat: ...
    @property
    def switch(self) -> AudioSwitch: ...
    @property
    def clock(self) -> Scheduler: ...

    def offered(self, leg: LineLeg) -> None: ...
    def learned(self, number: int, tones: tuple[LearnedTone, ...]) -> None: ...
    def ports_changed(self) -> None: ...


class Line:
    """One line: its supervisor, port, timers and present leg."""

    def __init__(self, config: LineConfig, owner: Owner, port: PortId) -> None:
        self.number = config.number
        self.supervisor = Supervisor(config)
        self.port = port
        self.leg: LineLeg | None = None
        self.bench: TestBench | None = None
        self._owner = owner
        self._timers: dict[Timer, Handle] = {}
        self._is_working = False
        self._inputs: deque[Callable[[], list[Effect]]] = deque()
        self._heard = Hear(Detect.NONE, False)

    @property
    def is_free(self) -> bool:
        return self.supervisor.is_free and self.leg is None and not self._inputs

    def configure(self) -> None:
        """Tell the line board about the line; again whenever it may have forgotten."""
        config, hat = self.supervisor.config, self._owner.hat
        hat.configure(
            self.number, config.country, self.number, config.rx_gain_db, config.tx_gain_db
        )
        if config.listen_always and self.supervisor.is_free:
            hat.onhook_listen(self.number, True)
        self._hear(self.supervisor.hearing())

    def do(self, ask: Callable[[float], list[Effect]]) -> None:
        """Give the supervisor an input and carry out what it wants, in order of arrival."""
        now = self._owner.clock.time()
        self._inputs.append(lambda: ask(now))
        if self._is_working:
            return
        self._is_working = True
        try:
            while self._inputs:
                for effect in self._effects(self._inputs.popleft()):
                    self._attempt(effect)
        finally:
            self._is_working = False

    def _effects(self, ask: Callable[[], list[Effect]]) -> list[Effect]:
        try:
            return ask()
        except Exception:  # supervision boundary: what has come in behind it still counts
            logger.exception("! line %d: an input was not taken", self.number)
            return []

    def _attempt(self, effect: Effect) -> None:
        """Carry out one effect. The others are carried out whatever becomes of it: without them
        a timer would not run, or a leg never be released, and the line stay taken for ever."""
        try:
            self._carry_out(effect)
        except Exception as error:  # supervision boundary of one effect
            logger.exception("! line %d: %s was not carried out", self.number, effect)
            if self.leg is not None and isinstance(error, SwitchError):
                self.leg.tell(LegFault(f"the switch refused: {error}"))

    def close(self) -> None:
        """Stop the timers: nothing more happens by itself."""
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()

    # --- asked by the leg

    def answer(self, leg: LineLeg) -> None:
        if leg is self.leg:
            self.do(self.supervisor.answer)

    def release(self, leg: LineLeg) -> None:
        if leg is self.leg:
            self.do(self.supervisor.release)

    def send_digits(self, leg: LineLeg, digits: str) -> None:
        if leg is self.leg:
            self._owner.switch.send_digits(self.port, digits)

    def flash(self, leg: LineLeg) -> None:
        if leg is self.leg:
            self._owner.hat.flash(self.number, self.supervisor.config.row.flash_ms)

    def level_dbm0(self) -> float:
        """How loud the party is at this moment."""
        try:
            return self._owner.switch.counters(self.port).level_in_dbm0
        except SwitchError:
            return SILENCE_DBM0  # no port: nobody is heard

    # --- from the switch

    def digit(self, event: DigitHeard) -> None:
        if self.leg is not None:
            self.leg.tell(Digit(event.digit, event.how))

    def tone(self, event: ToneSegment) -> None:
        segment = Segment(event.f1_hz, event.f2_hz, event.ms)
        if self.bench is not None:
            self.bench.hear(segment)
        self.do(lambda now: self.supervisor.tone(segment, now))

    # --- effects

    def _carry_out(self, effect: Effect) -> None:
        hat, switch = self._owner.hat, self._owner.switch
        match effect:
            case Hook(is_off):
                hat.hook(self.number, is_off)
            case Listen(is_on):
                hat.onhook_listen(self.number, is_on)
            case Hear():
                self._hear(effect)
            case SendDigits(digits):
                switch.send_digits(self.port, digits)
            case StartTimer(timer, s):
                self._start(timer, s)
            case StopTimer(timer):
                self._stop(timer)
            case Offer(caller):
                self._offer(caller)
            case EndLeg(cause, by, why):
                self._end(cause, by, why)
            case TellCaller() | TellProgress() | TellAnswered() | TellFault():
                self._tell(effect)
            case AbortTest(why):
                if self.bench is not None:
                    self.bench.abort(why)
            case Learned(tones):
                self._owner.learned(self.number, tones)
            case Say(text, needs_person):
                level = logging.ERROR if needs_person else logging.DEBUG
                logger.log(level, "line %d: %s", self.number, text)
            case _:
                assert_never(effect)

    def _tell(self, effect: TellCaller | TellProgress | TellAnswered | TellFault) -> None:
        leg = self.leg
        if leg is None:
            return
        match effect:
            case TellCaller(caller):
                leg.caller = caller
                leg.tell(Identified(caller))
            case TellProgress():
                leg.progressed()
            case TellAnswered(why):
                logger.info("line %d: answered: %s", self.number, why)
                leg.was_answered()
            case TellFault(what):
                leg.tell(LegFault(what))

    def _hear(self, wanted: Hear) -> None:
        switch = self._owner.switch
        if wanted.what != self._heard.what:
            switch.detect(self.port, wanted.what)
        if wanted.cancel_echo is not self._heard.cancel_echo:
            switch.cancel_echo(self.port, wanted.cancel_echo)
        self._heard = wanted

    def _start(self, timer: Timer, s: float) -> None:
        self._stop(timer)
        self._timers[timer] = self._owner.clock.call_later(s, self._fired, timer)

    def _stop(self, timer: Timer) -> None:
        if (handle := self._timers.pop(timer, None)) is not None:
            handle.cancel()

    def _fired(self, timer: Timer) -> None:
        self._timers.pop(timer, None)
        self.do(lambda now: self.supervisor.timer(timer, now))

    def _offer(self, caller: Party) -> None:
        called = Party(name=self.supervisor.config.name)
        self.leg = leg = make_leg(self, Direction.INCOMING, caller, called, self.port)
        leg.offered()
        logger.info(
            "line %d: call from %s", self.number, caller.number or f"nobody: {caller.why_unknown}"
        )
        self._owner.offered(leg)

    def _end(self, cause: Cause, by: HangupBy, why: str) -> None:
        leg, self.leg = self.leg, None
        if leg is None:
            return
        logger.info("line %d: %s (%s)", self.number, why, cause.name)
        try:
            leg.ended(cause, by, why)
        finally:
            self._renew_port()

    def _renew_port(self) -> None:
        """A port that nobody hears or is heard by: the next caller starts clean."""
        switch, wanted = self._owner.switch, self._heard
        try:
            with suppress(SwitchMisuse):  # closed: the renewal before this one got no further
                switch.close(self.port)
            self.port = switch.open_slot(self.number)
        except SwitchError:
            logger.exception("line %d: no port for its timeslot; restart the box", self.number)
            return
        finally:
            self._owner.ports_changed()
        self._heard = Hear(Detect.NONE, False)
        self._hear(wanted)
