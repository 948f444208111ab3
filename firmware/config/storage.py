"""TinyDB storage that survives power cuts: a new file per generation, never a file overwritten.

Each write makes `office-000007.json`: temporary file, fsync, rename, fsync of the folder. The
first line carries the SHA-256 of the rest, so a torn or altered file is recognised. The newest
good file counts; a bad one is kept beside it as `office-000007.json.bad` and reported. The last
`KEEP` generations stay. TinyDB's own JSONStorage rewrites in place and syncs before it
truncates: a cut in between leaves a document nobody can read.

Leaves out: who may write (the lock is in `store.py`), what the document means (`store.py`).
Tests: tests/firmware/config/test_storage.py, and with kill -9 in test_power_cut.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, Final

from tinydb.middlewares import CachingMiddleware
from tinydb.storages import Storage

from firmware.trouble import Trouble, TroubleSink

KEEP: Final = 10
"""Generations kept."""
MAX_OCTETS: Final = 16 << 20
"""Largest file read; a real configuration is under 1 MiB."""
_MAGIC: Final = "callbox-config sha256="
_FILE: Final = re.compile(r"office-([0-9]{6,9})\.json(\.bad(?:-[0-9]+)?)?")

Tables = dict[str, dict[str, Any]]


class DamagedFile(Exception):
    """A generation that cannot be read; the text says why."""


def pack(tables: Tables) -> bytes:
    """The file of a generation: checksum line, then JSON."""
    body = json.dumps(tables, ensure_ascii=False, indent=1).encode() + b"\n"
    return f"{_MAGIC}{hashlib.sha256(body).hexdigest()}\n".encode() + body


def unpack(data: bytes) -> Tables:
    """Inverse of `pack`; raise `DamagedFile` saying what is wrong."""
    head, newline, body = data.partition(b"\n")
    if not newline or not head.startswith(_MAGIC.encode()):
        raise DamagedFile(f"first line {head[:40]!r}: expected {_MAGIC!r} and a checksum")
    if hashlib.sha256(body).hexdigest().encode() != head[len(_MAGIC) :]:
        raise DamagedFile(f"checksum of {len(body)} octets does not match: torn or altered")
    try:
        value = json.loads(body)
    except ValueError as error:  # a hand-made file with a right checksum
        raise DamagedFile(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise DamagedFile(f"holds a {type(value).__name__}, expected an object")
    return value


class GenerationStorage(Storage):
    """One file per generation in `folder`. `generation` is the newest good one, 0 if none."""

    def __init__(self, folder: Path, troubles: TroubleSink) -> None:
        self.folder = folder
        self.generation = 0
        self._troubles = troubles
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob(".office-*.tmp"):
            left_over.unlink()  # never acknowledged: the process ended before the rename

    def kept(self) -> list[int]:
        """Generations that have a file not known to be bad, oldest first."""
        return sorted(number for number, bad in self._files() if not bad)

    def next_generation(self) -> int:
        """The number the next write will have: never one that a bad file had."""
        return max((number for number, _ in self._files()), default=0) + 1

    def load(self, generation: int) -> Tables:
        """One generation; raise `DamagedFile` if it cannot be read."""
        path = self._path(generation)
        try:
            if path.stat().st_size > MAX_OCTETS:
                raise DamagedFile(f"{path.stat().st_size} octets, expected at most {MAX_OCTETS}")
            return unpack(path.read_bytes())
        except OSError as error:
            raise DamagedFile(f"cannot be read: {error.strerror or error}") from None

    def read(self) -> Tables | None:
        """The newest good generation; bad ones are set aside and reported."""
        for number in reversed(self.kept()):
            try:
                tables = self.load(number)
            except DamagedFile as damage:
                self.set_aside(number, str(damage))
                continue
            self.generation = number
            return tables
        self.generation = 0
        return None

    def write(self, data: Tables) -> None:
        """Store `data` as the next generation; on `OSError` nothing has changed."""
        number = self.next_generation()
        temporary = self.folder / f".office-{number:06d}.tmp"
        try:
            _write_synced(temporary, pack(data))
            temporary.rename(self._path(number))
            _sync_folder(self.folder)
        except OSError:
            temporary.unlink(missing_ok=True)
            self._path(number).unlink(missing_ok=True)
            raise
        self.generation = number
        self._forget_old()

    def set_aside(self, generation: int, why: str) -> None:
        """Keep a bad file under another name and say so."""
        path = self._path(generation)
        aside = path.with_name(path.name + ".bad")
        copies = 1
        while aside.exists():
            aside = path.with_name(f"{path.name}.bad-{copies}")
            copies += 1
        try:
            path.rename(aside)
        except OSError as error:
            why = f"{why}; and it cannot be renamed: {error.strerror or error}"
            aside = path
        self._troubles.report(
            Trouble(
                "config.damaged",
                f"configuration generation {generation} is damaged; the one before it is in force",
                f"{path.name}: {why}",
                f"check the settings, save them once, and check the medium (kept: {aside.name})",
                "warning",
            )
        )

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, generation: int) -> Path:
        return self.folder / f"office-{generation:06d}.json"

    def _files(self) -> list[tuple[int, bool]]:
        found = (_FILE.fullmatch(name) for name in os.listdir(self.folder))
        return [(int(m[1]), m[2] is not None) for m in found if m]

    def _forget_old(self) -> None:
        for number in self.kept()[:-KEEP]:
            self._path(number).unlink(missing_ok=True)


class Draft(CachingMiddleware):
    """Table writes are held back until `flush()` makes one generation of them all."""

    WRITE_CACHE_SIZE = 1 << 62  # only flush() writes

    def __init__(self, storage: GenerationStorage) -> None:
        super().__init__(lambda: storage)  # type: ignore[no-untyped-call]  # TinyDB has no types here
        self()  # a TinyDB middleware gets its storage when called

    def flush(self) -> None:
        """Write the generation; on `OSError` nothing has changed."""
        super().flush()  # type: ignore[no-untyped-call]  # as above


def _write_synced(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as file:  # SIP secrets and password hashes: for its owner only
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
