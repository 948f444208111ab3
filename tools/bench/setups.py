"""Call set-ups a second: the real core process and recorder between sipp's phones on loopback.

A phone dials with digest authentication, the core rings another phone, joins the two in the
switch, starts a recording; after a quarter of a second the caller hangs up and the call is written
to the records. Extension to extension: a caller gets into a queue by a line only, and the lines'
own board answers no faster than a few calls a second. What the core does for a call is the same
but for the choice of the agent, which takes microseconds.

The core has one core of the machine; the recorder shares the other with sipp. Beside the rates:
calls with 5 % of all packets lost both ways, of which none may fail.

    python -m tools.bench.setups [--rates 10,25,50,100,200] [--seconds 5] [--profile FILE]
"""

from __future__ import annotations

import argparse
import csv
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from firmware.api.client import ApiClient, CoreAway
from firmware.api.schema import Box, ConfigChange
from firmware.pulse_task import KEPT_S
from tools.bench.processes import (
    BOX,
    OUTSIDE,
    ROOT,
    child,
    cpu_s,
    load_average,
    quantile,
    table,
    until,
    yardstick_ms,
)

SCENARIOS: Final = ROOT / "tools/bench/sipp"
RATES: Final = (10, 25, 50, 100, 200)
PHONES: Final = 40
"""Callers, and as many called."""
LOSSY_RATE, LOSSY_S, LOST_PERCENT = 20, 15, 5
SECRET: Final = "a-secret-for-the-bench"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What sipp counted at one rate."""

    asked: int
    succeeded: int
    retransmissions: int
    setup_ms: list[float]
    took_s: float


@dataclass(frozen=True, slots=True)
class Figures:
    """One rate."""

    rate: int
    outcome: Outcome
    core_ms: float
    """CPU of the core per call."""
    recorder_ms: float
    box: Box
    yardstick_ms: float
    load_average: float
    label: str = ""
    """In the table, instead of the rate."""


class Office:
    """A running core whose phones are sipp's."""

    def __init__(self, run: Path, sip_port: int, core: int, recorder: int) -> None:
        self._run, self._sip_port = run, sip_port
        self._core, self._recorder = core, recorder
        self._phones_port = free_port()
        self.api = ApiClient(run / "core.sock")

    def set_up(self) -> None:
        """Give the office its extensions, by the control API as a web page would."""
        config = self.api.config()
        office = config.office.model_dump(mode="json")
        for n in range(2 * PHONES):
            office["extensions"].append(
                {"number": str(1000 + n), "name": f"Phone {n}", "secret": SECRET}
            )
        self.api.change_config(
            ConfigChange(generation=config.generation, who="bench", what="phones", office=office)
        )

    @contextmanager
    def phones(self) -> Iterator[None]:
        """The phones that are called: signed in from the address where they then listen."""
        self._write_csv("called.csv", PHONES)
        asked = ("-inf", "called.csv", "-m", str(PHONES), "-r", "50")
        self._sipp("register", self._phones_port, *asked)
        words = self._words("phones", self._phones_port, "-aa")
        with child(words, OUTSIDE, cwd=self._run, is_quiet=True):
            yield

    @property
    def core(self) -> int:
        """The core's process."""
        return self._core

    @property
    def sip_port(self) -> int:
        return self._sip_port

    def dial(self, rate: int, seconds: int, lost_percent: int = 0) -> Figures:
        """So many calls a second; `lost_percent` of what the callers send and get is lost."""
        calls = rate * seconds
        self._write_csv("callers.csv", 0)
        yardstick = yardstick_ms()
        before = cpu_s(self._core), cpu_s(self._recorder)
        outcome = self._outcome(rate, calls, lost_percent)
        after = cpu_s(self._core), cpu_s(self._recorder)
        return Figures(
            rate,
            outcome,
            1000 * (after[0] - before[0]) / calls,
            1000 * (after[1] - before[1]) / calls,
            self.api.live().box,
            statistics.median((yardstick, yardstick_ms(), yardstick_ms())),
            load_average(),
        )

    def _outcome(self, rate: int, calls: int, lost_percent: int) -> Outcome:
        counted = self._run / f"dial-{rate}.csv"
        began = time.monotonic()
        self._sipp(
            "dial", free_port(), "-inf", "callers.csv",
            "-m", str(calls), "-r", str(rate), "-l", "110",
            "-trace_stat", "-stf", str(counted), "-fd", "1",
            "-trace_rtt", "-rtt_freq", "1", "-recv_timeout", "34000" if lost_percent else "8000",
            *(("-lost", str(lost_percent)) if lost_percent else ()),
            timeout_s=calls // rate + 60,
        )  # fmt: skip
        took_s = time.monotonic() - began
        *_, last = csv.DictReader(counted.open(), delimiter=";")
        return Outcome(
            calls,
            int(last["SuccessfulCall(C)"]),
            int(last["Retransmissions(C)"]),
            self._response_times(),
            took_s,
        )

    def _response_times(self) -> list[float]:
        """What -trace_rtt wrote, and gone with it: date; milliseconds; which time."""
        found = []
        for path in self._run.glob("dial_*_rtt.csv"):
            rows = path.read_text().splitlines()[1:]
            found += [float(row.split(";")[1]) for row in rows]
            path.unlink()
        return found

    def _write_csv(self, name: str, first: int) -> None:
        rows = [
            f"{1000 + first + n};[authentication username={1000 + first + n} password={SECRET}]"
            f";{1000 + PHONES + n}"
            for n in range(PHONES)
        ]
        (self._run / name).write_text("\n".join(["SEQUENTIAL", *rows]) + "\n")

    def _words(self, scenario: str, port: int, *more: str) -> list[str | Path]:
        return [
            "sipp", f"127.0.0.1:{self._sip_port}", "-sf", SCENARIOS / f"{scenario}.xml",
            "-i", "127.0.0.1", "-p", str(port), "-nostdin", *more,
        ]  # fmt: skip

    def _sipp(self, scenario: str, port: int, *more: str, timeout_s: int = 60) -> None:
        """Run a scenario to its end. Its failures are counted, not raised."""
        words = self._words(scenario, port, "-timeout", str(timeout_s), *more)
        with child(words, OUTSIDE, cwd=self._run, is_quiet=True) as sipp:
            if sipp.wait(timeout_s + 30) not in (0, 1):  # 1: at least one call failed
                raise SystemExit(f"sipp {scenario} ended with {sipp.returncode}")


