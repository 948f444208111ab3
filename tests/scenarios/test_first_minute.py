"""Somebody tries the box for the first time: a new run folder, nothing spoken yet, and a test call
the moment the program says how to place one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.network import Network
from tests.scenarios.running_box import RunningBox

pytestmark = pytest.mark.scenario


def _try(run: Path) -> RunningBox:
    """`make run`, until it says that it is up. The supervisor gives each part a minute and a half,
    and ends by itself when one is not ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware.up", "--run", str(run), "--web-port", "0",
         "--sip-port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    box = RunningBox(run, "", "", process)
    assert process.stdout is not None
    for line in process.stdout:
        box.said.append(line.rstrip())
        if "Ctrl-C" in line:
            return box
    raise AssertionError(f"the box did not start: {box.said}")


async def test_the_first_call_is_answered(boxes: Any, tmp_path: Path) -> None:
    box = await asyncio.to_thread(_try, tmp_path / "run")
    network = Network(box.run / "exchange.sock")
    try:
        assert not [line for line in box.said if line.startswith("! ")], box.said
        assert "  Demo agents  Anna and Ben are ready and answer calls" in box.said
        caller = await network.ring("0215557788", line=1, press="1", press_after_s=0.5)
        await caller.until("pressed")
        await box.until("talking", lambda live: [c for c in live.calls if c.stage == "talking"])
        done = await caller.hang_up(1)
        assert done["answered"]
        troubles = (await box.live()).box.troubles
        assert not [trouble for trouble in troubles if trouble.code.startswith("voice")], troubles
    finally:
        network.close()
        boxes.stop(box)
