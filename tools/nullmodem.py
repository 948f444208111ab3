"""A null-modem cable in software: two pseudo-terminals, joined end to end.

    python -m tools.nullmodem run/console.tty run/serial.tty

Stands for the box's serial port: the console opens one end, the technician's terminal program
the other (`screen`, `picocom`, or `python -m tools.console`). Both paths are symbolic links made
here and removed at the end. Each end survives its user going away.

Tests: tests/tools/test_nullmodem.py.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pty
import signal
import sys
import termios
import tty
from pathlib import Path
from typing import Final

LIMIT: Final = 65_536
"""Octets taken from one end at a time."""


class End:
    """One end of the cable."""

    def __init__(self, path: Path) -> None:
        self.master, self._slave = pty.openpty()  # the slave stays open: no hang-up between users
        tty.setraw(self._slave)
        attributes = termios.tcgetattr(self._slave)
        attributes[4] = attributes[5] = termios.B115200
        termios.tcsetattr(self._slave, termios.TCSANOW, attributes)
        os.set_blocking(self.master, False)
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(self._slave))

    def close(self) -> None:
        """Unplug: the link goes, the terminal is closed."""
        self._path.unlink(missing_ok=True)
        os.close(self.master)
        os.close(self._slave)


def carry(source: End, sink: End) -> None:
    """Move what one end has to the other. Like a cable, it does not wait for a slow reader:
    what does not fit is lost."""
    try:
        data = os.read(source.master, LIMIT)
    except BlockingIOError:
        return
    try:
        os.write(sink.master, data)
    except BlockingIOError:
        return


async def join(one: End, other: End) -> None:
    """Carry both ways until a signal comes."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, done.set)
    loop.add_reader(one.master, carry, one, other)
    loop.add_reader(other.master, carry, other, one)
    await done.wait()
    loop.remove_reader(one.master)
    loop.remove_reader(other.master)


def main() -> int:
    """Run until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m tools.nullmodem", description="Null modem.")
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    asked = parser.parse_args()
    one, other = End(asked.one), End(asked.other)
    try:
        asyncio.run(join(one, other))
    finally:
        one.close()
        other.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
