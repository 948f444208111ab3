"""The recorder's socket, against a storage that does what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recorder.intake import Intake
from recorder.intake_task import IntakeTask
from recorder.messages import Append, Dropped, Job, Start, Started
from recorder.storage_task import BACKLOG_LIMIT, StorageSnapshot
from recorder.stream import Audio, Message, Note, Reader, RecordingId, Type, encode

ID = RecordingId("00112233445566aa")
OPEN = Note(
    Type.OPEN,
    {"recording": ID, "call": "c", "started_at": "2026-03-04T05:06:07Z", "meta": {}},
)


class StandInStorage:
    """Takes jobs; is as slow and as far behind as it is told."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.busy_s = 0.0
        self.backlog_octets = 0

    def put(self, job: Job) -> None:
        self.jobs.append(job)

    def snapshot(self) -> StorageSnapshot:
        return StorageSnapshot(self.backlog_octets, self.busy_s, 0, 0.0)


class Line:
    """The core's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer, self._frames = reader, writer, Reader()
        self._waiting: list[Message] = []

    def say(self, message: Message) -> None:
        self.writer.write(encode(message))

    async def hear(self) -> Message:
        while not self._waiting:
            data = await self._reader.read(65536)
            assert data, "closed"
            self._waiting += self._frames.receive(data)
        return self._waiting.pop(0)

    async def hear_code(self) -> object:
        message = await self.hear()
        assert isinstance(message, Note)
        return message.body.get("code", message.type)

    async def hear_end(self) -> None:
        while await self._reader.read(65536):
            pass


class Recorder:
    def __init__(self, path: Path) -> None:
        self.path, self.storage = path, StandInStorage()
        self.task = IntakeTask(path, Intake(grace_s=60))
        self.lines: list[Line] = []

    async def connect(self) -> Line:
        async with asyncio.timeout(5):
            while not self.path.exists():  # noqa: ASYNC110 - the server makes it
                await asyncio.sleep(0.005)
        line = Line(*await asyncio.open_unix_connection(self.path))
        self.lines.append(line)
        assert await line.hear_code() in (Type.HELLO, "busy")
        return line

    async def jobs(self, count: int) -> list[Job]:
        async with asyncio.timeout(5):
            while len(self.storage.jobs) < count:  # noqa: ASYNC110 - a socket decides when
                await asyncio.sleep(0.005)
        return self.storage.jobs


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[Recorder]:
    recorder = Recorder(tmp_path / "socket")
    task = asyncio.create_task(recorder.task.run(recorder.storage))  # type: ignore[arg-type]  # stand-in
    yield recorder
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for line in recorder.lines:
        line.writer.close()


async def test_a_storage_that_hangs_is_told_once_and_so_is_its_recovery(
    recorder: Recorder,
) -> None:
    line = await recorder.connect()
    recorder.storage.busy_s = 6.0
    assert await line.hear_code() == "storage_slow"
    recorder.storage.busy_s = 0.0
    assert await line.hear_code() == "storage_ok"


async def test_behind_it_stops_reading_and_goes_on_when_it_has_caught_up(
    recorder: Recorder,
) -> None:
    line = await recorder.connect()
    line.say(OPEN)
    assert isinstance((await recorder.jobs(1))[0], Start)
    recorder.task.report(Started(ID, 0))
    assert isinstance(await line.hear(), Message)
    recorder.storage.backlog_octets = BACKLOG_LIMIT + 1
    line.say(Audio(ID, 0, bytes(100)))
    await recorder.jobs(2)
    line.say(Audio(ID, 100, bytes(100)))
    recorder.storage.busy_s = 6.0
    assert await line.hear_code() == "storage_slow"  # told although nothing is read
    assert len(recorder.storage.jobs) == 2
    recorder.storage.backlog_octets = 0
    assert isinstance((await recorder.jobs(3))[2], Append)


async def test_a_file_lost_with_its_shelf_has_the_core_come_again(recorder: Recorder) -> None:
    line = await recorder.connect()
    line.say(OPEN)
    await recorder.jobs(1)
    recorder.task.report(Started(ID, 0))
    recorder.task.report(Dropped(ID))
    await line.hear_end()
    again = await recorder.connect()
    again.say(OPEN)
    assert isinstance((await recorder.jobs(2))[1], Start)


async def test_a_core_that_hung_up_unheard_makes_way(recorder: Recorder) -> None:
    first = await recorder.connect()
    recorder.storage.backlog_octets = BACKLOG_LIMIT + 1
    first.say(OPEN)
    await recorder.jobs(1)  # from here on the first is not read: its end would go unnoticed
    first.writer.close()
    await first.writer.wait_closed()
    second = await recorder.connect()
    second.say(Note(Type.META, {"recording": ID, "meta": {}}))
    assert len(await recorder.jobs(2)) == 2
