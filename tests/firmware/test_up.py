"""What `callbox up` refuses before it starts anything. The rest: tests/scenarios."""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.run_folder import HOUSE
from firmware.up import LONGEST_SOCKET, FolderTooDeep, Places, check_depth, welcome


def test_the_deepest_folder_allowed_takes_sockets_and_one_deeper_does_not(tmp_path: Path) -> None:
    room = 107 - len(str(tmp_path)) - 2 - len(LONGEST_SOCKET)
    deepest, deeper = tmp_path / ("d" * room), tmp_path / ("d" * (room + 1))
    for folder in (deepest, deeper):
        folder.mkdir()
    check_depth(deepest)
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(deepest / LONGEST_SOCKET))
    with pytest.raises(FolderTooDeep, match="1 octets too long"):
        check_depth(deeper)
    with socket.socket(socket.AF_UNIX) as end, pytest.raises(OSError, match="too long"):
        end.bind(str(deeper / LONGEST_SOCKET))


def test_a_folder_too_deep_is_told_at_once_and_nothing_is_made(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100)
    command = [sys.executable, "-m", "firmware.up", "--run", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "CALLBOX_RUN=" in done.stdout
    assert not folder.exists()


def test_the_commands_told_find_the_box_from_another_terminal(tmp_path: Path) -> None:
    asked = argparse.Namespace(demo_agents=True)
    elsewhere = welcome(Places(tmp_path / "my run", 8080, 5060), asked)
    assert f"CALLBOX_RUN='{tmp_path}/my run' " in elsewhere
    assert "CALLBOX_RUN" not in welcome(Places(HOUSE / "run", 8080, 5060), asked)
