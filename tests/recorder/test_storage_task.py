"""The storage's threads: jobs in, reports out; what the index and the medium do to them."""

from __future__ import annotations

import errno
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recorder import medium, writer
from recorder.messages import (
    Append,
    Dropped,
    Ending,
    Finish,
    Finished,
    Format,
    Label,
    NoIndex,
    RecordingResult,
    Silence,
    Sound,
    Start,
    Started,
    Synced,
    Trouble,
)
from recorder.shelf import Shelf, sidecar
from recorder.storage_task import Storage
from recorder.stream import RecordingId

ID = RecordingId("00112233445566aa")
LABEL = Label(ID, "call-1", "2026-03-04T05:06:07Z", {"caller": "1"})


class Bench:
    """A storage and what it reported."""

    def __init__(self, *roots: Path, format_: Format = Format.WAV, index: Any = None) -> None:
        self.shelves = [Shelf(root, 0) for root in roots]
        for root in roots:
            root.mkdir(exist_ok=True)
        self.reports: queue.Queue[Any] = queue.Queue()
        self.storage = Storage(
            self.shelves, format_, index or NoIndex(), self.reports.put, sync_s=0.05
        )

    def next(self, kind: type) -> Any:
        """The next report of a kind."""
        while not isinstance(report := self.reports.get(timeout=10), kind):
            pass
        return report


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "a", tmp_path / "b")
    bench.storage.start()
    yield bench
    bench.storage.stop()


def test_start_append_finish(bench: Bench) -> None:
    put = bench.storage.put
    put(Start(LABEL))
    assert bench.next(Started) == Started(ID, 0)
    put(Append(ID, (Sound(b"\x01" * 800), Silence(1_600))))
    assert bench.next(Synced).positions.keys() == {ID}
    put(Finish(ID, Ending.COMPLETE, {"result": "sold"}))
    result = bench.next(Finished).result
    assert Path(result.path).read_bytes()[58:] == b"\x01" * 800 + b"\xd5" * 1_600
    assert (result.duration_s, result.missing_s) == (0.15, 0.1)
    assert result.meta == {"caller": "1", "result": "sold"}
    assert bench.storage.backlog_octets == 0


def test_the_same_start_again_gets_the_same_place(bench: Bench) -> None:
    bench.storage.put(Start(LABEL))
    bench.storage.put(Append(ID, (Sound(bytes(100)),)))
    bench.storage.put(Start(LABEL))
    assert [bench.next(Started).have for _ in range(2)] == [0, 100]


def test_jobs_for_what_is_not_there_do_nothing(bench: Bench) -> None:
    bench.storage.put(Append(ID, (Sound(b"ab"),)))
    bench.storage.put(Finish(ID, Ending.COMPLETE))
    bench.storage.put(Start(LABEL))
    assert bench.next(Started).have == 0


def test_a_write_that_fails_goes_on_on_the_other_shelf(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.storage.put(Start(LABEL))
    bench.storage.put(Append(ID, (Sound(b"\x01" * 800),)))
    bench.next(Synced)
    broken = str(bench.shelves[0].root)
    real = writer.os.pwrite

    def pwrite(fd: int, data: Any, offset: int) -> int:
        if broken in writer.os.readlink(f"/proc/self/fd/{fd}"):
            raise OSError(errno.EROFS, "Read-only file system")
        return real(fd, data, offset)

    monkeypatch.setattr(writer.os, "pwrite", pwrite)
    bench.storage.put(Append(ID, (Sound(b"\x02" * 800),)))
    assert bench.next(Trouble).code == "storage_failed"
    bench.storage.put(Finish(ID, Ending.COMPLETE))
    result = bench.next(Finished).result
    assert result.path.startswith(str(bench.shelves[1].root))
    assert Path(result.path).read_bytes()[58:] == b"\x01" * 800 + b"\x02" * 800


def test_a_shelf_that_is_gone_with_its_file_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.storage.put(Start(LABEL))
    bench.next(Started)

    def gone(*_arguments: Any) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(writer.os, "pwrite", gone)
    monkeypatch.setattr(writer.shutil, "copyfile", gone)
    bench.storage.put(Append(ID, (Sound(b"\x02" * 800),)))
    assert bench.next(Dropped) == Dropped(ID)


class BrokenLibc:
    """A storage that reports write-back errors."""

    @staticmethod
    def syncfs(_fd: int) -> int:
        medium._ffi.errno = errno.EIO
        return -1


def test_what_the_medium_did_not_take_is_neither_done_nor_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path / "only")
    with monkeypatch.context() as broken:
        broken.setattr(medium, "_libc", BrokenLibc)
        bench.storage.start()
        bench.storage.put(Start(LABEL))
        bench.storage.put(Append(ID, (Sound(bytes(800)),)))
        trouble = bench.next(Trouble)
        assert (trouble.code, trouble.why) == ("storage_failed", "Input/output error")
        bench.storage.put(Finish(ID, Ending.COMPLETE))
        bench.storage.stop()
        assert [report for report in bench.reports.queue if not isinstance(report, Started)] == []
        assert not sidecar(next(bench.shelves[0].audio())).exists()


