"""The recorder as it runs on the box: real processes, real files, ffmpeg as the listener."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from recorder.stream import Audio, Mark, Message, Note, Reader, Type, encode

FAST = ("--sync-s", "0.2", "--reserve-mb", "0")
SECOND = "ffeeddccbbaa9988"
OPUS = "2026/03/04/call-1-00112233445566aa.opus"
WAV = "2026/03/04/call-1-00112233445566aa.wav"
OCTETS_PER_S = 16_000


async def test_a_call_is_kept_to_the_sample(
    run_dir: Path, start_recorder: Any, core: Any, voices: Any, voices_alaw: bytes, ear: Any
) -> None:
    start_recorder("--shelf", str(run_dir / "shelf"), *FAST)
    core.record(voices_alaw)
    core.shipper.meta("00112233445566aa", {"agent": "Änne"})
    core.shipper.close("00112233445566aa", {"result": "sold"})
    await core.until(lambda c: c.done)
    path = run_dir / "shelf" / OPUS
    heard = ear.play(path)
    assert len(heard) == 6 * len(voices)
    assert min(ear.likeness(heard, voices)) > 0.95
    assert max(map(abs, ear.likeness(heard, voices[:, ::-1]))) < 0.05
    said = json.loads(path.with_suffix(".json").read_text())
    assert said["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["meta"] == {"caller": "0301234", "agent": "Änne", "result": "sold"}
    assert (core.done[0].path, core.done[0].missing_s) == (str(path), 0.0)
    assert core.done[0].octets == path.stat().st_size < 4_000 * len(voices) / 8_000
    assert sorted(p.suffix for p in path.parent.iterdir()) == [".json", ".opus"]
    assert core.troubles == []


async def test_wav_holds_the_very_octets(
    run_dir: Path, start_recorder: Any, core: Any, voices_alaw: bytes
) -> None:
    start_recorder("--shelf", str(run_dir / "shelf"), "--format", "wav", *FAST)
    core.record(voices_alaw)
    core.shipper.close("00112233445566aa")
    await core.until(lambda c: c.done)
    assert alaw_by_sox(run_dir / "shelf" / WAV) == voices_alaw


async def test_killed_in_mid_call_it_goes_on_in_the_same_file(
    run_dir: Path, start_recorder: Any, core: Any, voices: Any, voices_alaw: bytes, ear: Any
) -> None:
    shelf = run_dir / "shelf"
    recorder = start_recorder("--shelf", str(shelf), *FAST)
    tap = core.record(voices_alaw, ready=5 * OCTETS_PER_S)
    await core.until(lambda c: tap.at and c.shipper.snapshot().held_octets < 2 * OCTETS_PER_S)
    tap.ready = 6 * OCTETS_PER_S
    await core.until(lambda c: tap.at == tap.ready)
    recorder.kill()
    tap.ready = 9 * OCTETS_PER_S
    await core.until(lambda c: not c.shipper.snapshot().is_connected)
    recorder.start()
    await core.until(lambda c: tap.at == tap.ready and c.shipper.snapshot().is_connected)
    tap.ready = len(voices_alaw)
    core.shipper.close("00112233445566aa")
    await core.until(lambda c: c.done)
    assert core.done[0].missing_s == 0.0
    heard = ear.play(shelf / OPUS)
    assert len(heard) == 6 * len(voices)
    assert min(ear.likeness(heard, voices)) > 0.95
    around = slice(48_000 * 4, 48_000 * 7)  # the splice is in here: nothing lost, nothing twice
    there = voices[8_000 * 4 : 8_000 * 7]
    assert min(ear.likeness(heard[around], there)) > 0.95
    assert "audio_lost" not in core.codes()


async def test_killed_wav_goes_on_octet_for_octet(
    run_dir: Path, start_recorder: Any, core: Any, voices_alaw: bytes
) -> None:
    recorder = start_recorder("--shelf", str(run_dir / "shelf"), "--format", "wav", *FAST)
    tap = core.record(voices_alaw, ready=5 * OCTETS_PER_S)
    await core.until(lambda c: tap.at and c.shipper.snapshot().held_octets < 2 * OCTETS_PER_S)
    recorder.kill()
    tap.ready = len(voices_alaw)
    recorder.start()
    core.shipper.close("00112233445566aa")
    await core.until(lambda c: c.done)
    assert (run_dir / "shelf" / WAV).read_bytes()[58:] == voices_alaw


async def test_what_nobody_comes_back_for_is_closed_as_interrupted(
    run_dir: Path, start_recorder: Any, core: Any, voices: Any, voices_alaw: bytes, ear: Any
) -> None:
    shelf = run_dir / "shelf"
    recorder = start_recorder("--shelf", str(shelf), *FAST)
    with connected(run_dir / "socket") as wire:
        wire.begin()
        wire.say(Audio("00112233445566aa", 0, voices_alaw[: 6 * OCTETS_PER_S]))
        while wire.hear(Type.ACK).offset < 5 * OCTETS_PER_S:
            pass
    recorder.kill()
    recorder.arguments += ["--grace-s", "0.1"]
    recorder.start()
    sidecar = (shelf / OPUS).with_suffix(".json")
    await appears(sidecar)
    said = json.loads(sidecar.read_text())
    assert said["ending"] == "interrupted"
    assert said["meta"] == {"caller": "0301234"}
    heard = ear.play(shelf / OPUS)
    assert 5.0 < len(heard) / 48_000 <= 6.0
    assert said["duration_s"] == pytest.approx(len(heard) / 48_000, abs=1e-6)
    assert min(ear.likeness(heard, voices)) > 0.95
    # ... and if its core comes after all, it is taken up again
    core.record(voices_alaw)
    core.shipper.close("00112233445566aa")
    await core.until(lambda c: c.done)
    assert ear.seconds(shelf / OPUS) == len(voices) / 8_000
    assert json.loads(sidecar.read_text())["ending"] == "complete"


async def test_done_is_said_again_to_a_core_that_missed_it(
    run_dir: Path, start_recorder: Any, voices_alaw: bytes
) -> None:
    recorder = start_recorder("--shelf", str(run_dir / "shelf"), *FAST)
    with connected(run_dir / "socket") as wire:
        first = wire.whole(voices_alaw[:32_000])
    recorder.kill()
    recorder.start()
    with connected(run_dir / "socket") as wire:
        assert wire.begin() == 32_000
        wire.say(Note(Type.CLOSE, {"recording": "00112233445566aa", "octets": 32_000}))
        assert wire.hear(Type.DONE) == first


async def test_a_gap_is_silence_of_the_same_length_and_is_told(
    run_dir: Path, start_recorder: Any, voices_alaw: bytes, ear: Any
) -> None:
    start_recorder("--shelf", str(run_dir / "shelf"), "--format", "wav", *FAST)
    with connected(run_dir / "socket") as wire:
        wire.begin()
        wire.say(Audio("00112233445566aa", 0, voices_alaw[:16_000]))
        wire.say(Audio("00112233445566aa", 8_000, voices_alaw[8_000:24_000]))  # half of it again
        wire.say(Audio("00112233445566aa", 40_000, voices_alaw[40_000:48_000]))
        wire.say(Note(Type.CLOSE, {"recording": "00112233445566aa", "octets": 56_000}))
        done = wire.hear(Type.DONE).body
    octets = (run_dir / "shelf" / WAV).read_bytes()[58:]
    silence = b"\xd5"
    assert octets == (
        voices_alaw[:24_000] + silence * 16_000 + voices_alaw[40_000:48_000] + silence * 8_000
    )
    assert (done["missing_s"], done["duration_s"]) == (1.5, 3.5)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x00\x00\x00\x00\x00\x00",
        b"\xff" * 64,
        b"GET / HTTP/1.1\r\nHost: box\r\n\r\n",
        encode(Note(Type.DONE, {})),
        encode(Note(Type.HELLO, {"protocol": 99})),
        encode(Audio("00112233445566aa", 0, b"\xd5\xd5")),
        encode(Mark(Type.ACK, "00112233445566aa", 0)),
    ],
    ids=["zero", "ones", "http", "done", "protocol", "audio-unopened", "ack"],
)
async def test_garbage_ends_the_connection_and_nothing_else(
    run_dir: Path, garbage: bytes, shared_recorder: Path
) -> None:
    with connected(shared_recorder) as wire:
        wire.socket.sendall(garbage)
        assert wire.hear(Type.TROUBLE).body["code"] == "bad_message"
        assert wire.is_closed()
    with connected(shared_recorder) as wire:
        assert wire.hear(Type.HELLO).body == {"protocol": 1}


@pytest.mark.parametrize(
    "field",
    [{"call": "../../etc/x"}, {"started_at": "yesterday"}, {"recording": "X"}, {"meta": []}],
    ids=["call", "started_at", "recording", "meta"],
)
async def test_an_open_that_makes_no_sense_is_refused_by_itself(
    field: dict[str, Any], shared_recorder: Path
) -> None:
    with connected(shared_recorder) as wire:
        wire.say(Note(Type.OPEN, {**OPENING, **field}))
        told = wire.hear(Type.TROUBLE).body
        assert told["code"] == "bad_message"
        assert repr(next(iter(field.values()))) in told["why"]
        assert wire.begin("0000000000000001") == 0


async def test_a_second_core_is_refused_and_the_first_goes_on(shared_recorder: Path) -> None:
    with connected(shared_recorder) as first:
        first.hear(Type.HELLO)
        with connected(shared_recorder) as second:
            assert second.hear(Type.TROUBLE).body["code"] == "busy"
            assert second.is_closed()
        assert first.begin("0000000000000002") == 0


async def test_a_second_recorder_on_the_same_shelf_does_not_start(
    run_dir: Path, start_recorder: Any, core: Any
) -> None:
    start_recorder("--shelf", str(run_dir / "shelf"), *FAST)
    await core.until(lambda c: c.shipper.snapshot().is_connected)
    second = start_recorder("--shelf", str(run_dir / "shelf"), *FAST)
    assert second.process.wait(20) == 2
    assert core.shipper.snapshot().is_connected


async def test_a_full_disk_moves_the_recording_to_the_second_shelf(
    run_dir: Path, start_recorder: Any, core: Any, voices_alaw: bytes, mount: Any
) -> None:
    small = mount("size=160k", run_dir / "small")
    start_recorder("--shelf", str(small), "--shelf", str(run_dir / "big"), "--format", "wav", *FAST)
    core.record(voices_alaw)
    core.shipper.close("00112233445566aa")
    await core.until(lambda c: c.done)
    assert core.done[0].path == str(run_dir / "big" / WAV)
    assert (run_dir / "big" / WAV).read_bytes()[58:] == voices_alaw
    assert list(small.rglob("*.wav")) == []
    assert core.codes() == ["disk_full"]
    assert str(small) in core.troubles[0].what


async def test_with_nowhere_to_go_it_waits_and_loses_nothing(
    run_dir: Path, start_recorder: Any, core: Any, voices_alaw: bytes, mount: Any
) -> None:
    small = mount("size=300k", run_dir / "small")
    (small / "holiday.mp4").write_bytes(bytes(200_000))
    start_recorder("--shelf", str(small), "--format", "wav", *FAST)
    core.record(voices_alaw)
    core.shipper.close("00112233445566aa")
    await core.until(lambda c: c.troubles)
    assert core.done == []
    (small / "holiday.mp4").unlink()
    await core.until(lambda c: c.done)
    assert (small / WAV).read_bytes()[58:] == voices_alaw
    assert core.codes() == ["disk_full", "storage_ok"]


async def test_power_cut(
    run_dir: Path, start_recorder: Any, voices_alaw: bytes, voices: Any, ear: Any, ext4: Any
) -> None:
    """ext4 is shut down under the recorder without writing anything back."""
    shelf = ext4.mounted()
    recorder = start_recorder("--shelf", str(shelf), "--sync-s", "1.5", "--reserve-mb", "0")
    fed = acked = 0
    with connected(run_dir / "socket") as wire:
        wire.begin()
        wire.socket.setblocking(False)
        began = asyncio.get_running_loop().time()
        while fed < 4.7 * OCTETS_PER_S:  # at the pace of a call: that is what "2 s" is about
            await asyncio.sleep(0.1)
            now = int((asyncio.get_running_loop().time() - began) * OCTETS_PER_S) & ~1
            wire.say(Audio("00112233445566aa", fed, voices_alaw[fed:now]))
            fed = now
            acked = max([acked, *(m.offset for m in wire.heard() if m.type is Type.ACK)])
        ext4.cut()
    recorder.kill()
    shelf = ext4.remounted()
    recorder.arguments += ["--grace-s", "0.1"]
    recorder.start()
    await appears((shelf / OPUS).with_suffix(".json"))
    heard = ear.play(shelf / OPUS)
    assert acked > 2 * OCTETS_PER_S
    assert len(heard) / 48_000 >= acked / OCTETS_PER_S
    assert len(heard) / 48_000 >= fed / OCTETS_PER_S - 2.0
    assert min(ear.likeness(heard, voices)) > 0.95
    recorder.stop()


async def test_stopped_it_syncs_and_leaves_calls_to_its_successor(
    run_dir: Path, start_recorder: Any, core: Any, voices_alaw: bytes, voices: Any, ear: Any
) -> None:
    recorder = start_recorder("--shelf", str(run_dir / "shelf"), *FAST)
    tap = core.record(voices_alaw)
    await core.until(
        lambda c: tap.at == tap.ready and c.shipper.snapshot().held_octets < 5 * OCTETS_PER_S
    )
    assert recorder.stop() == 0
    recorder.start()
    core.shipper.close("00112233445566aa")
    await core.until(lambda c: c.done)
    assert ear.seconds(run_dir / "shelf" / OPUS) == len(voices) / 8_000


def alaw_by_sox(path: Path) -> bytes:
    command = ["sox", str(path), "-t", "al", "-"]
    ran = subprocess.run(command, capture_output=True, check=True)
    assert ran.stderr == b""
    return ran.stdout


async def appears(path: Path) -> None:
    async with asyncio.timeout(10):
        while not path.exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
            await asyncio.sleep(0.02)


# The core's end of the wire, by hand.

OPENING = {
    "recording": "00112233445566aa",
    "call": "call-1",
    "started_at": "2026-03-04T05:06:07Z",
    "meta": {"caller": "0301234"},
}


class Wire:
    """Says and hears single messages."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self._reader = Reader()
        self._waiting: list[Message] = []

    def say(self, message: Message) -> None:
        self.socket.sendall(encode(message))

    def begin(self, recording: str = "00112233445566aa") -> int:
        """HELLO and OPEN; the offset of HAVE."""
        self.say(Note(Type.HELLO, {"protocol": 1}))
        self.say(Note(Type.OPEN, {**OPENING, "recording": recording}))
        return self.hear(Type.HAVE).offset

    def whole(self, alaw: bytes) -> Any:
        self.begin()
        self.say(Audio("00112233445566aa", 0, alaw))
        self.say(Note(Type.CLOSE, {"recording": "00112233445566aa", "octets": len(alaw)}))
        return self.hear(Type.DONE)

    def hear(self, type_: Type) -> Any:
        """The next message of a type; others before it are passed over."""
        while True:
            while self._waiting:
                message = self._waiting.pop(0)
                if getattr(message, "type", None) is type_:
                    return message
            data = self.socket.recv(65536)
            assert data, f"closed before {type_.name}"
            self._waiting += self._reader.receive(data)

    def heard(self) -> list[Any]:
        """Whatever has come."""
        try:
            return self._reader.receive(self.socket.recv(65536))
        except BlockingIOError:
            return []

    def is_closed(self) -> bool:
        return self.socket.recv(65536) == b""


