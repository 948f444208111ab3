"""Damaged records are put aside, whatever the damage, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmware.records.errors import RecordsAway
from firmware.records.rescue import open_records
from firmware.records.store import Records
from firmware.trouble import Troubles

NOISE = b"this is no database " * 500


def spoilt_header(path: Path) -> None:
    path.write_bytes(NOISE)


def spoilt_schema(path: Path) -> None:
    """SQLite file format 1.6: the first page's b-tree begins at octet 100."""
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + NOISE[:900] + whole[1000:])


@pytest.mark.parametrize("spoil", [spoilt_header, spoilt_schema])
def test_damaged_records_are_put_aside_and_told(tmp_path: Path, make_call: Any, spoil: Any) -> None:
    path, troubles = tmp_path / "records.db", Troubles()
    Records(path).close()
    spoil(path)
    damaged = path.read_bytes()
    records = open_records(path, troubles)
    row = make_call(1)
    records.put_call(row)
    assert records.call(row.id) == row
    records.close()
    assert (tmp_path / "records.db.damaged-1").read_bytes() == damaged
    [(_, trouble)] = troubles.standing()
    assert trouble.code == "records.damaged"
    assert "records.db.damaged-1" in trouble.what


def test_a_second_damage_does_not_cost_the_first_file(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    for _ in range(2):
        path.write_bytes(NOISE)
        open_records(path).close()
    assert {file.name for file in tmp_path.glob("*.damaged-*")} == {
        "records.db.damaged-1",
        "records.db.damaged-2",
    }


def test_sound_records_stay_and_a_missing_folder_is_no_damage(
    tmp_path: Path, make_call: Any
) -> None:
    first = open_records(tmp_path / "records.db")
    first.put_call(make_call(1))
    first.close()
    again = open_records(tmp_path / "records.db")
    assert again.call(make_call(1).id) == make_call(1)
    again.close()
    with pytest.raises(RecordsAway):
        open_records(tmp_path / "none" / "records.db")
    assert not list(tmp_path.glob("*.damaged-*"))
