"""Starting and stopping boxes: the whole one by its own supervisor, or the core alone.

Boxes of one test run lend each other the sentences that have been spoken already.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from firmware.api.errors import ApiError
from firmware.up import DATAGRAM, STREAM, free_port
from tests.scenarios.running_box import RunningBox

SPOKEN = tempfile.TemporaryDirectory(prefix="callbox-spoken-")
"""Sentences that boxes of this run have spoken already, by their content: each box would speak them
anew, which is seconds of a processor that the calls of the other worker need."""

LINES_KNOWN = {
    str(line): [{"f1_hz": 400, "f2_hz": 0, "on_ms": 500, "off_ms": 500, "seen": 2}]
    for line in range(1, 9)
}
"""The hang-up tone of South Africa (ITU-T E.180, supplement 2), as a box remembers it that has had
two calls on each line. One that has not stays on the line for 6 s after them, to learn it."""


START_S = 90
"""A core starts with two seconds of a processor, which a busy machine may give it in a minute."""


def _copy_new(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.alaw"):
        if not (target / path.name).exists():
            shutil.copyfile(path, target / path.name)


def start_used_box(run: Path) -> RunningBox:
    """Start a box that has had calls on its lines before."""
    run.mkdir(parents=True, exist_ok=True)
    (run / "memory.json").write_text(json.dumps({"learned": LINES_KNOWN}))
    return start_box(run)


def start_box(run: Path) -> RunningBox:
    """Start the box as `make run` does, on free ports and without demo agents."""
    _copy_new(Path(SPOKEN.name), run / "prompts" / "rendered")
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware.up", "--run", str(run), "--no-demo-agents",
         "--web-port", "0", "--sip-port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )  # fmt: skip
    box = RunningBox(run, "", "", process)
    assert process.stdout is not None
    for line in process.stdout:
        box.said.append(line.rstrip())
        if found := re.search(r"http://\S+", line):
            box.web = found[0]
        if found := re.search(r"SIP server (\S+);", line):
            box.sip = found[1]
        if "Ctrl-C" in line:
            return box
    logs = "".join(f"--- {p.name}\n{p.read_text()[-3000:]}" for p in (run / "log").glob("*.log"))
    raise AssertionError("the box did not start:\n" + "\n".join(box.said) + "\n" + logs)


def stop_box(box: RunningBox) -> None:
    """Stop the box; its supervisor must end cleanly."""
    _copy_new(box.run / "prompts" / "rendered", Path(SPOKEN.name))
    box.process.terminate()
    try:
        assert box.process.wait(30) == 0
    finally:
        box.process.kill()
        box.process.communicate()


def start_core(run: Path, *arguments: str) -> RunningBox:
    """Start the core alone, without lines unless `arguments` say where they are."""
    _copy_new(Path(SPOKEN.name), run / "prompts" / "rendered")
    sip = f"127.0.0.1:{free_port(0, DATAGRAM, STREAM)}"
    with (run / "core.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "firmware", "--run", str(run), "--demo", "--sip", sip,
             *arguments],
            stdout=log, stderr=log, text=True,
        )  # fmt: skip
    box = RunningBox(run, sip, "", process)
    for _ in range(10 * START_S):
        with contextlib.suppress(ApiError):
            box.api.live()
            return box
        time.sleep(0.1)
    process.kill()
    raise AssertionError("the core did not start:\n" + (run / "core.log").read_text()[-3000:])


class Boxes:
    """Boxes of a scenario's own, each stopped with the block that started it."""

    start, stop = staticmethod(start_box), staticmethod(stop_box)

    @staticmethod
    @contextlib.contextmanager
    def whole(run: Path) -> Iterator[RunningBox]:
        box = start_used_box(run)
        try:
            yield box
        finally:
            stop_box(box)

    @staticmethod
    @contextlib.contextmanager
    def core(run: Path, *arguments: str) -> Iterator[RunningBox]:
        box = start_core(run, *arguments)
        try:
            yield box
        finally:
            stop_box(box)
