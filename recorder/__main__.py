"""The recorder process: `python -m recorder --socket PATH --shelf DIR [--shelf DIR2] ...`.

Assembles intake, storage and index; ends on SIGTERM or SIGINT with everything synced and
unfinished recordings left to be taken up again. With `--records` the finished ones are listed in
the records database (index.py).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from recorder.errors import RecorderError, ShelfError
from recorder.index import RecordsIndex
from recorder.intake import Intake
from recorder.intake_task import IntakeTask
from recorder.messages import Format, Index, NoIndex, Report
from recorder.retention import Rule
from recorder.shelf import Shelf, claim
from recorder.storage_task import Storage

logger = logging.getLogger("recorder")

OpenIndex = Callable[[str], Index]
"""Gives the index for a records URL."""


def main(argv: Sequence[str] | None = None, open_index: OpenIndex = RecordsIndex) -> int:
    """Run the recorder; 0 when it was asked to stop."""
    options = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    try:
        shelves = [_shelf(root, options.reserve_mb << 20) for root in options.shelf]
        index = open_index(options.records) if options.records else NoIndex()
        if options.rebuild_index:
            logger.info("index rebuilt: %d recordings", rebuild_index(shelves, index))
            return 0
        claims = [claim(shelf) for shelf in shelves]
        asyncio.run(_serve(options, shelves, index))
        for folder in claims:
            os.close(folder)
    except RecorderError as error:
        logger.error("%s", error)
        return 2
    return 0


def rebuild_index(shelves: Sequence[Shelf], index: Index) -> int:
    """Enter every finished recording on the shelves again; how many there were."""
    count = 0
    for shelf in shelves:
        for result in shelf.results():
            index.on_done(result)
            count += 1
    return count


async def _serve(options: argparse.Namespace, shelves: Sequence[Shelf], index: Index) -> None:
    loop = asyncio.get_running_loop()
    intake = Intake(options.grace_s)
    task = IntakeTask(options.socket, intake)

    def deliver(report: Report) -> None:
        # After the loop has closed nobody is left to be told.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(task.report, report)

    rule = Rule(options.keep_days, options.keep_free_mb << 20)
    storage = Storage(shelves, Format(options.format), index, deliver, options.sync_s, rule)
    for label in await asyncio.to_thread(storage.unfinished):
        logger.info("= recording=%s: left unfinished by an earlier run", label.recording)
        intake.adopt(label, time.monotonic())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    storage.start()
    try:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(task.run(storage), name="recorder-intake")
            await stop.wait()
            serving.cancel()
    finally:
        await asyncio.to_thread(storage.stop)


def _shelf(root: Path, reserve_octets: int) -> Shelf:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ShelfError(f"shelf {root}: {error.strerror}; expected a writable folder") from None
    return Shelf(root, reserve_octets)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recorder", description="Keeps what calls sounded like.")
    add = parser.add_argument
    add("--socket", type=Path, required=True, help="Unix socket the core connects to")
    add("--shelf", type=Path, action="append", required=True, help="storage folder; repeatable")
    add("--records", default="", help="URL of the records database")
    add("--format", choices=[f.value for f in Format], default=Format.OPUS.value)
    add("--sync-s", type=float, default=1.5, help="seconds between syncs of the storage")
    add("--grace-s", type=float, default=60.0, help="wait for a core to take a recording up again")
    add("--reserve-mb", type=int, default=64, help="new recordings avoid a shelf with less free")
    add("--keep-days", type=float, default=0.0, help="delete older recordings; 0: keep all")
    add("--keep-free-mb", type=int, default=0, help="delete the oldest to keep this much free")
    add("--rebuild-index", action="store_true", help="enter what is on the shelves, then stop")
    add("--verbose", action="store_true", help="show debug lines")
    return parser


if __name__ == "__main__":
    sys.exit(main())
