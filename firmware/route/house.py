"""What a visit needs of who leads all calls (attend_task.Attendant).

Pure. Tested with both, in tests/firmware/route/test_attend.py.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from hal.leg import Leg, LegId

V = TypeVar("V")
"""A call in progress: `visit_task.Visit`."""


class House(Protocol[V]):
    """Leads every call of the office."""

    def changed(self, visit: V) -> None:
        """A visit rings somebody, lets somebody go, or ended."""
        ...

    def lead(self, visit: V, dialled: str, by: str) -> None:
        """Lead the visit's caller to what `dialled` means for extension `by`: as if dialled."""
        ...

    def ring(self, visit: V, extension: str) -> None:
        """Ring a person for the visit's caller, or go where that person forwards calls to."""
        ...

    def visit_of(self, leg: LegId) -> V | None:
        """The call in progress that has this leg."""
        ...

    def adopt(self, caller: Leg, other: Leg) -> None:
        """Make a call of their own of two who talk already."""
        ...
