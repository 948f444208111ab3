"""Opens the records, and puts a damaged file aside: telephones must ring although it is broken.

For SQLite files only. A file of which SQLite says that it is no database, or malformed, is kept
beside the new one as `records.db.damaged-1`, with its journals, and told. What a person saw in it
may be brought back from there with sqlite3's `.recover`; recordings are listed again by
`callbox recorder --rebuild-index`.

Tests: tests/firmware/records/test_rescue.py.
"""

from __future__ import annotations

import logging
import sqlite3
from itertools import count
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from firmware.records.errors import RecordsAway
from firmware.records.store import Records
from firmware.trouble import Trouble, TroubleSink

logger = logging.getLogger(__name__)

_DAMAGE: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_PARTS: Final = ("", "-wal", "-shm")


def open_records(where: str | Path, troubles: TroubleSink | None = None) -> Records:
    """The records in `where`; new ones if what is there is damaged. Raise `RecordsAway`."""
    try:
        return Records(where)
    except RecordsAway as error:
        if "://" in str(where) or not _is_damage(error):
            raise
        kept = _put_aside(Path(where))
        trouble = Trouble(
            "records.damaged",
            f"the call records were damaged: new ones were begun, the old are in {kept}",
            error.why,
            "look at the box's storage; the old records can be repaired by whoever looks after it",
        )
        logger.error("%s (%s)", trouble.what, trouble.why)
        if troubles is not None:
            troubles.report(trouble)
    return Records(where)


def _is_damage(error: RecordsAway) -> bool:
    cause = error.__cause__
    return (
        isinstance(cause, DBAPIError)
        and getattr(cause.orig, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
    )


def _put_aside(path: Path) -> Path:
    """Under the first free number, journals first: they belong to that file and no other."""
    names = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
    kept = next(name for name in names if not name.exists())
    for part in reversed(_PARTS):
        old = path.with_name(path.name + part)
        if old.exists():
            old.rename(kept.with_name(kept.name + part))
    return kept
