"""Dispositions: how a call ended in the agent's words, as a list of numbered outcomes.

Pure. Parts of firmware.config.schema: `Disposition` of the office, `Notes` of each queue. Without a
list there are none and nobody is asked. What was set for a call is kept with the call as it was
then (firmware.records.disposition_books), so a name changed later changes no report of before.
What does not fit together is found by check_dispositions.py.

Tests: tests/firmware/config/test_dispositions.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Protocol

from pydantic import Field

from firmware.config.part import Part

MOST: Final = 50
"""In one office: a longer list is chosen from by nobody."""

Code = Annotated[int, Field(ge=1, le=99)]


class Disposition(Part):
    """One outcome."""

    code: Code
    """Dialled after the star code, 1 to 99."""
    name: Annotated[str, Field(min_length=1, max_length=40)]
    is_resolved: bool | None = None
    """Whether the caller's matter is settled, for first-call resolution; None: it is not counted
    there (a wrong number, say)."""


class Notes(Part):
    """What agents note about the calls of one queue."""

    dispositions: Annotated[tuple[Code, ...], Field(max_length=MOST)] = ()
    """The codes that fit its calls; none named: all of the office."""
    end_wrap_up: bool = False
    """The wrap-up is over as soon as a disposition is set; set while talking, there is none."""


class OfQueue(Protocol):
    """A queue, as far as it is asked here."""

    @property
    def id(self) -> str: ...
    @property
    def notes(self) -> Notes: ...


class OfOffice(Protocol):
    """A configuration, as far as it is asked here."""

    @property
    def queues(self) -> Sequence[OfQueue]: ...
    @property
    def dispositions(self) -> Sequence[Disposition]: ...


def of_queue(office: OfOffice, queue: str) -> tuple[Disposition, ...]:
    """What may be set for calls of a queue, in the order of the codes."""
    found = next((q for q in office.queues if q.id == queue), None)
    fitting = found.notes.dispositions if found is not None else ()
    chosen = (one for one in office.dispositions if not fitting or one.code in fitting)
    return tuple(sorted(chosen, key=lambda one: one.code))
