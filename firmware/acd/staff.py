"""Agents: logging in and out, pauses, wrap-up, and what becomes of what they are offered.

Pure. Between `callers.py` and `queue.py` in the queue core. An agent is a person; where they sit is
another thing: whose phone rings for them is the one they logged in at (hot desk), and two people
never sit at one phone. Who is in no queue any more goes when their call is over.

Tests: tests/firmware/acd/test_queue.py, test_staff.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from firmware.acd.agent import Agent, Presence, Step, Work
from firmware.acd.callers import Callers
from firmware.acd.messages import Command, Drop, Join, Taken, Told
from firmware.acd.waiting import Waiting
from firmware.records.messages import CallId

CONFIRM_S: Final = 30.0
"""Longest an agent hears what call it is before they have to say that they take it."""
LONGEST_WRAP_UP_S: Final = 3600.0
"""However often it is made longer."""


class UnknownAgent(Exception):
    """An extension that is a member of no queue was told to log in, pause, ..."""


class NotNow(Exception):
    """Something an agent may not do, or not at this moment."""


class Staff(Callers):
    """Who answers."""

    def _log_in(self, extension: str, phone: str, now: float) -> Iterator[Command]:
        agent = self._known(extension)
        if extension not in self._queues_of:  # still here for their last call only
            raise self._in_no_queue(extension)
        at = "" if phone == extension else phone
        if agent.work is Work.OFFERED and at != agent.phone and agent.call is not None:
            entry, who = self.waiting[agent.call], self.who(extension)
            yield from self._withdraw(entry, extension, f"{who} sits elsewhere now", now)
        agent.phone = at
        if agent.presence is Presence.OUT:
            agent.answered, agent.talk_s = 0, 0.0
            if not agent.has_talked:
                agent.idle_since = now
        agent.presence, agent.reason, agent.unanswered = Presence.READY, "", 0
        self._come_back(agent, None)
        self._see_phone(agent)
        for other in self._sitting_at(agent.rings_at):
            if other is not agent and other.presence is not Presence.OUT:
                yield from self._stop(other.extension, Presence.OUT, "", now)

    def _ready(self, extension: str, now: float) -> None:
        agent = self._known(extension)
        if agent.presence is Presence.PAUSED:
            agent.presence, agent.reason, agent.unanswered = Presence.READY, "", 0
            self._come_back(agent, None)
        if agent.work is Work.WRAP_UP:
            self._wrapped_up(agent, now)
        self._touch(agent)

    def _extend(self, extension: str) -> None:
        agent = self._known(extension)
        if agent.work is not Work.WRAP_UP or agent.deadline is None:
            raise NotNow(f"agent {extension} is {agent.shown}: expected to be in wrap-up")
        queue = self.queues.get(agent.queue)
        by = queue.wrap_up_extend_s if queue is not None else 0
        longest = agent.wrap_up_from + LONGEST_WRAP_UP_S
        if not by or agent.deadline >= longest:
            what = "as long as it may be" if by else "of fixed length"
            raise NotNow(f"the wrap-up of agent {extension} is {what}")
        self._due(agent, min(agent.deadline + by, longest))
        self._touch(agent)

    def _end_wrap_up(self, extension: str, now: float) -> None:
        agent = self._known(extension)
        if agent.work is Work.WRAP_UP:
            self._wrapped_up(agent, now, is_buffered=True)
            self._touch(agent)

    def _stop(
        self, extension: str, presence: Presence, reason: str, now: float
    ) -> Iterator[Command]:
        agent = self._known(extension)
        if agent.presence is Presence.OUT and presence is Presence.PAUSED:
            return  # nobody to pause: still logged out
        agent.presence, agent.reason = presence, reason
        self._come_back(agent, None)
        if agent.work is Work.OFFERED and agent.call is not None:
            entry, why = self.waiting[agent.call], f"{self.who(extension)} takes no calls now"
            yield from self._withdraw(entry, extension, why, now)
        if presence is Presence.OUT:
            if agent.work is Work.WRAP_UP:
                self._wrapped_up(agent, now)
            agent.phone = ""
            self._see_phone(agent)
        self._touch(agent)
        yield from self._empty(now, extension)

    def _reachable(self, extension: str, is_reachable: bool, now: float) -> Iterator[Command]:
        self._phone(extension).is_reachable = is_reachable
        for agent in self._sitting_at(extension):
            self._see_phone(agent)
            if not is_reachable and agent.work is Work.OFFERED and agent.call is not None:
                entry = self.waiting[agent.call]
                why = f"the phone of {self.who(agent.extension)} is unreachable"
                yield from self._withdraw(entry, agent.extension, why, now)
            if not is_reachable:
                yield from self._empty(now, agent.extension)

    def _busy(self, extension: str, is_busy: bool, what: str) -> None:
        """A phone is on a call that is no queue's, or is not any more."""
        phone = self._phone(extension)
        phone.is_busy, phone.what = is_busy, what if is_busy else ""
        for agent in self._sitting_at(extension):
            self._see_phone(agent)

    # -- offers and calls ----------------------------------------------------------------------

    def _confirming(self, call: CallId, extension: str, now: float) -> None:
        entry, agent = self.waiting.get(call), self.agents.get(extension)
        if entry is not None and agent is not None and extension in entry.ringing:
            self._due(agent, now + CONFIRM_S)

    def _answered(self, call: CallId, extension: str, now: float) -> Iterator[Command]:
        entry, agent = self.waiting.get(call), self.agents.get(extension)
        if entry is None or agent is None or extension not in entry.ringing:
            yield Drop(call, extension)
            return
        self._out(entry)
        told = self._measured(entry, now)
        entry.ringing.remove(extension)
        agent.step(Step.ANSWER)
        self._due(agent, None)
        self._begins(agent, entry, now)
        yield Join(call, extension, entry.queue, now - entry.since, told)
        why = f"{self.who(extension)} answered"
        yield from self._withdraw_all(entry, why, now, elsewhere=True)

    def _measured(self, entry: Waiting, now: float) -> Told | None:
        """A caller is answered: how right they were told how long it would be."""
        if (pair := entry.announced.against(now)) is None:
            return None
        self.serving[entry.queue].accuracy.add(*pair)
        return Told(entry.queue, *pair)

    def _begins(self, agent: Agent, entry: Waiting, now: float) -> None:
        """An agent talks with a caller of a queue."""
        agent.call, agent.queue, agent.talk_from = entry.call, entry.queue, now
        agent.answered += 1
        agent.unanswered = 0
        self._touch(agent)
        self.joined[entry.call] = agent.extension
        self._numbers[entry.call] = entry.number
        self.tallies[entry.queue].answered += 1
        self.serving[entry.queue].view.last_answered = agent.extension

    def _offer_failed(self, call: CallId, extension: str, now: float) -> Iterator[Command]:
        entry, agent = self.waiting.get(call), self.agents.get(extension)
        if agent is not None and agent.work is Work.OFFERED and agent.call == call:
            self._free(agent)
            if entry is not None and extension in entry.ringing:
                entry.ringing.remove(extension)
                self._not_taken_by(entry, agent, now)
            yield from self._unanswered(agent, now)

    def _unanswered(self, agent: Agent, now: float) -> Iterator[Command]:
        """One more offer not taken; so many in a row are a pause."""
        queue = self.queues.get(agent.queue)
        grace_s = queue.unanswered_grace_s if queue is not None else 0
        if agent.has_talked and now - agent.idle_since < grace_s:
            return
        agent.unanswered += 1
        if queue is None or not queue.max_unanswered or agent.presence is not Presence.READY:
            return
        if agent.unanswered >= queue.max_unanswered:
            agent.presence = Presence.PAUSED
            agent.reason = f"did not answer {agent.unanswered} calls in a row"
            if queue.auto_pause_s:
                self._come_back(agent, now + queue.auto_pause_s)
            self._touch(agent)
            yield from self._empty(now, agent.extension)

    def _picked_up(self, call: CallId, by: str, now: float) -> Iterator[Command]:
        entry = self.waiting.get(call)
        if entry is None:
            return
        self._out(entry)
        told = self._measured(entry, now)
        yield from self._withdraw_all(entry, f"{self.who(by)} picked it up", now, elsewhere=True)
        agent = self.agents.get(by)
        if agent is not None and agent.work is Work.OFFERED and agent.call is not None:
            other, why = self.waiting[agent.call], f"{self.who(by)} took another call"
            yield from self._withdraw(other, by, why, now)
        if agent is None or agent.work is Work.ON_CALL:
            self.taken[call] = entry.queue
            self._takers[call] = (by, entry.number, now)
            self.tallies[entry.queue].answered += 1
            self.serving[entry.queue].view.last_answered = by
            if agent is not None:
                agent.answered += 1
        else:
            if agent.work is Work.WRAP_UP:
                self._wrapped_up(agent, now)
            else:
                self._free(agent)
            agent.step(Step.PICK_UP)
            self._begins(agent, entry, now)
        yield Taken(call, by, entry.queue, now - entry.since, told)

    def _ended(self, call: CallId, now: float) -> None:
        if (queue_id := self.taken.pop(call, None)) is not None:
            self._taken_ended(queue_id, *self._takers.pop(call, ("", "", now)), now)
        extension = self.joined.pop(call, None)
        number = self._numbers.pop(call, "")
        agent = self.agents.get(extension) if extension is not None else None
        if agent is None:
            return
        agent.step(Step.END)
        agent.call, agent.idle_since, agent.has_talked = None, now, True
        agent.talk_s += now - agent.talk_from
        agent.wrap_up_from = now
        self.regulars.talked(number, agent.extension, now)
        queue = self.queues.get(agent.queue)
        wrap_up_s = queue.wrap_up_s if queue is not None else 0
        if wrap_up_s == 0 or agent.presence is Presence.OUT:
            self._wrapped_up(agent, now, is_buffered=True)
        else:
            self._due(agent, now + wrap_up_s)
            self._touch(agent)

    def _taken_ended(self, queue: str, by: str, number: str, since: float, now: float) -> None:
        """A call is over that was taken beside another, or by somebody who serves no queue."""
        self.regulars.talked(number, by, now)
        if (serving := self.serving.get(queue)) is not None:
            serving.handling.add(now - since, now)
        if (agent := self.agents.get(by)) is not None:
            agent.talk_s += now - since
            agent.idle_since, agent.has_talked = now, True

    def _wrapped_up(self, agent: Agent, now: float, *, is_buffered: bool = False) -> None:
        """The call is dealt with. `is_buffered`: a pause follows; not if the agent says ready."""
        self._free(agent)
        if (serving := self.serving.get(agent.queue)) is None:
            return
        serving.handling.add(now - agent.talk_from, now)
        if is_buffered and serving.queue.buffer_s:
            self._rest(agent, now + serving.queue.buffer_s)

    def _known(self, extension: str) -> Agent:
        if (agent := self.agents.get(extension)) is None:
            raise self._in_no_queue(extension)
        return agent

    def _in_no_queue(self, extension: str) -> UnknownAgent:
        return UnknownAgent(
            f"extension {extension!r} is in no queue: expected one of {sorted(self._queues_of)}"
        )