@contextmanager
def connected(path: Path) -> Iterator[Wire]:
    """A connection, as soon as the recorder listens."""
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(10)
    for _attempt in range(1000):
        try:
            end.connect(str(path))
            break
        except OSError:
            time.sleep(0.01)
    with end:
        yield Wire(end)


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


@pytest.fixture
def mount(request: pytest.FixtureRequest) -> Any:
    """mount(options, folder): a tmpfs of limited size."""

    def do(options: str, folder: Path) -> Path:
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            pytest.skip(f"mounting a tmpfs is not permitted here: {first_line(ran.stderr)}")
        request.addfinalizer(lambda: subprocess.run(["umount", "-l", str(folder)], check=False))
        return folder

    return do


class Ext4:
    """An ext4 in a file, on a loop device, whose power can be cut."""

    SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, linux/fs/ext4/ext4.h
    NOLOGFLUSH = 2  # nothing is written back, not even the journal

    def __init__(self, folder: Path) -> None:
        self._image, self._folder = folder / "image", folder / "ext4"
        self._folder.mkdir()
        with self._image.open("wb") as file:
            file.truncate(64 << 20)
        mkfs = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if mkfs is None:
            pytest.skip("mkfs.ext4 is not installed (Debian: e2fsprogs)")
        subprocess.run([mkfs, "-q", str(self._image)], check=True)

    def mounted(self) -> Path:
        command = ["mount", "-o", "loop", str(self._image), str(self._folder)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            pytest.skip(f"loop mounts are not permitted here: {first_line(ran.stderr)}")
        return self._folder

    def cut(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        fcntl.ioctl(folder, self.SHUTDOWN, self.NOLOGFLUSH.to_bytes(4, "little"))
        os.close(folder)

    def remounted(self) -> Path:
        self.unmount()
        return self.mounted()

    def unmount(self) -> None:
        subprocess.run(["umount", str(self._folder)], check=False, capture_output=True)


@pytest.fixture
def ext4(run_dir: Path) -> Iterator[Ext4]:
    storage = Ext4(run_dir)
    yield storage
    storage.unmount()


@pytest.fixture(scope="module")
def shared_recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One recorder for the tests that only try to upset it."""
    folder = tmp_path_factory.mktemp("shared")
    command = [sys.executable, "-m", "recorder", "--socket", str(folder / "socket")]
    process = subprocess.Popen([*command, "--shelf", str(folder / "shelf"), *FAST])
    yield folder / "socket"
    process.terminate()
    assert process.wait(20) == 0
