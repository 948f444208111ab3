"""Ogg Opus files: exact length, channels apart, and going on after any cut. Judged by ffmpeg,
opusdec and opusinfo."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recorder import ogg
from recorder.messages import Label
from recorder.opus_file import FRAME_OCTETS, PAGE_OCTETS, OpusFile, opus_head, resume
from recorder.stream import RecordingId

LABEL = Label(
    RecordingId("00112233445566aa"),
    "call-7",
    "2026-03-04T05:06:07Z",
    {"caller": "0301234", "agent": "Änne"},
)
CHUNK = 3_200  # 200 ms, as the core sends
PRE_SKIP_S = 312 / 48_000


def whole(alaw: bytes) -> bytes:
    """A file fed as the core feeds it, flushed now and then as a sync does."""
    content = OpusFile(LABEL)
    out = content.head()
    for number, at in enumerate(range(0, len(alaw), CHUNK)):
        out += content.feed(alaw[at : at + CHUNK])
        if number % 7 == 6:
            out += content.flush()
    return out + content.finish()


def info(path: Path) -> str:
    ran = subprocess.run(["opusinfo", str(path)], capture_output=True, text=True, check=True)
    return ran.stdout + ran.stderr


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.opus"


@pytest.mark.parametrize("samples", [100, 427, 428, 429, 479, 480, 481, 7_680, 16_001])
def test_the_length_is_what_was_fed(samples: int, path: Path, voices_alaw: bytes, ear: Any) -> None:
    path.write_bytes(whole(voices_alaw[: 2 * samples]))
    assert len(ear.play(path)) == 6 * samples
    assert "WARNING" not in info(path)


def test_a_call_without_audio_still_makes_a_file_that_plays(path: Path, ear: Any) -> None:
    path.write_bytes(whole(b""))
    assert ear.seconds(path) <= 0.06  # ffmpeg 5.1 plays the whole packet, opusdec nothing of it
    assert "WARNING" not in info(path)


def test_opusdec_agrees_and_the_tags_say_whose_call_it_is(path: Path, voices_alaw: bytes) -> None:
    path.write_bytes(whole(voices_alaw))
    raw = path.with_suffix(".raw")
    subprocess.run(["opusdec", "--quiet", "--rate", "48000", str(path), str(raw)], check=True)
    assert abs(raw.stat().st_size / 4 - 3 * len(voices_alaw)) <= 12  # its resampler rounds up
    told = info(path)
    for tag in ("CALL=call-7", "CALLER=0301234", "AGENT=Änne", "DATE=2026-03-04T05:06:07Z"):
        assert tag in told
    assert "WARNING" not in told


def test_head_as_in_rfc_7845_figures_2_and_3() -> None:
    fixed = bytes((1, 2, 0x38, 0x01, 0x40, 0x1F, 0, 0, 0, 0, 1))
    streams_coupled_mapping = bytes((2, 0, 0, 1))
    assert opus_head(312) == b"OpusHead" + fixed + streams_coupled_mapping


def test_pages_hold_at_most_a_second(voices_alaw: bytes) -> None:
    granules = [page.granule for page in ogg.pages(whole(voices_alaw))]
    assert max(np.diff(granules)) <= 48_000


def test_the_caller_is_on_the_left_only(path: Path, voices: Any, ear: Any) -> None:
    caller_only = voices.copy()
    caller_only[:, 1] = 0
    path.write_bytes(whole(ear.to_alaw(caller_only)))
    left, right = ear.play(path).astype(float).var(axis=0)  # A-law has no 0: silence is +8
    assert left > 1e5
    assert 10 * np.log10((right + 1e-9) / left) < -40


def test_with_noise_on_the_right_no_caller_is_heard_there(
    path: Path, voices: Any, ear: Any
) -> None:
    noisy = voices.copy()
    noisy[:, 1] = np.random.default_rng(5).normal(0, 30, len(noisy))
    path.write_bytes(whole(ear.to_alaw(noisy)))
    heard = ear.play(path)[::6].astype(float)
    left = voices[:, 0].astype(float)
    leaked = np.dot(heard[:, 1], left) / np.dot(left, left)
    assert 20 * np.log10(abs(leaked) + 1e-9) < -40


@pytest.mark.parametrize("share", [0.02, 0.3, 0.31, 0.55, 0.8, 0.999])
def test_cut_anywhere_it_goes_on_without_loss(
    share: float, path: Path, voices: Any, voices_alaw: bytes, ear: Any
) -> None:
    first = OpusFile(LABEL)
    before = first.head()
    for at in range(0, len(voices_alaw) - 2, CHUNK):
        before += first.feed(voices_alaw[at : at + CHUNK])
    cut = before[: int(len(before) * share)]
    taken_up = resume(LABEL, cut)
    assert taken_up is not None
    content, keep, ended_s = taken_up
    assert ended_s is None
    assert content.kept % FRAME_OCTETS == 0
    after = content.feed(voices_alaw[content.kept :]) + content.finish()
    path.write_bytes(cut[:keep] + after)
    heard = ear.play(path)
    assert len(heard) == 6 * len(voices)
    assert min(ear.likeness(heard, voices)) > 0.95
    assert "WARNING" not in info(path)


def test_the_splice_is_in_step_within_a_tenth_of_a_millisecond(
    path: Path, voices: Any, voices_alaw: bytes, ear: Any
) -> None:
    first = OpusFile(LABEL)
    before = first.head() + first.feed(voices_alaw[: 5 * PAGE_OCTETS])
    taken_up = resume(LABEL, before)
    assert taken_up is not None
    content, keep, _ended = taken_up
    rest = content.feed(voices_alaw[content.kept :]) + content.finish()
    path.write_bytes(before[:keep] + rest)
    heard = ear.play(path)[48_000 * 5 : 48_000 * 11, :].astype(float)
    sent = np.repeat(voices[8_000 * 5 : 8_000 * 11], 6, axis=0).astype(float)
    spectrum = np.fft.rfft(heard[:, 0]) * np.conj(np.fft.rfft(sent[:, 0]))
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    assert min(lag, len(heard) - lag) <= 5  # of 48 kHz: the repeat() alone makes 2.5


def test_nobody_came_back_it_ends_where_its_pages_end(
    path: Path, voices_alaw: bytes, ear: Any
) -> None:
    content = OpusFile(LABEL)
    before = content.head() + content.feed(voices_alaw[: 3 * PAGE_OCTETS + 500])
    taken_up = resume(LABEL, before[:-1])
    assert taken_up is not None
    again, keep, _ended = taken_up
    path.write_bytes(before[:keep] + again.finish())
    assert ear.seconds(path) == again.duration_s == 2 * PAGE_OCTETS / 16_000
    assert "WARNING" not in info(path)


def test_a_file_with_its_end_says_how_long_it_is(voices_alaw: bytes) -> None:
    taken_up = resume(LABEL, whole(voices_alaw))
    assert taken_up is not None
    assert taken_up[2] == len(voices_alaw) / 16_000


@pytest.mark.parametrize("data", [b"", b"OggS", bytes(5_000), b"RIFF" * 100])
def test_nothing_of_use_is_said_so(data: bytes) -> None:
    assert resume(LABEL, data) is None


def test_a_very_long_name_does_not_break_the_tags(path: Path, ear: Any) -> None:
    label = Label(LABEL.recording, "c", LABEL.started_at, {"caller": "ü" * 70_000})
    content = OpusFile(label)
    path.write_bytes(content.head() + content.feed(b"\xd5" * 1_600) + content.finish())
    assert ear.seconds(path) == 0.1
