"""Only recordings are served, wherever the records point."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.records.messages import CallId, RecordingRow
from web.calls.sound import is_allowed, locate, media_type
from web.errors import Gone


def row(path: Path | str, state: str = "done") -> RecordingRow:
    return RecordingRow(id="0" * 16, call=CallId("c"), state=state, path=str(path))


@pytest.mark.parametrize(
    ("name", "type_"), [("a.ogg", "audio/ogg"), ("a.opus", "audio/ogg"), ("a.wav", "audio/wav")]
)
def test_sounds_on_the_shelf(shelf: Path, name: str, type_: str) -> None:
    path = shelf / name
    path.touch()
    assert locate(row(path), [shelf]) == path
    assert media_type(path) == type_


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "/etc/hostname.wav", "recording.wav", "{shelf}/../secret.wav", "",
        "{shelf}/a\0.wav", "{shelf}/notes.txt", "{shelf}//../x.ogg", "{shelf}evil/a.wav",
    ],
)  # fmt: skip
def test_anything_else_is_not(shelf: Path, path: str) -> None:
    (shelf.parent / "secret.wav").touch()
    with pytest.raises(Gone):
        locate(row(path.format(shelf=shelf)), [shelf])


def test_no_way_out_through_a_link(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.wav").touch()
    (shelf / "link.wav").symlink_to(tmp_path / "secret.wav")
    (shelf / "folder").symlink_to(tmp_path)
    assert not is_allowed(shelf / "link.wav", [shelf])
    assert not is_allowed(shelf / "folder" / "secret.wav", [shelf])


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "was not recorded"),
        (row("/x.wav", "deleted"), "keeping time"),
        (row("/nowhere/x.wav"), "not on the storage"),
    ],
)
def test_why_there_is_none(found: RecordingRow | None, why: str) -> None:
    with pytest.raises(Gone) as gone:
        locate(found, [])
    assert why in gone.value.notice.why
