"""Checks of dispositions: codes and names used twice, and queues that speak of what is not there.

Pure. Part of firmware.config.check, which knows the rules about a configuration as a whole.

Tests: tests/firmware/config/test_dispositions.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from firmware.config.document import Document, Queue
from firmware.config.problem import Problem


def problems(office: Document) -> Iterator[Problem]:
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


def _of_queue(office: Document, queue: Queue) -> Iterator[Problem]:
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
