"""What recording costs: CPU seconds of the recorder process per call-second.

Starts the real recorder, feeds it through the real shipper at the pace of live calls (200 ms
chunks of synthetic speech, both directions in turns) and reads the process's CPU time from
/proc. The shipper's own cost, which falls on the core's event loop, is shown beside it.

    python -m tools.bench.recorder --calls 10 30 60 --seconds 20
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware.call.ship import Done, Trouble
from firmware.call.ship_task import Shipper
from recorder.stream import OCTETS_PER_S

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_TURN_SAMPLES = 16_000  # each party speaks for two seconds


def alaw(value: int) -> int:
    """One 13-bit sample as A-law (ITU-T G.711, table 1a)."""
    sign, size = (0x80, value) if value >= 0 else (0, -value - 1)
    exponent = max(0, size.bit_length() - 5)
    mantissa = size >> max(1, exponent) & 15
    return (sign | min(exponent, 7) << 4 | mantissa) ^ 0x55


def conversation(seconds: int, seed: int) -> bytes:
    """Two voices in turns: gliding harmonics with syllables, and silence on the other side."""
    chance = random.Random(seed)
    octets = bytearray(b"\xd5" * (seconds * OCTETS_PER_S))
    phase, loud, pitch = 0.0, 0.0, 150.0
    for at in range(seconds * OCTETS_PER_S // 2):
        if at % 1_200 == 0:
            loud, pitch = chance.uniform(0, 500), chance.uniform(110, 220)
        phase += 2 * math.pi * pitch / 8_000
        value = sum(math.sin(k * phase) / k for k in (3, 4, 5, 7)) + chance.gauss(0, 0.05)
        octets[2 * at + at // _TURN_SAMPLES % 2] = alaw(int(loud * value))
    return bytes(octets)


class LiveTap:
    """A tap that fills at the pace of a call, from its own place in the conversation."""

    def __init__(self, octets: bytes, shift: int) -> None:
        self._octets, self._shift = octets, shift
        self._began = time.monotonic()
        self._at = 0

    def read(self, limit: int) -> tuple[int, bytes]:
        now = int((time.monotonic() - self._began) * OCTETS_PER_S) & ~1
        start = (self._at + self._shift) % len(self._octets)
        octets = self._octets[start : start + min(limit, now - self._at)]
        at, self._at = self._at, self._at + len(octets)
        return at, octets


@dataclass(frozen=True, slots=True)
class Cost:
    """One run."""

    calls: int
    format: str
    recorder_s: float
    """CPU seconds of the recorder per call-second."""
    shipper_s: float
    kilooctets_per_s: float
    missing_s: float


def cpu_s(pid: int) -> float:
    """User and system time of a process so far (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def start(socket: Path, shelf: Path, format_: str) -> subprocess.Popen[bytes]:
    """The recorder as on the box."""
    command = [sys.executable, "-m", "recorder", "--socket", str(socket), "--shelf", str(shelf)]
    return subprocess.Popen([*command, "--format", format_], stderr=subprocess.DEVNULL)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait up to 30 s for something another process does."""
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - no event of ours says when
            await asyncio.sleep(0.05)


async def run(calls: int, format_: str, seconds: float, speech: bytes, folder: Path) -> Cost:
    """Record `calls` calls at once for `seconds`."""
    socket, shelf = folder / "socket", folder / f"{format_}-{calls}"
    process = start(socket, shelf, format_)
    done: list[Done] = []
    troubles: list[Trouble] = []
    shipper = Shipper(socket, done.append, troubles.append)
    task = asyncio.create_task(shipper.run())
    try:
        await until(lambda: shipper.snapshot().is_connected)
        before, own_before, names = cpu_s(process.pid), time.process_time(), []
        for number in range(calls):
            names.append(f"{number:016x}")
            tap = LiveTap(speech, number * 7_777 * 2 % len(speech))
            shipper.open(names[-1], f"bench-{number}", "2026-01-01T00:00:00Z", {}, tap.read)
            await asyncio.sleep(1 / calls)
        await asyncio.sleep(seconds - 1)
        for name in names:
            shipper.close(name)
        await until(lambda: len(done) == calls)
        spent = cpu_s(process.pid) - before
        own = time.process_time() - own_before
    finally:
        task.cancel()
        process.terminate()
        process.wait(20)
    call_s = sum(one.duration_s for one in done)
    return Cost(
        calls,
        format_,
        spent / call_s,
        own / call_s,
        sum(one.octets for one in done) / call_s / 1_000,
        sum(one.missing_s for one in done),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU seconds of the recorder per call-second.")
    parser.add_argument("--calls", type=int, nargs="+", default=[10, 30, 60])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--format", nargs="+", default=["opus", "wav"])
    options = parser.parse_args()
    speech = conversation(20, seed=1)
    print("calls  format  recorder s/call-s  shipper s/call-s  kB per call-s  missing s")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for format_ in options.format:
            for calls in options.calls:
                cost = asyncio.run(run(calls, format_, options.seconds, speech, Path(folder)))
                print(
                    f"{cost.calls:5}  {cost.format:6}  {cost.recorder_s:17.5f}"
                    f"  {cost.shipper_s:16.5f}  {cost.kilooctets_per_s:13.2f}"
                    f"  {cost.missing_s:9.2f}"
                )


if __name__ == "__main__":
    main()
