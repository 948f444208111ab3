"""The supervisor, apart from the parts it is for."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from firmware import supervisor_task
from firmware.supervisor_task import Part, Supervisor, shorten


def test_a_long_log_is_kept_once_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "core.log"
    with path.open("ab", buffering=0) as writer:  # as the process has it open
        writer.write(b"first\n" * 10)
        assert not shorten(path, 60)
        writer.write(b"x")
        assert shorten(path, 60)
        writer.write(b"second\n")
    assert path.read_bytes() == b"second\n"
    assert (tmp_path / "core.log.1").read_bytes() == b"first\n" * 10 + b"x"
    assert not shorten(tmp_path / "none.log", 60)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["core.log", "core.log.1"]


async def test_a_part_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_task, "BACKOFF_S", (0.01,))
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append)
    log = tmp_path / "log"
    log.write_text("in the way of the folder of that name")

    def lives() -> bool:
        if len(said) > 2 and log.is_file():
            log.unlink()
        return supervisor.process_id("sleeper") is not None

    try:
        await supervisor.start(Part("sleeper", "tests_none", (), lives), timeout_s=30)
    finally:
        await supervisor.stop()
    assert said[1].startswith("! sleeper cannot be started ([Errno 17] File exists")


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from firmware.supervisor_task import Part, Supervisor

async def main(run, part):
    supervisor = Supervisor(run, print)
    await supervisor.start(Part("waiter", "timeit", ("-n1", "-r1", part), (run / "began").exists))
    await supervisor.run()

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""
WAITER = """
import pathlib, signal
run = pathlib.Path({run!r})
(run / "began").touch()
signal.sigwait([signal.SIGTERM])
(run / "ended").touch()
"""


async def test_no_part_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    part = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])"
    part += WAITER.format(run=str(tmp_path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR, str(tmp_path), part
    )
    await until(tmp_path / "began")
    process.kill()
    await process.wait()
    await until(tmp_path / "ended")


async def until(path: Path) -> None:
    async with asyncio.timeout(30):
        while not path.exists():  # noqa: ASYNC110, ASYNC240 -- another process makes it
            await asyncio.sleep(0.05)
