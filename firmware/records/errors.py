"""What can go wrong with the records.

RecordsError
├── RecordsAway     the database cannot be opened, read or written now; trying again may help
└── RowRefused      this row can never be stored (a second call with the same id, a bad value)
"""

from __future__ import annotations


class RecordsError(Exception):
    """Root: anything about the records database."""


class RecordsAway(RecordsError):
    """The database did not answer: disk full, medium gone, locked, or not there yet."""

    def __init__(self, url: str, why: str) -> None:
        self.url, self.why = url, why
        super().__init__(f"the records in {url} cannot be used: {why}")


class RowRefused(RecordsError):
    """The database answers, but not for this row."""

    def __init__(self, row: object, why: str) -> None:
        self.row, self.why = row, why
        super().__init__(f"{row!r:.200} cannot be stored: {why}")


class TooMuch(RecordsError):
    """A question whose answer would fill the memory."""

    def __init__(self, what: str, expected: str) -> None:
        super().__init__(f"{what}: expected {expected} at once")
