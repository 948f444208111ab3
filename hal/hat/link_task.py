"""HAT link: the serial port around `session.Session`; what `hal.lines` holds as its `Hat`.

Shell: pyserial on a non-blocking descriptor with `loop.add_reader`, a tick ten times a second, and
the port opened again with growing pauses when it vanishes. Trouble with the hardware is told as
`LinkDown`, never raised. Tests: tests/hal/hat/test_link_task.py, and end to end against the real
HAT program in tests/tools/hatsim/test_end_to_end.py.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Callable
from typing import Final

import serial

from hal.hat.messages import Fault, HatEvent, LinkDown, LinkUp, PortStatus
from hal.hat.session import Session, SessionSnapshot

logger = logging.getLogger(__name__)

BAUD: Final = 921_600
TICK_S: Final = 0.1
REOPEN_FIRST_S: Final = 0.25
REOPEN_LAST_S: Final = 5.0
UNSENT_MAX: Final = 16_384
"""Octets the port did not take; more, and it is closed and opened again."""


class HatLink:
    """The line board behind a serial port. Implements `hal.hat.messages.Hat`."""

    def __init__(self, tty_path: str) -> None:
        self.listener: Callable[[HatEvent], None] | None = None
        self._path = tty_path
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session = Session(secrets.randbits(32) | 1, 0.0)
        self._port: serial.Serial | None = None
        self._fd = -1
        self._unsent = bytearray()
        self._broken = asyncio.Event()
        self._is_telling = False
        self._why = ""

    # --- Hat

    @property
    def is_up(self) -> bool:
        return self._session.is_up

    def statuses(self) -> dict[int, PortStatus]:
        return self._session.statuses()

    def hook(self, port: int, off: bool) -> None:
        self._session.hook(port, off, self._now())
        self._settle()

    def onhook_listen(self, port: int, on: bool) -> None:
        self._session.onhook_listen(port, on, self._now())
        self._settle()

    def flash(self, port: int, ms: int) -> None:
        self._session.flash(port, ms, self._now())
        self._settle()

    def configure(
        self, port: int, country: str, slot: int, rx_gain_db: float, tx_gain_db: float
    ) -> None:
        self._session.configure(port, country, slot, rx_gain_db, tx_gain_db, self._now())
        self._settle()

    def lifeline(self, is_connected: bool) -> None:
        self._session.lifeline(is_connected, self._now())
        self._settle()

    def led(self, name: str, pattern: str) -> None:
        self._session.led(name, pattern, self._now())
        self._settle()

    def snapshot(self) -> SessionSnapshot:
        return self._session.snapshot()

    # --- shell

    async def run(self) -> None:
        """Carry octets until cancelled; the port may come and go."""
        self._loop = asyncio.get_running_loop()
        self._session.rebase(self._now())
        pause = REOPEN_FIRST_S
        while True:
            if self._open():
                pause = REOPEN_FIRST_S
                try:
                    await self._carry()
                finally:
                    self._close()
            self._session.device_lost(f"serial port {self._path}: {self._why}", self._now())
            self._settle()
            await asyncio.sleep(pause)
            pause = min(pause * 2, REOPEN_LAST_S)

    def _now(self) -> float:
        return self._loop.time() if self._loop is not None else 0.0

    def _open(self) -> bool:
        assert self._loop is not None
        try:
            self._port = serial.Serial(self._path, BAUD, timeout=0, exclusive=True)
            self._port.reset_input_buffer()
        except OSError as error:  # SerialException is one
            self._why = os.strerror(error.errno) if error.errno else str(error)
            return False
        self._fd = self._port.fileno()
        self._broken.clear()
        self._unsent.clear()
        self._loop.add_reader(self._fd, self._readable)
        logger.info("= HAT serial port %s open", self._path)
        return True

    def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None and self._loop is not None:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            port.close()

    async def _carry(self) -> None:
        """Tick until the port breaks."""
        while not self._broken.is_set():
            self._session.tick(self._now())
            self._settle()
            try:
                async with asyncio.timeout(TICK_S):
                    await self._broken.wait()
            except TimeoutError:
                continue

    def _readable(self) -> None:
        if self._port is None:
            return
        try:
            data = self._port.read(self._port.in_waiting or 1)
        except OSError as error:
            self._break(error)
            return
        logger.debug("< %s", data.hex())
        self._session.receive(data, self._now())
        self._settle()

    def _break(self, why: object) -> None:
        self._why = str(why)
        if self._loop is not None and self._port is not None:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
        self._broken.set()

    def _settle(self) -> None:
        """Send what the session wants sent and tell what it wants told.

        A listener may give commands from within: they only queue here, the outer call sends and
        tells them, in order."""
        if self._is_telling:
            return
        self._is_telling = True
        try:
            while True:
                self._write(self._session.take_data())
                events = self._session.take_events()
                if not events:
                    return
                for event in events:
                    self._tell(event)
        finally:
            self._is_telling = False

    def _tell(self, event: HatEvent) -> None:
        match event:
            case LinkUp(hello):
                logger.info(
                    "= HAT up: %s, serial %s, ports %s", hello.build, hello.serial, hello.ports
                )
            case LinkDown(why, what_to_do):
                logger.error("HAT link down: %s. To do: %s", why, what_to_do)
            case Fault(port, what):
                logger.warning("HAT %s: %s", f"line {port}" if port else "board", what)
            case _:
                logger.debug("= %s", event)
        if self.listener is None:
            return
        try:
            self.listener(event)
        except Exception:  # supervision boundary of one event: the next is about another line
            logger.exception("! HAT: %s was not taken", event)

    def _write(self, data: bytes) -> None:
        if self._port is None or self._loop is None or self._broken.is_set():
            return  # the session says it again once the port is back
        if data:
            logger.debug("> %s", data.hex())
            self._unsent += data
        if not self._unsent:
            return
        try:
            # Not Serial.write(): it spins while the descriptor is full.
            del self._unsent[: os.write(self._fd, self._unsent)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._break(error)
            return
        if len(self._unsent) > UNSENT_MAX:
            self._break(f"takes no octets ({len(self._unsent)} wait)")
        elif self._unsent:
            self._loop.add_writer(self._fd, self._writable)
        else:
            self._loop.remove_writer(self._fd)

    def _writable(self) -> None:
        self._write(b"")
