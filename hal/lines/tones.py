"""Call-progress tones by frequency and cadence: dial, busy, congestion, ringback, SIT.

ITU-T E.180/Q.35 (03/98) says which tones there are and their tolerances; Supplement 2 to E.180
lists them by country (countries.py). A cadence counts when it was heard for whole cycles on end:
speech makes single tones, it does not repeat them. Tones may come in pieces (a segment that goes
on is reported again): pieces of the same frequency are put together.

`BusyLearner` watches for a repeated tone that no table knows: exchanges and PBXs at the other end
of a line play what they like when a caller hangs up.

Leaves out: measuring frequencies (the switch does). Pure: no I/O; the time is an argument.
Tests: tests/hal/lines/test_tones.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final


class ToneKind(Enum):
    """What a tone says."""

    DIAL = "dial tone"
    BUSY = "busy tone"
    CONGESTION = "congestion tone"
    RINGBACK = "ringback tone"
    SIT = "special information tone"
    LEARNED = "learned hang-up tone"


@dataclass(frozen=True, slots=True)
class Tone:
    """One tone of one country."""

    kind: ToneKind
    hz: tuple[int, ...]
    """One or two frequencies, ascending."""
    cadence_ms: tuple[int, ...] = ()
    """On, off, on, off ...; empty: continuous."""
    modulation_hz: int = 0
    """Amplitude modulation (South Africa 33 Hz): puts its sidebands this far off."""


@dataclass(frozen=True, slots=True)
class LearnedTone:
    """A hang-up tone found on a line: kept in the configuration."""

    f1_hz: int
    f2_hz: int
    on_ms: int
    off_ms: int
    seen: int = 1
    """How many calls ended with it."""

    def tone(self) -> Tone:
        """As a tone to watch for."""
        hz = (self.f1_hz, self.f2_hz) if self.f2_hz else (self.f1_hz,)
        return Tone(ToneKind.LEARNED, hz, (self.on_ms, self.off_ms))


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one sound; silence has both frequencies 0."""

    f1_hz: int
    f2_hz: int
    ms: int
    is_clear: bool = True
    """False: a pause that was not silent all the time (noise, an echo, somebody speaks)."""

    @property
    def is_tone(self) -> bool:
        return self.f1_hz > 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A tone was recognised. words: "busy tone for 2 cycles"."""

    kind: ToneKind
    words: str


HZ_TOLERANCE: Final = 0.04
LEAST_HZ_TOLERANCE: Final = 15
"""E.180 clause 4 allows the network 1 to 5 %; the switch measures to about 5 Hz."""
MS_TOLERANCE: Final = 0.12
LEAST_MS_TOLERANCE: Final = 45
"""E.180 clause 5: 10 %; the switch measures both edges to 20 ms."""
APART_HZ: Final = 60
"""Two tones nearer than this beat: the detector may see one tone between them."""
CYCLES: Final = 2
CONTINUOUS_MS: Final = 2500
"""Longer than any burst of ringback: in much of Europe both are 425 Hz."""
DIAL_TONE_MS: Final = 400
"""Enough before dialling, when nothing else can be expected; Italy's bursts are 600 ms."""
HOLE_S: Final = 0.06
"""Sound that is neither tone nor silence is not reported: a hole longer than this, beyond what
delivery takes, was such sound."""
MORE_CYCLES: Final = 1
"""Asked of a cadence whose pauses are not silent: the tone alone then has to be the proof. A line
with noise at -44 dBm0 or an echo of whoever still speaks on our side has no silent pauses."""
SIT_HZ: Final = (950, 1400, 1800)
"""E.180 clause 3.7: three tones in this order, 330 +- 70 ms each, 50 Hz either way."""
SIT_MS: Final = (220, 440)
SIT_HZ_TOLERANCE: Final = 50
KEPT: Final = 24


def near_ms(heard: int, nominal: int) -> bool:
    """Whether a duration is within the tolerance of a cadence."""
    return abs(heard - nominal) <= max(LEAST_MS_TOLERANCE, MS_TOLERANCE * nominal)


