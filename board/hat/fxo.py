"""FXO port: what the two wires of one line do, from the readings of its DAA.

Loop voltage and current, polarity, line in use by another telephone, ring bursts, hook, timed
flash and on-hook monitor. `poll(now)` makes one reading and says when it wants the next, so an
idle line costs one register every 80 ms and a ringing one is read every 2 ms.

Times are ms and arguments; nothing waits in here. Left out: cadence, caller ID and every decision
about calls (the box makes them). Below: si3050.py, ring.py. Above: hardware.py runs all ports.
Tests: tests/board/hat/test_driver.py, under both interpreters.
"""

import ring
from micropython import const

# Loop states, the numbers of PROTOCOL.md
ABSENT = const(0)
IDLE = const(1)
IN_USE = const(2)
SEIZED = const(3)
DROPPED = const(4)

ABSENT_V = const(3)  # the chip shows 0 up to here (data sheet 5.12.1)
IN_USE_V = const(18)  # a telephone off hook holds 4-15 V; the shortest feeds give 21 V and more
FLOWS_UA = const(6000)  # ETSI TBR 21 clause 4.7: a loop state needs more; below: no current
SETTLE_MS = const(250)  # off-hook counter 128 ms (FOH = 01) and the line's own time
START_MS = const(500)  # the first readings after power-up are 0 whatever the line has
LOOP_MS = const(40)  # a loop state must hold this long; an operator's break is 90 ms and more
POLARITY_MS = const(64)  # DAHDI POLARITY_DEBOUNCE
RECOVER_MS = const(200)  # after on-hook: the battery climbs back
STATUS_MS = const(5000)
FLASH_MIN_MS = const(50)
FLASH_MAX_MS = const(2000)

IDLE_POLL_MS = const(80)
BUSY_POLL_MS = const(10)
RINGING_POLL_MS = const(5)
EDGE_POLL_MS = const(2)

FAULT_LINK = const(1)  # isolation link to the line-side chip lost
FAULT_OVERLOAD = const(2)  # loop current beyond the range
FAULT_RESET = const(3)  # the chip lost its settings and was set up again


