"""The storage's two threads: one writes, one syncs. The event loop never waits for a disk.

Shell around writer.py and medium.py. `put` never blocks; the intake looks at `backlog_octets` and
stops reading from the core when it is over `BACKLOG_LIMIT`, so memory is bounded and the core
keeps what is not acknowledged. Reports are delivered through `deliver` from these threads: the
owner passes something safe to call (loop.call_soon_threadsafe).
Tests: tests/recorder/test_storage_task.py.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from recorder.housekeeping import tidy
from recorder.medium import Medium
from recorder.messages import (
    Append,
    Describe,
    Dropped,
    Finish,
    Finished,
    Format,
    Index,
    Job,
    Label,
    Report,
    Sound,
    Start,
    Synced,
    Trouble,
)
from recorder.retention import Rule
from recorder.shelf import Shelf, read_open_mark
from recorder.stream import RecordingId
from recorder.writer import Flushed, Writer

logger = logging.getLogger(__name__)

BACKLOG_LIMIT: Final = 16 << 20
"""Octets waiting to be written: 1,000 call-seconds of A-law, or 60 calls for 17 s."""
SLOW_S: Final = 5.0
"""A write or sync that takes longer than this is reported."""

_TIDY_S: Final = 3_600.0


class _Flush:
    """Asks the writer thread for a `Flushed`."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.flushed: Flushed | None = None


@dataclass(frozen=True, slots=True)
class _Evacuate:
    """A sync of the shelf failed: the kernel may have thrown away what was written."""

    shelf: Shelf


@dataclass(frozen=True, slots=True)
class StorageSnapshot:
    """For the curious: how far behind, and how long the present write or sync has taken."""

    backlog_octets: int
    busy_s: float
    syncs: int
    worst_sync_s: float


