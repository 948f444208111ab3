"""Shared by the SIP tests: the repository on the import path, for tests.hal.* helper modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.hal.fake_switch import FakeSwitch  # noqa: E402 -- needs the path above


@pytest.fixture
def switch() -> Iterator[FakeSwitch]:
    """A fake switch; its sockets are closed at the end."""
    fake = FakeSwitch()
    yield fake
    fake.close_all()