class Port:
    """One line. `sink` has ring_started, ring_ended, polarity, status and fault."""

    def __init__(self, number, chip, sink):
        self.number = number
        self.chip = chip
        self._sink = sink
        self._ring = ring.Ring()
        self._configuration = None
        self.loop = None  # nothing measured yet: said as soon as it is
        self.volts = 0
        self.microamps = 0
        self.is_off_hook = False
        self.is_monitoring = False
        self.is_reversed = False
        self._base_sign = 0  # polarity at power-up, 0 until measured
        self._sign = 0
        self._sign_since = 0
        self._raw = None
        self._raw_since = 0
        self._settled_at = 0
        self._flash_until = None
        self._busy_until = 0
        self._volts_due = 0
        self._status_due = STATUS_MS + 300 * number  # spread over the turns
        self._is_faulty = False
        self._is_overloaded = False

    @property
    def ring_centihertz(self):
        """Frequency of the burst that is on now, 0.01 Hz; 0 when there is none."""
        return self._ring.centihertz if self._ring.is_ringing else 0

    @property
    def ring_on_ms(self):
        """Length of the burst that has just ended."""
        return self._ring.on_ms

    @property
    def signed_volts(self):
        """Tip-ring voltage, negative when reversed against power-up."""
        return -abs(self.volts) if self.is_reversed else abs(self.volts)

    # --- commands: each returns None or why it is refused

    def configure(self, mode, slot, rx_tenths_db, tx_tenths_db):
        self.chip.set_gains(rx_tenths_db, tx_tenths_db)
        self.chip.set_country(mode)
        self.chip.set_slot(slot)
        self._configuration = (mode, slot, rx_tenths_db, tx_tenths_db)

    def hook(self, is_off, now):
        if is_off != self.is_off_hook or self._flash_until is not None:
            self._flash_until = None
            self._set_hook(is_off, now)
        return None

    def monitor(self, is_on, now):
        if self.is_off_hook:
            if not is_on:
                return None  # going off hook ended it
            return "line %d is off hook: the monitor is for on-hook lines" % self.number
        self.is_monitoring = is_on
        self.chip.set_monitor(is_on)
        return None

    def flash(self, ms, now):
        if not self.is_off_hook:
            return "line %d is on hook: nothing to flash" % self.number
        if self._flash_until is not None:
            return "line %d is in a flash already" % self.number
        if not FLASH_MIN_MS <= ms <= FLASH_MAX_MS:
            return "flash of %d ms, expected %d to %d" % (ms, FLASH_MIN_MS, FLASH_MAX_MS)
        self.chip.set_off_hook(False)
        self._flash_until = now + ms
        return None

    def _set_hook(self, is_off, now):
        if self._ring.end():
            self._sink.ring_ended(self, now)
        self.chip.set_off_hook(is_off)
        self.is_off_hook = is_off
        self.is_monitoring = False
        self._settled_at = now + (SETTLE_MS if is_off else RECOVER_MS)
        self._raw_since = now
        if not is_off:
            self.microamps = 0

    # --- measuring

    def interrupt(self, now):
        """The INT line is active: was it this chip? Then read it often for a while."""
        if self.chip.take_interrupts():
            self._busy_until = now + 200
            return True
        return False

    def poll(self, now):
        """One reading. Returns the ms until the next is due."""
        if self._flash_until is not None:
            return self._poll_flash(now)
        if now >= self._status_due:
            self._check(now)
        if self.is_off_hook:
            wait = self._poll_off_hook(now)
        elif now < self._busy_until or not self._ring.is_quiet:
            wait = self._poll_ring(now)
        else:
            wait = IDLE_POLL_MS
        if wait == IDLE_POLL_MS or now >= self._volts_due:
            self._volts_due = now + 20
            wait = min(wait, self._poll_volts(now))
        return wait

    def _poll_flash(self, now):
        left = self._flash_until - now
        if left > 0:
            return min(left, BUSY_POLL_MS)
        self._flash_until = None
        self.chip.set_off_hook(True)
        self._settled_at = now + SETTLE_MS
        self._raw_since = now
        return BUSY_POLL_MS

    def _poll_off_hook(self, now):
        microamps = self.chip.microamps()
        is_overloaded = microamps < 0
        if is_overloaded and not self._is_overloaded:
            self._sink.fault(self, FAULT_OVERLOAD, "loop current over 280 mA", now)
        self._is_overloaded = is_overloaded
        self.microamps = 280000 if is_overloaded else microamps
        if self.microamps >= FLOWS_UA:
            self._classify(SEIZED, now)
        elif now >= self._settled_at:
            self._classify(DROPPED, now)
        return BUSY_POLL_MS

    def _poll_ring(self, now):
        what = self._ring.feed(now, self.chip.ring_signs())
        if what == ring.STARTED:
            self._sink.ring_started(self, now)
        elif what == ring.ENDED:
            self._sink.ring_ended(self, now)
            self._settled_at = now + RECOVER_MS
        return RINGING_POLL_MS if self._ring.is_ringing else EDGE_POLL_MS

    def _poll_volts(self, now):
        """Voltage for the on-hook states and, on or off hook, polarity."""
        if self._ring.is_ringing:
            return IDLE_POLL_MS  # the ring rides on the battery: neither can be told
        self.volts = volts = self.chip.volts()
        self._poll_polarity(volts, now)
        if self.is_off_hook or now < self._settled_at:
            return BUSY_POLL_MS
        size = abs(volts)
        raw = ABSENT if size <= ABSENT_V else IN_USE if size < IN_USE_V else IDLE
        self._classify(raw, now)
        return IDLE_POLL_MS if raw == self.loop and self._is_sign_settled() else BUSY_POLL_MS

    def _classify(self, raw, now):
        if raw != self._raw:
            self._raw = raw
            self._raw_since = now
        # Current that flows is a fact at once; everything else must last.
        lasts = START_MS if self.loop is None and raw == ABSENT else LOOP_MS
        if raw != self.loop and (raw == SEIZED or now - self._raw_since >= lasts):
            self.loop = raw
            self._say_status(now, False)

    def _poll_polarity(self, volts, now):
        sign = 0 if abs(volts) <= ABSENT_V else 1 if volts > 0 else -1
        if sign == 0 or sign != self._sign:
            self._sign = sign
            self._sign_since = now
            return
        if now - self._sign_since < POLARITY_MS:
            return
        if self._base_sign == 0:
            self._base_sign = sign
        is_reversed = sign != self._base_sign
        if is_reversed != self.is_reversed:
            self.is_reversed = is_reversed
            self._sink.polarity(self, now)

    def _is_sign_settled(self):
        return self._sign == 0 or (self._sign == self._base_sign) != self.is_reversed

    def _check(self, now):
        """Every five seconds: chip and isolation link in order, then the status."""
        if not self.chip.is_in_order():
            text = "the line chip lost its settings and was set up again"
            self._sink.fault(self, FAULT_RESET, text, now)
            self.restart(now)
        is_faulty = not self.chip.has_frame_lock()
        if is_faulty and not self._is_faulty:
            self._sink.fault(self, FAULT_LINK, "no link to the line-side chip", now)
        self._is_faulty = is_faulty
        self._say_status(now, True)

    def restart(self, now):
        """Set the chip up again as it was configured, on hook."""
        self.chip.start(self.number)
        if self._configuration is not None:
            self.configure(*self._configuration)
        self._set_hook(False, now)

    def _say_status(self, now, is_periodic):
        self._status_due = now + STATUS_MS
        self._sink.status(self, now, is_periodic)
