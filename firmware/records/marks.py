"""How far what is made of the records later has come: a word for each such thing.

On a connection of store.py. Tests: tests/firmware/records/test_caller_days.py.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert, select

from firmware.records.schema import marks

PAST_UNTIL: Final = "books.until"
"""Number of the last event of a time without books; no mark: the books are whole."""
PAST_DONE: Final = "books.done"
"""Number of the last of these events that is in the books now."""

LINKED: Final = "callers.until"
"""The zone, the days that are soon, and the number of the newest day whose callers are linked."""


def mark(connection: Connection, name: str) -> str:
    """What is marked; empty: nothing."""
    found = connection.execute(select(marks.c.value).where(marks.c.name == name)).scalar()
    return found or ""


def set_mark(connection: Connection, name: str, value: str) -> None:
    """Mark it; an empty value takes the mark away."""
    connection.execute(delete(marks).where(marks.c.name == name))
    if value:
        connection.execute(insert(marks), [{"name": name, "value": value}])
