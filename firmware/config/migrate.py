"""Versions of the configuration: brings a stored document up to the version of this program.

Pure. `STEPS[n]` turns a document of version n into version n + 1; there is one version so far.
A newer or unreadable version is refused: half-understood rules must not answer calls.

Tests: tests/firmware/config/test_migrate.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from firmware.config.errors import UnknownVersion
from firmware.config.schema import VERSION

Document = dict[str, Any]
STEPS: Final[Mapping[int, Callable[[Document], Document]]] = {}


def migrate(
    office: Document,
    steps: Mapping[int, Callable[[Document], Document]] = STEPS,
    newest: int = VERSION,
) -> Document:
    """Return `office` at version `newest`; raise `UnknownVersion` if there is no way there."""
    version = office.get("version", 1)
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= newest:
        raise UnknownVersion(version, newest)
    for step in range(version, newest):
        office = {**steps[step](office), "version": step + 1}
    return office
