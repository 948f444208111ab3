"""One process per timeslot stream: a lock file beside the source, holding its owner's pid.

Two readers of one stream would each get half of it. The kernel drops the lock with the process,
so a crash never leaves one behind; the file stays, which does no harm.

Tests: tests/hal/tdm/test_lock.py.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from typing import Final

_RUN_LOCK: Final = Path("/run/lock")


class SourceInUse(Exception):
    """Another process has the stream."""

    def __init__(self, source: str, owner: str) -> None:
        super().__init__(f"line audio {source} is in use by {owner}: stop that first")
        self.source, self.owner = source, owner


def lock_path(source: str) -> Path:
    """Where the lock of a source is when nobody says otherwise."""
    kind, _, where = source.partition(":")
    if kind == "unix":
        return Path(f"{where}.lock")
    folder = _RUN_LOCK if os.access(_RUN_LOCK, os.W_OK) else Path(tempfile.gettempdir())
    name = "".join(c if c.isalnum() else "-" for c in where)
    return folder / f"callbox-tdm-{name}.lock"


def take(source: str, path: Path) -> int:
    """Lock the source; the descriptor holds it until closed. `SourceInUse` names who has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _owner(os.pread(fd, 32, 0))
        os.close(fd)
        raise SourceInUse(source, owner) from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, b"%d\n" % os.getpid(), 0)
    return fd


def _owner(pid: bytes) -> str:
    """`process 1234 (callbox core)`, as well as it can be known."""
    number = pid.strip().decode("ascii", "replace")
    if not number.isdigit():
        return "a process that is just starting"
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return f"process {number}"
    command = b" ".join(words).decode("utf-8", "replace")
    return f"process {number} ({command[:100]})"
