"""A terminal on the box's serial port: this keyboard and screen, joined to the port's path.

    python -m tools.console [--tty run/serial.tty] [--baud 115200]

Like a tiny `screen`: characters go both ways untouched until Ctrl-] ends it. With input that is
not a keyboard (a pipe), what it says is typed, and the program ends once the port has been quiet
for a second. Exit code 2: the port cannot be used.
Tests: tests/tools/test_console.py.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import serial

from firmware.run_folder import run_folder

END: Final = b"\x1d"
"""Ctrl-], as telnet has it."""
QUIET_S: Final = 1.0


def join(port: int, keyboard: int, screen: int) -> str:
    """Carry characters both ways; returns why it ended."""
    sources, wait_s = [port, keyboard], None
    while True:
        ready, _, _ = select.select(sources, [], [], wait_s)
        if not ready:
            return "end of input"
        if port in ready:
            try:
                data = os.read(port, 4096)
            except OSError as error:
                return f"the port is gone ({error.strerror})"
            if not data:
                return "the port is gone"
            _write_all(screen, data)
        if keyboard in ready:
            typed = os.read(keyboard, 1024)
            before, end, _ = typed.partition(END)
            _write_all(port, before)
            if end:
                return "closed"
            if not typed:
                sources, wait_s = [port], QUIET_S


def _write_all(to: int, data: bytes) -> None:
    while data:
        select.select([], [to], [])
        data = data[os.write(to, data) :]


@contextmanager
def _raw(keyboard: int) -> Iterator[None]:
    if not os.isatty(keyboard):
        yield
        return
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard)
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="callbox serial", description="A terminal on the port.")
    folder = run_folder()
    parser.add_argument("--tty", default=str(folder / "serial.tty"), help="the port's path")
    parser.add_argument("--baud", type=int, default=115_200)
    given = parser.parse_args(arguments)
    try:
        port = serial.Serial(given.tty, given.baud, timeout=0, exclusive=True)
    except (OSError, ValueError) as error:
        hint = "start the box with `make run` first, or name the port with --tty"
        print(f"{given.tty} cannot be opened ({error}): {hint}", file=sys.stderr)
        return 2
    with port:
        print(f"Connected to {given.tty}. Ctrl-] ends; Enter shows the menu.", file=sys.stderr)
        with _raw(sys.stdin.fileno()):
            why = join(port.fileno(), sys.stdin.fileno(), sys.stdout.fileno())
    print(f"\r\n{why}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
