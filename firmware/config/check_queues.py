"""Checks of queues: whom their rules are about, and demands that nobody could ever meet.

Pure. Part of firmware.config.check, which knows the rules about a configuration as a whole.

Tests: tests/firmware/config/test_check_queues.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from firmware.config.check_skills import best_of, least_of
from firmware.config.destination import Destination
from firmware.config.document import Document, Queue
from firmware.config.problem import Problem


def problems(office: Document) -> list[Problem]:
    """Everything wrong with the queues' rules."""
    found = [problem for queue in office.queues for problem in _queue(office, queue)]
    for n, reason in enumerate(office.pause_reasons):
        if reason in office.pause_reasons[:n]:
            found.append(Problem("pause_reasons", f"{reason!r} is there twice, expected once"))
    return found


def destinations(queue: Queue) -> Iterator[tuple[str, Destination]]:
    """Where this queue sends callers by itself, with the field."""
    yield "on_timeout", queue.on_timeout
    yield "on_full", queue.on_full
    yield "on_empty", queue.on_empty
    if queue.on_paused is not None:
        yield "on_paused", queue.on_paused
    if queue.on_unreachable is not None:
        yield "on_unreachable", queue.on_unreachable
    if queue.on_closed is not None:
        yield "on_closed", queue.on_closed


def _queue(office: Document, queue: Queue) -> Iterator[Problem]:
    where = f"queues/{queue.id}"
    for member in queue.member_rules:
        if member not in queue.members:
            what = f"{member!r} is no member of the queue: expected one of its members"
            yield Problem(f"{where}/member_rules/{member}", what)
    yield from _hours(office, queue)
    yield from _callback(office, queue)
    yield from _skills(office, queue)
    yield from _never(queue)


def _hours(office: Document, queue: Queue) -> Iterator[Problem]:
    where, known = f"queues/{queue.id}", [schedule.id for schedule in office.schedules]
    if queue.hours is not None and queue.hours not in known:
        expected = f"one of {', '.join(known)}" if known else "none, as none are set up"
        yield Problem(f"{where}/hours", f"no opening hours {queue.hours!r}: expected {expected}")
    if queue.hours is None and (queue.on_closed is not None or queue.leave_when_closed):
        field = "on_closed" if queue.on_closed is not None else "leave_when_closed"
        what = "never happens: the queue has no opening hours (hours) and is always open"
        yield Problem(f"{where}/{field}", what)


def _callback(office: Document, queue: Queue) -> Iterator[Problem]:
    """A key that means one thing, and a line that can be dialled on."""
    where, rule = f"queues/{queue.id}/callback", queue.callback
    if not rule.is_offered:
        return
    if rule.key == queue.comfort.exit_key:
        what = f"{rule.key} is the way out of the queue already (comfort/exit_key)"
        yield Problem(f"{where}/key", what)
    may_dial = {line.number for line in office.lines if line.may_dial_out}
    if not may_dial:
        what = "no line may dial out: expected one on which callers can be called back"
        yield Problem(f"{where}/is_offered", what)
    for line in rule.lines:
        if line not in may_dial:
            what = f"line {line} is not there or may not dial out: expected one that may"
            yield Problem(f"{where}/lines", what)
    count = len(office.lines)
    if may_dial and rule.keep_lines_free >= count:
        what = f"{rule.keep_lines_free} of {count} lines stay free: nobody could be called back"
        yield Problem(f"{where}/keep_lines_free", what)


def _skills(office: Document, queue: Queue) -> Iterator[Problem]:
    """A caller whom no member could ever be rung for would wait in vain."""
    where = f"queues/{queue.id}/skills"
    for skill, level in queue.skills.items():
        least, best = least_of(queue, level), best_of(office, queue, skill)
        if queue.members and best < least:
            what = (
                f"{skill} {least} is demanded of everybody and the best member has {best}: "
                "expected a member who has it, or skills_lower_every_s to demand less in time"
            )
            yield Problem(f"{where}/{skill}", what)


def _never(queue: Queue) -> Iterator[Problem]:
    """Rules that wait for longer than any caller may."""
    where, longest = f"queues/{queue.id}", queue.max_wait_s
    times = {
        "penalty_relax_every_s": queue.penalty_relax_every_s,
        "skills_lower_every_s": queue.skills_lower_every_s,
    }
    for field, seconds in times.items():
        if seconds >= longest:
            what = f"{seconds} s never pass: callers wait for {longest} s at most (max_wait_s)"
            yield Problem(f"{where}/{field}", what)
    if queue.penalty_relax_every_s and queue.member_rules:
        first = min(
            (r.penalty for m, r in queue.member_rules.items() if m in queue.members), default=0
        )
        has_all = len(queue.member_rules) == len(queue.members)
        if has_all and first * queue.penalty_relax_every_s >= longest:
            what = "no member is of a level that is rung before max_wait_s"
            yield Problem(f"{where}/member_rules", what)
