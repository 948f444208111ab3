"""Finished recordings in the records database."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from firmware.records.errors import RecordsAway
from firmware.records.store import Records
from recorder.index import RecordsIndex
from recorder.messages import Ending, Format, RecordingResult
from recorder.stream import RecordingId


def result(number: int, ending: Ending = Ending.COMPLETE) -> RecordingResult:
    return RecordingResult(
        recording=RecordingId(f"{number:016x}"),
        call=f"call-{number}",
        started_at="2026-03-02T07:00:00+00:00",
        path=f"/shelf/{number}.opus",
        format=Format.OPUS,
        octets=4000,
        sha256="ab" * 32,
        duration_s=2.5,
        missing_s=0.5,
        ending=ending,
    )


def test_a_finished_recording_is_listed_with_its_call(tmp_path: Path) -> None:
    index = RecordsIndex(str(tmp_path / "records.db"))
    index.on_done(result(1))
    index.on_done(result(2, Ending.INTERRUPTED))
    records = Records(tmp_path / "records.db", read_only=True)
    first, second = records.recording_of("call-1"), records.recording_of("call-2")
    records.close()
    assert first is not None
    assert (first.state, first.path, first.duration_s) == ("done", "/shelf/1.opus", 2.5)
    assert (first.missing_s, first.octets, first.sha256) == (0.5, 4000, "ab" * 32)
    assert second is not None
    assert second.state == "interrupted"


def refuse(self: Records, row: object) -> None:
    raise RecordsAway(self.url, "disk I/O error")


def test_a_row_the_database_does_not_take_now_comes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index = RecordsIndex(str(tmp_path / "records.db"))
    index.on_done(result(1))
    with monkeypatch.context() as away, caplog.at_level(logging.ERROR):
        away.setattr(Records, "put_recording", refuse)
        index.on_done(result(2))
    assert "1 recordings are on the shelf but not in the index" in caplog.text
    index.on_done(result(3))
    records = Records(tmp_path / "records.db", read_only=True)
    listed = [records.recording_of(f"call-{n}") is not None for n in (1, 2, 3)]
    records.close()
    assert listed == [True, True, True]


def test_what_retention_deleted_stays_listed_as_deleted(tmp_path: Path) -> None:
    index = RecordsIndex(str(tmp_path / "records.db"))
    index.on_done(result(1))
    index.on_deleted(result(1))
    records = Records(tmp_path / "records.db", read_only=True)
    row = records.recording_of("call-1")
    records.close()
    assert row is not None
    assert (row.state, row.duration_s) == ("deleted", 2.5)
