"""The HAT's program: opens the hardware, finds the ports, carries octets, keeps the watchdog fed.

Shell around link.py and hardware.py; asyncio with two tasks: octets from the UART as they come,
and one turn of readings every 1 to 10 ms. MicroPython runs this file at power-up; tools/hatsim
runs `run()` with its own `machine`.
"""

import asyncio
import os
import time

import bridge
import hardware
import link
import protocol

try:
    import rp2
except ImportError:
    rp2 = None  # not an RP2040: whoever simulates it carries the timeslots himself

try:
    import logging  # micropython-lib, board/manifest.json

    say = logging.getLogger("hat").info
except ImportError:
    # Without that part the lines are served all the same; only the USB console stays quiet.
    def say(text, *values):
        pass


BUILD = "callbox-hat 1.0"
WATCHDOG_MS = 3000


class Clock:
    """Milliseconds since start, growing for ever (ticks_ms wraps after 12 days)."""

    def __init__(self):
        self._last = time.ticks_ms()
        self._now = 0

    def now(self):
        ticks = time.ticks_ms()
        self._now += time.ticks_diff(ticks, self._last)
        self._last = ticks
        return self._now


async def listen(uart, conversation, clock):
    """Octets from the box, as they come."""
    stream = asyncio.StreamReader(uart)
    while True:
        data = await stream.read(256)
        if data:
            conversation.receive(data, clock.now())
        else:
            await asyncio.sleep_ms(20)  # a pty without its other end reads as empty


async def measure(board, conversation, clock, watchdog):
    """One turn of readings after the other."""
    while True:
        now = clock.now()
        wait = board.tick(now)
        conversation.tick(now)
        watchdog.feed()
        await asyncio.sleep_ms(wait)


def _serial(machine):
    return "".join("%02x" % octet for octet in machine.unique_id())


async def run(machine, protocol_version=protocol.PROTOCOL, build=BUILD, silent_ms=None):
    """The program, for ever. The arguments after `machine` are for trying out the box's end."""
    clock = Clock()
    board = hardware.Hardware(machine)
    uart = machine.UART(
        hardware.UART_ID,
        hardware.UART_BAUD,
        tx=machine.Pin(hardware.PIN_UART_TX),
        rx=machine.Pin(hardware.PIN_UART_RX),
        rxbuf=1024,
    )
    watchdog = machine.WDT(timeout=WATCHDOG_MS)
    if rp2 is not None:
        bridge.start(machine, rp2)  # before the DAAs: they need PCLK and FSYNC to leave reset
    board.release_reset()
    await asyncio.sleep_ms(hardware.SETTLE_MS)
    board.find_ports()
    boot = int.from_bytes(os.urandom(4), "little") | 1
    identity = link.Identity(
        protocol_version, build, _serial(machine), boot, board.fitted, machine.reset_cause()
    )
    conversation = link.Link(uart.write, board, identity, silent_ms or protocol.HOST_SILENT_MS)
    board.link = conversation
    say("%s, protocol %d, ports %s", build, protocol_version, bin(board.fitted))
    await asyncio.gather(
        listen(uart, conversation, clock), measure(board, conversation, clock, watchdog)
    )


if __name__ == "__main__":
    import machine

    asyncio.run(run(machine))
