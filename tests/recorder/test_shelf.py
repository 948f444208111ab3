"""Names and descriptions on the shelf, and the index rebuilt from them alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.__main__ import rebuild_index
from recorder.errors import OpenError
from recorder.housekeeping import tidy
from recorder.messages import Ending, Format, Label, RecordingResult
from recorder.retention import DAY_S, Rule
from recorder.shelf import (
    Shelf,
    check_label,
    days_left,
    open_mark,
    read_open_mark,
    read_result,
    result_values,
    settle,
    sidecar,
    stage,
    write_open_mark,
)
from recorder.stream import RecordingId

ID = RecordingId("00112233445566aa")
LABEL = Label(ID, "call-1", "2026-03-04T00:30:00+01:00", {"caller": "Ä"})


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def put(shelf: Shelf, label: Label, octets: int = 10, **meta: object) -> RecordingResult:
    """A finished recording."""
    path = shelf.path(label, Format.OPUS)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(octets))
    result = RecordingResult(
        label.recording,
        label.call,
        label.started_at,
        str(path),
        Format.OPUS,
        octets,
        "ab" * 32,
        1.5,
        0.25,
        Ending.INTERRUPTED,
        meta,
    )
    stage(sidecar(path), result_values(result))
    settle(sidecar(path))
    return result


def test_the_day_is_utc(shelf: Shelf) -> None:
    assert shelf.path(LABEL, Format.WAV) == shelf.root / "2026/03/03/call-1-00112233445566aa.wav"


def test_a_result_comes_back_as_it_was_written(shelf: Shelf) -> None:
    result = put(shelf, LABEL, caller="Ä", tags=["a", {"b": 1}])
    assert read_result(Path(result.path)) == result
    assert list(shelf.unfinished()) == []


def test_a_shelf_that_was_moved_is_still_right(shelf: Shelf, tmp_path: Path) -> None:
    old = put(shelf, LABEL)
    new = (tmp_path / "2026").rename(tmp_path / "2026.moved").rename(tmp_path / "2025")
    (found,) = Shelf(tmp_path).results()
    assert found.path == old.path.replace(str(tmp_path / "2026"), str(new))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"recording": 1}', "\x00" * 40])
def test_a_broken_sidecar_is_no_sidecar(shelf: Shelf, text: str) -> None:
    path = Path(put(shelf, LABEL).path)
    sidecar(path).write_text(text)
    assert read_result(path) is None


def test_an_unfinished_one_says_what_it_is(shelf: Shelf) -> None:
    path = shelf.path(LABEL, Format.OPUS)
    path.parent.mkdir(parents=True)
    path.touch()
    write_open_mark(path, LABEL, 480)
    assert list(shelf.unfinished()) == [path]
    assert read_open_mark(path) == (LABEL, 480)


@pytest.mark.parametrize("text", ["", "{}", '{"started_at": 5, "meta": {}, "missing_octets": 0}'])
def test_without_its_mark_name_and_day_tell_enough(shelf: Shelf, text: str) -> None:
    path = shelf.path(LABEL, Format.OPUS)
    path.parent.mkdir(parents=True)
    path.touch()
    open_mark(path).write_text(text)
    label, missing = read_open_mark(path)
    assert (label.recording, label.call, label.started_at) == (ID, "call-1", "2026-03-03T00:00:00Z")
    assert (label.meta, missing) == ({}, 0)
    assert shelf.path(label, Format.OPUS) == path


@pytest.mark.parametrize("call", ["", "a/b", "..\\x", "a b", "x" * 65, "ü", "a\n"])
def test_a_call_id_that_is_no_file_name_is_refused(call: str) -> None:
    with pytest.raises(OpenError, match="expected 1 to 64 of"):
        check_label(Label(ID, call, LABEL.started_at))


@pytest.mark.parametrize("moment", ["", "now", "2026-03-04T05:06:07", "2026-13-01T00:00:00Z"])
def test_a_time_without_day_or_zone_is_refused(moment: str) -> None:
    with pytest.raises(OpenError, match="expected a"):
        check_label(Label(ID, "c", moment))


def test_other_files_on_the_storage_are_left_alone(shelf: Shelf) -> None:
    put(shelf, LABEL)
    folder = shelf.root / "2026/03/03"
    for name in ("holiday.wav", "call-1-00112233445566aa.opus.new", "x-0011.opus", "notes.txt"):
        (folder / name).touch()
    (shelf.root / "lost+found").mkdir()
    assert len(list(shelf.audio())) == 1


def test_the_index_is_rebuilt_from_the_shelves_alone(tmp_path: Path) -> None:
    shelves = [Shelf(tmp_path / "a"), Shelf(tmp_path / "b")]
    other = Label(RecordingId("f" * 16), "call-2", "2026-03-05T00:00:00Z")
    results = [put(shelves[0], LABEL), put(shelves[1], other)]
    index = ListIndex()
    assert rebuild_index(shelves, index) == 2
    assert index.rows == results


def test_tidying_takes_the_old_with_all_its_files_and_spares_the_held(shelf: Shelf) -> None:
    old = put(shelf, LABEL)
    held = Label(RecordingId("b" * 16), "call-2", "2026-01-01T00:00:00Z")
    put(shelf, held, hold=True)
    unfinished = shelf.path(Label(RecordingId("c" * 16), "c", "2025-01-01T00:00:00Z"), Format.OPUS)
    unfinished.parent.mkdir(parents=True)
    unfinished.touch()
    now_s = 1_772_580_600.0 + 30 * DAY_S  # 2026-03-03T23:30:00Z and 30 days
    assert tidy(shelf, Rule(keep_days=31), now_s) == []
    assert tidy(shelf, Rule(keep_days=29), now_s) == [old]
    left = sorted(path.name for path in shelf.root.rglob("*.*"))
    assert left == [f"c-{'c' * 16}.opus", f"call-2-{'b' * 16}.json", f"call-2-{'b' * 16}.opus"]


def test_days_left() -> None:
    assert days_left(8_640_000, 1_000, 10.0) == 1.0
    assert days_left(1, 0, 10.0) == float("inf")


def test_an_unplugged_shelf_has_no_room(tmp_path: Path) -> None:
    assert not Shelf(tmp_path / "gone", 0).has_room()


class ListIndex:
    def __init__(self) -> None:
        self.rows: list[RecordingResult] = []

    def on_done(self, result: RecordingResult) -> None:
        self.rows.append(result)

    def on_deleted(self, result: RecordingResult) -> None:
        self.rows.remove(result)
