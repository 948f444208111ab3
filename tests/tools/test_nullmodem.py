"""The software null-modem cable, with pyserial at both ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    one, other = tmp_path / "one", tmp_path / "other"
    process = subprocess.Popen([sys.executable, "-m", "tools.nullmodem", str(one), str(other)])
    try:
        while not other.exists():
            assert process.poll() is None
        yield one, other
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert not one.is_symlink()


def test_what_one_end_says_the_other_hears(cable: tuple[Path, Path]) -> None:
    one, other = (serial.Serial(str(path), timeout=5) for path in cable)
    one.write(b"status\r")
    assert other.read(7) == b"status\r"
    other.write(bytes(range(256)))
    assert one.read(256) == bytes(range(256))
    one.close()
    other.close()


def test_an_end_that_goes_away_may_come_back(cable: tuple[Path, Path]) -> None:
    one = serial.Serial(str(cable[0]), timeout=5)
    serial.Serial(str(cable[1])).close()
    again = serial.Serial(str(cable[1]), timeout=5)
    one.write(b"?")
    assert again.read(1) == b"?"
    one.close()
    again.close()
