"""Processes of a benchmark: started on a core of their own, their CPU time read, ended.

Shell. What plays the world outside (phones, exchange) runs on another core than the box and, where
the system allows it, before everything else on that core: its delays must not be taken for ours.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
BOX: Final = 0
"""Core of everything that is the box, or stands for it."""
OUTSIDE: Final = 1
PRIORITY: Final = 20


def cpu_s(pid: int) -> float:
    """CPU time of a process so far, all threads, to the nanosecond: the clock that
    clock_getcpuclockid(3) gives on Linux (process number inverted, kind 2 = scheduler's)."""
    return time.clock_gettime(~pid << 3 | 2)


def has_children(pid: int) -> bool:
    """Whether a process has others at work (proc(5), children of each of its threads)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return any(task.read_text().strip() for task in tasks)


def until_alone(pid: int, quiet_s: float = 2.0, timeout_s: float = 300.0) -> None:
    """Wait until a process has had nobody at work for so long: a new box has its sentences spoken
    on its own core, and calls would be measured together with that."""
    end = time.monotonic() + timeout_s
    since = time.monotonic()
    while time.monotonic() - since < quiet_s:
        if has_children(pid):
            since = time.monotonic()
        if since > end:
            raise SystemExit(f"process {pid}: still busy with others after {timeout_s:.0f} s")
        time.sleep(0.05)


def load_average() -> float:
    """The machine's load over the last minute: colleagues and builds included."""
    return os.getloadavg()[0]


def pin(core: int, is_first: bool = False) -> Callable[[], None]:
    """What a child does before it becomes the program."""
    cores = sorted(os.sched_getaffinity(0))

    def prepare() -> None:
        os.sched_setaffinity(0, {cores[core % len(cores)]})
        if is_first:
            with contextlib.suppress(PermissionError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))

    return prepare


@contextmanager
def child(
    words: Sequence[str | Path],
    core: int,
    is_first: bool = False,
    log: Path | None = None,
    cwd: Path = ROOT,
    is_quiet: bool = False,
) -> Iterator[subprocess.Popen[str]]:
    """A program with pipes; killed if it is still there at the end. `log` gets its stderr;
    what a quiet one says is thrown away."""
    with contextlib.ExitStack() as stack:
        stderr = stack.enter_context(log.open("a")) if log is not None else None
        output = subprocess.DEVNULL if is_quiet else subprocess.PIPE
        process = stack.enter_context(
            subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.DEVNULL if is_quiet else stderr,
                text=True,
                bufsize=1,
                cwd=cwd,
                preexec_fn=pin(core, is_first),  # the parent has no threads
            )
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line a program says."""
    assert process.stdout is not None
    if said := process.stdout.readline():
        return said.strip()
    raise SystemExit(f"{process.args!r} ended before it answered")


def tell(process: subprocess.Popen[str], words: str) -> None:
    """Say a line to a program."""
    assert process.stdin is not None
    process.stdin.write(words + "\n")
    process.stdin.flush()


def until(is_so: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Wait for something another process does; `SystemExit` names it when it does not come."""
    end = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {timeout_s:.0f} s")
        time.sleep(0.05)


def yardstick_ms() -> float:
    """CPU time of a fixed piece of Python in this process: what a millisecond is worth just
    now. It grows when other processes crowd the caches or the machine itself is shared."""
    before = time.thread_time()
    sum(len(str(n)) for n in range(50_000))
    return 1000 * (time.thread_time() - before)


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure measured several times."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(min(values), statistics.median(values), max(values))

    def __format__(self, spec: str) -> str:
        return f"{self.median:{spec}} ({self.least:{spec}}-{self.most:{spec}})"


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need to be, figures to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return "\n".join(
        "  ".join(word.rjust(width) for word, width in zip(row, widths, strict=True))
        for row in (head, *rows)
    )
