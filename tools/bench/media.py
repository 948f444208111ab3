"""What calls in progress cost: the switch and the recorder beside a bare relay, in one run.

The same load (hal/switch/bench/blast.c: two streams of 50 packets a second per call, speech in
turns) goes through hal/switch/bench/relay.c, the least a relay can do, then through the real
switch in a process of its own: forwarding only, then with every call recorded by the real shipper
and the real recorder process as WAV and as Opus, then through the relay again. CPU is read every
second from the processes' clocks, so each figure has a spread, and the machine's other load shows.
The box (switch, shipper, recorder) has one core, the load the other.

    python -m tools.bench.media [--calls 10,30,60,120] [--seconds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from firmware.call.ship import Done, Trouble
from firmware.call.ship_task import Shipper
from hal.leg import PortId
from hal.switch.face import Codec
from hal.switch.switch import Switch
from tools.bench.processes import (
    BOX,
    OUTSIDE,
    ROOT,
    Spread,
    child,
    cpu_s,
    line,
    load_average,
    table,
    tell,
    until,
)
from tools.bench.recorder import conversation

SOURCES: Final = ROOT / "hal/switch/bench"
CALLS: Final = (10, 30, 60, 120)
KINDS: Final = ("relay", "switch", "wav", "opus", "relay")
WARM_UP_S: Final = 1
Child = AbstractContextManager[subprocess.Popen[str]]
RELAY_S: Final = 3


@dataclass(frozen=True, slots=True)
class Load:
    """What blast saw. Delays: from sending a packet to having it back."""

    sent: int
    received: int
    p50_us: int
    p99_us: int
    max_us: int

    @property
    def lost_percent(self) -> float:
        return 100 * (self.sent - self.received) / max(self.sent, 1)


@dataclass(frozen=True, slots=True)
class Ticks:
    """The switch's own account of the time under load."""

    ticks: int = 0
    late: int = 0
    worst_us: int = 0
    behind_s: float = 0.0
    """Audio held for the recorder at the end, per call: large when that cannot keep up."""


@dataclass(frozen=True, slots=True)
class Run:
    """One way of carrying the load. CPU seconds per call-second, one value for each second."""

    kind: str
    calls: int
    load: Load
    core: list[float]
    recorder: list[float]
    ticks: Ticks
    load_average: float

    @property
    def all(self) -> list[float]:
        if not self.recorder:
            return self.core
        return [one + other for one, other in zip(self.core, self.recorder, strict=True)]


# -- the process under test ---------------------------------------------------------------------


async def serve(calls: int, recorder: str) -> None:
    """The core's part of the work in a process of its own, which talks to its parent by lines on
    stdin and stdout. `recorder`: socket of one that is there, empty for no recording."""
    switch = Switch()
    switch.start()
    legs = [switch.open_rtp("127.0.0.1") for _ in range(2 * calls)]
    print(*(udp for _, udp in legs), flush=True)
    peers = [int(word) for word in sys.stdin.readline().split()]
    for (port, _), peer in zip(legs, peers, strict=True):
        switch.set_rtp(port, "127.0.0.1", peer, Codec.PCMA, 101)
    for (one, _), (other, _) in zip(legs[0::2], legs[1::2], strict=True):
        switch.hear(one, other)
        switch.hear(other, one)
    shipper = Shipper(recorder, _done, _trouble)
    shipping = asyncio.create_task(shipper.run()) if recorder else None
    if shipping is not None:
        _record(switch, shipper, [port for port, _ in legs[0::2]])
    print("ready", flush=True)
    before = switch.snapshot()
    await asyncio.to_thread(sys.stdin.readline)
    after = switch.snapshot()
    behind_s = shipper.snapshot().held_octets / 16_000 / calls
    ticks, late = after.ticks - before.ticks, after.late_ticks - before.late_ticks
    print(ticks, late, after.worst_tick_us, behind_s, flush=True)
    if shipping is not None:
        shipping.cancel()
        await asyncio.gather(shipping, return_exceptions=True)
    switch.shut_down()


def _record(switch: Switch, shipper: Shipper, ports: Sequence[PortId]) -> None:
    for number, port in enumerate(ports):
        tap = switch.open_tap(port)
        shipper.open(
            f"{number:016x}",
            f"bench-{number}",
            "2026-01-01T00:00:00Z",
            {},
            partial(switch.read_tap, tap),
        )


def _done(done: Done) -> None:
    """No recording ends while it is measured."""


def _trouble(trouble: Trouble) -> None:
    print(f"! {trouble.what} {trouble.why}", file=sys.stderr, flush=True)


# -- the measurement ----------------------------------------------------------------------------


