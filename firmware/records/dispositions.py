"""What agents noted about their calls, in figures: how often each disposition, and how many calls
were resolved.

Pure. A `Noted` is what a number of dispositions come to; every figure is a property of it, and
adding two gives the figures of both, so that half-hours, queues, agents and lines come to the
whole. None means "n/a": without a disposition that counts nothing is 0 %.

Leaves out: setting them (firmware.route.dispositions_task) and reading the records
(disposition_report.py). Tests: tests/firmware/records/test_dispositions.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Noted:
    """How often each disposition was set, by its code."""

    by_code: Mapping[int, int] = field(default_factory=Counter)
    resolved: int = 0
    """Calls whose disposition says that the caller's matter is settled."""
    unresolved: int = 0
    """That it is not. All others are not counted either way."""

    def __add__(self, other: Noted) -> Noted:
        return Noted(
            Counter(self.by_code) + Counter(other.by_code),
            self.resolved + other.resolved,
            self.unresolved + other.unresolved,
        )

    @property
    def calls(self) -> int:
        """With any disposition."""
        return sum(self.by_code.values())

    @property
    def counted(self) -> int:
        """With one that counts for first-call resolution."""
        return self.resolved + self.unresolved

    @property
    def resolution(self) -> float | None:
        """First-call resolution by disposition."""
        return self.resolved / self.counted if self.counted else None

    @property
    def most_frequent(self) -> list[tuple[int, int]]:
        """Code and calls of each disposition; of two alike the lower code first."""
        return sorted(self.by_code.items(), key=lambda entry: (-entry[1], entry[0]))

    def share(self, code: int) -> float | None:
        """Of one disposition among all that were set."""
        return self.by_code.get(code, 0) / self.calls if self.calls else None


def of_calls(code: int, is_resolved: bool | None, count: int) -> Noted:
    """`count` calls that ended alike."""
    return Noted(
        Counter({code: count}),
        count if is_resolved is True else 0,
        count if is_resolved is False else 0,
    )


@dataclass(frozen=True, slots=True)
class Disposed:
    """What was set for one call."""

    code: int
    name: str
    is_resolved: bool | None
    agent: str
    at: datetime
