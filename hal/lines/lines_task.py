"""The analog lines of the box: who hears what the line board and the switch report, and who dials.

It runs on the event loop with `call_later` only: nothing here is a task except a technician's test.

Leaves out: carrying out what one line wants (line_task.py), judging (supervisor.py), tests of a
line (line_test_task.py).
Tests: tests/hal/lines/test_lines_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final, assert_never

from hal.hat.messages import (
    Fault,
    Hat,
    HatEvent,
    LinkDown,
    LinkUp,
    PolarityReversed,
    PortChanged,
    RingEnded,
    RingStarted,
)
from hal.leg import Cause, Direction, HangupBy, Leg, Party, PortId
from hal.lines.config import LineConfig
from hal.lines.errors import NoSuchLine, TestRefused
from hal.lines.line_leg import LineLeg, make_leg
from hal.lines.line_task import Line, Scheduler
from hal.lines.line_test_task import TestResult, run_test
from hal.lines.messages import LineStatus
from hal.lines.tones import LearnedTone
from hal.switch.face import AudioSwitch, CallerIdHeard, DigitHeard, SwitchEvent, ToneSegment

logger = logging.getLogger(__name__)

DIALLABLE: Final = frozenset("0123456789*#ABCD")
MOST_DIGITS: Final = 32
"""ITU-T E.164 numbers have 15; carrier prefixes and account codes come before them."""


class Lines:
    """All analog lines. The assembler calls `start()`, then `switch_event` for every event of
    the switch, and reads legs from `on_offered`."""

    def __init__(
        self,
        hat: Hat,
        switch: AudioSwitch,
        configs: Iterable[LineConfig],
        clock: Scheduler | None = None,
    ) -> None:
        self.hat, self.switch = hat, switch
        self.clock: Scheduler = clock or asyncio.get_running_loop()
        self.on_offered: Callable[[Leg], None] | None = None
        self.on_learned: Callable[[int, tuple[LearnedTone, ...]], None] | None = None
        """A line's hang-up tones changed: keep them in its configuration."""
        self._lines = {
            config.number: Line(config, self, switch.open_slot(config.number)) for config in configs
        }
        self._by_port: dict[PortId, Line] = {}
        self.ports_changed()

    def start(self) -> None:
        """Take the line board's events, set the lines up, and begin with what is known."""
        if self.hat.listener is None:
            self.hat.listener = self.hat_event
        for line in self._lines.values():
            line.configure()
        if self.hat.is_up:
            for status in self.hat.statuses().values():
                self.hat_event(PortChanged(status))

    def configure(self, configs: Iterable[LineConfig]) -> None:
        """Take over what the office changed: lines may come and change. A line that is no longer
        named is left as it is until the next start: it may be in a call."""
        for config in configs:
            line = self._lines.get(config.number)
            if line is None:
                line = Line(config, self, self.switch.open_slot(config.number))
                self._lines[config.number] = line
                if (status := self.hat.statuses().get(config.number)) is not None:
                    line.configure()
                    self._give(line, PortChanged(status))
            elif line.supervisor.config != config:
                line.supervisor.config = config
                line.configure()
        self.ports_changed()

    def close(self) -> None:
        """Stop all timers; calls are not ended."""
        for line in self._lines.values():
            line.close()

    # --- events in

    def hat_event(self, event: HatEvent) -> None:
        """Something from the line board. `hat.listener`, unless the assembler has its own that
        passes events on to here."""
        match event:
            case LinkUp():
                for line in self._lines.values():
                    line.configure()
                    self._give(line, event)
            case LinkDown():
                for line in self._lines.values():
                    self._give(line, event)
            case PortChanged(status):
                self._give_port(status.port, event)
            case Fault(0, what):
                logger.warning("line board: %s", what)
            case RingStarted(port) | RingEnded(port) | PolarityReversed(port) | Fault(port):
                self._give_port(port, event)
            case _:
                assert_never(event)

    def _give_port(self, port: int, event: HatEvent) -> None:
        if (line := self._lines.get(port)) is not None:
            self._give(line, event)

    def _give(self, line: Line, event: HatEvent) -> None:
        line.do(lambda now: line.supervisor.hat(event, now))

    def switch_event(self, event: SwitchEvent) -> None:
        """Something from the switch; what is not about a line's port is passed over."""
        match event:
            case DigitHeard(port):
                if (line := self._by_port.get(port)) is not None:
                    line.digit(event)
            case ToneSegment(port):
                if (line := self._by_port.get(port)) is not None:
                    line.tone(event)
            case CallerIdHeard(port):
                if (line := self._by_port.get(port)) is not None:
                    supervisor, message = line.supervisor, event
                    line.do(lambda now: supervisor.caller_id(message, now))
            case _:
                pass

    # --- calls

    def dial(self, line: int, digits: str, caller: Party) -> Leg:
        """Call out. What is in the way comes as Released on the leg; `NoSuchLine` if the number
        is not that of a line."""
        wire = self._line(line)
        leg = make_leg(wire, Direction.OUTGOING, caller, Party(digits), wire.port)
        leg.called_out()
        if not digits or not set(digits) <= DIALLABLE or len(digits) > MOST_DIGITS:
            why = f"number {digits[:40]!r}: expected 1 to {MOST_DIGITS} of 0-9 * # A-D"
            leg.ended(Cause.INVALID_NUMBER, HangupBy.FAULT, why)
        elif not wire.is_free:
            why = f"line {line} is not free: {wire.supervisor.state.value}"
            leg.ended(Cause.NO_CIRCUIT, HangupBy.FAULT, why)
        else:
            wire.leg = leg
            wire.do(lambda now: wire.supervisor.dial(digits, now))
        return leg

    def free_lines(self) -> list[int]:
        """Lines that can be dialled on now, ascending."""
        return sorted(number for number, line in self._lines.items() if line.is_free)

    def statuses(self) -> list[LineStatus]:
        """All lines, ascending."""
        return [self._lines[number].supervisor.status() for number in sorted(self._lines)]

    async def test(self, line: int, kind: str) -> TestResult:
        """A technician's test: `ring`, `tone` or `level`. `TestRefused` when it cannot be."""
        wire = self._line(line)
        if kind != "ring" and not wire.is_free:
            raise TestRefused(
                f"line {line} is {wire.supervisor.state.value}: expected it free for a test"
            )
        return await run_test(wire, self.switch, kind, self.clock.time())

    def _line(self, number: int) -> Line:
        try:
            return self._lines[number]
        except KeyError:
            raise NoSuchLine(number, self._lines) from None

    # --- from the lines

    def offered(self, leg: LineLeg) -> None:
        if self.on_offered is None:
            logger.error("%s rings and nobody takes calls: is the box still starting?", leg.address)
            return
        self.on_offered(leg)

    def learned(self, number: int, tones: tuple[LearnedTone, ...]) -> None:
        logger.info("line %d: hang-up tones now %s", number, tones)
        if self.on_learned is not None:
            self.on_learned(number, tones)

    def ports_changed(self) -> None:
        """A line has another port."""
        self._by_port = {line.port: line for line in self._lines.values()}
