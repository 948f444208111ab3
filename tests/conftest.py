"""How the tests share two workers (`make test`): one runs the boxes, the other all the rest.

A box is real time and wants a core; two boxes at once would starve each other on a small machine.
So whatever starts one is a single group, taken first since it is the longest. The other tests go
to the other worker file by file, and to both when the boxes are done.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order and group the tests. Without workers only the order counts."""
    items.sort(key=lambda item: _group(item) != "box")
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    return "box" if "scenarios" in item.path.parts else str(item.path)
