"""The arithmetic of sound, in a process of its own: `python -m firmware.voice.render KIND`.

KIND is `speech` (reads a WAV file from standard input), `sentences` (many of them, each behind its
length in four octets, big-endian; writes in the same form, an empty one for a sound that cannot be
used), `music` or `tone`; all write A-law at 8 kHz to standard output. A sound that cannot be used
ends with exit code 3 and one sentence on standard error. Its shell, prompts.py, gives it a low
priority: calls come first.

Tests: tests/firmware/voice/test_prompts.py.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable

from firmware.voice.level import levelled
from firmware.voice.music import fallback_tone, music
from firmware.voice.wave import BadSound, read_wav
from hal.switch.resample import to_8k, to_alaw

BAD_SOUND = 3
"""Exit code: the sound, not we, is at fault."""


def speech(wav: bytes) -> bytes:
    """A WAV file as the caller hears it; raise `BadSound`."""
    sound = read_wav(wav)
    return to_alaw(levelled(to_8k(sound.samples, sound.rate_hz)))


def framed(parts: Iterable[bytes]) -> bytes:
    """Each part behind its length."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def unframed(octets: bytes) -> list[bytes]:
    """The parts again; what is cut off at the end is left out."""
    parts, at = [], 0
    while at + 4 <= len(octets):
        (length,) = struct.unpack_from(">I", octets, at)
        if at + 4 + length > len(octets):
            break
        parts.append(octets[at + 4 : at + 4 + length])
        at += 4 + length
    return parts


def _if_good(wav: bytes) -> bytes:
    try:
        return speech(wav)
    except BadSound:
        return b""


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["speech"]:
                octets = speech(sys.stdin.buffer.read())
            case ["sentences"]:
                octets = framed(map(_if_good, unframed(sys.stdin.buffer.read())))
            case ["music"]:
                octets = to_alaw(music())
            case ["tone"]:
                octets = to_alaw(fallback_tone())
            case _:
                sys.stderr.write(f"{arguments}: expected speech, sentences, music or tone\n")
                return 2
    except BadSound as error:
        sys.stderr.write(f"{error}\n")
        return BAD_SOUND
    sys.stdout.buffer.write(octets)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
