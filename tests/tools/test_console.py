"""The terminal client, between a pseudo-terminal and pipes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import tty
from pathlib import Path

import pytest

from tools.console import join

ROOT = Path(__file__).parents[2]


@pytest.fixture
def wires():
    near, far = pty.openpty()
    tty.setraw(far)
    keys_out, keys_in = os.pipe()
    screen_out, screen_in = os.pipe()
    yield near, far, keys_out, keys_in, screen_out, screen_in
    for handle in (near, keys_out, keys_in, screen_out, screen_in):
        os.close(handle)


def test_characters_go_both_ways_until_ctrl_bracket(wires) -> None:
    near, far, keys_out, keys_in, screen_out, screen_in = wires
    ended: list[str] = []
    thread = threading.Thread(target=lambda: ended.append(join(far, keys_out, screen_in)))
    thread.start()
    os.write(keys_in, b"1\r\x1b[A")
    assert os.read(near, 100) == b"1\r\x1b[A"
    os.write(near, b"status\r\n")
    assert os.read(screen_out, 100) == b"status\r\n"
    os.write(keys_in, b"x\x1dlost")
    thread.join(20)
    assert ended == ["closed"]
    assert os.read(near, 100) == b"x"
    os.close(far)


def test_a_port_that_vanishes_ends_it(wires) -> None:
    _, far, keys_out, _, _, screen_in = wires
    os.close(far)
    gone, port = os.pipe()
    os.close(port)
    assert join(gone, keys_out, screen_in) == "the port is gone"
    os.close(gone)


def test_no_port_is_said_plainly(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.console", "--tty", tmp_path / "serial.tty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2
    assert "cannot be opened" in done.stderr
    assert "make run" in done.stderr
    assert "Traceback" not in done.stderr
