"""The files of the recordings that are going on: jobs in, octets on the storage.

Blocking file work on one thread (storage_task.py owns it); no threads, no syncing here
(medium.py). Files only grow: content is written at a known size, so a write that failed half-way
is simply done again. When a shelf is full or fails, the file so far is copied to the next shelf
and goes on there; with nowhere to go it waits in memory and every `flush` tries again.
Tests: tests/recorder/test_storage_task.py, test_recorder.py.
"""

from __future__ import annotations

import errno
import logging
import mmap
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, assert_never

from recorder import container
from recorder.alaw import SILENCE
from recorder.messages import (
    Append,
    Describe,
    Dropped,
    Ending,
    Finish,
    Format,
    Job,
    Label,
    Piece,
    Report,
    Silence,
    Sound,
    Start,
    Started,
    Trouble,
)
from recorder.shelf import Shelf, open_mark, read_open_mark, read_result, sidecar, write_open_mark
from recorder.stream import OCTETS_PER_S, RecordingId

logger = logging.getLogger(__name__)

_SILENCE_RUN: Final = bytes((SILENCE,)) * OCTETS_PER_S
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(slots=True)
class Live:
    """One recording that is going on."""

    label: Label
    shelf: Shelf
    path: Path
    content: container.Container
    size: int = 0
    """Octets of the file that count; the next write goes there."""
    pending: bytearray = field(default_factory=bytearray)
    """Content not written yet."""
    fd: int = -1
    safe: int = 0
    """Stream offset that is covered by what was written."""
    missing_octets: int = 0
    ended_s: float | None = None
    """A proper end was found in the file and nothing was added since."""
    ending: Ending | None = None
    is_mark_stale: bool = True
    leftovers: list[Path] = field(default_factory=list)
    """Copies on other shelves, to be deleted once this one is on the medium."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A file that is complete, to be synced and described."""

    label: Label
    shelf: Shelf
    path: Path
    fd: int
    duration_s: float
    missing_octets: int
    ending: Ending
    leftovers: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a sync from now on will put on the medium."""

    shelves: tuple[Shelf, ...]
    """Those written to since the last flush."""
    positions: dict[RecordingId, int]
    ended: tuple[Ended, ...]


class Writer:
    """Does the jobs, in order. `report` is called with what the intake must know."""

    def __init__(
        self, shelves: Sequence[Shelf], format_: Format, report: Callable[[Report], None]
    ) -> None:
        self._shelves = tuple(shelves)
        self._format = format_
        self._report = report
        self._live: dict[RecordingId, Live] = {}
        self._ended: list[Ended] = []
        self._dirty: set[Shelf] = set()
        self._troubled: set[Shelf] = set()

    @property
    def pending_octets(self) -> int:
        """Content that found no room yet."""
        return sum(len(live.pending) for live in list(self._live.values()))

    def handle(self, job: Job) -> None:
        """Do one job."""
        match job:
            case Start():
                self._start(job.label)
            case Append():
                self._append(self._live.get(job.recording), job.pieces)
            case Describe():
                if live := self._live.get(job.recording):
                    live.label = replace(live.label, meta={**live.label.meta, **job.meta})
                    live.is_mark_stale = True
                    self._drain(live)
            case Finish():
                if live := self._live.get(job.recording):
                    self._finish(live, job)
            case _:
                assert_never(job)

    def forget(self, recording: RecordingId) -> None:
        """Let go of a recording after a fault; its file stays to be taken up again."""
        if (live := self._live.pop(recording, None)) is not None:
            _close(live)

    def flush(self) -> Flushed:
        """Write whatever can be written and say what it covers."""
        for live in list(self._live.values()):
            if live.ending is None:
                live.pending += live.content.flush()
            self._drain(live)
        flushed = Flushed(
            tuple(self._dirty),
            {name: live.safe for name, live in self._live.items()},
            tuple(self._ended),
        )
        self._dirty.clear()
        self._ended.clear()
        return flushed

    def evacuate(self, shelf: Shelf) -> None:
        """A sync of `shelf` failed: take what goes on there elsewhere, if there is elsewhere."""
        self._troubled.add(shelf)
        error = OSError(errno.EIO, "the storage did not take what was written")
        for live in [live for live in self._live.values() if live.shelf is shelf]:
            if (target := self._elsewhere(live)) is not None:
                self._move(live, target, error)

    def close(self) -> None:
        """Leave every file as it is, to be taken up again by the next process."""
        for live in self._live.values():
            _close(live)

    # Starting

    def _start(self, label: Label) -> None:
        if (known := self._live.get(label.recording)) is not None:
            self._report(Started(label.recording, known.content.kept))
            return
        found = sorted(self._find(label), key=lambda place: place[1].stat().st_size, reverse=True)
        if found and (result := read_result(found[0][1])) and result.ending is Ending.COMPLETE:
            have = round(result.duration_s * OCTETS_PER_S)
            self._report(Started(label.recording, have, result))
            return
        live = self._resume(label, *found[0]) if found else None
        if live is None:
            live = self._create(label)
        live.leftovers += [path for _shelf, path in found if path != live.path]
        self._live[label.recording] = live
        self._drain(live)
        self._report(Started(label.recording, live.content.kept))

    def _find(self, label: Label) -> Iterator[tuple[Shelf, Path]]:
        for shelf in self._shelves:
            if (path := shelf.find(label)) is not None:
                yield shelf, path

    def _create(self, label: Label) -> Live:
        shelf = next((s for s in self._shelves if s.has_room()), None) or max(
            self._shelves, key=Shelf.free_octets
        )
        content = container.create(self._format, label)
        live = Live(label, shelf, shelf.path(label, self._format), content)
        live.pending += content.head()
        return live

    def _resume(self, label: Label, shelf: Shelf, path: Path) -> Live | None:
        """Take up a file that was cut off; None if nothing in it is of use."""
        format_ = Format(path.suffix[1:])
        told, missing = read_open_mark(path)
        label = replace(label, meta={**told.meta, **label.meta})
        if (result := read_result(path)) is not None:  # closed as interrupted, now wanted again
            missing = round(result.missing_s * OCTETS_PER_S)
            label = replace(label, meta={**result.meta, **label.meta})
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        resumed = _scan(format_, label, fd)
        if resumed is None:
            logger.warning("= recording=%s: nothing usable in %s", label.recording, path)
            os.close(fd)
            return None
        live = Live(label, shelf, path, resumed.container, resumed.keep_octets, fd=fd)
        live.missing_octets, live.ended_s = missing, resumed.ended_s
        live.safe = resumed.container.kept
        logger.info("= recording=%s: taken up at %.2f s", label.recording, live.safe / OCTETS_PER_S)
        return live

    # Audio

    def _append(self, live: Live | None, pieces: Sequence[Piece]) -> None:
        if live is None:
            return  # its shelf failed a moment ago; the core was told to open it again
        live.ended_s = None
        for piece in pieces:
            match piece:
                case Sound():
                    live.pending += live.content.feed(piece.octets)
                case Silence():
                    self._append_silence(live, piece.octets)
                case _:
                    assert_never(piece)
        if live.pending or live.is_mark_stale:
            self._drain(live)

    def _append_silence(self, live: Live, octets: int) -> None:
        live.missing_octets += octets
        live.is_mark_stale = True
        while octets > 0:
            run = min(octets, len(_SILENCE_RUN))
            live.pending += live.content.feed(_SILENCE_RUN[:run])
            octets -= run

    def _finish(self, live: Live, job: Finish) -> None:
        live.label = replace(live.label, meta={**live.label.meta, **job.meta})
        live.ending = job.ending
        if live.ended_s is None:
            live.pending += live.content.finish()
        self._drain(live)

    # Files

    def _drain(self, live: Live) -> None:
        """Write what is pending; on failure move to another shelf or leave it pending."""
        had_pending = bool(live.pending)
        try:
            self._write(live)
        except OSError as error:
            self._out_of_room(live, error)
            return
        if had_pending and live.shelf in self._troubled and live.shelf.has_room():
            self._troubled.discard(live.shelf)
            self._report(_recovered(live.shelf))
        if live.ending is not None:
            self._end(live, live.ending)

    def _write(self, live: Live) -> None:
        if live.fd < 0:
            live.path.parent.mkdir(parents=True, exist_ok=True)
            # A file of this name that was of no use (see _resume) begins anew.
            live.fd = os.open(live.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        if live.pending:
            self._dirty.add(live.shelf)
            if os.fstat(live.fd).st_size > live.size:
                os.ftruncate(live.fd, live.size)  # what a crash or an earlier end left there
            while live.pending:
                written = os.pwrite(live.fd, live.pending, live.size)
                live.size += written
                del live.pending[:written]
        if live.is_mark_stale:
            self._dirty.add(live.shelf)
            write_open_mark(live.path, live.label, live.missing_octets)
            sidecar(live.path).unlink(missing_ok=True)
            live.is_mark_stale = False
        if live.ending is not None and (head := live.content.final_head()):
            os.pwrite(live.fd, head, 0)
        live.safe = live.content.kept

    def _end(self, live: Live, ending: Ending) -> None:
        duration_s = live.content.duration_s if live.ended_s is None else live.ended_s
        del self._live[live.label.recording]
        self._dirty.add(live.shelf)
        self._ended.append(
            Ended(
                live.label,
                live.shelf,
                live.path,
                live.fd,
                duration_s,
                live.missing_octets,
                ending,
                tuple(live.leftovers),
            )
        )

    # Trouble

    def _out_of_room(self, live: Live, error: OSError) -> None:
        if live.shelf not in self._troubled:
            self._troubled.add(live.shelf)
            self._report(_trouble(live.shelf, error, len(self._shelves) > 1))
        if (target := self._elsewhere(live)) is not None:
            self._move(live, target, error)
        elif error.errno not in _FULL:
            self._give_up(live)

    def _elsewhere(self, live: Live) -> Shelf | None:
        good = (shelf for shelf in self._shelves if shelf not in self._troubled)
        return next((shelf for shelf in good if shelf.has_room(live.size)), None)

    def _move(self, live: Live, shelf: Shelf, error: OSError) -> None:
        """Copy the file so far to `shelf` and go on there."""
        old = live.path
        target = shelf.path(live.label, Format(old.suffix[1:]))
        if live.fd >= 0:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(old, target)
                fd = os.open(target, os.O_RDWR | os.O_CLOEXEC)
            except OSError as problem:
                logger.warning("! %s: cannot be copied to %s: %s", old, shelf.root, problem)
                self._give_up(live)
                return
            os.close(live.fd)
            live.fd = fd
            live.leftovers += [old]
        live.path, live.shelf, live.is_mark_stale = target, shelf, True
        logger.warning("= %s: goes on on %s (%s)", old.name, shelf.root, error.strerror)
        self._drain(live)

    def _give_up(self, live: Live) -> None:
        """The file cannot be reached any more: have the core open the recording again."""
        _close(live)
        del self._live[live.label.recording]
        self._report(Dropped(live.label.recording))


def _scan(format_: Format, label: Label, fd: int) -> container.Resumed | None:
    if os.fstat(fd).st_size == 0:
        return None
    with mmap.mmap(fd, 0, access=mmap.ACCESS_READ) as data:
        return container.resume(format_, label, data)


def _close(live: Live) -> None:
    if live.fd >= 0:
        os.close(live.fd)
        live.fd = -1


def remove(audio: Path) -> None:
    """Delete a recording with its descriptions, the audio last."""
    for path in (sidecar(audio), open_mark(audio), audio):
        path.unlink(missing_ok=True)


def _trouble(shelf: Shelf, error: OSError, has_second: bool) -> Trouble:
    next_ = "Recording goes on on the other storage." if has_second else "Calls go on."
    if error.errno in _FULL:
        return Trouble(
            "disk_full",
            f"The storage {shelf.root} is full. {next_}",
            f"{error.strerror}: {shelf.free_octets()} octets free",
            "Delete old recordings or shorten how long they are kept, or fit a larger storage.",
        )
    return Trouble(
        "storage_failed",
        f"The storage {shelf.root} cannot be written. {next_}",
        f"{error.strerror}: {error.filename or shelf.root}",
        "Check that the storage is plugged in and not write-protected; replace it if this stays.",
    )


def _recovered(shelf: Shelf) -> Trouble:
    return Trouble(
        "storage_ok",
        f"The storage {shelf.root} can be written again.",
        "A write that had failed has now been done.",
        "Nothing.",
    )
