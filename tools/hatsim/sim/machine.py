"""`machine` of the simulated HAT: pins, SPI, UART, watchdog, as MicroPython's rp2 port has them.

SPI ends in the register models of chips.py behind the 74HC138; the UART is the file descriptor
of a pty; the watchdog and `reset()` act through the launcher (tools/hatsim/launcher.py), which
starts this interpreter anew. Line states and misbehaviour come as JSON lines on the "world"
descriptor, the box's side of each port goes back on it.

Environment: HATSIM_UART_FD, HATSIM_WORLD_FD, HATSIM_PORTS, HATSIM_RESET_CAUSE.
Left out: ADC, I2C, PWM and everything else the HAT has no use for.
"""

import asyncio
import io
import json
import os
import sys
import time

import chips
import hardware

PWRON_RESET = 1
WDT_RESET = 3
DECODER_PORTS = 8
_GET_FILENO = 10  # MP_STREAM_GET_FILENO: lets poll() wait on the real descriptor
_WDT_SAY_MS = 500


def _clock():
    return time.ticks_us() / 1000


class Bench:
    """Chips, decoder and relay, and the way to the launcher."""

    def __init__(self, ports, fd):
        self._dirty = asyncio.Event()
        self._dirty.set()
        self.chips = []
        for index in range(DECODER_PORTS):
            self.chips.append(chips.Si3050(_clock, self.touch) if index < ports else None)
        self._file = open(fd, "r+b") if fd is not None else None
        self._said = [None] * (DECODER_PORTS + 1)
        self.address = 0
        self.is_selected = False
        self.relay = 0
        self.mute_until = 0

    def octet(self, value):
        """One SPI octet to the selected chip; a bus nobody drives reads as ones."""
        chip = self.chips[self.address] if self.is_selected else None
        return 0xFF if chip is None else chip.octet(value)

    def reset_chips(self, is_released):
        for chip in self.chips:
            if chip is not None and not is_released:
                chip.reset()

    @property
    def is_interrupting(self):
        for chip in self.chips:
            if chip is not None and chip.is_interrupting:
                return True
        return False

    def touch(self):
        """Something the exchange can see has changed; `serve` tells it, several writes at once."""
        self._dirty.set()

    def send(self, message):
        if self._file is not None:
            self._file.write(json.dumps(message).encode() + b"\n")

    async def serve(self):
        """Take the world's messages and tell it of changes."""
        await asyncio.gather(self._listen(), self._tell())

    async def _listen(self):
        stream = asyncio.StreamReader(self._file)
        while True:
            line = await stream.readline()
            if not line:
                sys.exit(0)  # the launcher is gone
            self._heard(json.loads(line))

    def _heard(self, message):
        if "mute_ms" in message:
            self.mute_until = time.ticks_add(time.ticks_ms(), message["mute_ms"])
        elif "hang" in message:
            while True:  # the firmware hangs: the watchdog must notice
                time.sleep_ms(1000)
        else:
            chip = self.chips[message["port"] - 1]
            if chip is not None:
                chip.set_line(
                    message["battery_v"],
                    message["reversed"],
                    message["ring_hz"],
                    message["ring_vrms"],
                    message["loop_ma"],
                    message["parallel"],
                )

    async def _tell(self):
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            for index, chip in enumerate(self.chips):
                state = None if chip is None else chip.state()
                if state != self._said[index]:
                    self._said[index] = state
                    self.send(_port_message(index + 1, state))
            if self.relay != self._said[DECODER_PORTS]:
                self._said[DECODER_PORTS] = self.relay
                self.send({"lifeline": not self.relay})


def _port_message(number, state):
    off_hook, onhook_listen, pcm_on, slot, rx_gain_db, tx_gain_db, acim = state
    return {
        "port": number,
        "off_hook": off_hook,
        "onhook_listen": onhook_listen,
        "pcm_on": pcm_on,
        "slot": slot,
        "rx_gain_db": float(rx_gain_db),
        "tx_gain_db": float(tx_gain_db),
        "acim": acim,
    }


def _fd(name):
    text = os.getenv(name)
    return int(text) if text else None


BENCH = Bench(int(os.getenv("HATSIM_PORTS") or 8), _fd("HATSIM_WORLD_FD"))


class Pin:
    """A GPIO; those that lead to simulated parts act on them."""

    IN = 0
    OUT = 1

    def __init__(self, number, mode=IN, pull=None, value=None):
        self._number = number
        self._value = 0
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            if self._number == hardware.PIN_INT:
                return 0 if BENCH.is_interrupting else 1
            return self._value
        self._value = level
        number = self._number
        if number == hardware.PIN_CS_ENABLE:
            BENCH.is_selected = not level
        elif hardware.PIN_CS_A0 <= number <= hardware.PIN_CS_A2:
            bit = 1 << (number - hardware.PIN_CS_A0)
            BENCH.address = BENCH.address & ~bit | (bit if level else 0)
        elif number == hardware.PIN_RESET:
            BENCH.reset_chips(level)
        elif number == hardware.PIN_RELAY:
            BENCH.relay = level
            BENCH.touch()
        return None


class SPI:
    """The bus; polarity and pins are taken as given."""

    def __init__(self, bus, **settings):
        self.settings = settings

    def write(self, octets):
        for octet in octets:
            BENCH.octet(octet)

    def readinto(self, buffer):
        for at in range(len(buffer)):
            buffer[at] = BENCH.octet(0)


class UART(io.IOBase):
    """The pty's master side. What nobody takes is lost, as on a real wire."""

    def __init__(self, number, baudrate, **settings):
        self._fd = _fd("HATSIM_UART_FD")
        self._file = open(self._fd, "r+b")

    def ioctl(self, request, argument):
        return self._fd if request == _GET_FILENO else 0

    def read(self, count):
        return self._file.read(count)

    def write(self, octets):
        if time.ticks_diff(BENCH.mute_until, time.ticks_ms()) > 0:
            return len(octets)
        try:
            return self._file.write(octets)
        except OSError:
            return len(octets)


class WDT:
    """Tells the launcher twice a second that it is fed; the launcher resets when it is not."""

    def __init__(self, id=0, timeout=5000):
        self._timeout = timeout
        self._said = time.ticks_add(time.ticks_ms(), -_WDT_SAY_MS)

    def feed(self):
        now = time.ticks_ms()
        if time.ticks_diff(now, self._said) >= _WDT_SAY_MS:
            self._said = now
            BENCH.send({"watchdog_ms": self._timeout})


def unique_id():
    return b"hatsim01"


def reset_cause():
    return int(os.getenv("HATSIM_RESET_CAUSE") or PWRON_RESET)


def reset():
    sys.exit(3)
