"""Many rows at once: the same in the table whichever way they are put there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from queue_day import the_log
from sqlalchemy import select

from firmware.records.bulk import Bulk
from firmware.records.messages import EventRow
from firmware.records.schema import agent_times, calls, events, open_calls, stays
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
TABLES = (events, calls, stays, agent_times, open_calls)


def numbered() -> list[Any]:
    rows: list[Any] = []
    for row in the_log(BEGAN).rows:
        if isinstance(row, EventRow):
            object.__setattr__(row, "seq", len(rows) + 1)
        rows.append(row)
    return rows


def everything(records: Records) -> list[list[tuple[Any, ...]]]:
    with records._engine.connect() as connection:
        return [
            [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")]
            for table in TABLES
        ]


def test_sqlite_stores_what_sqlalchemy_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down to the letter: the same rows by SQLAlchemy's own statements."""
    straight = Records(tmp_path / "straight.db")
    straight.write(numbered())
    monkeypatch.setattr(Bulk, "put", lambda self, at, rows: self._put_portably(at, list(rows)))
    portable = Records(tmp_path / "portable.db")
    portable.write(numbered())
    kept = everything(straight)
    assert kept == everything(portable)
    assert [len(rows) for rows in kept] == [
        len(numbered()) - 12,
        12,
        12,
        29,
        0,
    ]  # two log in, seven calls of three states each, two are paused and leave
    straight.close()
    portable.close()


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (BEGAN, "2026-03-02 08:00:00.000000"),
        (BEGAN.astimezone(timezone(timedelta(hours=-3))), "2026-03-02 08:00:00.000000"),
        (BEGAN.replace(microsecond=1), "2026-03-02 08:00:00.000001"),
    ],
)
def test_a_time_is_stored_as_utc(records: Records, at: datetime, text: str) -> None:
    records.append(EventRow(at, "line.state", "x", seq=1))
    assert everything(records)[0][0][1] == text
    assert records.last_events(1)[0].at == at


def test_a_row_of_the_same_key_is_replaced(records: Records) -> None:
    bulk = Bulk(open_calls)
    with records._engine.begin() as connection:
        bulk.put(connection, [["a"], ["b"]])
        bulk.put(connection, [["b"], ["c"]])
        bulk.remove(connection, [["a"], ["nobody"]])
        bulk.put(connection, [])
        bulk.remove(connection, [])
        left = connection.execute(select(open_calls.c.call)).scalars().all()
    assert left == ["b", "c"]


def test_a_time_without_a_zone_is_refused(records: Records) -> None:
    with records._engine.begin() as connection, pytest.raises(ValueError, match="with a zone"):
        Bulk(events).put(connection, [[1, datetime(2026, 3, 2), "k", "t", None, None, {}]])
