"""Fixtures of the recorder's tests: known audio, players as judges, and the real process.

Audio is made with numpy and turned into A-law by ffmpeg; files are judged by ffmpeg and opusdec:
none of it is our own code.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from firmware.call.ship import Done, Trouble
from firmware.call.ship_task import Shipper

RATE_HZ = 8000
RECORDING = "00112233445566aa"
STARTED_AT = "2026-03-04T05:06:07Z"


def _voice(seconds: float, pitch_hz: float, seed: int) -> np.ndarray:
    """Syllables of gliding, harmonic sound: speech as a speech codec sees it."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch = pitch_hz * (1 + 0.08 * np.sin(2 * np.pi * 0.7 * t + seed))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    # Harmonics above 400 Hz: a telephone carries no lower ones, and libopus filters them out.
    voice = sum(np.sin(k * phase + k) / (k - 2) for k in range(3, 8))
    loud = np.repeat(rng.uniform(0.1, 1.0, len(t) // 1600 + 1), 1600)[: len(t)]
    loud = np.convolve(loud, np.hanning(400) / np.hanning(400).sum(), mode="same")
    return (6000 * voice * loud).astype(np.int16)


def two_voices(seconds: float) -> np.ndarray:
    """Caller left, agent right, in turns of a second: (samples, 2), linear. No two parts of it
    are alike."""
    voices = np.stack([_voice(seconds, 187, 1), _voice(seconds, 187, 2)], axis=1)
    turn = np.arange(len(voices)) // RATE_HZ % 2
    voices[turn == 1, 0] = voices[turn == 0, 1] = 0
    return voices


class Ear:
    """Judges: ffmpeg makes the A-law and listens to the files."""

    @staticmethod
    def to_alaw(linear: np.ndarray) -> bytes:
        """G.711 A-law by ffmpeg, two channels interleaved."""
        source = ["-f", "s16le", "-ar", "8000", "-ac", "2", "-i", "-"]
        command = ["ffmpeg", "-v", "error", *source, "-f", "alaw", "-"]
        ran = subprocess.run(command, input=linear.tobytes(), capture_output=True, check=True)
        return ran.stdout

    @staticmethod
    def play(path: Path) -> np.ndarray:
        """What ffmpeg hears at 48 kHz: (samples, 2). It must not complain about the file."""
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-ar", "48000", "-f", "s16le", "-"]
        ran = subprocess.run(command, capture_output=True, check=True)
        assert ran.stderr == b""
        return np.frombuffer(ran.stdout, np.int16).reshape(-1, 2)

    @classmethod
    def seconds(cls, path: Path) -> float:
        """How long ffmpeg plays it."""
        return len(cls.play(path)) / 48_000

    @staticmethod
    def likeness(heard_48k: np.ndarray, sent: np.ndarray) -> list[float]:
        """Per channel, the correlation with what was sent, at no lag at all."""
        heard = heard_48k[::6][: len(sent)].astype(float)
        sent = sent[: len(heard)]
        return [float(np.corrcoef(heard[:, c], sent[:, c])[0, 1]) for c in (0, 1)]


class Tap:
    """A tap that has `alaw` in it, up to `ready` octets; read like AudioSwitch.read_tap."""

    def __init__(self, alaw: bytes, ready: int | None = None) -> None:
        self.alaw = alaw
        self.ready = len(alaw) if ready is None else ready
        self.at = 0

    def read(self, limit: int) -> tuple[int, bytes]:
        at = self.at
        octets = self.alaw[at : min(at + limit, self.ready)]
        self.at += len(octets)
        return at, octets


@dataclass
class RecorderProcess:
    """The real recorder, started as on the box."""

    socket: Path
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "recorder", "--socket", str(self.socket)]
        self.process = subprocess.Popen([*command, *self.arguments])

    def kill(self) -> None:
        """As a power cut does to a process."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(20)


@dataclass
class Core:
    """A shipper with its task, and what it was told."""

    shipper: Shipper
    done: list[Done] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def record(self, alaw: bytes, recording: str = RECORDING, ready: int | None = None) -> Tap:
        tap = Tap(alaw, ready)
        self.shipper.open(recording, "call-1", STARTED_AT, {"caller": "0301234"}, tap.read)
        return tap

    def codes(self) -> list[str]:
        return [trouble.code for trouble in self.troubles]

    async def until(self, is_so: Callable[[Core], bool], seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while not is_so(self):  # noqa: ASYNC110 - the fact may be in another process
                await asyncio.sleep(0.01)


StartRecorder = Callable[..., RecorderProcess]


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """Short enough for a Unix socket's name."""
    return tmp_path


@pytest.fixture
def start_recorder(run_dir: Path) -> Iterator[StartRecorder]:
    """Starts recorders on run_dir/socket; whatever still runs at the end is stopped."""
    started: list[RecorderProcess] = []

    def start(*arguments: str) -> RecorderProcess:
        recorder = RecorderProcess(run_dir / "socket", list(arguments))
        recorder.start()
        started.append(recorder)
        return recorder

    yield start
    for recorder in started:
        recorder.stop()


@pytest.fixture
async def core(run_dir: Path) -> AsyncIterator[Core]:
    done: list[Done] = []
    troubles: list[Trouble] = []
    shipper = Shipper(run_dir / "socket", done.append, troubles.append)
    task = asyncio.create_task(shipper.run())
    yield Core(shipper, done, troubles)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.fixture(scope="session")
def voices() -> np.ndarray:
    """Twelve seconds and one sample (an odd length must come out exactly)."""
    return two_voices(12.000125)


@pytest.fixture(scope="session")
def voices_alaw(voices: np.ndarray) -> bytes:
    return Ear.to_alaw(voices)


@pytest.fixture(scope="session")
def ear() -> Ear:
    return Ear()
