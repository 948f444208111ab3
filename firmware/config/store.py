"""The office's configuration on its medium: changed whole, validated whole, audited, undoable.

Tables of the TinyDB document: one per group of `schema.Office`, and `history`, one row per
generation (who, when, what). A change is prepared in TinyDB's cache and reaches the medium as
one new generation (`storage.GenerationStorage`), or not at all. One process holds the folder.
Blocking (fsync): call `change` and `undo` from a thread, never from the event loop.

Leaves out: applying a change to running calls (the box does, told by the API server).
Tests: tests/firmware/config/test_store.py.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final, Self

from tinydb import TinyDB

from firmware.config.check_numbers import new_problems
from firmware.config.errors import (
    ConfigInUse,
    InvalidOffice,
    NothingToUndo,
    NotStored,
    StaleGeneration,
)
from firmware.config.migrate import migrate
from firmware.config.schema import Office
from firmware.config.storage import DamagedFile, Draft, GenerationStorage, Tables
from firmware.config.validate import office_from
from firmware.trouble import Trouble, Troubles, TroubleSink

GROUPS: Final = (
    "lines",
    "extensions",
    "phone_sets",
    "queues",
    "menus",
    "schedules",
    "questions",
    "directories",
    "surveys",
    "prompts",
    "page_groups",
    "mailboxes",
    "dispositions",
    "users",
)
SINGLE: Final = ("site", "recording", "parking", "callers", "mail", "reporting", "skills")
PLAIN: Final = ("pause_reasons",)
"""Lists of words: a row for each."""
HISTORY_ROWS: Final = 1000
"""Audit rows kept; generations themselves: storage.KEEP."""


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration and its generation number."""

    generation: int
    office: Office


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the audit. `content`: the generation whose content this is (undo copies)."""

    generation: int
    at: datetime
    who: str
    what: str
    content: int


class ConfigStore:
    """The configuration in force and every change to it."""

    def __init__(
        self,
        folder: Path,
        troubles: TroubleSink | None = None,
        initial: Callable[[], Office] = Office,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Open `folder`; a new one begins with `initial()`. Raise `ConfigInUse`, `NotStored`
        (first start only) or `UnknownVersion`."""
        self._troubles = troubles or Troubles()
        self._now = now
        self._mutex = RLock()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _FolderLock(folder)
        try:
            self._storage = GenerationStorage(folder, self._troubles)
            self._open(initial)
        except BaseException:
            self._lock.release()
            raise

    @property
    def office(self) -> Office:
        return self._document.office

    @property
    def generation(self) -> int:
        return self._document.generation

    @property
    def document(self) -> Document:
        """Office and generation, read as one."""
        return self._document

    def change(
        self, office: Mapping[str, Any] | Office, generation: int, who: str, what: str = ""
    ) -> Document:
        """Store a new configuration based on `generation`. Raise `StaleGeneration`,
        `InvalidOffice` or `NotStored`; then nothing has changed."""
        document = office.model_dump(mode="json") if isinstance(office, Office) else office
        with self._mutex:
            if generation != self.generation:
                raise StaleGeneration(generation, self.generation)
            changed = office_from(document)
            if found := new_problems(self.office, changed):
                raise InvalidOffice(found)
            return self._write(changed, who, what or "changed", None)

    def history(self) -> list[Change]:
        """Every audited change still on record, newest first."""
        with self._mutex:
            return self._changes()

    def undo(self, who: str) -> Document:
        """Bring back the configuration before the last change; again: the one before that.
        Accounts stay as they are: an undo must not lock anybody out."""
        with self._mutex:
            content = {change.generation: change.content for change in self._changes()}
            current = content.get(self.generation, self.generation)
            for number in reversed(self._storage.kept()):
                if content.get(number, number) >= current:
                    continue
                try:
                    before = _office(self._storage.load(number))
                except (DamagedFile, InvalidOffice):
                    continue  # as good as not kept: an older one may still be whole
                restored = before.model_copy(update={"users": self.office.users})
                what = f"undo: back to generation {content.get(number, number)}"
                return self._write(restored, who, what, content.get(number, number))
            raise NothingToUndo(self.generation)

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, initial: Callable[[], Office]) -> None:
        had_files = bool(self._storage.kept())
        while (tables := self._storage.read()) is not None:
            try:
                self._document = Document(self._storage.generation, _office(tables))
            except InvalidOffice as error:
                self._storage.set_aside(self._storage.generation, str(error))
                continue
            return
        if had_files:
            self._troubles.report(
                Trouble(
                    "config.lost",
                    "no readable configuration was found: the box runs with the initial one",
                    f"every generation in {self._storage.folder} is damaged",
                    "import an exported configuration, or set the box up again; "
                    "the damaged files are kept with the ending .bad",
                )
            )
        self._document = Document(0, initial())
        self._write(self.office, "box", "first start", None)

    def _write(self, office: Office, who: str, what: str, content: int | None) -> Document:
        number = self._storage.next_generation()
        change = Change(number, self._now(), who, what, content or number)
        draft = Draft(self._storage)
        _fill(TinyDB(storage=lambda: draft), office, [*reversed(self._changes()), change])
        try:
            draft.flush()
        except OSError as error:
            raise NotStored(self._storage.folder, error) from error
        self._document = Document(number, office)
        self._troubles.clear("config.damaged")
        if who != "box":
            self._troubles.clear("config.lost")
        return self._document

    def _changes(self) -> list[Change]:
        """The audit, newest first."""
        rows = (self._storage.read() or {}).get("history", {}).values()
        return sorted(map(_change, rows), key=lambda change: change.generation, reverse=True)


def _fill(database: TinyDB, office: Office, changes: list[Change]) -> None:
    """Replace every table; in the draft, so that all of it becomes one generation."""
    document = office.model_dump(mode="json")
    database.drop_tables()
    database.table("version").insert({"version": document["version"]})
    for name in SINGLE:
        database.table(name).insert(document[name])
    for name in GROUPS:
        database.table(name).insert_multiple(document[name])
    for name in PLAIN:
        database.table(name).insert_multiple({"is": word} for word in document[name])
    database.table("history").insert_multiple(map(_row, changes[-HISTORY_ROWS:]))


def _office(tables: Tables) -> Office:
    """The office in a stored document of any known version."""
    document: dict[str, Any] = {name: list(table.values()) for name, table in tables.items()}
    document.pop("history", None)
    for entry in document.pop("version", []):
        document |= entry
    for name in SINGLE:
        if entries := document.pop(name, []):
            document[name] = entries[0]
    for name in PLAIN:
        document[name] = [entry["is"] for entry in document.get(name, [])]
    return office_from(migrate(document))


def _row(change: Change) -> dict[str, Any]:
    return {**asdict(change), "at": change.at.isoformat()}


def _change(row: Mapping[str, Any]) -> Change:
    return Change(**{**row, "at": datetime.fromisoformat(row["at"])})


class _FolderLock:
    """The folder belongs to one process; the kernel takes the lock back when that one ends."""

    def __init__(self, folder: Path) -> None:
        self._handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._handle, 16).decode("ascii", "replace").strip()
            os.close(self._handle)
            raise ConfigInUse(folder, holder) from None
        try:
            os.ftruncate(self._handle, 0)
            os.write(self._handle, f"{os.getpid()}\n".encode())
        except OSError:
            pass  # a full disk: the number is only for the message, the lock holds

    def release(self) -> None:
        """Give the folder back; a second time does nothing."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
