"""Register model of a Si3050 with its Si3019: what the driver reads when the line does this.

Written from the data sheet (Rev. 1.5) and not from the driver: half-wave ring bits from the
ringing voltage, LVS in volts with the sign of the line, LCS2 in 1.1 mA steps behind the off-hook
counter, sticky interrupt sources, PCM slot, gains and termination as the registers say.

Runs on MicroPython and CPython. Pure: the clock is a callable (ms). Left out: everything the
driver never touches (GCI, ground start, resistor calibration, filters) and PCM samples, which
the simulated exchange carries. Used by machine.py; tests: tests/board/hat/test_driver.py.
"""

import math

REGISTERS = 60
THRESHOLD_VRMS = (15.0, 21.5)  # R16 RT: middle of 13.5-16.5 V and of 19.35-23.65 V
REVERSAL_PULSE_MS = 15  # one half wave seen by the ring detector when the battery turns
LINK_UP_MS = 50  # isolation link after PDL is cleared
OFF_HOOK_COUNTER_MS = (512, 128, 64, 8)  # R31 FOH[1:0]
PARALLEL_V = 8.0  # another telephone off hook
RDTI = 0x80
POLI = 0x01


class Line:
    """Electrical state of the two wires, as the exchange gives it."""

    def __init__(self):
        self.battery_v = 0.0
        self.reversed = False
        self.ring_hz = 0.0
        self.ring_vrms = 0.0
        self.loop_ma = 0.0
        self.parallel = False


class Si3050:
    """One chip pair. `select` and `exchange` are the SPI pins, `set_line` the other side."""

    def __init__(self, clock, on_change=None):
        self._clock = clock
        self._on_change = on_change
        self.line = Line()
        self._phase = 0
        self._control = 0
        self._address = 0
        self._ring_from = 0.0
        self._reversal_at = -1000.0
        self.reset()

    def reset(self):
        """Reset values of the data sheet's register descriptions."""
        self._r = bytearray(REGISTERS)
        self._r[2] = 0x03
        self._r[6] = 0x10
        self._r[22] = 0x96
        self._r[23] = 0x2D
        self._r[24] = 0x19
        self._r[31] = 0x20
        self._powered_at = None
        self._off_hook_at = 0.0
        self._changed()

    # --- SPI: control, address, data, an octet per select

    def octet(self, value):
        """One octet in, one out."""
        phase = self._phase
        if phase == 0:
            if value & 0x20:  # the fixed bit: anything else is no control octet
                self._control = value
                self._phase = 1
            return 0xFF
        if phase == 1:
            self._address = value & 0x7F
            self._phase = 2
            return 0xFF
        self._phase = 0
        if self._control & 0x40:
            return self.read(self._address)
        self.write(self._address, value)
        return 0xFF

    def read(self, address):
        if address == 5:
            return self._r[5] & 0x0B | self._ring_bits()
        if address == 29:
            return self._lvs() & 0xFF
        if address == 28:
            return self._lcs2()
        if address == 11:
            return 0x31 if self._has_link() else 0x01
        if address == 12:
            return (0x40 if self._has_link() else 0) | min(31, self._lcs2() // 3)
        return self._r[address] if address < REGISTERS else 0

    def write(self, address, value):
        if address == 1 and value & 0x80:
            self.reset()
        elif address == 4:
            self._r[4] &= value
        elif address not in (11, 12, 13, 28, 29) and address < REGISTERS:
            before = self._r[address]
            self._r[address] = value
            if address == 5 and value & 1 and not before & 1:
                self._off_hook_at = self._clock()
            if address == 6:
                self._powered_at = None if value & 0x10 else self._clock()
            if address in (5, 33, 34, 35, 38, 39, 40, 41, 30):
                self._changed()

    def _changed(self):
        if self._on_change is not None:
            self._on_change()

    @property
    def is_interrupting(self):
        """AOUT/INT active: a source that is unmasked, with INTE set."""
        return bool(self._r[2] & 0x80 and self._r[4] & self._r[3])

    # --- what the line does to the registers

    def set_line(self, battery_v, reversed_, ring_hz, ring_vrms, loop_ma, parallel):
        line = self.line
        now = self._clock()
        sign = self._lvs() < 0
        if reversed_ != line.reversed and battery_v > 3 and line.battery_v > 3:
            self._reversal_at = now
        if ring_hz > 0 and line.ring_hz == 0:
            self._ring_from = now
        line.battery_v = battery_v
        line.reversed = reversed_
        line.ring_hz = ring_hz
        line.ring_vrms = ring_vrms
        line.loop_ma = loop_ma
        line.parallel = parallel
        if (self._lvs() < 0) != sign:
            self._r[4] |= POLI
        if not self._r[5] & 1 and (self._reversal_at == now or self._is_rung()):
            self._r[4] |= RDTI

    def _is_rung(self):
        return self.line.ring_hz > 0 and self.line.ring_vrms >= THRESHOLD_VRMS[self._r[16] & 1]

    def _has_link(self):
        return self._powered_at is not None and self._clock() - self._powered_at >= LINK_UP_MS

    def _ring_bits(self):
        if self._r[5] & 1 or not self._has_link():
            return 0
        now = self._clock()
        if now - self._reversal_at < REVERSAL_PULSE_MS:
            return 0x40 if self.line.reversed else 0x20
        if not self._is_rung():
            return 0
        peak = self.line.ring_vrms * 1.41421
        phase = (now - self._ring_from) * self.line.ring_hz / 1000
        volts = peak * math.sin(2 * math.pi * (phase - int(phase)))
        threshold = THRESHOLD_VRMS[self._r[16] & 1] * 1.41421 * 0.99
        if volts >= threshold:
            return 0x24
        if volts <= -threshold and self._r[18] & 0x02:
            return 0x44
        return 0x04

    def _lvs(self):
        line = self.line
        if not self._has_link() or line.battery_v <= 0:
            return 0
        if self._r[5] & 1:
            # ds Figure 23: DCV = 11 holds about 8 V plus 50 ohm; less with a lower DCV.
            volts = 5.0 + (self._r[26] >> 6) + 0.05 * line.loop_ma if line.loop_ma > 0 else 0.0
        else:
            volts = PARALLEL_V if line.parallel else line.battery_v
        volts = int(min(volts, 127.0) + 0.5)
        if volts <= 3 and not self._r[31] & 1:
            return 0
        return -volts if line.reversed else volts

    def _lcs2(self):
        """Loop current, masked until the off-hook counter has run out."""
        if not self._r[5] & 1 or not self._has_link() or self.line.battery_v <= 0:
            return 0
        wait = OFF_HOOK_COUNTER_MS[self._r[31] >> 5 & 3]
        if self._clock() - self._off_hook_at < wait:
            return 0
        return min(255, int(self.line.loop_ma / 1.1 + 0.5))

    # --- what the exchange sees of the box

    def state(self):
        """(off hook, on-hook monitor, PCM on, slot, rx gain dB, tx gain dB, ACIM)."""
        r = self._r
        return (
            bool(r[5] & 1),
            bool(r[5] & 8),
            bool(r[33] & 0x20),
            (r[34] | (r[35] & 3) << 8) // 8,
            _gain_db(r[39], r[41]),
            _gain_db(r[38], r[40]),
            r[30] & 15,
        )


def _gain_db(whole, tenths):
    db = -(whole & 15) if whole & 16 else whole & 15
    return db + (-(tenths & 15) if tenths & 16 else tenths & 15) / 10
