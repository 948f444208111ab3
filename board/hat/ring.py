"""Ring detector of one port: from the chip's half-wave bits to a validated burst.

The Si3050 says which half wave is above the ring threshold now (RDTP, RDTN). A battery reversal
trips one of them once (data sheet 5.25.1), a ring alternates: a burst counts when six half waves
in a row alternate at 15 to 68 Hz, which also measures the frequency. It has ended after 100 ms
without either.

Pure: the time is an argument, ms. Left out: cadence (the box knows the country's; it gets every
burst with its length). Shell: fxo.py. Tests: tests/board/hat/test_driver.py.
"""

from micropython import const

HALVES = const(6)  # half waves from first to last edge: 200 ms at 15 Hz, 120 ms at 25 Hz
HALVES_MAX = const(14)  # wait no longer for two well-timed edges
SLOW_HALF_MS = const(40)  # half wave of 12.5 Hz: slower than any ring
LOW_CHZ = const(1400)  # 15 Hz less the tolerance of the measurement, 0.01 Hz
HIGH_CHZ = const(7200)  # 68 Hz and the same
GAP_MS = const(100)  # three half waves of 15 Hz: the burst is over
GAP_READS = const(3)  # so that one late reading does not end a burst

NOTHING = const(0)
STARTED = const(1)
ENDED = const(2)

_QUIET = const(0)
_CANDIDATE = const(1)
_RINGING = const(2)


class Ring:
    """Feed it (time, sign) as often as the port is read."""

    def __init__(self):
        self.centihertz = 0
        self.on_ms = 0
        self._state = _QUIET
        self._sign = 0
        self._zeros = 0
        self._halves = -1  # -1: no edge seen yet, only a level
        self._began = self._seen = self._read = 0
        self._first = self._edge = self._doubt = 0

    @property
    def is_ringing(self):
        return self._state == _RINGING

    @property
    def is_quiet(self):
        return self._state == _QUIET

    def feed(self, now, sign):
        """`sign` is 0 or one of two values that tell the half waves apart."""
        if self._state == _QUIET:
            if sign:
                self._begin(now, sign)
            return NOTHING
        before, self._read = self._read, now
        if sign == 0:
            return self._pause(now)
        self._zeros = 0
        self._seen = now
        if sign != self._sign:
            self._sign = sign
            if self._state == _CANDIDATE:
                return self._count(before, now)
        return NOTHING

    def end(self):
        """Stop here (the line was seized). Whether a burst was on."""
        was_ringing = self._state == _RINGING
        self.on_ms = self._seen - self._began
        self._state = _QUIET
        return was_ringing

    def _begin(self, now, sign):
        self._state = _CANDIDATE
        self._sign = sign
        self._zeros = 0
        self._halves = -1
        self._began = self._seen = self._read = now

    def _pause(self, now):
        self._zeros += 1
        if now - self._seen < GAP_MS or self._zeros < GAP_READS:
            return NOTHING
        return ENDED if self.end() else NOTHING

    def _count(self, before, now):
        """An edge somewhere between two readings: its doubt is half the time between them."""
        edge = (before + now) // 2
        doubt = (now - before + 1) // 2
        if self._halves < 0 or edge - self._edge > SLOW_HALF_MS:
            self._halves = 0
            self._first = self._edge = edge
            self._doubt = doubt
            return NOTHING
        self._edge = edge
        self._halves += 1
        if self._halves < HALVES:
            return NOTHING
        span = edge - self._first
        # The doubt of both ends within 3 % of the span, or as many half waves as will do.
        if (self._doubt + doubt) * 33 > span and self._halves < HALVES_MAX:
            return NOTHING
        centihertz = self._halves * 50000 // span if span else 0
        if not LOW_CHZ <= centihertz <= HIGH_CHZ:
            self._state = _QUIET
            return NOTHING
        self.centihertz = centihertz
        self._state = _RINGING
        return STARTED
