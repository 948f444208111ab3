"""Call set-ups a second: the real core process and recorder between sipp's phones on loopback.

A phone dials a queue with digest authentication; the box answers it, chooses an agent, rings that
phone, joins the two in the switch, starts a recording; a quarter of a second after it was answered
the caller hangs up and the call is written to the records. A call counts when sipp saw it through
and its row says that an agent had it and that it was recorded. Beside the rates: calls from phone
to phone without a queue; calls with 5 % of all packets lost both ways, of which none may fail; and
the same messages between two sipps alone, which is what the world outside costs by itself.

The core has one core of the machine; the recorder shares the other with sipp.

    python -m tools.bench.setups [--rates 10,25,50,100,200] [--seconds 5] [--profile FILE]
"""

from __future__ import annotations

import argparse
import csv
import shutil
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from firmware.api.client import ApiClient, CoreAway
from firmware.api.schema import AgentAction, Box, ConfigChange
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
    until_alone,
    yardstick_ms,
)

SCENARIOS: Final = ROOT / "tools/bench/sipp"
RATES: Final = (10, 25, 50, 100, 200)
CALLERS: Final = 40
AGENTS: Final = 110
"""Twice as many as talk at once at 200 calls a second."""
QUEUE: Final = "800"
LOSSY_RATE, LOSSY_S, LOST_PERCENT = 20, 15, 5
SECRET: Final = "a-secret-for-the-bench"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What sipp counted at one rate."""

    asked: int
    succeeded: int
    retransmissions: int
    setup_ms: list[float]
    """To the queue: until caller and agent were joined; from phone to phone: as the caller saw
    it."""
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
        """Give the office its extensions and the queue, by the control API as a web page would."""
        config = self.api.config()
        office = config.office.model_dump(mode="json")
        for n in range(CALLERS + AGENTS):
            office["extensions"].append(
                {"number": str(1000 + n), "name": f"Phone {n}", "secret": SECRET}
            )
        queue = {"id": "bench", "name": "Bench", "number": QUEUE, "members": _agents()}
        office["queues"].append(queue | {"wrap_up_s": 0, "max_waiting": 200})
        self.api.change_config(
            ConfigChange(generation=config.generation, who="bench", what="phones", office=office)
        )

    @contextmanager
    def phones(self) -> Iterator[None]:
        """The phones that are called: signed in from the address where they then listen."""
        self._write_csv("called.csv", _agents())
        asked = ("-inf", "called.csv", "-m", str(AGENTS), "-r", "50")
        self._sipp("register", self._phones_port, *asked)
        for agent in _agents():
            self.api.agent_action(agent, "login", AgentAction())
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

    def dial(
        self, rate: int, seconds: int, lost_percent: int = 0, is_queued: bool = True
    ) -> Figures:
        """So many calls a second; `lost_percent` of what the callers send and get is lost."""
        calls = rate * seconds
        self._write_csv("callers.csv", _numbers(0, CALLERS), QUEUE if is_queued else "")
        yardstick = yardstick_ms()
        before = cpu_s(self._core), cpu_s(self._recorder)
        began_at = datetime.now(UTC)
        outcome = self._outcome(rate, calls, lost_percent)
        self._until_quiet()
        if is_queued:
            outcome = self._kept(outcome, began_at)
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

    def _until_quiet(self) -> None:
        """No call in progress, all of them written."""
        until(lambda: not self.api.live().calls, "the end of the calls")
        time.sleep(0.5)

    def _kept(self, outcome: Outcome, began_at: datetime) -> Outcome:
        """What the records say: how many were answered by an agent and recorded, and when."""
        with closing(sqlite3.connect(self._run / "records.db")) as records:
            rows = records.execute(
                "select (julianday(joined_at) - julianday(queued_at)) * 86400000.0 from calls"
                " where queue = 'bench' and outcome = 'answered' and recording <> ''"
                " and started_at >= ?",
                (f"{began_at:%Y-%m-%d %H:%M:%S.%f}",),
            ).fetchall()
        answered = min(outcome.succeeded, len(rows))
        return replace(outcome, succeeded=answered, setup_ms=[row[0] for row in rows])

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

    def _write_csv(self, name: str, numbers: Sequence[str], dialled: str = "") -> None:
        """Who calls; each another agent by their extension, if nothing else is dialled."""
        rows = [
            f"{number};[authentication username={number} password={SECRET}];{dialled or agent}"
            for number, agent in zip(numbers, _agents(), strict=False)
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


def _numbers(first: int, count: int) -> list[str]:
    return [str(1000 + first + n) for n in range(count)]


def _agents() -> list[str]:
    return _numbers(CALLERS, AGENTS)


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
        until_alone(core.pid)
        with made.phones():
            yield made
        for process in (core, recorder):
            process.terminate()
            process.wait(30)


def bare_ms(rate: int, seconds: int) -> float:
    """CPU per call of a sipp that answers another sipp's calls as its built-in scenario says: no
    queue, no audio, no record. What such a machine takes for the messages of one side alone."""
    port, calls = str(free_port()), rate * seconds
    common = ("-i", "127.0.0.1", "-nostdin")
    with child(("sipp", "-sn", "uas", "-p", port, *common), BOX, is_quiet=True) as answering:
        time.sleep(0.5)
        before = cpu_s(answering.pid)
        asked = ("-d", "250", "-m", str(calls), "-r", str(rate), "-p", str(free_port()))
        words = ("sipp", "-sn", "uac", f"127.0.0.1:{port}", *asked, *common)
        with child(words, OUTSIDE, is_quiet=True) as calling:
            calling.wait(seconds + 60)
        return 1000 * (cpu_s(answering.pid) - before) / calls


def measure(
    rates: Sequence[int], seconds: int, profile: Path | None = None, has_more: bool = False
) -> list[Figures]:
    """Every rate in turn, on one core process; `has_more`: the highest from phone to phone, and
    calls with loss."""
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
        if has_more:
            time.sleep(max(0, KEPT_S - seconds) + 1)
            direct = it.dial(max(rates), seconds, is_queued=False)
            found.append(replace(direct, label=f"{max(rates)}, no queue"))
            lossy = it.dial(LOSSY_RATE, LOSSY_S, LOST_PERCENT)
            found.append(replace(lossy, label="5 % lost"))
        return found


def report(all_figures: Sequence[Figures]) -> str:
    """The table."""
    head = (
        "asked/s", "done/s", "failed", "resent", "core ms", "recorder ms",
        "joined p50", "p99", "max", "longest turn", "yardstick", "load",
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
    rates = [int(word) for word in chosen.rates.split(",")]
    print("Call set-ups through a queue to an agent's phone, each recorded and written.")
    print("Goal: 200/s without failure, no turn of the event loop over 20 ms; reference (another")
    print("system, same work): 4.5 ms CPU per set-up. Yardstick: a fixed piece of Python, to")
    print("compare figures of different minutes by.")
    print(report(measure(rates, chosen.seconds, chosen.profile, has_more=not chosen.profile)))
    print(
        f"Beside it, sipp answering bare calls: {bare_ms(max(rates), chosen.seconds):.2f} ms CPU."
    )


if __name__ == "__main__":
    main()