def near_hz(segment: Segment, tone: Tone) -> bool:
    """Whether the frequencies heard are those of a tone."""
    heard = sorted(hz for hz in (segment.f1_hz, segment.f2_hz) if hz)
    if not heard:
        return False
    spread = tone.modulation_hz + LEAST_HZ_TOLERANCE if tone.modulation_hz else 0
    low, high = tone.hz[0], tone.hz[-1]
    if high - low < APART_HZ:  # one tone, or two that beat: anything between them will do
        return low - _slack(low, spread) <= heard[0] and heard[-1] <= high + _slack(high, spread)
    return len(heard) == 2 and all(
        abs(hz - nominal) <= _slack(nominal, spread)
        for hz, nominal in zip(heard, tone.hz, strict=True)
    )


def _slack(hz: int, spread: int) -> float:
    return max(LEAST_HZ_TOLERANCE, HZ_TOLERANCE * hz, spread)


class _Tape:
    """The last tones and the pauses between them, pieces put together, holes noticed."""

    def __init__(self) -> None:
        self.segments: deque[Segment] = deque(maxlen=KEPT)
        self._tone_ended_at: float | None = None

    def add(self, segment: Segment, now: float) -> None:
        if segment.is_tone:
            self._measure_pause(now - segment.ms / 1000)
            self._tone_ended_at = now
        last = self.segments[-1] if self.segments else None
        if last is not None and _same_sound(last, segment):
            self.segments[-1] = replace(last, ms=last.ms + segment.ms)
        else:
            self.segments.append(segment)

    def _measure_pause(self, ended_at: float) -> None:
        """By the clock, if what was reported as silence since the last tone is not all of it."""
        if self._tone_ended_at is None:
            return
        last = self.segments[-1]
        silent_ms = 0 if last.is_tone else last.ms
        pause_ms = round((ended_at - self._tone_ended_at) * 1000)
        if pause_ms - silent_ms <= HOLE_S * 1000:
            return
        if not last.is_tone:
            self.segments.pop()
        self.segments.append(Segment(0, 0, pause_ms, is_clear=False))

    def clear(self) -> None:
        self.segments.clear()
        self._tone_ended_at = None


def _same_sound(a: Segment, b: Segment) -> bool:
    if a.is_tone != b.is_tone:
        return False
    return (
        abs(a.f1_hz - b.f1_hz) <= LEAST_HZ_TOLERANCE
        and abs(a.f2_hz - b.f2_hz) <= LEAST_HZ_TOLERANCE
    )


