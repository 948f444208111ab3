"""One thing wrong with a configuration, and its place. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where: `menus/main/options/1`."""

    where: str
    what: str
