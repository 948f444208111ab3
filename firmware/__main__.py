"""The core process: `python -m firmware --run DIR ...`. Assembles the box and runs it.

Ends on SIGTERM or SIGINT with everything written. Exit code 2: it cannot start, and says why.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from firmware import cycles_task
from firmware.api.server_task import SocketInUse
from firmware.box import RunningBox
from firmware.config.errors import ConfigError
from firmware.log_task import log_to
from firmware.pulse_task import Pulse
from firmware.records.errors import RecordsAway
from firmware.run_folder import run_folder
from firmware.settings import Settings
from hal.switch.errors import SwitchError

logger = logging.getLogger("firmware")

SWITCH_S: Final = 0.0005
"""How long a thread that writes records may keep the event loop waiting. With Python's usual 5 ms
every message sent to a phone meanwhile would wait as long."""
NICENESS: Final = -10
"""Before recorder and pages on the same processors: phones wait for milliseconds, these may wait
for seconds. The audio thread comes before all (hal.switch)."""

FILES: Final = 1024
"""Open files at least: two sockets for each of the switch's 256 ports, as many for connections."""


def settings(given: Sequence[str] | None) -> tuple[Settings, bool]:
    """The command line as settings, and whether the wire shall be logged."""
    parser = argparse.ArgumentParser(prog="callbox core", description="The call core.")
    add = parser.add_argument
    add("--run", type=Path, default=run_folder())
    add("--hat", default="", help="serial port of the line board; none if not given")
    add("--tdm", default="", help="unix:PATH or alsa:DEVICE of the line audio")
    add("--simulator", default="", help="control socket of the simulated exchange")
    add("--records", default="", help="database URL or file (default: RUN/records.db)")
    add("--sip", default="0.0.0.0:5060", help="ADDRESS:PORT for phones, UDP and TCP")
    add(
        "--sip-tls",
        metavar="PORT",
        help="port for phones over TLS, beside --sip; none if not given",
    )
    add("--demo", action="store_true", help="begin with the demo office if nothing is set up")
    add("--verbose", action="store_true", help="log the wire as well")
    asked = parser.parse_args(given)
    host, _, port = asked.sip.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        parser.error(f"--sip {asked.sip!r}: expected ADDRESS:PORT")
    tls_port = asked.sip_tls
    if tls_port is not None and (not tls_port.isdigit() or int(tls_port) > 65535):
        parser.error(f"--sip-tls {tls_port!r}: expected a port, 0 to 65535")
    made = Settings(
        run=asked.run.resolve(),
        hat=asked.hat,
        tdm=asked.tdm,
        simulator=asked.simulator,
        records=asked.records,
        sip_host=host,
        sip_port=int(port),
        sip_tls_port=None if tls_port is None else int(tls_port),
        is_demo=asked.demo,
    )
    return made, asked.verbose


async def serve(made: Settings, pulse: Pulse) -> None:
    """Run the box until a signal comes."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, done.set)
    box = RunningBox(made, pulse)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(box.run(), name="box")
        await done.wait()
        await box.wind_up()
        running.cancel()


def main(given: Sequence[str] | None = None) -> int:
    """Run the core; 2 when it cannot start."""
    made, is_verbose = settings(given)
    log_to(sys.stderr, logging.DEBUG if is_verbose else logging.INFO)
    sys.setswitchinterval(SWITCH_S)
    raise_files_limit()
    with contextlib.suppress(PermissionError):  # nobody's right on a developer's machine
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    cycles_task.begin()
    pulse = Pulse()
    code = 0
    try:
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(pulse)) as runner:
            runner.run(serve(made, pulse))
    except* (ConfigError, SocketInUse, SwitchError, RecordsAway, OSError) as group:
        for error in single(group):
            logger.error("the core cannot run: %s", error)
        code = 2  # not sys.exit here: Python before 3.11.4 wraps it into a group of exceptions
    return code


def raise_files_limit() -> None:
    """As many open files as the system lets us have: each audio port of a phone takes two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError) as error:
        logger.warning("! open files: the limit stays at %d: %s", soft, error)
        hard = soft
    if hard != resource.RLIM_INFINITY and hard < FILES:
        logger.warning(
            "! open files: at most %d, expected %d or more: with many calls phones will find no"
            " audio port; raise the limit (LimitNOFILE of the service)",
            hard,
            FILES,
        )


def single(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    """The exceptions themselves: each group of tasks wraps them once more."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from single(error)
        else:
            yield error


if __name__ == "__main__":
    sys.exit(main())
