"""Retention: which recordings have to go, by age and by space, oldest first.

Pure: no files, no clock. A recording that is not finished is never named, and neither is one that
`is_held` (a complaint, a court order). Shell: housekeeping.py, called by storage_task.py.
Tests: tests/recorder/test_retention.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Kept:
    """One recording on a shelf."""

    path: str
    started_s: float
    """Seconds since 1970, UTC."""
    octets: int
    is_finished: bool = True
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """How long and how much."""

    keep_days: float = 0
    """Delete what is older; 0: no limit."""
    free_octets: int = 0
    """Delete the oldest until this much is free; 0: no limit."""


def to_delete(shelf: Iterable[Kept], rule: Rule, now_s: float, free_octets: int) -> list[Kept]:
    """What to delete from one shelf that has `free_octets` left, in order."""
    if now_s < 0:
        raise ValueError(f"now {now_s} s: expected seconds since 1970")
    going: list[Kept] = []
    for kept in sorted(shelf, key=lambda kept: (kept.started_s, kept.path)):
        if not kept.is_finished or kept.is_held:
            continue
        is_old = 0 < rule.keep_days * DAY_S < now_s - kept.started_s
        if is_old or free_octets < rule.free_octets:
            going.append(kept)
            free_octets += kept.octets
    return going
