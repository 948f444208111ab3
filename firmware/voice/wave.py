"""WAV files in, A-law WAV out (RIFF/WAVE: Microsoft/IBM 1991; extensible form: Microsoft 2001).

Pure. Reads PCM of 8, 16, 24 or 32 bits, 32-bit float, A-law; any channel count up to eight (mixed
to one), any rate from 8 to 192 kHz, up to 60 s. Everything else is refused with the value found
and what was expected. Sizes in the header are not believed: programs that write to a pipe put
too large ones, so what is there counts.

Leaves out: compressed formats, cue points. Tests: tests/firmware/voice/test_wave.py.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from typing import Final

from hal.switch.g711 import to_pcm16

MAX_S: Final = 60
MIN_RATE_HZ: Final = 8_000
MAX_RATE_HZ: Final = 192_000
MAX_CHANNELS: Final = 8
_PCM, _FLOAT, _ALAW, _EXTENSIBLE = 1, 3, 6, 0xFFFE
_NAMES: Final = {
    2: "Microsoft ADPCM",
    7: "mu-law",
    17: "IMA ADPCM",
    80: "MPEG",
    85: "MP3",
    255: "AAC",
}


class BadSound(ValueError):
    """A sound that cannot be used; the text says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One channel of samples, full scale ±32768."""

    rate_hz: int
    samples: array[float]


@dataclass(frozen=True, slots=True)
class _Format:
    code: int
    channels: int
    rate_hz: int
    bits: int


def read_wav(data: bytes) -> Sound:
    """The sound in a WAV file, mixed to one channel; raise `BadSound`."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadSound(f"begins with {data[:4]!r}: expected a WAV file (RIFF ... WAVE)")
    form: _Format | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            form = _format(body)
        elif name == b"data":
            if form is None:
                raise BadSound("the data come before the format: expected a 'fmt ' chunk first")
            return Sound(form.rate_hz, _mixed(form, body))
        at += 8 + size + size % 2
    raise BadSound("has no sound in it: expected a 'data' chunk")


def write_alaw_wav(alaw: bytes) -> bytes:
    """A-law at 8 kHz as a WAV file."""
    head = struct.pack("<HHIIHHH", _ALAW, 1, 8000, 8000, 1, 8, 0)
    fact = struct.pack("<I", len(alaw))
    padding = b"\0" * (len(alaw) % 2)
    chunks = b"WAVE" + b"".join(
        name + struct.pack("<I", len(body)) + body
        for name, body in ((b"fmt ", head), (b"fact", fact), (b"data", alaw))
    )
    return b"RIFF" + struct.pack("<I", len(chunks) + len(padding)) + chunks + padding


def _format(body: bytes) -> _Format:
    if len(body) < 16:
        raise BadSound(f"format of {len(body)} octets: expected 16 or more")
    code, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if code == _EXTENSIBLE and len(body) >= 26:
        code = int.from_bytes(body[24:26], "little")  # first two octets of the sub-format GUID
    if not 1 <= channels <= MAX_CHANNELS:
        raise BadSound(f"{channels} channels: expected 1 to {MAX_CHANNELS}")
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise BadSound(f"{rate_hz} samples a second: expected {MIN_RATE_HZ} to {MAX_RATE_HZ}")
    if (code, bits) not in {
        (_PCM, 8),
        (_PCM, 16),
        (_PCM, 24),
        (_PCM, 32),
        (_FLOAT, 32),
        (_ALAW, 8),
    }:
        name = _NAMES.get(code, f"format {code}")
        kind = "PCM" if code == _PCM else name
        raise BadSound(f"{bits} bits of {kind}: expected PCM of 8, 16, 24 or 32 bits")
    return _Format(code, channels, rate_hz, bits)


def _mixed(form: _Format, body: bytes) -> array[float]:
    frame = form.channels * form.bits // 8
    frames = len(body) // frame
    if frames == 0:
        raise BadSound("is empty: expected some sound")
    if frames > MAX_S * form.rate_hz:
        raise BadSound(f"{frames / form.rate_hz:.1f} s long: expected at most {MAX_S} s")
    samples = _samples(form, body[: frames * frame])
    if form.channels == 1:
        return array("d", samples)
    columns = [samples[channel :: form.channels] for channel in range(form.channels)]
    return array("d", (sum(frame) / form.channels for frame in zip(*columns, strict=True)))


def _samples(form: _Format, body: bytes) -> array[float] | array[int] | list[float]:
    match form.code, form.bits:
        case _, 8 if form.code == _ALAW:
            return _native("h", to_pcm16(body))
        case _, 8:
            return [(octet - 128) * 256.0 for octet in body]  # 8-bit PCM is unsigned
        case _, 16:
            return _native("h", body)
        case _, 24:
            padded = bytearray(len(body) // 3 * 4)
            for place in range(3):
                padded[place + 1 :: 4] = body[place::3]
            return [value / 65536 for value in _native("i", bytes(padded))]
        case _ if form.code == _FLOAT:
            return [_finite(value) * 32768 for value in _native("f", body)]
        case _:
            return [value / 65536 for value in _native("i", body)]


def _native(code: str, body: bytes) -> array[int] | array[float]:
    values: array[int] | array[float] = array(code, body)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _finite(value: float) -> float:
    return value if -2.0 <= value <= 2.0 else 0.0  # NaN and infinity compare false
