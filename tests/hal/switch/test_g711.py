"""A-law conversion against G.711's own values and against two other implementations."""

from __future__ import annotations

import subprocess
import warnings
from array import array

import pytest

from hal.switch import g711


@pytest.mark.parametrize(
    ("octet", "sample"),
    # ITU-T G.711 table 1a: first and last decoder outputs (x 8 for 16 bit), even bits inverted
    [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0xC5, 264), (0xDA, 248)],
)
def test_published_values(octet: int, sample: int) -> None:
    assert g711.to_pcm16(bytes([octet])) == sample.to_bytes(2, "little", signed=True)
    assert g711.from_pcm16(sample.to_bytes(2, "little", signed=True)) == bytes([octet])


def test_every_octet_comes_back() -> None:
    every = bytes(range(256))
    assert g711.from_pcm16(g711.to_pcm16(every)) == every


def _ffmpeg(data: bytes, *words: str) -> bytes:
    command = ["ffmpeg", "-loglevel", "error", *words, "-"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def test_every_octet_expands_as_in_ffmpeg() -> None:
    every = bytes(range(256))
    words = ["-f", "alaw", "-ar", "8000", "-i", "-", "-f", "s16le"]
    assert g711.to_pcm16(every) == _ffmpeg(every, *words)


def test_every_sample_compresses_as_in_audioop() -> None:
    """Sun's g711.c, by way of Python's former standard library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop")
    samples = array("h", range(-32768, 32768)).tobytes()
    assert g711.from_pcm16(samples) == audioop.lin2alaw(samples, 2)


def test_odd_octets_are_refused() -> None:
    with pytest.raises(ValueError, match="3 octets"):
        g711.from_pcm16(b"\0\0\0")
