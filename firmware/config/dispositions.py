"""Dispositions: how a call ended in the agent's words, as a list of numbered outcomes.

Pure. Parts of firmware.config.schema: `Disposition` of the office, `Notes` of each queue. Without a
list there are none and nobody is asked. What was set for a call is kept with the call as it was
then (firmware.records.disposition_books), so a name changed later changes no report of before.

Tests: tests/firmware/config/test_dispositions.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from firmware.config.part import Part
from firmware.config.problem import Problem

if TYPE_CHECKING:
    from firmware.config.schema import Office, Queue

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


def of_queue(office: Office, queue: str) -> tuple[Disposition, ...]:
    """What may be set for calls of a queue, in the order of the codes."""
    found = next((q for q in office.queues if q.id == queue), None)
    fitting = found.notes.dispositions if found is not None else ()
    chosen = (one for one in office.dispositions if not fitting or one.code in fitting)
    return tuple(sorted(chosen, key=lambda one: one.code))


def problems(office: Office) -> Iterator[Problem]:
    """Codes and names used twice, and queues that speak of codes which do not exist."""
    for code, times in Counter(one.code for one in office.dispositions).items():
        if times > 1:
            what = f"code {code} is used {times} times, expected once"
            yield Problem(f"dispositions/{code}", what)
    names: dict[str, int] = {}
    for one in office.dispositions:
        first = names.setdefault(one.name.strip().casefold(), one.code)
        if first != one.code:
            what = f"{one.name!r} is the name of code {first} already: expected another name"
            yield Problem(f"dispositions/{one.code}/name", what)
    for queue in office.queues:
        yield from _of_queue(office, queue)


def _of_queue(office: Office, queue: Queue) -> Iterator[Problem]:
    where, notes = f"queues/{queue.id}/notes", queue.notes
    known = {one.code for one in office.dispositions}
    for code, times in Counter(notes.dispositions).items():
        if code not in known:
            codes = ", ".join(map(str, sorted(known)))
            expected = f"expected one of {codes}" if codes else "the office has none at all"
            what = f"there is no disposition {code}: {expected}"
            yield Problem(f"{where}/dispositions", what)
        if times > 1:
            yield Problem(f"{where}/dispositions", f"{code} is there {times} times, expected once")
    if notes.end_wrap_up and not known:
        what = "never happens: the office has no dispositions to be set"
        yield Problem(f"{where}/end_wrap_up", what)
