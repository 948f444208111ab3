"""A line board and a clock for tests of lines, and an office that has both and a switch.

`Office` speaks as the outside world does: a ring, a tone, a reversal; it reads as a story.
"""

from __future__ import annotations

import heapq
from itertools import count

from hal.hat.messages import (
    Fault,
    Hello,
    LinkDown,
    LinkUp,
    Loop,
    PolarityReversed,
    PortChanged,
    PortStatus,
    RingEnded,
    RingStarted,
)
from hal.leg import Party
from hal.lines.config import LineConfig
from hal.lines.lines_task import Lines
from hal.switch.face import CallerIdHeard, DigitHeard, ToneSegment
from tests.hal.fake_switch import FakeSwitch

_VOLTS = {Loop.ABSENT: 0.0, Loop.IDLE: 48.0, Loop.IN_USE: 9.0, Loop.SEIZED: 8.0, Loop.DROPPED: 0.0}
HELLO = Hello(1, "test", "0001", (1, 2), 1000, "power")


class Clock:
    """Time that jumps: `advance` runs what is due on the way."""

    def __init__(self) -> None:
        self.now = 100.0
        self._due = []
        self._order = count()

    def time(self):
        return self.now

    def call_later(self, delay, callback, *args):
        entry = [self.now + delay, next(self._order), callback, args]
        heapq.heappush(self._due, entry)
        return _Handle(entry)

    def advance(self, s):
        end = self.now + s
        while self._due and self._due[0][0] <= end:
            self.now, _, callback, args = heapq.heappop(self._due)
            if callback is not None:
                callback(*args)
        self.now = end

    @property
    def waiting(self):
        return [entry for entry in self._due if entry[2] is not None]


class _Handle:
    def __init__(self, entry):
        self._entry = entry

    def cancel(self):
        self._entry[2] = None


class FakeHat:
    """A line board that obeys: it reports what a real one would measure."""

    def __init__(self) -> None:
        self.listener = None
        self.is_up = True
        self.commands = []
        self.ports = {}
        self.is_silent = False

    def statuses(self):
        return {port: self.status(port) for port in self.ports}

    def status(self, port):
        loop = self.ports[port]
        is_off = loop in (Loop.SEIZED, Loop.DROPPED)
        return PortStatus(port, loop, _VOLTS[loop], 23.0 if loop is Loop.SEIZED else 0.0, is_off)

    def become(self, port, loop):
        self.ports[port] = loop
        if self.listener is not None and not self.is_silent:
            self.listener(PortChanged(self.status(port)))

    def hook(self, port, off):
        self.commands.append(("hook", port, off))
        if not self.is_silent and self.ports[port] is not Loop.ABSENT:
            self.become(port, Loop.SEIZED if off else Loop.IDLE)

    def onhook_listen(self, port, on):
        self.commands.append(("listen", port, on))

    def flash(self, port, ms):
        self.commands.append(("flash", port, ms))

    def configure(self, port, country, slot, rx_gain_db, tx_gain_db):
        self.commands.append(("configure", port, country, slot, rx_gain_db, tx_gain_db))

    def lifeline(self, is_connected):
        self.commands.append(("lifeline", is_connected))

    def led(self, name, pattern):
        self.commands.append(("led", name, pattern))


class Office:
    """Lines on fakes, and every leg with what it told."""

    def __init__(self, *configs: LineConfig) -> None:
        configs = configs or (LineConfig(1, "DE"),)
        self.clock, self.hat, self.switch = Clock(), FakeHat(), FakeSwitch()
        self.hat.ports = {config.number: Loop.IDLE for config in configs}
        self.lines = Lines(self.hat, self.switch, configs, self.clock)
        self.legs = []
        self.told = {}
        self.learned = []
        self.lines.on_offered = self._offered
        self.lines.on_learned = lambda number, tones: self.learned.append((number, tones))
        self.lines.start()
        self.hat.commands.clear()

    def _offered(self, leg):
        self.legs.append(leg)
        self.follow(leg)

    def follow(self, leg):
        self.told[leg.id] = []
        leg.listener = self.told[leg.id].append

    def dial(self, digits="0301234", line=1):
        leg = self.lines.dial(line, digits, Party("201"))
        self.follow(leg)
        return leg

    def heard(self, leg):
        return self.told[leg.id]

    def status(self, line=1):
        return next(item for item in self.lines.statuses() if item.number == line)

    @property
    def port(self):
        """The switch port of line 1 now."""
        return [
            command[1] for command in self.switch.commands if command[:3:2] == ("open_slot", 1)
        ][-1]

    # the outside world, on line 1

    def ring(self, on_ms=1000, line=1):
        self.hat.listener(RingStarted(line, 25.0))
        self.clock.advance(on_ms / 1000)
        self.hat.listener(RingEnded(line, on_ms))

    def wait(self, s):
        self.clock.advance(s)

    def reverse(self, is_reversed, line=1):
        self.hat.listener(PolarityReversed(line, is_reversed))

    def caller_id(self, number, name="", absent=""):
        self.lines.switch_event(CallerIdHeard(self.port, "v23", number, name, absent))

    def digit(self, digit):
        self.lines.switch_event(DigitHeard(self.port, digit, "inband"))

    def sound(self, ms, *hz):
        """A tone (or silence) of so long."""
        self.clock.advance(ms / 1000)
        f1, f2 = (*hz, 0, 0)[:2]
        self.lines.switch_event(ToneSegment(self.port, f1, f2, ms))

    def cadence(self, cycles, *steps):
        for _ in range(cycles):
            for ms, *hz in steps:
                self.sound(ms, *hz)

    def speak(self, ms):
        """Sound that is neither tone nor silence: the switch says nothing."""
        self.clock.advance(ms / 1000)

    def lose_hat(self):
        self.hat.is_silent, self.hat.is_up = True, False
        self.hat.listener(LinkDown("no answer for 3 s", "check the ribbon"))

    def find_hat(self, port_1):
        self.hat.is_silent, self.hat.is_up = False, True
        self.hat.ports[1] = port_1
        self.hat.listener(LinkUp(HELLO))
        for port in self.hat.ports:
            self.hat.become(port, self.hat.ports[port])

    def trouble(self, what, port=1):
        self.hat.listener(Fault(port, what))
