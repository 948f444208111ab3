"""WAV with A-law, judged by sox and ffmpeg: while it grows, cut off, and finished."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from recorder.wav_file import WavFile, resume, wav_head


def soxi(path: Path, what: str) -> str:
    ran = subprocess.run(["soxi", what, str(path)], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def test_finished_sox_sees_what_it_is(tmp_path: Path, voices_alaw: bytes) -> None:
    path, content = tmp_path / "a.wav", WavFile()
    content.head()
    body = content.feed(voices_alaw) + content.flush() + content.finish()
    path.write_bytes(content.final_head() + body)
    assert [soxi(path, what) for what in ("-e", "-c", "-r", "-s")] == [
        "A-law",
        "2",
        "8000",
        "96001",
    ]
    assert content.duration_s == 96_001 / 8_000


def test_growing_it_plays_to_its_end(tmp_path: Path, voices_alaw: bytes, ear: Any) -> None:
    path, content = tmp_path / "a.wav", WavFile()
    path.write_bytes(content.head() + content.feed(voices_alaw[:32_000]))
    assert ear.seconds(path) == 2.0


@pytest.mark.parametrize("cut", [58, 59, 60, 1_001, 32_000])
def test_cut_off_it_goes_on_after_the_last_whole_pair(cut: int, voices_alaw: bytes) -> None:
    data = (wav_head(None) + voices_alaw)[:cut]
    taken_up = resume(data)
    assert taken_up is not None
    content, keep = taken_up
    assert data[:keep] + voices_alaw[content.kept :] == wav_head(None) + voices_alaw


@pytest.mark.parametrize("data", [b"", bytes(100), wav_head(None)[:-1], b"OggS" * 30])
def test_nothing_of_use_is_said_so(data: bytes) -> None:
    assert resume(data) is None


def test_too_long_for_riff_stays_open_ended() -> None:
    assert wav_head(2**32) == wav_head(None)
