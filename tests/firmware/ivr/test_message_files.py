"""Voice messages on the medium."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware.ivr.mailbox import Message
from firmware.ivr.message_files import MessageFiles, alaw_of

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
MESSAGE = Message("20260302-091500-0001-201", "201", AT, "0215557788", "Alice", 2.0, "call")
SOUND = bytes(range(256)) * 62 + b"x"


@pytest.fixture
def files(tmp_path: Path) -> MessageFiles:
    return MessageFiles(tmp_path / "voicemail")


def test_what_is_kept_is_found_again(files: MessageFiles) -> None:
    assert files.load() == []
    files.keep(MESSAGE, SOUND)
    assert files.load() == [MESSAGE]
    assert alaw_of(files.sound(MESSAGE)) == SOUND
    files.describe(replace(MESSAGE, is_heard=True))
    assert files.load() == [replace(MESSAGE, is_heard=True)]
    files.remove(MESSAGE)
    assert files.load() == []


def test_any_player_knows_what_it_is(files: MessageFiles) -> None:
    files.keep(MESSAGE, SOUND)
    sound = files.sound(MESSAGE)
    assert sound[:4] == b"RIFF"
    with (
        pytest.raises(wave.Error, match="unknown format: 6"),  # A-law, RFC 2361
        wave.open(io.BytesIO(sound)),
    ):
        pass


def test_after_a_power_cut_every_sound_is_a_message(files: MessageFiles, tmp_path: Path) -> None:
    files.keep(MESSAGE, SOUND)
    folder = tmp_path / "voicemail" / "201"
    (folder / f"{MESSAGE.id}.json").unlink()
    (folder / "half.json").write_text("{}")
    (folder / "half.wav.new").write_bytes(b"RI")
    (message,) = files.load()
    assert (message.id, message.number, message.is_heard) == (MESSAGE.id, "", False)
    assert message.length_s == pytest.approx(len(SOUND) / 8000, abs=0.1)
    assert sorted(path.name for path in folder.iterdir()) == [f"{MESSAGE.id}.wav"]


@pytest.mark.parametrize("text", ["", "[]", '{"at": "x"}', "{}", '{"at": "2026-03-02", "a": 1}'])
def test_a_damaged_description_loses_no_message(
    files: MessageFiles, tmp_path: Path, text: str
) -> None:
    files.keep(MESSAGE, SOUND)
    (tmp_path / "voicemail" / "201" / f"{MESSAGE.id}.json").write_text(text)
    assert [message.number for message in files.load()] == [""]


def test_no_name_leads_out_of_the_folder(files: MessageFiles) -> None:
    with pytest.raises(ValueError, match=r"'\.\./x': expected letters, digits, - and _"):
        files.keep(replace(MESSAGE, id="../x"), SOUND)