def _answers(api: ApiClient) -> bool:
    try:
        api.setup()
    except CoreAway:
        return False
    return True


def free_port() -> int:
    """A UDP port nobody has just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def office(run: Path, profile: Path | None) -> Iterator[Office]:
    """Core and recorder, ended by their own signal."""
    sip_port = free_port()
    python: list[str | Path] = [sys.executable, "-m"]
    profiled: list[str | Path] = ["cProfile", "-o", profile, "-m"] if profile else []
    core_words = [*python, *profiled, "firmware", "--run", run, "--demo"]
    core_words += ["--sip", f"127.0.0.1:{sip_port}"]
    recorder_words = [*python, "recorder", "--socket", run / "recorder.sock"]
    recorder_words += ["--shelf", run / "recordings", "--records", run / "records.db"]
    with (
        child(recorder_words, OUTSIDE, log=run / "recorder.log") as recorder,
        child(core_words, BOX, log=run / "core.log") as core,
    ):
        made = Office(run, sip_port, core.pid, recorder.pid)
        until(lambda: _answers(made.api), "the core's control API")
        made.set_up()
        with made.phones():
            yield made
        for process in (core, recorder):
            process.terminate()
            process.wait(30)


def measure(
    rates: Sequence[int], seconds: int, profile: Path | None = None, with_loss: bool = False
) -> list[Figures]:
    """Every rate in turn, on one core process."""
    if shutil.which("sipp") is None:
        raise SystemExit("sipp is not there: expected the package sip-tester")
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        office(Path(folder), profile) as it,
    ):
        found = []
        for rate in rates:
            time.sleep(max(0, KEPT_S - seconds) + 1)  # no longest turn of what was before
            found.append(it.dial(rate, seconds))
        if with_loss:
            found.append(replace(it.dial(LOSSY_RATE, LOSSY_S, LOST_PERCENT), label="5 % lost"))
        return found


def report(all_figures: Sequence[Figures]) -> str:
    """The table."""
    head = (
        "asked/s", "done/s", "failed", "resent", "core ms", "recorder ms",
        "answered p50", "p99", "max", "longest turn", "yardstick", "load",
    )  # fmt: skip
    return table(head, [_row(figures) for figures in all_figures])


def _row(f: Figures) -> tuple[str, ...]:
    seen = f.outcome
    times = seen.setup_ms or [float("nan")]
    return (
        f.label or str(f.rate),
        f"{seen.succeeded / seen.took_s:.0f}",
        f"{seen.asked - seen.succeeded}/{seen.asked}",
        str(seen.retransmissions),
        f"{f.core_ms:.2f}",
        f"{f.recorder_ms:.2f}",
        f"{quantile(times, 0.5):.0f} ms",
        f"{quantile(times, 0.99):.0f} ms",
        f"{max(times):.0f} ms",
        f"{f.box.longest_turn_ms:.0f} ms",
        f"{f.yardstick_ms:.1f} ms",
        f"{f.load_average:.1f}",
    )


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Call set-ups a second.")
    parser.add_argument("--rates", default=",".join(map(str, RATES)))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--profile", type=Path, help="run the core under cProfile, write there")
    chosen = parser.parse_args(given)
    print("Call set-ups, extension to extension, each recorded and written to the records.")
    print("Goal: 200/s without failure, no turn of the event loop over 20 ms; reference (another")
    print(
        "system, same work): 4.5 ms CPU per set-up. Yardstick: a fixed piece of Python, to compare"
    )
    print("figures of different minutes by.")
    rates = [int(word) for word in chosen.rates.split(",")]
    print(report(measure(rates, chosen.seconds, chosen.profile, with_loss=True)))


if __name__ == "__main__":
    main()
