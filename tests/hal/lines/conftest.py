"""Shared by the line tests: the repository on the import path, and a box of lines on fakes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.hal.lines.fakes import Office  # noqa: E402 -- needs the path above


@pytest.fixture
def office():
    """Makes a box with lines of the given configurations, all idle."""
    return Office
