"""The code that lets the first account be made: shown at start, good until there is an account.

Shell: one file in the run folder that only the box's user can read.
Tests: tests/firmware/test_first_run.py.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class FirstRun:
    """The code and its file."""

    def __init__(self, path: Path, is_needed: bool) -> None:
        """Make a new code if one is needed; a file of an earlier start goes in any case."""
        self._path = path
        if not is_needed:
            self.over()
            self.code = secrets.token_hex(16)  # nobody is told: there is an account already
            return
        self.code = f"{secrets.randbelow(10**4):04}-{secrets.randbelow(10**4):04}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(self.code + "\n")

    def over(self) -> None:
        """There is an account: the file goes."""
        self._path.unlink(missing_ok=True)
