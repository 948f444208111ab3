"""Sound files: WAV in at any rate, WAV out at 8 kHz, and a voice for those who bring no file.

Reads and writes files, so it is called in a thread; no loop, no sockets. Left out: compressed
WAV (A-law, ADPCM) and every other container. Tests: tests/tools/exchange/test_sound.py.
"""

from __future__ import annotations

import os
import wave
from pathlib import Path
from typing import Final

import numpy as np

from tools.exchange.errors import BadSound
from tools.exchange.g711 import RATE_HZ, Samples, factor, level_dbm0

MAX_S: Final = 600
VOICE_DBM0: Final = -18.0
"""Active speech level of the built-in voice, about what ITU-T P.56 measures on real lines."""


def read(path: str) -> Samples:
    """The file as 8 kHz mono; `BadSound` says what is wrong with it."""
    try:
        with wave.open(path, "rb") as file:
            if file.getnframes() > MAX_S * file.getframerate():
                raise BadSound(f"sound {path!r} is longer than {MAX_S} s")
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            octets = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise BadSound(f"sound {path!r} cannot be read: {error}; expected a PCM WAV") from None
    frames = octets[: len(octets) // (width * channels) * width * channels]
    mono = _unpack(frames, width).reshape(-1, channels).mean(axis=1)
    return resample(mono.astype(np.float32), rate)


def _unpack(octets: bytes, width: int) -> Samples:
    if width == 1:  # WAV keeps 8-bit audio unsigned
        return (np.frombuffer(octets, np.uint8).astype(np.float32) - 128) * 256
    if width == 2:
        return np.frombuffer(octets, "<i2").astype(np.float32)
    if width == 4:
        return (np.frombuffer(octets, "<i4") / 65536).astype(np.float32)
    three = np.frombuffer(octets, np.uint8).reshape(-1, 3)
    return three[:, 1:].copy().view("<i2").reshape(-1).astype(np.float32)


def resample(samples: Samples, rate_hz: int) -> Samples:
    """To 8 kHz by way of the spectrum: cut it or extend it, and go back."""
    if rate_hz == RATE_HZ or not samples.size:
        return samples
    count = max(1, round(samples.size * RATE_HZ / rate_hz))
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, spectrum.dtype)
    share = min(kept.size, spectrum.size)
    kept[:share] = spectrum[:share]
    return (np.fft.irfft(kept, count) * (count / samples.size)).astype(np.float32)


def write(path: str, samples: Samples) -> None:
    """Write 16-bit mono beside the target, then put it in place: never half a file."""
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            out.writeframes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BadSound(f"recording {path!r} cannot be written: {error}") from None


def babble(seconds: float = 3.0, pitch_hz: float = 120.0) -> Samples:
    """Something with the rhythm and the spectrum of a voice: syllables of a buzzing vowel."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    bend = pitch_hz * (time_s + 0.03 * np.sin(2 * np.pi * 0.7 * time_s))
    formant = 600 + 300 * np.sin(2 * np.pi * 1.3 * time_s)
    wave_ = sum(
        np.exp(-(((n * pitch_hz - formant) / 500) ** 2)) * np.sin(2 * np.pi * n * bend)
        for n in range(1, 25)
    )
    syllables = np.clip(np.sin(2 * np.pi * 2.1 * time_s) * 2, 0, 1)
    voice = np.asarray(wave_ * syllables, np.float32)
    return voice * np.float32(factor(VOICE_DBM0 - level_dbm0(voice)))
