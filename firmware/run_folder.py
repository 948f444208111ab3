"""The run folder: where a box keeps all it writes, and where its commands find it.

CALLBOX_RUN says where. Without it, a working copy of the repository has its own (`run` beside the
rooms), so that `callbox` finds the box of `make run` from any current directory; installed without
a working copy, it is `run` in the current directory. Tests: tests/firmware/test_run_folder.py.
"""

from __future__ import annotations

import os
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent


def run_folder(house: Path = HOUSE) -> Path:
    """The run folder, which need not exist yet."""
    if named := os.environ.get("CALLBOX_RUN"):
        return Path(named)
    return (house if (house / "pyproject.toml").exists() else Path()) / "run"
