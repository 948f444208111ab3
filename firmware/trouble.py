"""Troubles: what a person should know, why it is so, and what to do about it.

Pure apart from a lock: storage threads report as well as the event loop. A trouble is named by
its code and stands until it is cleared; the box shows the board of them on every page. Whoever
reports says all three things in plain words: `what`, `why`, `do`.

Tests: tests/firmware/test_trouble.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. `code` is its name: `config.damaged`."""

    code: str
    what: str
    why: str
    do: str
    severity: Literal["warning", "error"] = "error"


class TroubleSink(Protocol):
    """Where a part says that something is wrong, or in order again."""

    def report(self, trouble: Trouble) -> None: ...
    def clear(self, code: str) -> None: ...


class Troubles:
    """The troubles that stand now, each with the time it was first reported."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._standing: dict[str, tuple[datetime, Trouble]] = {}

    def report(self, trouble: Trouble, at: datetime | None = None) -> None:
        """Put it on the board; the same code again renews the words, not the time."""
        with self._lock:
            since, _ = self._standing.get(trouble.code, (at or datetime.now(UTC), trouble))
            self._standing[trouble.code] = (since, trouble)

    def clear(self, code: str) -> None:
        """Take it off the board; nothing happens if it is not there."""
        with self._lock:
            self._standing.pop(code, None)

    def standing(self) -> list[tuple[datetime, Trouble]]:
        """The board, oldest first."""
        with self._lock:
            return sorted(self._standing.values(), key=lambda entry: entry[0])