class Bench:
    """Programs and speech ready for any number of runs in `work`."""

    def __init__(self, work: Path) -> None:
        self._work = work
        for name in ("relay", "blast"):
            source = SOURCES / f"{name}.c"
            flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
            subprocess.run(["gcc", *flags, source, "-o", work / name, "-lpthread"], check=True)
        self._speech = work / "speech.alaw"
        self._speech.write_bytes(conversation(20, seed=1))

    def run(self, kind: str, calls: int, seconds: int) -> Run:
        """Carry the load by `relay`, `switch`, `wav` or `opus`."""
        if kind == "relay":
            return self._through_relay(calls, min(seconds, RELAY_S))
        with ExitStack() as stack:
            socket = self._work / f"{kind}-{calls}.sock"
            pids = []
            if kind != "switch":
                recorder = stack.enter_context(self._recorder(kind, socket))
                pids.append(recorder.pid)
                until(socket.exists, "the recorder's socket")
            ship_to = str(socket) if pids else ""
            words = [sys.executable, "-m", "tools.bench.media", "--serve", str(calls), ship_to]
            server = stack.enter_context(child(words, BOX))
            ports = line(server).split()
            blast = stack.enter_context(self.blast(seconds, ports))
            tell(server, " ".join(line(blast) for _ in ports))
            line(server)
            load, used = measured(blast, seconds, calls, [server.pid, *pids])
            tell(server, "end")
            ticks, late, worst_us, behind_s = line(server).split()
        told = Ticks(int(ticks), int(late), int(worst_us), float(behind_s))
        return Run(kind, calls, load, used[0], used[1] if pids else [], told, load_average())

    def _through_relay(self, calls: int, seconds: int) -> Run:
        # as first on its core as the switch's audio thread is
        with child([self._work / "relay", str(calls)], BOX, is_first=True) as relay:
            ports = [line(relay) for _ in range(2 * calls)]
            with self.blast(seconds, ports) as blast:
                for _ in ports:
                    line(blast)
                load, used = measured(blast, seconds, calls, [relay.pid])
            return Run("relay", calls, load, used[0], [], Ticks(), load_average())

    def blast(self, seconds: int, ports: Sequence[str]) -> Child:
        words: list[str | Path] = [
            self._work / "blast",
            str(seconds + WARM_UP_S),
            self._speech,
            *ports,
        ]
        return child(words, OUTSIDE, is_first=True)

    def _recorder(self, kind: str, socket: Path) -> Child:
        shelf = self._work / f"{kind}-{socket.stem}-shelf"
        words: list[str | Path] = [sys.executable, "-m", "recorder"]
        words += ["--socket", socket, "--shelf", shelf]
        return child([*words, "--format", kind], BOX, log=self._work / "recorder.log")


def measured(
    blast: subprocess.Popen[str], seconds: int, calls: int, pids: Sequence[int]
) -> tuple[Load, list[list[float]]]:
    """Let the load run; CPU seconds per call-second of each process, second by second."""
    tell(blast, "go")
    due = time.monotonic() + WARM_UP_S
    used: list[list[float]] = [[] for _ in pids]
    at, before = due, [0.0 for _ in pids]
    for second in range(seconds + 1):
        time.sleep(max(0.0, due + second - time.monotonic()))
        now, spent = time.monotonic(), [cpu_s(pid) for pid in pids]
        for values, new, old in zip(used, spent, before, strict=True):
            values.append((new - old) / (now - at) / calls if second else 0.0)
        at, before = now, spent
    words = line(blast).split()
    found = {name: int(value) for name, value in zip(words[0::2], words[1::2], strict=True)}
    del found["lost"]
    return Load(**found), [values[1:] for values in used]


# -- the report ---------------------------------------------------------------------------------


def report(runs: Sequence[Run], goals: dict[str, float]) -> str:
    """All runs of one number of calls. `goals`: all processes, by kind."""
    relay = statistics.median([second for run in runs if run.kind == "relay" for second in run.all])
    head = (
        "calls", "carried by", "all (min-max)", "goal", "core", "x relay", "recorder",
        "late ticks", "worst tick", "p50", "p99", "max", "lost", "behind", "load",
    )  # fmt: skip
    return table(head, [_row(run, relay, goals.get(run.kind)) for run in runs])


def _row(run: Run, relay: float, goal: float | None) -> tuple[str, ...]:
    core = statistics.median(run.core)
    is_switch, load, ticks = run.kind != "relay", run.load, run.ticks
    return (
        str(run.calls),
        run.kind,
        f"{Spread.of(run.all):.5f}",
        f"{goal:.4f}" if goal is not None else "",
        f"{core:.5f}",
        f"{core / relay:.2f}",
        f"{statistics.median(run.recorder):.5f}" if run.recorder else "",
        f"{100 * ticks.late / max(ticks.ticks, 1):.2f} %" if is_switch else "",
        f"{ticks.worst_us / 1000:.2f} ms" if is_switch else "",
        f"{load.p50_us / 1000:.3f}",
        f"{load.p99_us / 1000:.3f}",
        f"{load.max_us / 1000:.1f} ms",
        f"{load.lost_percent:.3f} %",
        f"{ticks.behind_s:.1f} s" if run.recorder else "",
        f"{run.load_average:.1f}",
    )


GOALS: Final = {
    30: {"wav": 0.0030, "opus": 0.0060},
    60: {"wav": 0.0020, "opus": 0.0048},
    120: {"wav": 0.0016, "opus": 0.0045},
}
"""CPU seconds per call-second, all processes, by number of calls."""


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="CPU and delay of calls beside a bare relay.")
    parser.add_argument("--calls", default=",".join(map(str, CALLS)), help="at most 128 each")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--serve", nargs=2, metavar=("CALLS", "SOCKET"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(given)
    if chosen.serve:
        asyncio.run(serve(int(chosen.serve[0]), chosen.serve[1]))
        return
    print("Calls in progress. CPU seconds per call-second (median, least-most of the seconds);")
    print("delay in ms from sending a packet to having it back, the load's own included.")
    print("Goals: core <= 2.5 x relay recorded, p50 < 0.3, p99 < 2, late ticks < 0.1 %.")
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        bench = Bench(Path(work))
        for calls in map(int, chosen.calls.split(",")):
            runs = [bench.run(kind, calls, chosen.seconds) for kind in chosen.kinds.split(",")]
            print(report(runs, GOALS.get(calls, {})) + "\n", flush=True)


if __name__ == "__main__":
    main()
