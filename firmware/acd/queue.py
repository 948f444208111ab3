"""The queue: which caller gets which agent, and when. Every queue and agent of the office.

Pure: no I/O, no clock. `advance(event, now)` returns the commands to carry out; the owner calls
again with `Tick` at `next_deadline()`. One core for all queues, because an agent may serve
several and must get at most one offer of one call.

What it promises (`invariants.py` checks it after every step in tests, and in service):
an agent whose phone cannot be reached is never offered a call; no agent has two offers; every
waiting call has a next event; offered = answered + abandoned + left + waiting.

In layers, each on the one before: `floor.py` (everything as it is, smallest steps), `matching.py`
(who is rung for whom), `callers.py`, `staff.py`, and here the events, the time and the
configuration. Beside them: `strategy.py` (order), `fitness.py` (skills, levels, sticky agents),
`expected_wait.py`. Shell: queue_task.py.
Tests: tests/firmware/acd/test_queue.py, test_callers.py, test_staff.py, test_random_days.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, assert_never

from firmware.acd import invariants, messages
from firmware.acd.agent import Agent, Presence, Step, Work
from firmware.acd.callers import UnknownQueue as UnknownQueue
from firmware.acd.fitness import merged
from firmware.acd.floor import REST_S as REST_S
from firmware.acd.floor import Due
from firmware.acd.matching import PATIENCE_S as PATIENCE_S
from firmware.acd.messages import Command, Event, Left, Repaired
from firmware.acd.staff import NotNow as NotNow
from firmware.acd.staff import Staff
from firmware.acd.staff import UnknownAgent as UnknownAgent
from firmware.acd.waiting import Tally as Tally
from firmware.acd.waiting import Waiting as Waiting
from firmware.records.messages import CallId

MOST_REPAIRS: Final = 3
"""In a row, of what each lays open."""


class Acd(Staff):
    """All queues and agents. Not thread-safe; one owner calls `advance`."""

    # -- what the owner calls ------------------------------------------------------------------

    def advance(self, event: Event, now: float) -> list[Command]:
        """Take one event; return the commands in the order in which to carry them out."""
        commands: list[Command] = list(self._take(event, now))
        commands += self._expire(now)
        commands += self._match(now)
        commands += self._changes(now)
        return commands

    def next_deadline(self) -> float | None:
        """When to call with `Tick` at the latest; None if nothing is due."""
        return self._timers.next()

    def repair(self, now: float, *, is_suspect: bool = False) -> list[Command]:
        """Check the invariants; put right and report what does not hold. `is_suspect`: something
        failed, so what is kept to find callers and agents quickly is made anew in any case."""
        commands: list[Command] = []
        for _ in range(MOST_REPAIRS):  # one repair may lay open another fault
            if not (found := invariants.broken(self)):
                break
            commands += [Repaired(one.what) for one in found]
            self._put_right(found)
        if not commands and not is_suspect:
            commands += [Repaired(one.what) for one in invariants.drifted(self, now)]
        if commands or is_suspect:
            self._index(now)
        for call in self._numbers.keys() - self.joined.keys():
            del self._numbers[call]
        for call in self._takers.keys() - self.taken.keys():
            del self._takers[call]
        return [*commands, *self._expire(now), *self._match(now), *self._changes(now)]

    def _put_right(self, found: list[invariants.Broken]) -> None:
        for broken in found:
            if broken.agent is not None and (agent := self.agents.get(broken.agent)):
                self._let_be(agent)
                if broken.is_about_seat:
                    agent.presence, agent.phone = Presence.OUT, ""
                    self._see_phone(agent)
            if broken.call is not None:
                self.joined.pop(broken.call, None)
                if entry := self.waiting.get(broken.call):
                    self._let_wait(entry)
        for entry in [w for w in self.waiting.values() if w.queue not in self.queues]:
            del self.waiting[entry.call]
        waiting = Counter(w.queue for w in self.waiting.values())
        for queue, tally in self.tallies.items():
            tally.offered = tally.answered + tally.abandoned + tally.left + waiting[queue]

    def _let_be(self, agent: Agent) -> None:
        """Free, and no call claims them."""
        for entry in self.waiting.values():
            if agent.extension in entry.ringing:
                entry.ringing.remove(agent.extension)
        for call in [c for c, who in self.joined.items() if who == agent.extension]:
            del self.joined[call]
        self._free(agent)

    def _let_wait(self, entry: Waiting) -> None:
        """Nobody rings, and nobody believes that they do."""
        entry.ringing.clear()
        for agent in self.agents.values():
            if agent.work is Work.OFFERED and agent.call == entry.call:
                self._free(agent)

    # -- events --------------------------------------------------------------------------------

    def _take(self, event: Event, now: float) -> Iterator[Command]:
        match event:
            case messages.Configured():
                yield from self._configure(event, now)
            case messages.Offered():
                yield from self._offered(event, now)
            case messages.Leaving(call, reason, to):
                if (entry := self.waiting.get(call)) is not None:
                    yield from self._leave(entry, reason, now, to)
            case messages.ClosedNow(closed):
                yield from self._close(closed, now)
            case messages.Abandoned(call):
                yield from self._abandoned(call, now)
            case messages.PickedUp(call, by):
                yield from self._picked_up(call, by, now)
            case messages.Confirming(call, extension):
                self._confirming(call, extension, now)
            case messages.OfferAnswered(call, extension):
                yield from self._answered(call, extension, now)
            case messages.OfferFailed(call, extension, _):
                yield from self._offer_failed(call, extension, now)
            case messages.CallEnded(call):
                self._ended(call, now)
            case messages.DayBegan():
                for agent in self.agents.values():
                    agent.answered, agent.talk_s, agent.has_talked = 0, 0.0, False
            case messages.Resumed():
                yield from self._resume(event, now)
            case messages.Tick():
                pass
            case _:
                yield from self._agent_event(event, now)

    def _agent_event(
        self,
        event: messages.LoggedIn
        | messages.LoggedOut
        | messages.Paused
        | messages.Readied
        | messages.WrapUpExtended
        | messages.WrapUpEnded
        | messages.Reachable
        | messages.PhoneBusy,
        now: float,
    ) -> Iterator[Command]:
        match event:
            case messages.LoggedIn(extension, phone):
                yield from self._log_in(extension, phone, now)
            case messages.LoggedOut(extension):
                yield from self._stop(extension, Presence.OUT, "", now)
            case messages.Paused(extension, reason):
                yield from self._stop(extension, Presence.PAUSED, reason, now)
            case messages.Readied(extension):
                self._ready(extension, now)
            case messages.WrapUpExtended(extension):
                self._extend(extension)
            case messages.WrapUpEnded(extension):
                self._end_wrap_up(extension, now)
            case messages.Reachable(extension, is_reachable):
                yield from self._reachable(extension, is_reachable, now)
            case messages.PhoneBusy(extension, is_busy, what):
                self._busy(extension, is_busy, what)
            case _:
                assert_never(event)

    def _resume(self, event: messages.Resumed, now: float) -> Iterator[Command]:
        for was in event.agents:
            if was.agent in self._queues_of:
                yield from self._resume_agent(was, now)
        for talk in event.talked:
            self.regulars.talked(talk.number, talk.agent, talk.at)
        for lost in event.lost:
            self.regulars.lost(lost.queue, lost.number, lost.held_since, lost.at)
        for handled in event.handled:
            if (serving := self.serving.get(handled.queue)) is not None:
                serving.handling.add(handled.seconds, handled.at)
        for told in event.told:
            if (serving := self.serving.get(told.queue)) is not None:
                serving.accuracy.add(told.told_s, told.waited_s)
        for queue, serving in self.serving.items():
            view = serving.view
            view.last_offered = event.last_offered.get(queue, view.last_offered)
            view.last_answered = event.last_answered.get(queue, view.last_answered)

    def _resume_agent(self, was: messages.Earlier, now: float) -> Iterator[Command]:
        agent = self.agents[was.agent]
        if was.presence is not Presence.OUT:
            yield from self._log_in(was.agent, was.phone, now)
        if was.presence is Presence.PAUSED:
            yield from self._stop(was.agent, Presence.PAUSED, was.reason, now)
            self._come_back(agent, was.back_at)
            agent.resumes = ("paused", was.since) if was.since is not None else None
        agent.answered, agent.talk_s, agent.has_talked = was.answered, was.talk_s, was.has_talked
        agent.idle_since = now if was.idle_since is None else was.idle_since
        agent.unanswered = agent.last_unanswered = was.unanswered
        agent.last_wish = agent.wish  # nobody has wished anything by the restart
        if was.wrap_up is not None and agent.work is Work.FREE:
            self._resume_wrap_up(agent, was.wrap_up, now)

    def _resume_wrap_up(self, agent: Agent, was: messages.WrapUp, now: float) -> None:
        """The notes of a call of before the core began, or what is left of the buffer behind."""
        agent.queue, agent.talk_from, agent.wrap_up_from = was.queue, was.talk_from, was.began
        queue = self.queues.get(was.queue)
        if agent.presence is Presence.OUT:
            return
        if was.until > now:
            agent.step(Step.RESUME)
            agent.resumes = ("wrap_up", was.began)
            self._due(agent, was.until)
            self._touch(agent)
            return
        agent.resumes = (agent.presence.value, was.until)
        if queue is not None and queue.buffer_s and was.until + queue.buffer_s > now:
            self._rest(agent, was.until + queue.buffer_s)

    # -- the configuration ---------------------------------------------------------------------

    def _configure(self, event: messages.Configured, now: float) -> Iterator[Command]:
        self.names = dict(event.names)
        kept = {q.id for q in event.queues}
        for entry in [w for w in self.waiting.values() if w.queue not in kept]:
            yield from self._leave(entry, Left.REMOVED, now)
        self._set_up(event.queues)
        fixed = {m for q in event.queues for m, rule in q.member_rules.items() if rule.is_fixed}
        for extension in self._queues_of:
            if extension not in self.agents:
                self._appear(extension, now)
            agent = self.agents[extension]
            if extension in fixed and not agent.is_fixed:
                yield from self._log_in(extension, "", now)
            agent.is_fixed = extension in fixed
        for agent in list(self.agents.values()):
            agent.skills = event.skills.get(agent.extension, {})
            agent.is_undisturbed = agent.extension in event.undisturbed
            yield from self._reconsider(agent, now)
        for entry in self.waiting.values():
            entry.skills = merged(self.queues[entry.queue], entry.of_call)
        self._index(now)
        yield from self._empty(now)

    def _appear(self, extension: str, now: float) -> None:
        agent = self.agents[extension] = Agent(extension, idle_since=now, since=now)
        self._see_phone(agent)

    def _reconsider(self, agent: Agent, now: float) -> Iterator[Command]:
        """An agent after a change of the configuration: may what rings go on ringing?"""
        extension = agent.extension
        serves = {s.queue.id for s in self._queues_of.get(extension, ())}
        if agent.work is Work.OFFERED and agent.call is not None:
            entry = self.waiting[agent.call]
            if agent.is_undisturbed:
                why = f"{self.who(extension)} is not to be disturbed"
                yield from self._withdraw(entry, extension, why, now)
            elif agent.queue not in serves:
                why = f"{self.who(extension)} does not serve this queue any more"
                yield from self._withdraw(entry, extension, why, now)
        if not serves:  # whatever they do now, it was the last
            self._go_home(agent)
            if agent.work is Work.WRAP_UP:
                self._free(agent)

    # -- time ----------------------------------------------------------------------------------

    def _expire(self, now: float) -> Iterator[Command]:
        for due, key in self._timers.due(now):
            match due:
                case Due.WAIT:
                    yield from self._leave(self.waiting[CallId(key)], Left.TIMEOUT, now)
                case Due.STEP:
                    self._review(self.waiting[CallId(key)], now)
                case Due.REST:
                    self._touch(self.agents[key])
                case Due.BACK:
                    self._ready(key, now)
                case Due.WORK:
                    yield from self._work_due(self.agents[key], now)
                case _:
                    assert_never(due)

    def _work_due(self, agent: Agent, now: float) -> Iterator[Command]:
        if agent.work is Work.WRAP_UP:
            self._wrapped_up(agent, now, is_buffered=True)
        elif agent.call is not None:
            entry = self.waiting[agent.call]
            ring_s = self.ring_s(entry.queue, agent.extension)
            why = f"{self.who(agent.extension)} did not answer for {ring_s} s"
            yield from self._withdraw(entry, agent.extension, why, now)
            yield from self._unanswered(agent, now)
