"""A call that waits, and the row of all who wait in one queue.

Pure. A row is kept sorted: higher priority first, then the longer held place. So the next caller is
found and a caller's position told without going through everybody.

Tests: tests/firmware/acd/test_waiting.py.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from firmware.acd.expected_wait import Announced
from firmware.acd.fitness import Demand
from firmware.records.messages import CallId

Place: TypeAlias = tuple[int, float, int]
"""Where in the row: minus the priority, since when the place is held, number of arrival."""


@dataclass(slots=True)
class Waiting:
    """A call in a queue."""

    call: CallId
    queue: str
    since: float
    """When it joined: waiting time is counted from here."""
    held_since: float
    """Since when the caller has the place; earlier than `since` for one who kept it."""
    priority: int = 0
    number: str = ""
    arrival: int = 0
    of_call: Mapping[str, int] = field(default_factory=dict)
    """Skills this call demands beside those of its queue."""
    skills: Mapping[str, int] = field(default_factory=dict)
    """Of both, demanded at first."""
    demand: Demand = field(default_factory=lambda: Demand((), 0, None))
    wanted: str = ""
    """Agent this caller waits for, until `wanted_until`; empty: anybody."""
    wanted_until: float = 0.0
    ringing: list[str] = field(default_factory=list)
    """Whose phones ring for it now, in the order in which they began."""
    round_from: float = 0.0
    """When the first phone of the present round rang."""
    announced: Announced = field(default_factory=Announced)
    """What they were told about how long it will be."""
    tried: set[str] = field(default_factory=set)
    """Offered in vain in the present round."""

    @property
    def agent(self) -> str | None:
        """Who was rung first of those whose phones ring now."""
        return self.ringing[0] if self.ringing else None

    @property
    def place(self) -> Place:
        """Where in the row."""
        return (-self.priority, self.held_since, self.arrival)


class Row:
    """Everybody who waits in one queue, in order."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._entries: list[Waiting] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._entries)

    def add(self, entry: Waiting) -> None:
        """Takes its place."""
        at = bisect_left(self._places, entry.place)
        insort(self._places, entry.place)
        self._entries.insert(at, entry)

    def remove(self, entry: Waiting) -> None:
        """Gone; who is not there is no fault: the row may have been made anew meanwhile."""
        at = bisect_left(self._places, entry.place)
        if at < len(self._entries) and self._entries[at] is entry:
            del self._places[at], self._entries[at]

    def ahead_of(self, place: Place) -> int:
        """How many go before this place."""
        return bisect_left(self._places, place)


@dataclass(slots=True)
class Tally:
    """Counts of one queue since the core started; together with those waiting they add up."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    left: int = 0