def test_what_failed_to_sync_is_done_when_the_storage_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path / "only")
    with monkeypatch.context() as broken:
        broken.setattr(medium, "_libc", BrokenLibc)
        bench.storage.start()
        bench.storage.put(Start(LABEL))
        bench.storage.put(Append(ID, (Sound(bytes(800)),)))
        bench.storage.put(Finish(ID, Ending.COMPLETE))
        bench.next(Trouble)
    assert bench.next(Finished).result.octets == 858
    assert bench.next(Trouble).code == "storage_ok"
    bench.storage.stop()


def test_a_sync_that_failed_takes_the_recording_to_the_other_shelf(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(medium, "_libc", BrokenLibc)
        bench.storage.put(Start(LABEL))
        bench.storage.put(Append(ID, (Sound(b"\x07" * 800),)))
        bench.next(Trouble)
    bench.storage.put(Finish(ID, Ending.COMPLETE))
    result = bench.next(Finished).result
    assert result.path.startswith(str(bench.shelves[1].root))
    assert Path(result.path).read_bytes()[58:] == b"\x07" * 800


def test_a_fault_is_told_and_the_thread_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("no such thing")

    with monkeypatch.context() as patch:
        patch.setattr(writer.container, "create", broken)
        bench.storage.put(Start(LABEL))
        trouble = bench.next(Trouble)
        assert (trouble.code, trouble.why) == ("recorder_fault", "RuntimeError: no such thing")
        assert bench.next(Dropped) == Dropped(ID)
    bench.storage.put(Start(LABEL))
    assert bench.next(Started) == Started(ID, 0)


def test_an_index_that_fails_is_told_and_the_recording_is_kept(tmp_path: Path) -> None:
    class NoRoom:
        def on_done(self, _result: RecordingResult) -> None:
            raise RuntimeError("database is locked")

        def on_deleted(self, _result: RecordingResult) -> None: ...

    bench = Bench(tmp_path / "a", index=NoRoom())
    bench.storage.start()
    bench.storage.put(Start(LABEL))
    bench.storage.put(Finish(ID, Ending.COMPLETE))
    trouble = bench.next(Trouble)
    assert trouble.code == "index_failed"
    assert "database is locked" in trouble.why
    assert bench.next(Finished).result.recording == ID
    bench.storage.stop()


def test_two_copies_after_a_crash_become_one(tmp_path: Path) -> None:
    """The move to the second shelf was cut off before the first copy was deleted."""
    first = Bench(tmp_path / "a", tmp_path / "b")
    whole = b"\x01" * 1_000
    for shelf, octets in zip(first.shelves, (600, 1_000), strict=True):
        path = shelf.path(LABEL, Format.WAV)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(42) + whole[:octets])
    assert [label.recording for label in first.storage.unfinished()] == [ID]
    first.storage.start()
    first.storage.put(Start(LABEL))
    assert first.next(Started).have == 1_000
    first.storage.put(Finish(ID, Ending.INTERRUPTED))
    assert first.next(Finished).result.path.startswith(str(first.shelves[1].root))
    assert list(first.shelves[0].audio()) == []
    first.storage.stop()
