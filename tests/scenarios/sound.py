"""What was said and what was heard: sound files made by espeak-ng, measured after ffmpeg."""

from __future__ import annotations

import asyncio
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ = 8000
PRECISE_S = 0.3
"""Between the talk as it is kept and its recording: the way of orders to the switch, and a tick."""


def speak(path: Path, words: str, voice: str) -> Path:
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), words], check=True)
    return path


Samples = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Match:
    """Where a part was found in a longer signal: normalised correlation -1..1, start in s."""

    correlation: float
    start_s: float


class Sound:
    """Measures sound files with another program's decoder."""

    @staticmethod
    def channels(path: Path, count: int = 2) -> Samples:
        """Any audio file at 8 kHz as (samples, channels), decoded by ffmpeg."""
        raw = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", str(count),
             "-ar", str(RATE_HZ), "-"],
            check=True, capture_output=True,
        ).stdout  # fmt: skip
        return np.frombuffer(raw, "<i2").reshape(-1, count).astype(float) / 32768

    @classmethod
    def samples(cls, path: Path) -> Samples:
        """One channel at 8 kHz."""
        return cls.channels(path, 1)[:, 0]

    @staticmethod
    def seconds(path: Path) -> float:
        with wave.open(str(path)) as file:
            return float(file.getnframes() / file.getframerate())

    @staticmethod
    def then_silence(path: Path, to: Path, silence_s: float = 60.0) -> Path:
        """A copy that ends in silence: phones hang up when their sound has come to its end."""
        with wave.open(str(path)) as file, wave.open(str(to), "wb") as longer:
            longer.setparams(file.getparams())
            longer.writeframes(file.readframes(file.getnframes()))
            longer.writeframes(bytes(2 * round(silence_s * file.getframerate())))
        return to

    @classmethod
    async def pass_by(cls, path: Path, more_s: float) -> None:
        """Wait as long as the sound takes, and a little more: calls run in real time."""
        await asyncio.sleep(cls.seconds(path) + more_s)

    @staticmethod
    def find(part: Samples, whole: Samples) -> Match:
        """The place in `whole` that is most like `part` (normalised cross-correlation)."""
        if len(whole) < len(part):
            whole = np.pad(whole, (0, len(part) - len(whole)))
        size = 1 << (len(whole) + len(part)).bit_length()
        cross = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)
        cross = cross[: len(whole) - len(part) + 1]
        energy = np.concatenate(([0.0], np.cumsum(whole**2)))
        norm = np.sqrt((energy[len(part) :] - energy[: -len(part)]) * np.sum(part**2)) + 1e-9
        scores = cross / norm[: len(cross)]
        best = int(np.argmax(scores))
        return Match(float(scores[best]), best / RATE_HZ)

    @staticmethod
    def is_as_long(recording: Samples, talk_s: float, torn_s: float) -> bool:
        """Whether a recording lasts as long as the talk, but for what the machine tore out of the
        lines' audio (`Network.torn_s`)."""
        missing_s = talk_s - len(recording) / RATE_HZ
        return -PRECISE_S < missing_s < PRECISE_S + torn_s

    @classmethod
    def mostly(cls, part: Samples, whole: Samples, seconds: float = 0.5) -> float:
        """How like `part` most of its pieces are found in `whole`: the median of the pieces'
        correlations. A busy machine tears sounds that are played live apart at one place or two;
        an echo or noise that stays spoils every piece."""
        length = round(seconds * RATE_HZ)
        starts = range(0, max(1, len(part) - length), length)
        return float(
            np.median([cls.find(part[at : at + length], whole).correlation for at in starts])
        )

    @classmethod
    def find_piece(cls, part: Samples, whole: Samples, seconds: float = 0.5) -> Match:
        """The best match of any piece of `part`: a busy machine tears sounds that are played live
        apart, which is not what the scenario is about. Half a second of one voice is not found in
        another by more than 0.6; where less than 0.9 is asked for, whole seconds are safer."""
        length = round(seconds * RATE_HZ)
        starts = range(0, max(1, len(part) - length), length // 2)
        matches = [cls.find(part[at : at + length], whole) for at in starts]
        return max(matches, key=lambda match: match.correlation)
