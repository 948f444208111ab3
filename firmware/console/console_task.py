"""The shell of the technician's menu: a terminal on one side, the control API on the other.

One technician, one question at a time, so plain blocking calls serve. A serial port that
vanishes (USB adapter unplugged, simulated cable gone) is waited for; a terminal that does not
read loses text rather than stopping the console.

Tests: tests/firmware/console/test_console_task.py.
"""

from __future__ import annotations

import codecs
import errno
import logging
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, assert_never

import serial

from firmware.api.errors import CoreAway, Refused
from firmware.api.schema import Event, LineTest, LineTestRequest, Live
from firmware.api.sip_schema import AllowRequest, SipNow, TraceNow, TraceRequest
from firmware.console.menu import (
    Act,
    Answer,
    Ask,
    AskAllow,
    AskEvents,
    AskLive,
    AskSip,
    AskTest,
    AskTrace,
    Menu,
    Quit,
    Show,
)

logger = logging.getLogger(__name__)

BAUD: Final = 115_200
WRITE_S: Final = 2.0
"""How long a terminal may not read before text for it is dropped."""
REOPEN_S: Final = 1.0


class Core(Protocol):
    """What the console asks (firmware.api.client.ApiClient)."""

    def live(self) -> Live: ...
    def last_events(self, n: int) -> list[Event]: ...
    def test_line(self, number: int, request: LineTestRequest) -> LineTest: ...
    def sip(self) -> SipNow: ...
    def trace_phones(self, request: TraceRequest) -> TraceNow: ...
    def allow_sign_ins(self, request: AllowRequest) -> None: ...


class Gone(Exception):
    """The terminal has vanished or was closed."""


class Terminal:
    """Characters to and from a file descriptor (or two)."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes = reads, writes
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self, timeout_s: float | None) -> str:
        """What was typed; empty after `timeout_s`. Raise `Gone`."""
        try:
            if not select.select([self._reads], [], [], timeout_s)[0]:
                return ""
            octets = os.read(self._reads, 256)
        except OSError as error:
            raise Gone(str(error)) from error
        if not octets:
            raise Gone("end of input")
        return self._decoder.decode(octets)

    def write(self, text: str) -> None:
        """Show text. Raise `Gone`."""
        octets = text.encode()
        deadline = time.monotonic() + WRITE_S
        while octets:
            left_s = deadline - time.monotonic()
            try:
                if left_s <= 0 or not select.select([], [self._writes], [], left_s)[1]:
                    logger.debug("! %d octets dropped: the terminal does not read", len(octets))
                    return
                octets = octets[os.write(self._writes, octets) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Gone(str(error)) from error


def serve(terminal: Terminal, core: Core, menu: Menu) -> None:
    """One technician until `Quit`. Raise `Gone` when the terminal vanishes."""
    goes_on = _carry_out(menu.start(), terminal, core, menu)
    while goes_on:
        if not (typed := terminal.read(menu.tick_s)):
            goes_on = _carry_out(menu.tick(), terminal, core, menu)
        for character in typed:  # one by one: each question is answered before the next key
            goes_on = goes_on and _carry_out(menu.receive(character), terminal, core, menu)


def serve_serial(path: str, core: Core) -> None:
    """Serve the terminal on a serial port for ever; wait for the port while it is away."""
    was_away = False
    while True:
        try:
            with _serial(path) as terminal:
                logger.info("console on %s", path)
                was_away = False
                serve(terminal, core, Menu())
        except (Gone, OSError) as error:  # serial.SerialException is an OSError
            if not was_away:
                logger.warning("%s: %s; waiting for it to come back", path, error)
            was_away = True
            time.sleep(REOPEN_S)


def serve_local(core: Core) -> None:
    """Serve the terminal this process was started on, until q."""
    keyboard = sys.stdin.fileno()
    with _character_wise(keyboard):
        try:
            serve(Terminal(keyboard, sys.stdout.fileno()), core, Menu(is_local=True))
        except Gone:
            return  # the window was closed


def _carry_out(acts: list[Act], terminal: Terminal, core: Core, menu: Menu) -> bool:
    """Do what the menu wants, and what follows from the answers; False at `Quit`."""
    waiting = list(acts)
    while waiting:
        match waiting.pop(0):
            case Show(text):
                terminal.write(text)
            case Quit():
                return False
            case ask:
                waiting += _ask(ask, core, menu)
    return True


def _ask(ask: Ask, core: Core, menu: Menu) -> list[Act]:
    try:
        return menu.answered(_answer(ask, core))
    except Refused as refused:
        return menu.refused(refused)
    except CoreAway as error:
        return menu.away(error)


def _answer(ask: Ask, core: Core) -> Answer:
    match ask:
        case AskLive():
            return core.live()
        case AskEvents(n):
            return core.last_events(n)
        case AskTest(line, kind):
            return core.test_line(line, LineTestRequest(kind=kind))
        case AskSip():
            return core.sip()
        case AskTrace(seconds):
            core.trace_phones(TraceRequest(seconds=seconds, who="the console"))
            return core.sip()
        case AskAllow(address):
            core.allow_sign_ins(AllowRequest(address=address, who="the console"))
            return core.sip()
        case _:
            assert_never(ask)


@contextmanager
def _serial(path: str) -> Iterator[Terminal]:
    port = serial.Serial(path, BAUD, timeout=0, exclusive=True)
    try:
        yield Terminal(port.fileno(), port.fileno())
    finally:
        try:
            port.close()
        except OSError as error:
            if error.errno not in {errno.EIO, errno.ENODEV, errno.ENXIO}:
                raise  # closing a port that is gone may fail; nothing else may


@contextmanager
def _character_wise(keyboard: int) -> Iterator[None]:
    """Each key at once and without the terminal's own echo; as before afterwards."""
    if not os.isatty(keyboard):
        yield
        return
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard)
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
