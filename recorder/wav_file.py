"""RIFF WAVE with A-law (format tag 6), two channels, 8 kHz: for those who ask for it.

Pure. While it grows the lengths in the header say "unknown, to the end of the file" (0xFFFFFFFF,
as streaming writers do: ffmpeg and sox play it); the end writes the true ones over them. Source:
Multimedia Programming Interface and Data Specifications 1.0; format 6 needs cbSize and `fact`.
Tests: tests/recorder/test_wav_file.py.
"""

from __future__ import annotations

import mmap
import struct
from typing import Final

_ALAW: Final = 6
_RATE_HZ: Final = 8_000
_CHANNELS: Final = 2
_UNKNOWN: Final = 0xFFFFFFFF
_HEAD: Final = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")


def wav_head(data_octets: int | None) -> bytes:
    """RIFF, fmt, fact and data chunk headers; None: length not known yet."""
    known = data_octets is not None and data_octets + _HEAD.size < _UNKNOWN
    data = data_octets if known and data_octets is not None else _UNKNOWN
    riff = data + _HEAD.size - 8 if known else _UNKNOWN
    samples = data // _CHANNELS if known else _UNKNOWN
    # fmt: tag, channels, samples/s, octets/s, octets per frame, bits per sample, cbSize
    rates = (_RATE_HZ, _RATE_HZ * _CHANNELS, _CHANNELS, 8, 0)
    form = (b"RIFF", riff, b"WAVE", b"fmt ", 18, _ALAW, _CHANNELS, *rates)
    return _HEAD.pack(*form, b"fact", 4, samples, b"data", data)


class WavFile:
    """See recorder.container.Container."""

    def __init__(self, data_octets: int = 0) -> None:
        self._data_octets = data_octets

    @property
    def kept(self) -> int:
        return self._data_octets

    @property
    def duration_s(self) -> float:
        return self._data_octets / _CHANNELS / _RATE_HZ

    def head(self) -> bytes:
        return wav_head(None)

    def feed(self, octets: bytes) -> bytes:
        self._data_octets += len(octets)
        return octets

    def flush(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        return b""

    def final_head(self) -> bytes:
        return wav_head(self._data_octets)


def resume(data: bytes | mmap.mmap) -> tuple[WavFile, int] | None:
    """Go on after the last whole pair of samples."""
    if len(data) < _HEAD.size or data[: _HEAD.size][8:16] != b"WAVEfmt ":
        return None
    octets = (len(data) - _HEAD.size) // _CHANNELS * _CHANNELS
    return WavFile(octets), _HEAD.size + octets
