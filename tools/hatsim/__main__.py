"""Command line of the simulated HAT: python -m tools.hatsim --tty PATH --lines-socket PATH."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from tools.hatsim.launcher import Hatsim, HatsimError, Settings


def parse() -> Settings:
    """Settings from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.hatsim",
        description="The HAT's own program on simulated chips, with a pty as its serial line.",
    )
    parser.add_argument("--tty", type=Path, required=True, help="where to link the serial line")
    parser.add_argument("--lines-socket", type=Path, help="socket of the simulated exchange")
    parser.add_argument("--control", type=Path, help="socket to listen on for misbehaviour")
    parser.add_argument("--ports", type=int, default=8, help="FXO ports fitted, 1 to 8")
    parser.add_argument("--protocol", type=int, help="claim another protocol version")
    parser.add_argument("--build", help="claim another build")
    parser.add_argument("--host-silent-s", type=float, help="instead of the firmware's 10 s")
    return Settings(**vars(parser.parse_args()))


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    hatsim = Hatsim(settings)
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await hatsim.run()
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s hatsim %(levelname)s %(message)s")
    try:
        asyncio.run(serve(parse()))
    except HatsimError as error:
        raise SystemExit(f"hatsim: {error}") from None


if __name__ == "__main__":
    main()
