"""The HAT's own parts: pins, line chips, LEDs, lifeline relay, and what the box commands of them.

Pin numbers are the RP2040's GPIO numbers of board/PINS.md. Everything hangs on the `machine`
module given to `Hardware`: MicroPython's own on the board, the simulated one in tools/hatsim.
Left out: the wire (link.py), the line signalling (fxo.py), the PCM bridge (bridge.py).
Tests: tests/board/hat/test_driver.py, tests/tools/hatsim/test_end_to_end.py.
"""

import struct

import country
import fxo
import protocol as p
import si3050
from micropython import const

UART_ID = const(0)
UART_BAUD = const(921600)
PIN_UART_TX = const(0)
PIN_UART_RX = const(1)
SPI_ID = const(0)
SPI_BAUD = const(4000000)
PIN_SPI_SCK = const(2)
PIN_SPI_MOSI = const(3)
PIN_SPI_MISO = const(4)
PIN_CS_A0 = const(5)  # 74HC138 address, port number - 1
PIN_CS_A1 = const(6)
PIN_CS_A2 = const(7)
PIN_CS_ENABLE = const(8)  # 74HC138 enable, active low: one transfer octet
PIN_RESET = const(9)  # RESET of all DAAs, active low
PIN_INT = const(10)  # low while any DAA has an interrupt (74HC30 and inverter)
PIN_RELAY = const(11)  # high: coil on, line 1 belongs to the box
PIN_LED_DATA = const(12)  # 74HC595 pair: status LED, then lines 1 to 8
PIN_LED_CLOCK = const(13)
PIN_LED_LATCH = const(14)

PORTS = const(8)
SETTLE_MS = const(250)  # RESET to the isolation links up: DAHDI waits for them up to 2 s

LED_OFF = const(0)
LED_ON = const(1)
LED_SLOW = const(2)  # 1 Hz
LED_FAST = const(3)  # 4 Hz


class Select:
    """Chip select of one port through the 74HC138."""

    def __init__(self, bus, index):
        self._bus = bus
        self._index = index

    def __call__(self, is_on):
        self._bus.select(self._index, is_on)


class Bus:
    """The SPI bus and its decoder. Address lines move only when another chip is meant."""

    def __init__(self, machine):
        pin = machine.Pin
        self._address = (
            pin(PIN_CS_A0, pin.OUT, value=0),
            pin(PIN_CS_A1, pin.OUT, value=0),
            pin(PIN_CS_A2, pin.OUT, value=0),
        )
        self._enable = pin(PIN_CS_ENABLE, pin.OUT, value=1)
        self._index = 0
        self.spi = machine.SPI(
            SPI_ID,
            baudrate=SPI_BAUD,
            polarity=1,  # SCLK rests high, data is taken on the rising edge
            phase=1,
            sck=pin(PIN_SPI_SCK),
            mosi=pin(PIN_SPI_MOSI),
            miso=pin(PIN_SPI_MISO),
        )

    def select(self, index, is_on):
        if is_on and index != self._index:
            self._index = index
            for bit in range(3):
                self._address[bit].value(index >> bit & 1)
        self._enable.value(0 if is_on else 1)


class Leds:
    """Nine LEDs behind two shift registers; clocked out only when something changes."""

    def __init__(self, machine):
        pin = machine.Pin
        self._data = pin(PIN_LED_DATA, pin.OUT, value=0)
        self._clock = pin(PIN_LED_CLOCK, pin.OUT, value=0)
        self._latch = pin(PIN_LED_LATCH, pin.OUT, value=0)
        self.patterns = bytearray(PORTS + 1)
        self._shown = -1

    def tick(self, now):
        slow = now // 500 & 1
        fast = now // 125 & 1
        bits = 0
        for index, pattern in enumerate(self.patterns):
            lit = (0, 1, slow, fast)[pattern]
            bits |= lit << index
        if bits != self._shown:
            self._shown = bits
            self._shift(bits)

    def _shift(self, bits):
        for index in range(15, -1, -1):
            self._data.value(bits >> index & 1)
            self._clock.value(1)
            self._clock.value(0)
        self._latch.value(1)
        self._latch.value(0)


