"""All figures in one run, each beside its goal or reference: `python -m tools.bench`, ~9 minutes.

Calls in progress (media.py), set-ups (setups.py), junk (junk.py), memory (memory.py), delay between
phones and lines (lines.py), decisions of the queue and a day replayed (queue.py), a million calls
in the records (records.py). The machine's other load is shown with each figure: on a busy machine
look at the ratios to the relay, which is measured in the same minute. `--quick` measures less, for
a first look.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence

from tools.bench import junk, lines, media, memory, queue, records, setups


def machine() -> str:
    """What it runs on."""
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{platform.machine()}, {os.cpu_count()} cores, load average {loads} at the start"


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer calls, shorter")
    quick = parser.parse_args(given).quick
    began = time.monotonic()
    print(f"{machine()}\n")
    media.main(["--calls", "30" if quick else "10,30,60,120", "--seconds", "4"])
    setups.main(["--rates", "25,100"] if quick else [])
    print()
    junk.main(["--seconds", "4" if quick else "10"])
    print()
    if not quick:
        memory.main(["--calls", "3000", "--junk", "20000"])
        print()
    lines.main(["--seconds", "4" if quick else "8"])
    print()
    queue.main(["--calls", "4000"] if quick else [])
    print()
    records.main(["--calls", "50000"] if quick else [])
    print(f"\n{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
