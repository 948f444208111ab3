"""The pump process: `python -m hal.tdm --source unix:/path.sock|alsa:DEVICE --fd N [--lock PATH]`.

`--fd` is a connected Unix stream socket given by the core (tdm_task.py). Ends when the core closes
it. Exit codes: 0 the core closed, 2 wrong arguments, 3 the source is in use by another process.
Tests: tests/hal/tdm/test_tdm_task.py.
"""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from hal.tdm.lock import SourceInUse, lock_path, take
from hal.tdm.messages import Trouble
from hal.tdm.pump_task import Pump, hurry, report_to
from hal.tdm.source_task import make_source

EXIT_ARGUMENTS: Final = 2
EXIT_IN_USE: Final = 3


def main(words: list[str]) -> int:
    """Run the pump; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m hal.tdm")
    parser.add_argument("--source", required=True, help="unix:/path.sock or alsa:DEVICE")
    parser.add_argument("--fd", required=True, type=int, help="connected Unix stream socket")
    parser.add_argument("--lock", type=Path, help="lock file; default: beside the source")
    options = parser.parse_args(words)
    try:
        source = make_source(options.source)
        switch = socket.socket(fileno=options.fd)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    report = report_to(sys.stdout.fileno())
    try:
        take(options.source, options.lock or lock_path(options.source))
    except (SourceInUse, OSError) as error:
        sys.stderr.write(f"{error}\n")
        report(_in_use(options.source, error))
        return EXIT_IN_USE
    # A terminal's Ctrl-C goes to the whole group: the core ends first and closes our socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hurry()
    with switch:
        Pump(source, switch, report).run()
    return 0


def _in_use(source: str, error: SourceInUse | OSError) -> Trouble:
    if isinstance(error, SourceInUse):
        return Trouble(
            f"line audio {source} is in use by {error.owner}",
            "only one process can have the lines",
            "stop that first",
        )
    return Trouble(
        f"line audio {source} cannot be locked",
        f"{error.filename}: {error.strerror}",
        "make the folder writable for the box",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
