"""WAV files, made here octet by octet and by another program (the standard library's `wave`)."""

from __future__ import annotations

import io
import struct
import wave
from typing import Any

import pytest

from firmware.voice.wave import BadSound, read_wav, write_alaw_wav


def wav(code: int, channels: int, rate: int, bits: int, data: bytes, extra: bytes = b"") -> bytes:
    """RIFF/WAVE by the book: fmt chunk of 16 octets, then data."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", code, channels, rate, rate * frame, frame, bits) + extra
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


DEPTHS: dict[str, tuple[int, int, bytes, list[float]]] = {
    "8 bit is unsigned": (1, 8, bytes([128, 255, 0]), [0, 32512, -32768]),
    "16 bit": (1, 16, struct.pack("<3h", 0, 32767, -32768), [0, 32767, -32768]),
    "24 bit": (1, 24, b"\x00\x00\x00\x00\xff\x7f\x00\x00\x80", [0, 32767, -32768]),
    "32 bit": (1, 32, struct.pack("<2i", 1 << 30, -(1 << 31)), [16384, -32768]),
    "float": (3, 32, struct.pack("<3f", 0.5, -1.0, float("nan")), [16384, -32768, 0]),
    # ITU-T G.711 table 1a: character 1 0000000 inverted even bits is the smallest positive value
    "A-law": (6, 8, bytes([0xD5, 0x55]), [8, -8]),
}


@pytest.mark.parametrize("depth", DEPTHS.values(), ids=DEPTHS.keys())
def test_every_depth(depth: Any) -> None:
    code, bits, data, expected = depth
    sound = read_wav(wav(code, 1, 16000, bits, data))
    assert sound.rate_hz == 16000
    assert list(sound.samples) == expected


def test_channels_are_mixed() -> None:
    sound = read_wav(wav(1, 2, 8000, 16, struct.pack("<4h", 100, 300, -50, 50)))
    assert list(sound.samples) == [200, 0]


def test_the_standard_librarys_files_are_read() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(22050)
        out.writeframes(struct.pack("<4h", 1, -2, 3, -4))
    assert list(read_wav(file.getvalue()).samples) == [1, -2, 3, -4]


def test_the_extensible_form() -> None:
    guid = b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
    extra = struct.pack("<HHI", 22, 16, 4) + guid
    sound = read_wav(wav(0xFFFE, 1, 8000, 16, struct.pack("<h", 7), extra))
    assert list(sound.samples) == [7]


def test_sizes_written_to_a_pipe_are_not_believed() -> None:
    data = bytearray(wav(1, 1, 8000, 16, struct.pack("<2h", 5, 6)))
    data[40:44] = b"\x00\xf0\xff\x7f"  # what espeak-ng writes
    assert list(read_wav(bytes(data)).samples) == [5, 6]


def test_other_chunks_are_passed_over() -> None:
    data = wav(1, 1, 8000, 16, struct.pack("<h", 9))
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert list(read_wav(data[:12] + odd + data[12:]).samples) == [9]


REFUSED: dict[str, tuple[bytes, str]] = {
    "an mp3": (b"ID3\x04" + bytes(40), r"begins with b'ID3\\x04': expected a WAV"),
    "nothing": (b"", "begins with b''"),
    "mp3 in a wav": (wav(85, 1, 8000, 16, b"xx"), "MP3: expected PCM"),
    "mu-law": (wav(7, 1, 8000, 8, b"xx"), "mu-law: expected PCM"),
    "12 bits": (wav(1, 1, 8000, 12, b"xx"), "12 bits of PCM: expected"),
    "no channels": (wav(1, 0, 8000, 16, b"xx"), "0 channels: expected 1 to 8"),
    "too slow": (wav(1, 1, 4000, 16, b"xx"), "4000 samples a second: expected 8000"),
    "too fast": (wav(1, 1, 400000, 16, b"xx"), "400000 samples a second"),
    "too long": (wav(1, 1, 8000, 8, bytes(8000 * 60 + 1)), "60.0 s long: expected at most 60"),
    "empty": (wav(1, 1, 8000, 16, b""), "is empty"),
    "half a sample": (wav(1, 1, 8000, 16, b"x"), "is empty"),
    "only a format": (wav(1, 1, 8000, 16, b"")[:36], "expected a 'data' chunk"),
    "short format": (b"RIFF0000WAVEfmt \x04\0\0\0abcd", "format of 4 octets"),
    "data first": (b"RIFF0000WAVEdata\x02\0\0\0ab", "expected a 'fmt ' chunk first"),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_used_is_named(refused: tuple[bytes, str]) -> None:
    data, says = refused
    with pytest.raises(BadSound, match=says):
        read_wav(data)


@pytest.mark.parametrize("cut", range(0, 46, 3))
def test_a_cut_file_never_surprises(cut: int) -> None:
    data = wav(1, 1, 8000, 16, b"xy")
    with pytest.raises(BadSound):
        read_wav(data[: min(cut, 44)])


def test_an_alaw_file_is_read_back() -> None:
    data = write_alaw_wav(b"\xd5\x55\xd5")
    assert len(data) % 2 == 0
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert list(read_wav(data).samples) == [8, -8, 8]
