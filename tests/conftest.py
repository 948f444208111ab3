"""How the tests share a small machine (`make test`).

The tests of the rooms run first, in two workers. The scenarios start whole boxes, which work in
real time and want both cores: they run afterwards, alone, one box at a time.

A virtual machine may lose its processors to its host for a while; sound that was to be carried
then is lost to everybody in it. So a scenario that fails is played again, twice at most, and the
summary says how many were: one that fails three times has found a fault.
"""

from __future__ import annotations

import pytest

RERUNS = 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let scenarios be played again."""
    for item in items:
        if item.get_closest_marker("scenario") is not None:
            item.add_marker(pytest.mark.flaky(reruns=RERUNS, reruns_delay=1))
