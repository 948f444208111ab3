"""The shipper on its event loop, against a recorder that is a few lines of test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from firmware.call import ship_task
from firmware.call.ship import Done, Trouble
from firmware.call.ship_task import Shipper
from hal.switch.errors import SwitchMisuse
from recorder.stream import Audio, Mark, Message, Note, Reader, RecordingId, Type, encode

ID = RecordingId("00112233445566aa")
AT = "2026-03-04T05:06:07Z"


class StandInRecorder:
    """Answers as told; keeps what it heard. `acks`: whether it says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.heard: list[Message] = []
        self.audio = bytearray()
        self.acks = True

    async def start(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()
        await asyncio.sleep(0)

    def say(self, message: Message) -> None:
        self._writers[-1].write(encode(message))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.say(Note(Type.HELLO, {"protocol": 1}))
        frames = Reader()
        while data := await reader.read(65536):
            for message in frames.receive(data):
                self._answer(message)
        writer.close()

    def _answer(self, message: Message) -> None:
        self.heard.append(message)
        match message:
            case Note(type=Type.OPEN):
                self.say(Mark(Type.HAVE, ID, len(self.audio)))
            case Audio():
                self.audio[message.offset :] = message.octets
                if self.acks:
                    self.say(Mark(Type.ACK, ID, len(self.audio)))
            case Note(type=Type.CLOSE):
                told = {"path": "/x", "octets": 1, "duration_s": 1.0, "missing_s": 0.0}
                self.say(Note(Type.DONE, {"recording": ID, **told}))


class Tap:
    def __init__(self) -> None:
        self.octets = bytearray()
        self.at = 0

    def read(self, limit: int) -> tuple[int, bytes]:
        at = self.at
        taken = bytes(self.octets[at : at + limit])
        self.at += len(taken)
        return at, taken


class Box:
    """A shipper that runs, and what it told its owner."""

    def __init__(self, path: Path) -> None:
        self.done: list[Done] = []
        self.troubles: list[Trouble] = []
        self.shipper = Shipper(path, self.done.append, self.troubles.append)
        self.tap = Tap()

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not is_so():  # noqa: ASYNC110 - two tasks and a socket decide when
                await asyncio.sleep(0.005)

    def codes(self) -> list[str]:
        return [trouble.code for trouble in self.troubles]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same shipper at a tenth of its times."""
    monkeypatch.setattr(ship_task, "POLL_S", 0.02)
    monkeypatch.setattr(ship_task, "AWAY_S", 0.3)
    monkeypatch.setattr(ship_task, "_RETRY_S", (0.01, 0.02))


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    box = Box(tmp_path / "socket")
    task = asyncio.create_task(box.shipper.run())
    yield box
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[StandInRecorder]:
    recorder = StandInRecorder(tmp_path / "socket")
    await recorder.start()
    yield recorder
    await recorder.stop()


async def test_a_whole_call(box: Box, recorder: StandInRecorder) -> None:
    box.shipper.open(ID, "c", AT, {}, box.tap.read)
    for _ in range(5):
        box.tap.octets += bytes(range(100))
        await asyncio.sleep(0.03)
    box.shipper.close(ID, {"result": "sold"})
    await box.until(lambda: box.done)
    assert recorder.audio == bytes(range(100)) * 5
    assert recorder.heard[-1] == Note(
        Type.CLOSE, {"recording": ID, "octets": 500, "meta": {"result": "sold"}}
    )
    assert box.shipper.snapshot().held_octets == 0
    assert box.troubles == []


async def test_close_takes_the_last_octets_before_it_returns(
    box: Box, recorder: StandInRecorder
) -> None:
    box.shipper.open(ID, "c", AT, {}, box.tap.read)
    box.tap.octets += bytes(200_000)
    box.shipper.close(ID)
    assert box.tap.at == 200_000
    await box.until(lambda: box.done)
    assert len(recorder.audio) == 200_000


async def test_a_recorder_that_forgot_gets_it_again(box: Box, recorder: StandInRecorder) -> None:
    recorder.acks = False
    box.shipper.open(ID, "c", AT, {}, box.tap.read)
    box.tap.octets += bytes(range(250)) * 40
    await box.until(lambda: len(recorder.audio) == 10_000)
    await recorder.stop()
    await box.until(lambda: not box.shipper.snapshot().is_connected)
    del recorder.audio[0:]
    await recorder.start()
    box.shipper.close(ID)
    await box.until(lambda: box.done)
    assert recorder.audio == bytes(range(250)) * 40


async def test_away_is_told_once_and_so_is_back(box: Box, tmp_path: Path) -> None:
    box.shipper.open(ID, "c", AT, {}, box.tap.read)
    box.tap.octets += bytes(5_000)
    await box.until(lambda: box.troubles)
    await asyncio.sleep(0.1)
    assert box.codes() == ["recorder_away"]
    assert "60 s" in box.troubles[0].what
    recorder = StandInRecorder(tmp_path / "socket")
    await recorder.start()
    await box.until(lambda: len(recorder.audio) == 5_000)
    assert box.codes() == ["recorder_away", "recorder_back"]
    await recorder.stop()


async def test_a_recorder_away_for_long_costs_bounded_memory(box: Box) -> None:
    box.shipper.open(ID, "c", AT, {}, box.tap.read)
    box.tap.octets += bytes(2_000_000)
    await box.until(lambda: box.shipper.snapshot().held_octets == 30 * 16_000)
    box.shipper.close(ID)
    assert box.shipper.snapshot().held_octets == 60 * 16_000
    assert box.shipper.snapshot().closing == 1


async def test_the_recorders_trouble_is_passed_on_once(box: Box, recorder: StandInRecorder) -> None:
    await box.until(lambda: box.shipper.snapshot().is_connected and recorder.heard)
    full = {"code": "disk_full", "what": "a", "why": "b", "do": "c", "recording": ""}
    over = {**full, "code": "storage_ok"}
    for body in (full, full, over, full):
        recorder.say(Note(Type.TROUBLE, body))
    await box.until(lambda: len(box.troubles) == 3)
    assert box.codes() == ["disk_full", "storage_ok", "disk_full"]
    assert box.troubles[0] == Trouble("disk_full", "a", "b", "c")


async def test_a_recorder_that_comes_back_quickly_ends_what_the_former_one_told(
    box: Box, recorder: StandInRecorder
) -> None:
    await box.until(lambda: box.shipper.snapshot().is_connected and recorder.heard)
    full = {"code": "disk_full", "what": "a", "why": "b", "do": "c", "recording": ""}
    recorder.say(Note(Type.TROUBLE, full))
    await box.until(lambda: box.codes() == ["disk_full"])
    await recorder.stop()
    await recorder.start()
    await box.until(lambda: len(box.troubles) == 2)
    assert box.codes() == ["disk_full", "recorder_back"]


async def test_a_stranger_on_the_socket_is_told_and_tried_again(box: Box, tmp_path: Path) -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_unix_server(babble, tmp_path / "socket"):
        await box.until(lambda: box.troubles)
        await asyncio.sleep(0.1)
    assert box.codes()[0] == "recorder_unknown"
    assert box.codes().count("recorder_unknown") == 1


async def test_a_tap_that_fails_costs_its_own_recording_only(
    box: Box, recorder: StandInRecorder
) -> None:
    def gone(limit: int) -> tuple[int, bytes]:
        raise SwitchMisuse("tap 3: expected one that is open")

    box.shipper.open("ffeeddccbbaa0099", "broken", AT, {}, gone)
    box.shipper.open(ID, "c", AT, {}, box.tap.read)
    box.tap.octets += bytes(range(100))
    await box.until(lambda: recorder.audio == bytes(range(100)))
    assert box.codes() == ["audio_lost"]
    assert "tap 3" in box.troubles[0].why
    box.shipper.close("ffeeddccbbaa0099")
    box.shipper.close(ID)
    await box.until(lambda: box.done)
