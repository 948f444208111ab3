"""What stays behind of calls and junk: the core's resident memory after many, beside a thousand.

The office of setups.py: calls through its queue, recorded and written, then broken packets. Goal:
within 10 % of what it was after the first thousand calls. `make bench-memory` makes 100 000 calls
(about 25 minutes); `make bench` some thousands.

    python -m tools.bench.memory [--calls 100000] [--junk 100000] [--rate 80]
"""

from __future__ import annotations

import argparse
import random
import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.bench.junk import broken_sip, noise
from tools.bench.processes import table
from tools.bench.setups import Office, office

FIRST: Final = 1000
PORTION_S: Final = 60
LINGER_S: Final = 40
"""The longest a transaction is remembered, and a little more."""
JUNK_PER_S: Final = 2000


@dataclass(frozen=True, slots=True)
class Level:
    """Memory at one moment."""

    calls: int
    failed: int
    junk: int
    rss_mb: float


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    (row,) = (row for row in rows if row.startswith("VmRSS:"))
    return int(row.split()[1]) / 1024


def send_junk(port: int, packets: int) -> None:
    """Random octets and broken messages by turns."""
    pick = random.Random(2)
    made = [*noise(pick), *broken_sip(pick)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for n in range(packets):
            out.sendto(made[n % len(made)], ("127.0.0.1", port))
            if n % 20 == 0:
                time.sleep(20 / JUNK_PER_S)


def calls(it: Office, wanted: int, rate: int) -> int:
    """Make so many, a minute of them at a time; how many failed."""
    failed = 0
    while wanted > 0:
        seconds = max(1, min(PORTION_S, wanted // rate))
        outcome = it.dial(rate, seconds).outcome
        failed += outcome.asked - outcome.succeeded
        wanted -= rate * seconds
    return failed


def measure(more: int, junk: int, rate: int) -> list[Level]:
    """After the first thousand; after `more` and the junk."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, office(Path(folder), None) as it:
        failed = calls(it, FIRST, rate)
        time.sleep(LINGER_S)
        levels = [Level(FIRST, failed, 0, rss_mb(it.core))]
        failed += calls(it, more, rate)
        send_junk(it.sip_port, junk)
        time.sleep(LINGER_S)
        levels.append(Level(FIRST + more, failed, junk, rss_mb(it.core)))
    return levels


def report(levels: Sequence[Level]) -> str:
    """The table."""
    first = levels[0].rss_mb
    rows = [
        (
            str(x.calls), str(x.failed), str(x.junk), f"{x.rss_mb:.1f} MB",
            f"{100 * (x.rss_mb / first - 1):+.1f} %",
        )
        for x in levels
    ]  # fmt: skip
    return table(("calls", "failed", "junk", "core RSS", "since the first"), rows)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Memory after many calls and much junk.")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--junk", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=80)
    chosen = parser.parse_args(given)
    print("Resident memory of the core. Goal: within 10 % of what it was after 1 000 calls.")
    print(report(measure(chosen.calls, chosen.junk, chosen.rate)))


if __name__ == "__main__":
    main()