class Storage:
    """Owns the threads. start() once, stop() once."""

    def __init__(
        self,
        shelves: Sequence[Shelf],
        format_: Format,
        index: Index,
        deliver: Callable[[Report], None],
        sync_s: float = 1.5,
        rule: Rule | None = None,
    ) -> None:
        self._shelves = tuple(shelves)
        self._index = index
        self._deliver = deliver
        self._sync_s = sync_s
        self._rule = Rule() if rule is None else rule
        self._writer = Writer(shelves, format_, deliver)
        self._medium = Medium()
        self._jobs: queue.SimpleQueue[Job | _Flush | _Evacuate | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        # One counter per thread: no lock needed for their difference to be right enough.
        self._octets_put = 0
        self._octets_done = 0
        self._writing_since = 0.0
        self._syncing_since = 0.0
        self._syncs = 0
        self._worst_sync_s = 0.0
        self._told: set[Trouble] = set()
        self._write_thread = threading.Thread(target=self._write, name="recorder-write")
        self._sync_thread = threading.Thread(target=self._sync, name="recorder-sync")

    def start(self) -> None:
        self._write_thread.start()
        self._sync_thread.start()

    def stop(self) -> None:
        """Write and sync what is there; unfinished files stay unfinished. Blocks."""
        self._stopping.set()
        self._sync_thread.join()
        self._jobs.put(None)
        self._write_thread.join()
        self._medium.close()

    def put(self, job: Job) -> None:
        """Have a job done; never blocks."""
        if isinstance(job, Append):
            self._octets_put += _weight(job)
        self._jobs.put(job)

    def unfinished(self) -> list[Label]:
        """Recordings an earlier process left open, longest file first. Blocks: call at start."""
        found: dict[str, tuple[int, Path]] = {}
        for shelf in self._shelves:
            for path in shelf.unfinished():
                label, _missing = read_open_mark(path)
                size = path.stat().st_size
                if size >= found.get(label.recording, (0, path))[0]:
                    found[label.recording] = (size, path)
        return [read_open_mark(path)[0] for _size, path in found.values()]

    @property
    def backlog_octets(self) -> int:
        return self._octets_put - self._octets_done + self._writer.pending_octets

    def snapshot(self) -> StorageSnapshot:
        now = time.monotonic()
        since = [began for began in (self._writing_since, self._syncing_since) if began]
        busy_s = max((now - began for began in since), default=0.0)
        return StorageSnapshot(self.backlog_octets, busy_s, self._syncs, self._worst_sync_s)

    def _write(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._writing_since = time.monotonic()
            try:
                self._do(job)
            except Exception as error:  # one recording's fault must not end the others
                logger.exception("! %.200r", job)
                self._deliver(_fault(error))
                if isinstance(job, Start | Append | Describe | Finish):
                    self._writer.forget(_named(job))
                    self._deliver(Dropped(_named(job)))
            finally:
                if isinstance(job, Append):
                    self._octets_done += _weight(job)
                if isinstance(job, _Flush):
                    job.done.set()
            self._writing_since = 0.0
        self._writer.close()

    def _do(self, job: Job | _Flush | _Evacuate) -> None:
        match job:
            case _Flush():
                job.flushed = self._writer.flush()
            case _Evacuate():
                self._writer.evacuate(job.shelf)
            case _:
                self._writer.handle(job)

    def _sync(self) -> None:
        tidied_s = -_TIDY_S
        while not self._stopping.wait(self._sync_s):
            self._guarded(self._sync_once)
            if (now_s := time.monotonic()) - tidied_s >= _TIDY_S:
                tidied_s = now_s
                self._guarded(self._tidy)
        self._guarded(self._sync_once)

    def _guarded(self, work: Callable[[], None]) -> None:
        """This thread goes on whatever happens: what failed is tried again the next time."""
        try:
            work()
        except Exception as error:  # supervision boundary
            logger.exception("! %s", work.__name__)
            self._tell([_fault(error)])

    def _tidy(self) -> None:
        for shelf in self._shelves:
            for gone in tidy(shelf, self._rule, time.time()):
                self._enter(gone.path, partial(self._index.on_deleted, gone))

    def _sync_once(self) -> None:
        flush = _Flush()
        self._jobs.put(flush)
        flush.done.wait()
        flushed = flush.flushed
        if flushed is None:
            return
        began = self._syncing_since = time.monotonic()
        synced, results, troubles = self._medium.settle(flushed)
        self._syncing_since = 0.0
        if synced:
            self._syncs += 1
            self._worst_sync_s = max(self._worst_sync_s, time.monotonic() - began)
        for shelf in self._medium.owed:
            self._jobs.put(_Evacuate(shelf))
        if not self._medium.owed and flushed.positions:
            self._deliver(Synced(flushed.positions))
        for result in results:
            self._enter(result.path, partial(self._index.on_done, result))
            self._deliver(Finished(result))
        self._tell(troubles)

    def _tell(self, troubles: list[Trouble]) -> None:
        """Each trouble of syncing and finishing once for as long as it lasts."""
        now = set(troubles)
        for trouble in troubles:
            if trouble not in self._told:
                self._deliver(trouble)
        if self._told and not now:
            self._deliver(_SYNCED_AGAIN)
        self._told = now

    def _enter(self, path: str, enter: Callable[[], None]) -> None:
        """The index is somebody else's code: its failure must not end this thread."""
        try:
            enter()
        except Exception as error:
            logger.exception("! %s: the index does not know", path)
            self._deliver(
                Trouble(
                    "index_failed",
                    f"The list of recordings is wrong about {path}.",
                    f"{type(error).__name__}: {error}",
                    "Run the recorder with --rebuild-index when the database works again.",
                )
            )


def _named(job: Job) -> RecordingId:
    return job.label.recording if isinstance(job, Start) else job.recording


def _fault(error: Exception) -> Trouble:
    return Trouble(
        "recorder_fault",
        "The recorder could not do something it should; it goes on and tries again.",
        f"{type(error).__name__}: {error}",
        "Check the storage; if it is in order, send the recorder's log to the maker.",
    )


_SYNCED_AGAIN: Final = Trouble(
    "storage_ok",
    "The storage takes recordings again; what had failed is done.",
    "A sync succeeded.",
    "Nothing.",
)


def _weight(job: Append) -> int:
    """Octets a job holds in memory: silence takes none while it waits."""
    return sum(len(piece.octets) for piece in job.pieces if isinstance(piece, Sound))
