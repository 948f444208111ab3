"""Many rows of one table by one statement.

On a connection of store.py, within its transaction. For SQLite the statement is text and the
values go straight to the driver: what SQLAlchemy does for each row (parameters by name, a function
for each value) costs several times what SQLite does with it. Other databases get SQLAlchemy's own
statements, which mean the same.

Leaves out: which rows (writing.py). Tests: tests/firmware/records/test_bulk.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, Connection, Table, and_, bindparam, delete, insert

from firmware.records.schema import UtcTime

Values = Sequence[Any]
_MOMENT_LENGTH: Final = len("2026-03-02 08:00:00.000000")


@dataclass(frozen=True, slots=True)
class Bulk:
    """Rows of a table, their values in the order of its columns."""

    table: Table
    is_once: bool = False
    """A row of the same key is an error; else it is replaced."""
    _stored: dict[int, Callable[[Any], Any]] = field(init=False, default_factory=dict)
    """How SQLite stores the values of some columns, by their place."""

    def __post_init__(self) -> None:
        for place, column in enumerate(self.table.columns):
            if isinstance(column.type, UtcTime):
                self._stored[place] = _moment
            elif isinstance(column.type, JSON):
                self._stored[place] = json.dumps

    def put(self, connection: Connection, rows: Iterable[Values]) -> None:
        """Store rows. Raise `ValueError` or `TypeError` for what no column can hold."""
        if connection.dialect.name != "sqlite":
            self._put_portably(connection, list(rows))
        elif stored := [self._for_sqlite(row) for row in rows]:
            connection.exec_driver_sql(self._insert, stored)

    def remove(self, connection: Connection, keys: Iterable[Values]) -> None:
        """Take rows away by their keys; some may not be there."""
        if not (named := [tuple(key) for key in keys]):
            return
        if connection.dialect.name == "sqlite":
            where = " AND ".join(f'"{name}" = ?' for name in self._keys)
            connection.exec_driver_sql(f'DELETE FROM "{self.table.name}" WHERE {where}', named)
            return
        wanted = and_(*(self.table.c[name] == bindparam(f"key_{name}") for name in self._keys))
        given = [{f"key_{n}": v for n, v in zip(self._keys, key, strict=True)} for key in named]
        connection.execute(delete(self.table).where(wanted), given)

    @property
    def _keys(self) -> list[str]:
        return [column.name for column in self.table.primary_key]

    @property
    def _insert(self) -> str:
        verb = "INSERT" if self.is_once else "INSERT OR REPLACE"
        names = ", ".join(f'"{column.name}"' for column in self.table.columns)
        marks = ", ".join("?" * len(self.table.columns))
        return f'{verb} INTO "{self.table.name}" ({names}) VALUES ({marks})'

    def _for_sqlite(self, row: Values) -> Values:
        values = list(row)
        for place, stored in self._stored.items():
            if values[place] is not None:
                values[place] = stored(values[place])
        return tuple(values)

    def _put_portably(self, connection: Connection, rows: list[Values]) -> None:
        if not rows:
            return
        names = [column.name for column in self.table.columns]
        if not self.is_once:
            places = [names.index(key) for key in self._keys]
            self.remove(connection, ([row[place] for place in places] for row in rows))
        given = [dict(zip(names, row, strict=True)) for row in rows]
        connection.execute(insert(self.table), given)


def _moment(value: datetime) -> str:
    """As SQLAlchemy writes it: UTC, without a zone, thousandths of thousandths always."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r}: expected a time with a zone")
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:_MOMENT_LENGTH]
