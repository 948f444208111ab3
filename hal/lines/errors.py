"""What can go wrong at the lines' face.

LinesError
├── NoSuchLine     a line number that is not set up
└── TestRefused    a technician's test that cannot be done now
"""

from __future__ import annotations

from collections.abc import Iterable


class LinesError(Exception):
    """Root. The message names value and expectation."""


class NoSuchLine(LinesError):
    """The caller's mistake: the number is not that of a line."""

    def __init__(self, number: int, known: Iterable[int]) -> None:
        numbers = ", ".join(map(str, sorted(known))) or "none"
        super().__init__(f"line {number}: expected one of those set up ({numbers})")
        self.number = number


class TestRefused(LinesError):
    """The line is not free, went away in the middle, or the kind of test is unknown."""

    __test__ = False  # not a test class, whatever its name begins with