class Hardware:
    """All of it. `link` is set by main.py before the first tick."""

    def __init__(self, machine):
        pin = machine.Pin
        self._bus = Bus(machine)
        self._leds = Leds(machine)
        self._relay = pin(PIN_RELAY, pin.OUT, value=0)
        self._reset = pin(PIN_RESET, pin.OUT, value=0)
        self._interrupt = pin(PIN_INT, pin.IN)
        self.ports = []
        self._due = []
        self.link = None

    @property
    def fitted(self):
        """Bit n-1 is set when port n answers."""
        bits = 0
        for port in self.ports:
            bits |= 1 << (port.number - 1)
        return bits

    def release_reset(self):
        self._reset.value(1)

    def find_ports(self):
        """Set up every chip that answers; call it SETTLE_MS after `release_reset`."""
        for index in range(PORTS):
            chip = si3050.Chip(self._bus.spi, Select(self._bus, index))
            if chip.is_fitted():
                chip.start(index + 1)
                self.ports.append(fxo.Port(index + 1, chip, self))
                self._due.append(10 * index)  # spread the idle readings over the turns

    def tick(self, now):
        """Read what is due. Returns the ms until the next turn."""
        is_interrupted = self._interrupt.value() == 0
        wait = 10
        for index, port in enumerate(self.ports):
            if is_interrupted and port.interrupt(now):
                self._due[index] = now
            if now >= self._due[index]:
                self._due[index] = now + port.poll(now)
            wait = min(wait, self._due[index] - now)
        self._leds.tick(now)
        return max(wait, 1)

    # --- what fxo.Port reports

    def ring_started(self, port, now):
        body = struct.pack("<BH", port.number, port.ring_centihertz)
        self.link.event(p.RING_STARTED, body, now)

    def ring_ended(self, port, now):
        self.link.event(p.RING_ENDED, struct.pack("<BI", port.number, port.ring_on_ms), now)

    def polarity(self, port, now):
        self.link.event(p.POLARITY, bytes((port.number, 1 if port.is_reversed else 0)), now)

    def status(self, port, now, is_periodic):
        if port.loop is None:
            return  # not measured yet
        if is_periodic and self.link.has_pending(p.PORT_STATUS, port.number):
            return
        flags = (
            (p.OFF_HOOK if port.is_off_hook else 0)
            | (p.MONITORING if port.is_monitoring else 0)
            | (p.REVERSED if port.is_reversed else 0)
        )
        body = struct.pack(
            "<BBhHB",
            port.number,
            port.loop,
            port.signed_volts * 10,
            port.microamps // 100,
            flags,
        )
        self.link.event(p.PORT_STATUS, body, now)

    def fault(self, port, code, text, now):
        self.link.event(p.FAULT, bytes((port.number, code)) + text.encode(), now)

    # --- what link.Link asks for

    def announce(self, now, is_new_box):
        for port in self.ports:
            self.status(port, now, False)
            # A box that was there before has the start of the ring, or gets it from the queue.
            if is_new_box and port.ring_centihertz:
                self.ring_started(port, now)

    def host_back(self, now):
        self._leds.patterns[0] = LED_ON

    def host_lost(self, now):
        """The box is silent: no line stays seized, line 1 goes to the lifeline telephone."""
        for port in self.ports:
            port.hook(False, now)
        self._relay.value(0)
        self._leds.patterns[0] = LED_FAST
        for index in range(1, PORTS + 1):
            self._leds.patterns[index] = LED_OFF

    def command(self, kind, payload, now):
        """Do it; None, or why not, in words for the box's log."""
        try:
            return self._do(kind, payload, now)
        except ValueError as error:  # a value out of range, or a payload too short to unpack
            return "command 0x%02x: %s" % (kind, error)

    def _do(self, kind, payload, now):
        if kind == p.LIFELINE:
            self._relay.value(0 if _octet(payload, 0) else 1)
            return None
        if kind == p.LED:
            return self._led(_octet(payload, 0), _octet(payload, 1))
        number = _octet(payload, 0)
        for port in self.ports:
            if port.number == number:
                return self._do_port(kind, port, payload, now)
        return "port %d is not fitted" % number

    def _do_port(self, kind, port, payload, now):
        self._due[self.ports.index(port)] = now
        if kind == p.HOOK:
            return port.hook(bool(_octet(payload, 1)), now)
        if kind == p.MONITOR:
            return port.monitor(bool(_octet(payload, 1)), now)
        if kind == p.FLASH:
            return port.flash(struct.unpack("<BH", payload)[1], now)
        if kind == p.CONFIGURE:
            _, name, slot, rx, tx = struct.unpack("<B2sBhh", payload)
            if not 1 <= slot <= 31:
                raise ValueError("slot %d, expected 1 to 31" % slot)
            port.configure(country.mode(name.decode()), slot, rx, tx)
            return None
        return "command 0x%02x is not known to this firmware" % kind

    def _led(self, index, pattern):
        if index > PORTS or pattern > LED_FAST:
            return "LED %d pattern %d: expected 0 to %d and 0 to 3" % (index, pattern, PORTS)
        self._leds.patterns[index] = pattern
        return None


def _octet(payload, at):
    if len(payload) <= at:
        raise ValueError("payload of %d octets, expected at least %d" % (len(payload), at + 1))
    return payload[at]
