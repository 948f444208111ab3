"""How things stand for callbacks: agents and callers of a queue, lines, hours, who is talking.

Reads the office and the running calls, and changes nothing. What follows from it is decided by
firmware.ivr.callback_turn; callback_task.py asks once a second. Tests:
tests/firmware/route/test_callbacks.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from firmware.acd.fitness import Demand, demand, is_at_work, is_fit, merged
from firmware.acd.queue_task import Queues
from firmware.call.call import Call
from firmware.config.schema import Destination, Queue
from firmware.ivr.callback import Callback, Callbacks
from firmware.ivr.callback_turn import Scene
from firmware.records.messages import CallId
from firmware.route.asking import BY_NUMBER, asked_in
from firmware.route.desk import Desk
from firmware.route.visit_task import Visit

_IDLE: Final = ("ready", "wrap_up")
"""Shown states of an agent who is free, or will be in a moment."""
NO_LEVELS: Final[Mapping[str, int]] = {}


class Surroundings:
    """What callbacks depend on and do not rule."""

    def __init__(
        self, desk: Desk, queues: Queues, visits: Mapping[CallId, Visit], book: Callbacks
    ) -> None:
        self._desk, self._queues, self._visits, self._book = desk, queues, visits, book

    def scene(self, queue: Queue, one: Callback) -> Scene:
        """The queue as seen from a kept place."""
        core = self._queues.core
        waiting = [w for w in core.waiting.values() if w.queue == queue.id and not w.ringing]
        ahead = sum(w.place < one.place for w in waiting)
        demanded = self._demand(queue, one)
        fit = (agent for agent in core.members_of(queue.id) if is_fit(agent, demanded, NO_LEVELS))
        at_work = [agent for agent in fit if is_at_work(agent)]
        sharing = [x for x in core.queues.values() if not set(x.members).isdisjoint(queue.members)]
        return Scene(
            ahead + sum(self._book.under_way(x.id) for x in sharing),
            len(waiting) - ahead,
            len(at_work),
            sum(agent.shown in _IDLE for agent in at_work),
        )

    def _demand(self, queue: Queue, one: Callback) -> Demand:
        """What is demanded of who talks with them; levels of members are for who waits."""
        office = self._desk.office
        language = one.language or office.site.language
        asked = asked_in(office, queue, language, {BY_NUMBER: one.skills})
        waited_s = self._desk.loop.time() - one.held_since
        return demand(queue, merged(queue, asked), 0, waited_s)

    def free_lines(self) -> set[int]:
        """Lines in use by the office on which nobody is."""
        in_use = {x.number for x in self._desk.office.lines if x.is_enabled}
        return in_use & set(self._desk.lines.free_lines())

    def may_dial(self, queue: Queue) -> set[int]:
        """The lines on which a queue's callers may be called back."""
        lines = [x.number for x in self._desk.office.lines if x.may_dial_out and x.is_enabled]
        return set(lines) & set(queue.callback.lines or lines)

    def is_open(self, queue: Queue) -> bool:
        """By the queue's own hours, else by those that lead to it."""
        days, office = self._desk.days, self._desk.office
        here = Destination(to="queue", id=queue.id)
        hours = [queue.hours] if queue.hours is not None else []
        hours = hours or [s.id for s in office.schedules if s.open == here]
        return days is None or not hours or any(days.opening(id).is_open for id in hours)

    def on_the_phone(self) -> set[str]:
        """Callbacks whose number has a call here: they called, or somebody called them."""
        found = map(self._book.find, map(number_outside, self._calls()))
        return {one.number for one in found if one is not None}

    def _calls(self) -> Iterable[Call]:
        return (visit.call for visit in self._visits.values())


def number_outside(call: Call) -> str:
    """The number of a call's party that is not of the office."""
    return call.called if call.direction == "outgoing" else call.party.number
