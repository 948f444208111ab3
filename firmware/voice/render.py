"""The arithmetic of sound, in a process of its own: `python -m firmware.voice.render KIND`.

KIND is `speech` (reads a WAV file from standard input), `music` or `tone`; all write A-law at
8 kHz to standard output. A sound that cannot be used ends with exit code 3 and one sentence on
standard error. Runs at low priority: calls come first. Its shell is prompts.py.

Tests: tests/firmware/voice/test_prompts.py.
"""

from __future__ import annotations

import os
import sys
from array import array

from firmware.voice.level import levelled
from firmware.voice.music import fallback_tone, music
from firmware.voice.resample import to_8k
from firmware.voice.wave import BadSound, read_wav
from hal.switch.g711 import from_pcm16

BAD_SOUND = 3
"""Exit code: the sound, not we, is at fault."""


def to_alaw(samples: array[float]) -> bytes:
    """8 kHz samples as A-law octets, beyond full scale cut off."""
    pcm = array("h", (max(-32768, min(32767, round(value))) for value in samples))
    if sys.byteorder == "big":
        pcm.byteswap()
    return from_pcm16(pcm.tobytes())


def speech(wav: bytes) -> bytes:
    """A WAV file as the caller hears it; raise `BadSound`."""
    sound = read_wav(wav)
    return to_alaw(levelled(to_8k(sound.samples, sound.rate_hz)))


def main(arguments: list[str]) -> int:
    os.nice(10)
    try:
        match arguments:
            case ["speech"]:
                octets = speech(sys.stdin.buffer.read())
            case ["music"]:
                octets = to_alaw(music())
            case ["tone"]:
                octets = to_alaw(fallback_tone())
            case _:
                sys.stderr.write(f"{arguments}: expected speech, music or tone\n")
                return 2
    except BadSound as error:
        sys.stderr.write(f"{error}\n")
        return BAD_SOUND
    sys.stdout.buffer.write(octets)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
