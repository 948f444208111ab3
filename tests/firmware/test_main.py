"""The core's process: what it says when it cannot start."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path


def core(run: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "firmware", "--run", str(run), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_sip_port_in_use_is_named_as_the_reason(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        ended = core(tmp_path, "--sip", f"127.0.0.1:{other.getsockname()[1]}")
    assert ended.returncode == 2
    assert "Address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_tls_port_that_is_none_is_refused(tmp_path: Path) -> None:
    ended = core(tmp_path, "--sip", "127.0.0.1:0", "--sip-tls", "65536")
    assert ended.returncode == 2
    assert "--sip-tls '65536': expected a port, 0 to 65535" in ended.stderr


def test_a_tls_port_in_use_is_named_as_the_reason(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ended = core(tmp_path, "--sip", "127.0.0.1:0", "--sip-tls", port)
    assert ended.returncode == 2
    assert "Address already in use" in ended.stderr
    assert (tmp_path / "tls" / "box.pem").stat().st_mode & 0o777 == 0o600


def test_records_that_cannot_be_opened_are_named_as_the_reason(tmp_path: Path) -> None:
    (tmp_path / "records.db").mkdir()
    ended = core(tmp_path, "--sip", "127.0.0.1:0")
    assert ended.returncode == 2
    assert "records.db cannot be used: unable to open database file" in ended.stderr
    assert "Traceback" not in ended.stderr


LIMITED = """
import resource
from firmware.__main__ import raise_files_limit
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
raise_files_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def limited(soft: int, hard: int) -> subprocess.CompletedProcess[str]:
    program = LIMITED.format(soft=soft, hard=hard)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )


def test_it_may_open_as_many_files_as_the_system_allows() -> None:
    ended = limited(256, 2048)
    assert (ended.stdout.split(), ended.stderr) == (["2048", "2048"], "")


def test_too_few_open_files_are_told() -> None:
    ended = limited(256, 512)
    assert ended.stdout.split() == ["512", "512"]
    assert "at most 512, expected 1024 or more" in ended.stderr
