"""Benchmark of the switch: forwarded and recorded two-leg calls beside a bare relay, in one run.

    python -m tools.bench.media [--calls 10,30,60,120] [--seconds 10] [--no-taps]

For each number of calls the same load (hal/switch/bench/blast.c: two streams of 50 packets a
second per call, send time in the payload) goes first through hal/switch/bench/relay.c, then
through the real switch in a process of its own, every call tapped and read each 200 ms. Prints
CPU seconds per call-second of each, their ratio, late ticks, one-way delay and loss.
Switch and relay run on one core, the load on another where there is one.

Leaves out the recorder: `serve()` takes a `ship` function that gets every chunk of every tap.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hal.switch.face import Codec, TapId
from hal.switch.switch import Switch

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = ROOT / "hal/switch/bench"
TAP_PERIOD_S: Final = 0.2
TAP_LIMIT: Final = 32_000
Ship = Callable[[TapId, int, bytes], None]
"""Called with tap, stream offset and interleaved A-law."""


@dataclass(frozen=True, slots=True)
class Load:
    """What blast saw."""

    sent: int
    received: int
    p50_us: int
    p99_us: int
    max_us: int

    @property
    def lost_percent(self) -> float:
        return 100 * (self.sent - self.received) / max(self.sent, 1)


@dataclass(frozen=True, slots=True)
class Result:
    """One number of calls: the relay's load and CPU, the switch's, and its ticks."""

    calls: int
    seconds: int
    relay: Load
    relay_cpu_s: float
    switch: Load
    switch_cpu_s: float
    ticks: int
    late_ticks: int
    worst_tick_us: int
    tap_octets: int


def nothing_shipped(tap: TapId, offset: int, octets: bytes) -> None:
    """The recorder's place, empty."""


async def serve(calls: int, with_taps: bool, ship: Ship) -> None:
    """The process under test: talks to its parent by lines on stdin and stdout."""
    switch = Switch()
    switch.start()
    legs = [switch.open_rtp("127.0.0.1") for _ in range(2 * calls)]
    print(*(udp for _, udp in legs), flush=True)
    peers = [int(word) for word in sys.stdin.readline().split()]
    for (port, _), peer in zip(legs, peers, strict=True):
        switch.set_rtp(port, "127.0.0.1", peer, Codec.PCMA, 101)
    taps = []
    for (one, _), (other, _) in zip(legs[0::2], legs[1::2], strict=True):
        switch.hear(one, other)
        switch.hear(other, one)
        if with_taps:
            taps.append(switch.open_tap(one))
    print("ready", flush=True)
    before = resource.getrusage(resource.RUSAGE_SELF)
    octets = await _read_until_told(switch, taps, ship)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seen = switch.snapshot()
    print(cpu_s, seen.ticks, seen.late_ticks, seen.worst_tick_us, octets, flush=True)
    switch.shut_down()


async def _read_until_told(switch: Switch, taps: list[TapId], ship: Ship) -> int:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), told.set)
    octets = 0
    while not told.is_set():
        try:
            async with asyncio.timeout(TAP_PERIOD_S):
                await told.wait()
        except TimeoutError:
            for tap in taps:
                offset, chunk = switch.read_tap(tap, TAP_LIMIT)
                ship(tap, offset, chunk)
                octets += len(chunk)
    loop.remove_reader(sys.stdin.fileno())
    return octets


def compile_programs(to: Path) -> None:
    """Build relay and blast."""
    for name in ("relay", "blast"):
        source = SOURCES / f"{name}.c"
        flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["gcc", *flags, source, "-o", to / name, "-lpthread"], check=True)


def _pin(core: int) -> Callable[[], None]:
    cores = sorted(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, {cores[core % len(cores)]})


@contextmanager
def _child(core: int, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A program with pipes, pinned; killed if it is still there at the end."""
    with subprocess.Popen(
        [str(word) for word in words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=ROOT,
        preexec_fn=_pin(core),  # the parent has no threads
    ) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def _line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    if line := child.stdout.readline():
        return line.strip()
    raise SystemExit(f"{child.args!r} ended before it answered")


def _tell(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()


@contextmanager
def _blast(programs: Path, seconds: int, ports: list[str]) -> Iterator[subprocess.Popen[str]]:
    with _child(1, programs / "blast", str(seconds), *ports) as blast:
        yield blast


def _run_blast(blast: subprocess.Popen[str]) -> Load:
    _tell(blast, "go")
    words = _line(blast).split()
    found = {name: int(value) for name, value in zip(words[0::2], words[1::2], strict=True)}
    del found["lost"]
    return Load(**found)


def through_relay(programs: Path, calls: int, seconds: int) -> tuple[Load, float]:
    """The load through the relay, and the relay's CPU seconds."""
    with _child(0, programs / "relay", str(calls)) as relay:
        ports = [_line(relay) for _ in range(2 * calls)]
        with _blast(programs, seconds, ports) as blast:
            for _ in ports:
                _line(blast)
            load = _run_blast(blast)
        _tell(relay, "end")
        return load, float(_line(relay).split()[1])


def measure(programs: Path, calls: int, seconds: int, with_taps: bool) -> Result:
    """Both, one after the other."""
    relay_load, relay_cpu_s = through_relay(programs, calls, seconds)
    words = [sys.executable, "-m", "tools.bench.media", "--serve", str(calls)]
    with _child(0, *words, *([] if with_taps else ["--no-taps"])) as server:
        ports = _line(server).split()
        with _blast(programs, seconds, ports) as blast:
            _tell(server, " ".join(_line(blast) for _ in ports))
            _line(server)
            load = _run_blast(blast)
        _tell(server, "end")
        cpu_s, ticks, late, worst, octets = _line(server).split()
    return Result(
        calls,
        seconds,
        relay_load,
        relay_cpu_s,
        load,
        float(cpu_s),
        int(ticks),
        int(late),
        int(worst),
        int(octets),
    )


def table(results: list[Result]) -> str:
    """Results as a Markdown table."""
    rows = [
        "| calls | relay CPU | switch CPU | ratio | late ticks | worst tick | "
        "relay p50/p99 | switch p50/p99 | lost |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        per = r.calls * r.seconds
        rows.append(
            f"| {r.calls} | {r.relay_cpu_s / per:.5f} | {r.switch_cpu_s / per:.5f} "
            f"| {r.switch_cpu_s / max(r.relay_cpu_s, 1e-9):.2f} | {r.late_ticks}/{r.ticks} "
            f"| {r.worst_tick_us} us | {r.relay.p50_us}/{r.relay.p99_us} us "
            f"| {r.switch.p50_us}/{r.switch.p99_us} us | {r.switch.lost_percent:.3f} % |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmark the switch beside a bare relay.")
    parser.add_argument("--calls", default="10,30,60,120", help="numbers of calls, at most 128")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--no-taps", action="store_true", help="forward only")
    parser.add_argument("--serve", type=int, metavar="CALLS", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(serve(chosen.serve, not chosen.no_taps, nothing_shipped))
        return
    print("CPU in seconds per call-second; delays one way.")
    with tempfile.TemporaryDirectory() as work:
        compile_programs(Path(work))
        counts = [int(word) for word in chosen.calls.split(",")]
        results = [measure(Path(work), n, chosen.seconds, not chosen.no_taps) for n in counts]
    print(table(results))


if __name__ == "__main__":
    main()
