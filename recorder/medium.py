"""Getting recordings onto the medium: one syncfs() per storage for all of them, then the sidecars.

Blocking, no threads (storage_task.py calls it from one of its own). A finished recording costs no
fsync of its own: its sidecar is staged before the sync, renamed after it, and a second sync of
the same storage makes the rename last; only then is it done. 30 calls with one syncfs every 2 s
write 11 MB a minute where an fdatasync per file and second writes 42 MB in 2,900 flushes.
Tests: tests/recorder/test_storage_task.py.
"""

from __future__ import annotations

import hashlib
import logging
import os
from functools import cache
from pathlib import Path
from typing import Any

import cffi

from recorder.errors import LibraryError
from recorder.messages import Format, RecordingResult, Trouble
from recorder.shelf import Shelf, open_mark, result_values, settle, sidecar, stage
from recorder.stream import OCTETS_PER_S
from recorder.writer import Ended, Flushed, remove

logger = logging.getLogger(__name__)

_ffi: Any = cffi.FFI()  # C functions have no Python types
_ffi.cdef("int syncfs(int fd);")  # Linux syncfs(2); Python's os has only sync() for everything


@cache
def _libc() -> Any:
    try:
        return _ffi.dlopen(None)
    except OSError as error:
        raise LibraryError("syncfs", str(error)) from None


class Medium:
    """Syncs what a `Flushed` says was written, and finishes the recordings in it."""

    def __init__(self) -> None:
        self._folders: dict[Shelf, int] = {}
        self._ended: list[Ended] = []
        self._owed: set[Shelf] = set()
        """Written to, and the last sync failed."""

    @property
    def owed(self) -> frozenset[Shelf]:
        """Shelves that did not take what was written: nothing on them is to be acknowledged."""
        return frozenset(self._owed)

    def settle(self, flushed: Flushed) -> tuple[set[Shelf], list[RecordingResult], list[Trouble]]:
        """Sync. Returns the shelves that are on the medium now, the recordings finished, and what
        went wrong (a recording that could not be finished is tried again the next time)."""
        self._ended += flushed.ended
        ready: list[tuple[Ended, RecordingResult]] = []
        troubles: list[Trouble] = []
        for ended in self._ended:
            try:
                ready.append((ended, _describe(ended)))
            except OSError as error:
                troubles.append(_unsettled(ended, error))
        shelves = {*flushed.shelves, *self._owed, *(ended.shelf for ended, _result in ready)}
        synced = self._sync_all(shelves, troubles)
        self._owed = shelves - synced
        done = [(ended, result) for ended, result in ready if ended.shelf in synced]
        for ended, _result in done:
            settle(sidecar(ended.path))
            open_mark(ended.path).unlink(missing_ok=True)
        if done:
            lasting = self._sync_all({ended.shelf for ended, _result in done}, troubles)
            done = [(ended, result) for ended, result in done if ended.shelf in lasting]
        for ended, _result in done:
            self._ended.remove(ended)
            os.close(ended.fd)
            for copy in ended.leftovers:
                _remove_copy(copy)
        return synced, [result for _ended, result in done], troubles

    def close(self) -> None:
        """Give the folders back (a storage can be unmounted after this)."""
        for fd in self._folders.values():
            os.close(fd)
        self._folders.clear()

    def _sync_all(self, shelves: set[Shelf], into: list[Trouble]) -> set[Shelf]:
        synced: set[Shelf] = set()
        for shelf in shelves:
            try:
                self._sync(shelf)
            except OSError as error:
                into.append(_unsynced(shelf, error))
            else:
                synced.add(shelf)
        return synced

    def _sync(self, shelf: Shelf) -> None:
        # The folder stays open: syncfs() reports write-back errors since it was opened.
        if (fd := self._folders.get(shelf)) is None:
            fd = os.open(shelf.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._folders[shelf] = fd
        if _libc().syncfs(fd) != 0:
            number = _ffi.errno
            del self._folders[shelf]
            os.close(fd)
            raise OSError(number, os.strerror(number), str(shelf.root))


def _describe(ended: Ended) -> RecordingResult:
    """Stage the sidecar."""
    with os.fdopen(os.dup(ended.fd), "rb") as file:
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        octets = os.fstat(ended.fd).st_size
    result = RecordingResult(
        recording=ended.label.recording,
        call=ended.label.call,
        started_at=ended.label.started_at,
        path=str(ended.path.absolute()),
        format=Format(ended.path.suffix[1:]),
        octets=octets,
        sha256=sha256,
        duration_s=ended.duration_s,
        missing_s=ended.missing_octets / OCTETS_PER_S,
        ending=ended.ending,
        meta=ended.label.meta,
    )
    stage(sidecar(ended.path), result_values(result))
    return result


def _remove_copy(audio: Path) -> None:
    try:
        remove(audio)
    except OSError as error:
        logger.warning("! %s: the copy left behind cannot be deleted: %s", audio, error)


def _unsettled(ended: Ended, error: OSError) -> Trouble:
    return Trouble(
        "storage_failed",
        f"The recording {ended.path.name} is written but cannot be finished yet.",
        f"{error.strerror}: {error.filename or ended.path}",
        "Check the storage; it is tried again by itself.",
        ended.label.recording,
    )


def _unsynced(shelf: Shelf, error: OSError) -> Trouble:
    return Trouble(
        "storage_failed",
        f"The storage {shelf.root} did not take what was written to it.",
        f"{error.strerror}",
        "Check that the storage is plugged in; replace it if this stays.",
    )
