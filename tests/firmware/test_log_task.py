"""The gathered log on a stream that counts its writes."""

from __future__ import annotations

import asyncio
import errno
import io
import logging
import os
from collections.abc import Iterator

import pytest

from firmware.log_task import MOST_LINES, GatheredLog, Lines


class Counted(io.StringIO):
    """A stream that knows how often it was written to, and may be on a full disk."""

    writes = 0
    is_full = False

    def write(self, text: str) -> int:
        self.writes += 1
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(text)


@pytest.fixture
def stream() -> Counted:
    return Counted()


@pytest.fixture
def log(stream: Counted) -> Iterator[logging.Logger]:
    logger = logging.Logger("gathered", logging.INFO)
    handler = GatheredLog(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    yield logger
    handler.close()


async def until_written(stream: Counted) -> None:
    async with asyncio.timeout(5):
        while not stream.writes:  # noqa: ASYNC110 - a stream has no event
            await asyncio.sleep(0.01)


async def test_lines_are_written_together_and_in_order(
    log: logging.Logger, stream: Counted
) -> None:
    log.info("one")
    log.info("two %d", 2)
    assert stream.writes == 0
    await until_written(stream)
    assert stream.getvalue() == "INFO one\nINFO two 2\n"
    assert stream.writes == 1


async def test_goes_on_after_a_write(log: logging.Logger, stream: Counted) -> None:
    log.info("one")
    await until_written(stream)
    stream.writes = 0
    log.info("two")
    await until_written(stream)
    assert stream.getvalue() == "INFO one\nINFO two\n"


async def test_warning_is_written_at_once_with_what_led_to_it(
    log: logging.Logger, stream: Counted
) -> None:
    log.info("one")
    log.warning("bad")
    assert stream.getvalue() == "INFO one\nWARNING bad\n"


async def test_lines_kept_are_bounded(log: logging.Logger, stream: Counted) -> None:
    for number in range(MOST_LINES):
        log.info("line %d", number)
    assert stream.getvalue().count("\n") == MOST_LINES


def test_without_a_loop_every_line_is_written(log: logging.Logger, stream: Counted) -> None:
    log.info("starting")
    assert stream.getvalue() == "INFO starting\n"


async def test_from_another_thread(log: logging.Logger, stream: Counted) -> None:
    await asyncio.to_thread(log.info, "from a thread")
    assert stream.getvalue() == "INFO from a thread\n"


async def test_a_full_disk_costs_lines_and_says_how_many(
    log: logging.Logger, stream: Counted
) -> None:
    stream.is_full = True
    log.warning("one")
    log.warning("two")
    stream.is_full = False
    log.warning("three")
    log.warning("four")
    assert stream.getvalue().splitlines() == [
        "! the log could not be written: about 2 lines are missing here",
        "WARNING three",
        "WARNING four",
    ]


async def test_a_full_disk_does_not_end_the_loop(log: logging.Logger, stream: Counted) -> None:
    """Asyncio logs what a callback raises; if that raises again, the loop ends."""
    stream.is_full = True
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: log.error("%s", context["message"]))
    loop.call_soon(lambda: [][0])
    await until_written(stream)
    await asyncio.sleep(0)
    assert stream.getvalue() == ""


def test_lines_look_as_those_of_logging_itself() -> None:
    usual = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    ours = Lines()
    for created in (1e9 + 0.25, 1e9 + 0.75, 1e9 + 1.0):
        record = logging.makeLogRecord(
            {"name": "room", "levelname": "INFO", "msg": "%d calls", "args": (3,)}
        )
        record.created, record.msecs = created, created % 1 * 1000
        assert ours.format(record) == usual.format(record)
