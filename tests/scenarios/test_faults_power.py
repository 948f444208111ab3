"""The power fails in mid-call: everything the box writes lies on a disk that stops at once.

The disk is ext4 in a file on a loop device, shut down by the kernel's own switch for such tests
without writing anything back; every process of the box is killed with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.api.schema import ConfigChange
from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario

NUMBER = "0215557788"
EXT4_IOC_SHUTDOWN = 0x8004587D
"""linux/fs/ext4/ext4.h: _IOR('X', 125, __u32)"""
NO_LOG_FLUSH = (2).to_bytes(4, "little")


class Disk:
    """An ext4 whose power can be cut."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "disk"
        self._image = folder / "image"
        self.folder.mkdir()
        mkfs = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if mkfs is None:
            pytest.skip("mkfs.ext4 is not installed (Debian: e2fsprogs)")
        with self._image.open("wb") as image:
            image.truncate(256 << 20)
        subprocess.run([mkfs, "-q", str(self._image)], check=True)

    def mount(self) -> None:
        command = ["mount", "-o", "loop", str(self._image), str(self.folder)]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode:
            pytest.skip(f"loop mounts are not permitted here: {mounted.stderr.strip()}")

    def cut(self) -> None:
        """No octet reaches the disk from now on."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH)
        finally:
            os.close(handle)

    def unmount(self) -> None:
        """As soon as nobody has a file open any more."""
        command = ["umount", str(self.folder)]
        for _ in range(100):
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(f"{self.folder} stays in use")


class Power:
    """The box's supply."""

    def __init__(self, boxes: Any, disk: Disk) -> None:
        self._boxes, self._disk = boxes, disk
        self.box: Any = boxes.start(disk.folder / "run")

    def fails_and_returns(self) -> None:
        """The same box, started again on what is on the disk."""
        self._disk.cut()
        _kill_all(self.box.process.pid)
        self.box.process.communicate()
        self._disk.unmount()
        self._disk.mount()
        again = self._boxes.start(self.box.run)
        self.box.process, self.box.sip = again.process, again.sip

    def off(self) -> None:
        self._boxes.stop(self.box)


def _kill_all(supervisor: int) -> None:
    """Every process of this box, the supervisor first, which would start them again."""
    ended = _with_descendants(supervisor)
    for process in ended:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _with_descendants(process: int) -> list[int]:
    children = [process]
    for parent in children:  # grows meanwhile
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
            children += [int(word) for word in text.split()]
    return children


@pytest.fixture
def power(boxes: Any, tmp_path: Path) -> Iterator[Power]:
    disk = Disk(tmp_path)
    disk.mount()
    with contextlib.ExitStack() as stack:
        stack.callback(disk.unmount)
        made = Power(boxes, disk)
        stack.callback(made.off)
        yield made


@pytest.fixture
def box(power: Power) -> Any:
    """In place of the shared box."""
    return power.box


async def test_the_power_fails_in_mid_call(
    box: Any, power: Power, network: Any, office: Any, hello: Path, sound: Any
) -> None:
    """What was said until a few seconds before is in a recording that plays, the call is in the
    records, and the settings are those of the last change."""
    before = await asyncio.to_thread(box.api.config)
    changed = before.office.model_dump(mode="json")
    changed["site"]["name"] = "Office with a cut"
    change = ConfigChange(generation=before.generation, who="test", what="x", office=changed)
    await asyncio.to_thread(box.api.change_config, change)
    await office.agent("201")
    caller = await network.ring(NUMBER, line=1, press="1", press_after_s=0.5)
    await caller.until("answered")
    [call] = await box.until(
        "talking", lambda live: [c for c in live.calls if c.stage == "talking"]
    )
    await caller.say(do="say", line=1, play=str(hello))
    await sound.pass_by(hello, 4.0)
    await asyncio.to_thread(power.fails_and_returns)

    assert (await box.live()).box.name == "Office with a cut"
    row = await box.row_of(call.id)
    assert (row.outcome, row.ended_by, row.line) == (Outcome.FAILED, "fault", 1)
    kept = await _interrupted(box, call.id)
    recording = sound.channels(Path(kept.path))
    assert sound.mostly(sound.samples(hello), recording[:, 0]) > 0.9
    assert not (await box.live()).calls


async def _interrupted(box: Any, call: str) -> Any:
    async with asyncio.timeout(60):
        while True:
            with contextlib.closing(box.records()) as records:
                kept = records.recording_of(call)
            if kept is not None and kept.state == "interrupted":
                return kept
            await asyncio.sleep(0.2)