class ToneWatch:
    """Recognises a set of tones in the segments of one line."""

    def __init__(self, tones: Sequence[Tone]) -> None:
        self._tones = tuple(tones)
        self._tape = _Tape()

    def clear(self) -> None:
        """Forget what was heard: a new phase of the call begins."""
        self._tape.clear()

    def receive(self, segment: Segment, now: float) -> Heard | None:
        """Take the segment that just ended; what it completes, if anything."""
        self._tape.add(segment, now)
        if self._is_sit():
            return Heard(ToneKind.SIT, "special information tone")
        return next((heard for tone in self._tones if (heard := self._match(tone))), None)

    def _match(self, tone: Tone) -> Heard | None:
        if not tone.cadence_ms and self._is_continuous(tone):
            return Heard(tone.kind, f"{tone.kind.value} for {CONTINUOUS_MS / 1000:.1f} s")
        if tone.cadence_ms and self._has_cadence(tone, cycles := self._cycles(tone)):
            return Heard(tone.kind, _in_words(tone, cycles))
        if tone.kind is ToneKind.RINGBACK and self._is_ringback(tone):
            return Heard(tone.kind, tone.kind.value)
        return None

    def is_dial_tone(self, segment: Segment) -> bool:
        """Whether a segment can be dialled on. Only before dialling: later it may be ringback."""
        return segment.ms >= DIAL_TONE_MS and any(
            tone.kind is ToneKind.DIAL and near_hz(segment, tone) for tone in self._tones
        )

    def _is_ringback(self, tone: Tone) -> bool:
        """One burst is enough: it decides nothing but to wait longer, and people wait to hear."""
        last = self._tape.segments[-1]
        bursts_ms = tone.cadence_ms[::2]
        return near_hz(last, tone) and any(near_ms(last.ms, ms) for ms in bursts_ms)

    def _cycles(self, tone: Tone) -> int:
        """Two, or more where a longer cadence begins like this one (Spain: congestion is three
        bursts of busy tone, then a pause)."""
        longest = max(len(other.cadence_ms) for other in self._tones if other.hz == tone.hz)
        return max(CYCLES, longest // len(tone.cadence_ms))

    def _has_cadence(self, tone: Tone, cycles: int) -> bool:
        """Whole cycles on end, beginning anywhere in the cadence."""
        steps = len(tone.cadence_ms)
        length = cycles * steps
        last = list(self._tape.segments)[-length:]
        if not all(segment.is_clear for segment in last):
            length += MORE_CYCLES * steps
            last = list(self._tape.segments)[-length:]
        if len(last) < length:
            return False
        return any(
            all(_fits(segment, tone, (start + at) % steps) for at, segment in enumerate(last))
            for start in range(steps)
        )

    def _is_continuous(self, tone: Tone) -> bool:
        last = self._tape.segments[-1] if self._tape.segments else None
        return last is not None and last.ms >= CONTINUOUS_MS and near_hz(last, tone)

    def _is_sit(self) -> bool:
        last = list(self._tape.segments)[-6:]
        tones = [segment for segment in last if segment.is_tone][-3:]
        is_clear = all(segment.is_clear for segment in last[1:])
        return (
            len(tones) == 3
            and is_clear
            and all(
                abs(segment.f1_hz - hz) <= SIT_HZ_TOLERANCE
                and not segment.f2_hz
                and SIT_MS[0] <= segment.ms <= SIT_MS[1]
                for segment, hz in zip(tones, SIT_HZ, strict=True)
            )
        )


def _fits(segment: Segment, tone: Tone, step: int) -> bool:
    is_on = step % 2 == 0
    if segment.is_tone is not is_on or not near_ms(segment.ms, tone.cadence_ms[step]):
        return False
    return not is_on or near_hz(segment, tone)


def _in_words(tone: Tone, cycles: int) -> str:
    hz = "+".join(map(str, tone.hz))
    cadence = "/".join(map(str, tone.cadence_ms))
    return f"{tone.kind.value} for {cycles} cycles ({hz} Hz, {cadence} ms)"


LEARN_CYCLES: Final = 4
LEARN_MS: Final = (80, 1500)
"""On and off times of a tone that may mean a hang-up: ringback pauses longer."""
LEARN_SPREAD_MS: Final = 45


class BusyLearner:
    """Finds an on-off tone that repeats exactly, whatever its frequency."""

    def __init__(self) -> None:
        self._tape = _Tape()

    def clear(self) -> None:
        """Forget what was heard."""
        self._tape.clear()

    def receive(self, segment: Segment, now: float) -> LearnedTone | None:
        """Take the segment that just ended; the repeated tone, once it is certain."""
        self._tape.add(segment, now)
        last = list(self._tape.segments)[-2 * LEARN_CYCLES :]
        if len(last) < 2 * LEARN_CYCLES:
            return None
        if not all(item.is_clear for item in last):
            return None
        on = [item for item in last if item.is_tone]
        off = [item for item in last if not item.is_tone]
        if len(on) != len(off) or not (_is_even(on) and _is_even(off)):
            return None
        if not all(_same_sound(on[0], item) for item in on):
            return None
        return LearnedTone(on[0].f1_hz, on[0].f2_hz, _mean_ms(on), _mean_ms(off))


def _is_even(segments: Sequence[Segment]) -> bool:
    lengths = [item.ms for item in segments]
    return (
        LEARN_MS[0] <= min(lengths)
        and max(lengths) <= LEARN_MS[1]
        and max(lengths) - min(lengths) <= LEARN_SPREAD_MS
    )


def _mean_ms(segments: Sequence[Segment]) -> int:
    return round(sum(item.ms for item in segments) / len(segments))


def learn(known: Sequence[LearnedTone], found: LearnedTone) -> tuple[LearnedTone, ...]:
    """The known tones with one more sighting: merged with the one it equals."""
    for at, tone in enumerate(known):
        if _is_same_tone(tone, found):
            return (*known[:at], replace(tone, seen=tone.seen + 1), *known[at + 1 :])
    return (*known, found)


def _is_same_tone(a: LearnedTone, b: LearnedTone) -> bool:
    return (
        _same_sound(Segment(a.f1_hz, a.f2_hz, 0), Segment(b.f1_hz, b.f2_hz, 0))
        and near_ms(a.on_ms, b.on_ms)
        and near_ms(a.off_ms, b.off_ms)
    )
