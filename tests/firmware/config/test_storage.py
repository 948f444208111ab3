"""Generations as files."""

from pathlib import Path

import pytest

from firmware.config.storage import DamagedFile, GenerationStorage, pack, unpack
from firmware.trouble import Troubles

TABLES = {"site": {"1": {"name": "Café 'Zoë'"}}}


def test_a_file_says_what_it_is_and_reads_back() -> None:
    data = pack(TABLES)
    assert data.startswith(b"callbox-config sha256=")
    assert "Café 'Zoë'".encode() in data  # readable without tools
    assert unpack(data) == TABLES


@pytest.mark.parametrize("cut", range(0, len(pack(TABLES)) - 1, 7))
def test_a_torn_file_is_recognised_wherever_it_was_torn(cut: int) -> None:
    with pytest.raises(DamagedFile):
        unpack(pack(TABLES)[:cut])


def test_a_right_checksum_over_wrong_contents(tmp_path: Path) -> None:
    import hashlib

    for body in (b"[]\n", b"not json\n"):
        line = f"callbox-config sha256={hashlib.sha256(body).hexdigest()}\n"
        with pytest.raises(DamagedFile):
            unpack(line.encode() + body)


def test_numbers_of_bad_files_are_never_used_again(tmp_path: Path) -> None:
    storage = GenerationStorage(tmp_path, Troubles())
    storage.write(TABLES)
    storage.write(TABLES)
    storage.set_aside(2, "test")
    (tmp_path / "office-000002.json").write_bytes(b"again")
    storage.set_aside(2, "test")
    storage.write(TABLES)
    assert storage.generation == 3
    assert {p.name for p in tmp_path.iterdir()} == {
        "office-000001.json",
        "office-000002.json.bad",
        "office-000002.json.bad-1",
        "office-000003.json",
    }


def test_what_a_power_cut_left_half_written_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".office-000002.tmp").write_bytes(b"half")
    storage = GenerationStorage(tmp_path, Troubles())
    assert storage.read() is None
    assert list(tmp_path.iterdir()) == []


def test_an_absurdly_large_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "office-000001.json").open("wb") as file:
        file.truncate(17 << 20)
    troubles = Troubles()
    assert GenerationStorage(tmp_path, troubles).read() is None
    assert "expected at most" in troubles.standing()[0][1].why
