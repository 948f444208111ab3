"""Callers: how they join a queue, keep or regain their place, and leave without being answered.

Pure. Between `matching.py` and `staff.py` in the queue core. A queue is empty when nobody is at
work in it; why not (logged out, paused, unreachable) decides whether callers may join or stay, and
where they go.

Tests: tests/firmware/acd/test_queue.py, test_callers.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from firmware.acd import messages
from firmware.acd.agent import Presence
from firmware.acd.expected_wait import Range, expected_s
from firmware.acd.fitness import merged
from firmware.acd.matching import Matching
from firmware.acd.messages import Command, Leave, Left
from firmware.acd.waiting import Waiting
from firmware.config.schema import Destination, Queue
from firmware.records.messages import CallId

HOUR_S: Final = 3600.0


class UnknownQueue(Exception):
    """A call was sent to a queue the office does not have."""


class Callers(Matching):
    """Who waits."""

    def position(self, call: CallId) -> int:
        """Place in its queue, 1 is next; 0 if it does not wait."""
        entry = self.waiting.get(call)
        if entry is None:
            return 0
        return 1 + self.serving[entry.queue].row.ahead_of(entry.place)

    def position_since(self, queue: str, held_since: float, priority: int = 0) -> int:
        """Place that somebody has who does not wait on the line but keeps it (a callback)."""
        return 1 + self.serving[queue].row.ahead_of((-priority, held_since, 0))

    def expected_wait_s(self, queue: str, position: int, now: float) -> float | None:
        """Expected wait at a place of a queue by the office's definition; None: nothing known."""
        agents = sum(1 for a in self.members_of(queue) if a.presence is Presence.READY)
        return expected_s(position, self.serving[queue].handling.mean_s(now), agents)

    def outlook(self, call: CallId, now: float) -> tuple[int, Range | None]:
        """Place of a caller, and how long it will be, as they are told now: never more than
        before. (0, None): the call does not wait."""
        if (entry := self.waiting.get(call)) is None:
            return 0, None
        position = self.position(call)
        seconds = self.expected_wait_s(entry.queue, position, now)
        is_told = self.queues[entry.queue].comfort.tell_wait
        return position, entry.announced.next(seconds, now) if is_told else None

    def _offered(self, event: messages.Offered, now: float) -> Iterator[Command]:
        queue = self.queues.get(event.queue)
        if queue is None:
            raise UnknownQueue(f"queue {event.queue!r}: expected one of {sorted(self.queues)}")
        if (before := self.waiting.get(event.call)) is not None:  # led on without having left
            self._out(before)
            self.tallies[before.queue].left += 1
            yield from self._withdraw_all(before, "the caller was led on", now)
        tally = self.tallies[queue.id]
        tally.offered += 1
        self._arrivals += 1
        entry = Waiting(event.call, queue.id, now, now, event.priority, event.number)
        entry.arrival, entry.of_call = self._arrivals, event.skills
        entry.skills = merged(queue, event.skills)
        entry.held_since = self._place_of(event, queue, now)
        entry.wanted = self._wanted_by(event, queue, now)
        entry.wanted_until = now + queue.sticky_s
        ahead = len(self.serving[queue.id].row)
        self.waiting[event.call] = entry
        self._enter(entry, now)
        if (cause := self._why_not_join(queue, ahead)) is not None:
            yield from self._leave(entry, cause, now)

    def _place_of(self, event: messages.Offered, queue: Queue, now: float) -> float:
        """Since when the caller has their place."""
        lost = self.regulars.regain(queue.id, event.number, now, queue.repeat_caller_s)
        places = [p for p in (event.place, lost) if p is not None and p < now]
        return min(places, default=now)

    def _wanted_by(self, event: messages.Offered, queue: Queue, now: float) -> str:
        """The agent this caller waits for first; empty: anybody."""
        if not queue.sticky_s:
            return ""
        last = self.regulars.agent_of(event.number, now, queue.sticky_for_h * HOUR_S)
        wanted = event.owner or last
        return wanted if wanted in self.serving[queue.id].view.places else ""

    def _close(self, closed: frozenset[str], now: float) -> Iterator[Command]:
        """Closing time of some queues, or the end of it."""
        self.closed = closed
        for one in [s for s in self.serving.values() if s.queue.id in closed]:
            if one.queue.leave_when_closed:
                for entry in list(one.row):
                    yield from self._leave(entry, Left.CLOSED, now)

    def _why_not_join(self, queue: Queue, ahead: int) -> Left | None:
        if queue.id in self.closed:
            return Left.CLOSED
        match self._emptiness(queue):
            case Left.EMPTY if queue.join_when_empty:
                pass
            case Left.PAUSED if queue.join_when_paused:
                pass
            case Left.UNREACHABLE if queue.join_when_unreachable:
                pass
            case None:
                pass
            case cause:
                return cause
        return Left.FULL if ahead >= queue.max_waiting else None

    def _emptiness(self, queue: Queue) -> Left | None:
        """Why nobody of the queue is at work; None if somebody is."""
        cause = Left.EMPTY
        for agent in self.members_of(queue.id):
            if agent.presence is Presence.OUT:
                continue
            if agent.presence is Presence.PAUSED or agent.is_undisturbed:
                cause = Left.PAUSED if cause is Left.EMPTY else cause
            elif not agent.is_reachable:
                cause = Left.UNREACHABLE
            else:
                return None
        return cause

    def _empty(self, now: float, serving: str = "") -> Iterator[Command]:
        """Send on who waits in queues where nobody is at work. `serving`: only this agent's."""
        queues = self._queues_of.get(serving, ()) if serving else self.serving.values()
        for one in [s for s in queues if len(s.row)]:
            cause, queue = self._emptiness(one.queue), one.queue
            stays = {
                Left.EMPTY: not queue.leave_when_empty,
                Left.PAUSED: not queue.leave_when_paused,
                Left.UNREACHABLE: not queue.leave_when_unreachable,
            }
            if cause is None or stays.get(cause, False):
                continue
            for entry in list(one.row):
                yield from self._leave(entry, cause, now)

    def _abandoned(self, call: CallId, now: float) -> Iterator[Command]:
        entry = self.waiting.get(call)
        if entry is None:
            return
        self._out(entry)
        self.tallies[entry.queue].abandoned += 1
        if self.queues[entry.queue].repeat_caller_s:
            self.regulars.lost(entry.queue, entry.number, entry.held_since, now)
        yield from self._withdraw_all(entry, "the caller hung up", now)

    def _leave(
        self, entry: Waiting, reason: Left, now: float, to: Destination | None = None
    ) -> Iterator[Command]:
        self._out(entry)
        yield from self._withdraw_all(entry, "the call left the queue", now)
        queue = self.queues[entry.queue]
        self.tallies[entry.queue].left += 1
        ways = {
            Left.TIMEOUT: queue.on_timeout,
            Left.FULL: queue.on_full,
            Left.PAUSED: queue.on_paused,
            Left.UNREACHABLE: queue.on_unreachable,
            Left.CLOSED: queue.on_closed,
        }
        to = to or ways.get(reason) or queue.on_empty
        yield Leave(entry.call, entry.queue, reason, to, now - entry.since)
