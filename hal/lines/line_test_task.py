"""A technician's tests of one line: takes it, listens or plays, and says what was found.

`tone`: off hook, frequency and level of the dial tone. `level`: a 1004 Hz tone at -10 dBm0 (not
1000 Hz, of which 8000 Hz sampling sees only eight values: ITU-T O.6) behind one digit,
which silences dial tone; reports echo return loss and noise. `ring`: says what the last ring was,
since a box cannot ring its own line.

Tests: tests/hal/lines/test_line_test_task.py.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from hal.leg import PortId
from hal.lines.errors import TestRefused
from hal.lines.messages import Effect
from hal.lines.supervisor import Supervisor
from hal.lines.tones import Segment
from hal.switch.face import AudioSwitch
from hal.switch.g711 import compress

TONE_S: Final = 4.0
QUIET_S: Final = 1.5
"""After the digit, before the noise is read."""
PLAY_S: Final = 1.0
TEST_HZ: Final = 1004
TEST_DBM0: Final = -10.0
FULL_SCALE_DBM0: Final = 3.14
"""A full-scale sine in A-law (ITU-T G.711 clause 5)."""
BREAK_DIGIT: Final = "1"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a test found."""

    __test__ = False

    line: int
    kind: str
    is_good: bool
    words: str
    figures: Mapping[str, float] = field(default_factory=dict)
    """By name with unit: `f1_hz`, `level_dbm0`, `erl_db`, `noise_dbm0`."""


class TestBench:
    """What a test hears, and how it is told to stop."""

    __test__ = False

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._aborted = asyncio.Event()
        self._why = ""

    def hear(self, segment: Segment) -> None:
        self.segments.append(segment)

    def abort(self, why: str) -> None:
        self._why = why
        self._aborted.set()

    async def wait(self, s: float) -> None:
        """Let time pass; `TestRefused` if the test was aborted meanwhile."""
        try:
            async with asyncio.timeout(s):
                await self._aborted.wait()
        except TimeoutError:
            return
        raise TestRefused(self._why)


class Tested(Protocol):
    """What a test needs of a line."""

    number: int
    port: PortId
    bench: TestBench | None
    supervisor: Supervisor

    def do(self, ask: Callable[[float], list[Effect]]) -> None: ...


async def run_test(line: Tested, switch: AudioSwitch, kind: str, now: float) -> TestResult:
    """Do one test. The line must be free."""
    if kind == "ring":
        return _ring(line, now)
    measure = {"tone": _tone, "level": _level}.get(kind)
    if measure is None:
        raise TestRefused(f"test {kind!r}: expected ring, tone or level")
    line.bench = bench = TestBench()
    line.do(line.supervisor.begin_test)
    try:
        return await measure(line, switch, bench)
    finally:
        line.bench = None
        line.do(line.supervisor.end_test)


def _ring(line: Tested, now: float) -> TestResult:
    rang_at = line.supervisor.status().last_ring_at
    if rang_at is None:
        words = "it has not rung since the box started: call it from another telephone"
        return TestResult(line.number, "ring", False, words)
    ago_s = now - rang_at
    words = f"it last rang {ago_s:.0f} s ago; to test, call it from another telephone"
    return TestResult(line.number, "ring", True, words, {"ago_s": ago_s})


async def _tone(line: Tested, switch: AudioSwitch, bench: TestBench) -> TestResult:
    await bench.wait(TONE_S)
    milliamps = line.supervisor.status().milliamps
    level = _level_in(switch, line.port)
    tones = [segment for segment in bench.segments if segment.is_tone]
    figures = {"milliamps": milliamps, "level_dbm0": level}
    if not tones:
        words = f"no steady tone in {TONE_S:.0f} s; {milliamps:.0f} mA, {level:.0f} dBm0"
        return TestResult(line.number, "tone", False, words, figures)
    longest = max(tones, key=lambda segment: segment.ms)
    hz = "+".join(str(hz) for hz in (longest.f1_hz, longest.f2_hz) if hz)
    words = f"{hz} Hz at {level:.0f} dBm0, {milliamps:.0f} mA"
    figures |= {"f1_hz": longest.f1_hz, "f2_hz": longest.f2_hz}
    return TestResult(line.number, "tone", True, words, figures)


async def _level(line: Tested, switch: AudioSwitch, bench: TestBench) -> TestResult:
    switch.send_digits(line.port, BREAK_DIGIT)
    await bench.wait(QUIET_S)
    noise = _level_in(switch, line.port)
    sound = switch.load(steady_tone())
    try:
        switch.play(line.port, sound, loop=True)
        await bench.wait(PLAY_S)
        erl = TEST_DBM0 - _level_in(switch, line.port)
    finally:
        switch.stop(line.port)
        switch.unload(sound)
    words = f"echo return loss {erl:.0f} dB, noise {noise:.0f} dBm0"
    figures = {"erl_db": erl, "noise_dbm0": noise}
    return TestResult(line.number, "level", erl >= LEAST_ERL_DB, words, figures)


LEAST_ERL_DB: Final = 6.0
"""ITU-T G.168 clause 3: an echo canceller counts on at least 6 dB from the hybrid."""


def _level_in(switch: AudioSwitch, port: PortId) -> float:
    for counters in switch.snapshot().ports:
        if counters.port == port:
            return counters.level_in_dbm0
    raise TestRefused(f"port {port} is not in the switch: the line has no timeslot")


def steady_tone() -> bytes:
    """One second of the tone, to be looped: 1004 whole periods, so the seam is smooth."""
    peak = 32767 * 10 ** ((TEST_DBM0 - FULL_SCALE_DBM0) / 20)
    step = 2 * math.pi * TEST_HZ / 8000
    return bytes(compress(round(peak * math.sin(step * n))) for n in range(8000))
