"""The simulated telephone network, as a program.

    python -m tools.exchange --country ZA --lines 8 --lines-socket run/lines.sock \\
        --tdm-socket run/tdm.sock --control run/exchange.sock [--scenario morning.toml]

Three Unix sockets. LINES: the line board connects (wires.py). TDM: the box connects; 2.048 Mbit/s
of timeslots (frames.py, tdm_task.py). CONTROL: JSON lines, any number of clients; a request is an
object with `do`, an optional `tag` comes back on every answer:

    {"do":"ring","line":1,"from":"0215557788","name":"Alice Example"}   a call to the box. Also:
        line 0               the first free line; {"event":"all_busy"} when there is none
        cid                  v23 | bell202 | dtmf | none | withheld; default as the country does
        press, press_after_s digits, and when after the answer (default: once 2.5 s of something
                             have been heard, or 15 s have passed)
        play, play_after_s   a WAV and when after the last digit (or the answer) to start it,
        repeat, pause_s      how often (default: until somebody hangs up), with which pause (1 s)
        talk_s               hang up so long after the last digit (or the answer)
        hangup_by            polarity | loop | busy | none (the caller never hangs up)
        give_up_after_s      60; stop ringing
        erl_db, noise_db     echo return loss (20) and noise in dBm0 (-65) for this call
        record               a WAV of what the caller heard, written when the call is over
      Events: ringing, answered, hearing, pressed, flash, caller_hung_up, box_hung_up, gave_up,
      answered_elsewhere, wire_cut, done (with answered, hung_up_by, talked_s, heard and
      released_after_s: from the caller's hang-up to the box's).
    {"do":"hangup","line":1,"by":"busy"}      {"do":"say","line":1,"play":"more.wav"}
    {"do":"press","line":1,"digits":"12"}     {"do":"parallel","line":1,"on":true}
    {"do":"cut","line":1}                     {"do":"restore","line":1}      (line 0: all)
    {"do":"noise","line":1,"dbm0":-50}        {"do":"echo","line":1,"erl_db":6}
    {"do":"slip","octets":3}                  octets gained (negative: lost) by the TDM stream
    {"do":"called_side","line":0,...}         how numbers dialled by the box behave: answer_after_s,
        busy, no_answer, unobtainable, play, repeat, pause_s, hangup_after_s, hangup_by,
        polarity_on_answer, record (written for the first client that watches)
    {"do":"watch"}                            every event of every line, also of outgoing calls:
        box_off_hook, dialled, ringback, busy, unobtainable, congestion, answered, done
    {"do":"status"}                           all lines, the board, the stream's counters

A scenario is a list of such requests with `at` seconds (scenario.py; scenarios/morning.toml);
`record` is not possible in it: a recording is written for the client that asked for the call.
Exit code 2: the command line, the scenario or the machine is wrong; the message says how.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from tools.exchange import country, scenario
from tools.exchange.control_task import ControlTask
from tools.exchange.errors import BadRequest, ExchangeError
from tools.exchange.lines_task import LinesTask
from tools.exchange.network import Network
from tools.exchange.scenario import Step
from tools.exchange.scenario_task import ScenarioTask
from tools.exchange.tdm_task import TdmTask

logger = logging.getLogger("tools.exchange")

FIFO_PRIORITY = 5
"""Below the box's own audio threads."""


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.exchange", description="The simulated telephone network."
    )
    parser.add_argument("--country", default="ZA", help="ISO 3166 code (default ZA)")
    parser.add_argument("--lines", type=int, default=8, help="1 to 31 (default 8)")
    parser.add_argument("--lines-socket", type=Path, required=True)
    parser.add_argument("--tdm-socket", type=Path, required=True)
    parser.add_argument("--control", type=Path, required=True)
    parser.add_argument("--scenario", type=Path, help="JSON or TOML list of timed requests")
    parser.add_argument("--verbose", action="store_true", help="log the wire as well")
    return parser.parse_args(given)


def _hurry() -> None:
    """Real-time scheduling where it is permitted: a telephone network does not wait for the
    machine it is simulated on."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    except PermissionError:
        logger.info("= no real-time scheduling: line audio may slip on a busy machine")


async def serve(network: Network, asked: argparse.Namespace, steps: list[Step]) -> None:
    """Run all sockets until a signal comes."""
    tdm = TdmTask(network, asked.tdm_socket)
    lines = LinesTask(network, asked.lines_socket)
    control = ControlTask(network, asked.control, tdm, lines.status)
    _hurry()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(tdm.run(), name="tdm"),
            group.create_task(lines.run(), name="lines"),
            group.create_task(control.run(), name="control"),
            group.create_task(ScenarioTask(control, steps).run(), name="scenario"),
        ]
        logger.info("= %s, %d lines: ready", network.country.name, len(network.lines))
        await stop.wait()
        for task in tasks:
            task.cancel()


def _prepare(path: Path) -> None:
    """A socket left behind by a run that was killed is in the way; anything else is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_socket():
        if _is_served(path):
            raise BadRequest(f"socket {str(path)!r}: another exchange is running on it")
        path.unlink()
    elif path.exists():
        raise BadRequest(f"socket {str(path)!r}: there is a file of that name that is no socket")


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def main(given: list[str] | None = None) -> int:
    """Run the program; the exit code."""
    asked = _arguments(given)
    logging.basicConfig(
        level=logging.DEBUG if asked.verbose else logging.INFO,
        format="%(asctime)s exchange %(levelname)s %(message)s",
    )
    sockets = (asked.lines_socket, asked.tdm_socket, asked.control)
    try:
        network = Network(country.load(asked.country), asked.lines)
        steps = scenario.read(asked.scenario) if asked.scenario else []
        for path in sockets:
            _prepare(path)
        try:
            asyncio.run(serve(network, asked, steps))
        finally:
            for path in sockets:
                path.unlink(missing_ok=True)
    except (ExchangeError, OSError) as error:
        print(f"exchange: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
