"""The technician's console: `python -m firmware.console --tty PATH --api SOCKET`, or `--local`."""

from __future__ import annotations

import argparse
import contextlib
import logging
from pathlib import Path

from firmware.api.client import ApiClient
from firmware.console.console_task import serve_local, serve_serial
from firmware.run_folder import run_folder

_parser = argparse.ArgumentParser(prog="callbox console", description=__doc__)
_where = _parser.add_mutually_exclusive_group()
_where.add_argument("--tty", help="serial port of the technician's terminal")
_where.add_argument("--local", action="store_true", help="this terminal (the default)")
_parser.add_argument(
    "--api",
    type=Path,
    default=run_folder() / "core.sock",
    help="the core's socket",
)


def main() -> None:
    """Run until the end of the process (serial) or until q (local)."""
    given = _parser.parse_args()
    core = ApiClient(given.api)
    if given.tty:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        serve_serial(given.tty, core)
    else:
        serve_local(core)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is stopped
        main()
