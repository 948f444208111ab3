"""Network tones: the cadence notation of tone zone tables, and a generator for it.

Pure. The notation is that of the DAHDI tone zone library: `[!]f1[+f2|*f2][/ms]` separated by
commas; `+` adds a second frequency, `*` modulates the first by the second, `@` marks the quieter
bursts of Australia's congestion tone (taken as 10 dB down), no time means for
ever, and after the last part it goes on with the first one that has no `!`.
Left out: `-` sweeps, which no country's table uses. Tests: tests/tools/exchange/test_tones.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from tools.exchange.errors import BadRequest
from tools.exchange.g711 import BLOCK, RATE_HZ, Samples, factor, peak_of

LEVEL_DBM0: Final = -10.0
"""Total level of a tone, within the -10 +-5 dBm0 of ITU-T E.180 clause 5 at the exchange."""
MODULATION_DEPTH: Final = 0.9
QUIETER_DB: Final = -10.0
_PART: Final = re.compile(r"(!?)(\d{1,4})(?:([+*])(\d{1,4}))?(@?)(?:/(\d{1,6}))?")


class Source(Protocol):
    """Something that can be heard: gives one block at a time."""

    def take(self) -> Samples | None:
        """The next 10 ms, or None when it is over."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One steady stretch of a cadence. Frequency 0 is silence; ms 0 is for ever."""

    f1_hz: int
    f2_hz: int
    modulates: bool
    ms: int
    once: bool
    level_db: float = 0.0


def parse_cadence(text: str) -> tuple[Part, ...]:
    """Read the notation; `BadRequest` names the part that is wrong."""
    parts = []
    for piece in text.split(","):
        found = _PART.fullmatch(piece.strip())
        if found is None:
            raise BadRequest(f"tone part {piece!r}: expected [!]hz[+hz|*hz][/ms], e.g. 400*33/500")
        once, f1, joint, f2, quiet, ms = found.groups()
        level_db = QUIETER_DB if quiet else 0.0
        parts.append(Part(int(f1), int(f2 or 0), joint == "*", int(ms or 0), bool(once), level_db))
    return tuple(parts)


class Tone:
    """A cadence being played, for ever or until its last part if all are marked `!`."""

    def __init__(self, parts: tuple[Part, ...], level_dbm0: float = LEVEL_DBM0) -> None:
        self._parts = parts
        self._peak = peak_of(level_dbm0)
        again = [i for i, part in enumerate(parts) if not part.once]
        self._again = again[0] if again else len(parts)
        self._index = 0
        self._at = 0  # samples into the part

    def take(self) -> Samples | None:
        if self._index >= len(self._parts):
            return None
        block = np.zeros(BLOCK, np.float32)
        done = 0
        while done < BLOCK and self._index < len(self._parts):
            part = self._parts[self._index]
            left = part.ms * RATE_HZ // 1000 - self._at if part.ms else BLOCK
            count = min(BLOCK - done, left)
            if part.f1_hz:
                block[done : done + count] = self._wave(part, count) * np.float32(
                    factor(part.level_db)
                )
            done += count
            self._step(part, count)
        return block

    def _step(self, part: Part, count: int) -> None:
        self._at += count
        if part.ms and self._at >= part.ms * RATE_HZ // 1000:
            self._at = 0
            self._index += 1
            if self._index == len(self._parts):
                self._index = self._again

    def _wave(self, part: Part, count: int) -> Samples:
        turn = 2 * np.pi * np.arange(self._at, self._at + count) / RATE_HZ
        first = np.sin(turn * part.f1_hz)
        if not part.f2_hz:
            return (self._peak * first).astype(np.float32)
        second = np.sin(turn * part.f2_hz)
        if part.modulates:
            # the power of a modulated sine is that of the carrier times 1 + depth^2 / 2
            peak = self._peak / np.sqrt(1 + MODULATION_DEPTH**2 / 2)
            return np.asarray(peak * first * (1 + MODULATION_DEPTH * second), np.float32)
        return np.asarray(self._peak / np.sqrt(2) * (first + second), np.float32)


class Clip:
    """Recorded audio, played `repeat` times (None: for ever) with pauses between."""

    def __init__(self, samples: Samples, repeat: int | None = 1, pause_s: float = 1.0) -> None:
        pad = -samples.size % BLOCK
        self._samples = np.concatenate([samples, np.zeros(pad, np.float32)]).astype(np.float32)
        self._pause = np.zeros(BLOCK, np.float32)
        self._pause_blocks = round(pause_s * RATE_HZ / BLOCK)
        self._blocks = self._samples.size // BLOCK
        self._repeat = repeat
        self._at = 0
        self.played = 0
        """Times it was heard to its end."""

    def take(self) -> Samples | None:
        if not self._blocks or (self._repeat is not None and self.played >= self._repeat):
            return None
        at = self._at
        self._at += 1
        if self._at == self._blocks:
            self.played += 1
        if self._at >= self._blocks + self._pause_blocks:
            self._at = 0
        return self._samples[at * BLOCK : (at + 1) * BLOCK] if at < self._blocks else self._pause
