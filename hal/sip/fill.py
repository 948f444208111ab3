"""How full a bounded table is. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fill:
    """One table, for people who look and for tests."""

    what: str
    used: int
    limit: int
