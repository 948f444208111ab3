"""The queue: which caller gets which agent, and when. Every queue and agent of the office.

Pure: no I/O, no clock. `advance(event, now)` returns the commands to carry out; the owner calls
again with `Tick` at `next_deadline()`. One core for all queues, because an agent may serve
several and must get at most one offer.

What it promises (`invariants.py` checks it after every step in tests, and in service):
an agent whose phone cannot be reached is never offered a call; no agent has two offers; every
waiting call has a next event; offered = answered + abandoned + left + waiting.

Left out here: skills, penalties, callbacks, ring-all. Shell: queue_task.py.
Tests: tests/firmware/acd/test_queue.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, assert_never

from firmware.acd import invariants, messages
from firmware.acd.agent import Agent, Presence, Step, Work
from firmware.acd.messages import (
    AgentChanged,
    Command,
    Drop,
    Event,
    Join,
    Leave,
    Left,
    Offer,
    Repaired,
    Taken,
    Withdraw,
)
from firmware.acd.strategy import order
from firmware.config.schema import Destination, Queue
from firmware.records.messages import CallId

REST_S: Final = 5.0
"""Pause between two offers to an agent who did not take the first."""
PATIENCE_S: Final = 1.0
"""How long after its ring time an unanswered offer may still be answered (a 200 under way)."""

_TO_FREE: Final[Mapping[Work, tuple[Step, ...]]] = {
    Work.FREE: (),
    Work.OFFERED: (Step.FAIL,),
    Work.ON_CALL: (Step.END, Step.REST),
    Work.WRAP_UP: (Step.REST,),
}


@dataclass(slots=True)
class Waiting:
    """A call in a queue."""

    call: CallId
    queue: str
    since: float
    agent: str | None = None
    """Whose phone rings for it now."""
    tried: set[str] = field(default_factory=set)
    """Offered in vain in the present round."""


@dataclass(slots=True)
class Tally:
    """Counts of one queue since the core started; together with those waiting they add up."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    left: int = 0


class UnknownQueue(Exception):
    """A call was sent to a queue the office does not have."""


class UnknownAgent(Exception):
    """An extension that is a member of no queue was told to log in, pause, ..."""


class Acd:
    """All queues and agents. Not thread-safe; one owner calls `advance`."""

    def __init__(self) -> None:
        self.queues: dict[str, Queue] = {}
        self.names: dict[str, str] = {}
        self.agents: dict[str, Agent] = {}
        self.waiting: dict[CallId, Waiting] = {}
        self.joined: dict[CallId, str] = {}
        """Calls being talked, with their agent."""
        self.taken: dict[CallId, str] = {}
        """Calls being talked with somebody who picked them up without serving a queue, or beside
        another call, with their queue."""
        self.tallies: dict[str, Tally] = {}
        self._now = 0.0

    # -- what the owner calls ------------------------------------------------------------------

    def advance(self, event: Event, now: float) -> list[Command]:
        """Take one event; return the commands in the order in which to carry them out."""
        self._now = now
        commands: list[Command] = list(self._take(event, now))
        commands += self._expire(now)
        commands += self._match(now)
        commands += self._changes(now)
        return commands

    def next_deadline(self) -> float | None:
        """When to call with `Tick` at the latest; None if nothing is due."""
        times = [a.deadline for a in self.agents.values() if a.deadline is not None]
        times += [w.since + self.queues[w.queue].max_wait_s for w in self.waiting.values()]
        if self.waiting:
            times += [a.rest_until for a in self.agents.values() if a.rest_until > self._now]
        return min(times, default=None)

    def repair(self, now: float) -> list[Command]:
        """Check the invariants; put right and report what does not hold."""
        commands: list[Command] = []
        for broken in invariants.broken(self):
            commands.append(Repaired(broken.what))
            if broken.agent is not None and (agent := self.agents.get(broken.agent)):
                self._free(agent)
            if broken.call is not None and (entry := self.waiting.get(broken.call)):
                entry.agent = None
        for queue, tally in self.tallies.items():
            waiting = sum(1 for w in self.waiting.values() if w.queue == queue)
            tally.offered = tally.answered + tally.abandoned + tally.left + waiting
        return [*commands, *self._match(now), *self._changes(now)]

    def position(self, call: CallId) -> int:
        """Place in its queue, 1 is next; 0 if it does not wait."""
        entry = self.waiting.get(call)
        if entry is None:
            return 0
        line = sorted(
            (w for w in self.waiting.values() if w.queue == entry.queue), key=lambda w: w.since
        )
        return 1 + [w.call for w in line].index(call)

    def members_of(self, queue: str) -> list[Agent]:
        """The agents of a queue, in the order of the configuration."""
        return [self.agents[m] for m in self.queues[queue].members if m in self.agents]

    # -- events --------------------------------------------------------------------------------

    def _take(self, event: Event, now: float) -> Iterator[Command]:
        match event:
            case messages.Configured():
                yield from self._configure(event, now)
            case messages.Offered(call, queue):
                yield from self._offered(call, queue, now)
            case messages.Leaving(call, reason, to):
                if (entry := self.waiting.get(call)) is not None:
                    yield from self._leave(entry, reason, now, to)
            case messages.Abandoned(call):
                yield from self._abandoned(call, now)
            case messages.LoggedIn(extension):
                self._log_in(extension, now)
            case messages.LoggedOut(extension):
                yield from self._stop(extension, Presence.OUT, "", now)
            case messages.Paused(extension, reason):
                yield from self._stop(extension, Presence.PAUSED, reason, now)
            case messages.Readied(extension):
                self._ready(extension)
            case messages.Reachable(extension, is_reachable):
                yield from self._reachable(extension, is_reachable, now)
            case messages.PhoneBusy(extension, is_busy):
                if agent := self.agents.get(extension):
                    agent.is_phone_busy = is_busy
            case messages.OfferAnswered(call, extension):
                yield from self._answered(call, extension, now)
            case messages.OfferFailed(call, extension, _):
                self._offer_failed(call, extension, now)
            case messages.PickedUp(call, by):
                yield from self._picked_up(call, by, now)
            case messages.CallEnded(call):
                self._ended(call, now)
            case messages.DayBegan():
                for agent in self.agents.values():
                    agent.answered = 0
            case messages.WrapUpExtended() | messages.Confirming() | messages.Tick():
                pass
            case _:
                assert_never(event)

    def _configure(self, event: messages.Configured, now: float) -> Iterator[Command]:
        self.names = dict(event.names)
        gone = {q.id for q in event.queues}
        for entry in [w for w in self.waiting.values() if w.queue not in gone]:
            yield from self._leave(entry, Left.REMOVED, now)
        self.queues = {q.id: q for q in event.queues}
        for queue in event.queues:
            self.tallies.setdefault(queue.id, Tally())
            for member in queue.members:
                self.agents.setdefault(member, Agent(member, idle_since=now, since=now))
        members = {m for q in event.queues for m in q.members}
        for extension in [e for e in self.agents if e not in members]:
            if self.agents[extension].work is Work.FREE:
                del self.agents[extension]
            else:  # on a call: goes when it ends
                self.agents[extension].presence = Presence.OUT
        for agent in self.agents.values():
            agent.is_undisturbed = agent.extension in event.undisturbed
            if agent.is_undisturbed and agent.work is Work.OFFERED and agent.call is not None:
                entry, who = self.waiting[agent.call], self.who(agent.extension)
                yield from self._withdraw(entry, f"{who} is not to be disturbed", now)

    def _offered(self, call: CallId, queue_id: str, now: float) -> Iterator[Command]:
        queue = self.queues.get(queue_id)
        if queue is None:
            raise UnknownQueue(f"queue {queue_id!r}: expected one of {sorted(self.queues)}")
        self.tallies[queue_id].offered += 1
        ahead = sum(1 for w in self.waiting.values() if w.queue == queue_id)
        entry = self.waiting[call] = Waiting(call, queue_id, now)
        if all(a.presence is Presence.OUT for a in self.members_of(queue_id)):
            yield from self._leave(entry, Left.EMPTY, now)
        elif ahead >= queue.max_waiting:
            yield from self._leave(entry, Left.FULL, now)

    def _abandoned(self, call: CallId, now: float) -> Iterator[Command]:
        entry = self.waiting.pop(call, None)
        if entry is None:
            return
        self.tallies[entry.queue].abandoned += 1
        yield from self._withdraw(entry, "the caller hung up", now)

    def _log_in(self, extension: str, now: float) -> None:
        agent = self._known(extension)
        if agent.presence is Presence.OUT:
            agent.idle_since, agent.answered = now, 0
        agent.presence, agent.reason = Presence.READY, ""

    def _ready(self, extension: str) -> None:
        agent = self._known(extension)
        if agent.presence is Presence.PAUSED:
            agent.presence, agent.reason = Presence.READY, ""
        if agent.work is Work.WRAP_UP:
            self._free(agent)

    def _stop(
        self, extension: str, presence: Presence, reason: str, now: float
    ) -> Iterator[Command]:
        agent = self._known(extension)
        if agent.presence is Presence.OUT and presence is Presence.PAUSED:
            return  # nobody to pause: still logged out
        agent.presence, agent.reason = presence, reason
        if agent.work is Work.OFFERED and agent.call is not None:
            entry = self.waiting[agent.call]
            yield from self._withdraw(entry, f"{self.who(extension)} takes no calls now", now)
        if presence is Presence.OUT and agent.work is Work.WRAP_UP:
            self._free(agent)
        if presence is Presence.OUT:
            yield from self._empty(now)

    def _reachable(self, extension: str, is_reachable: bool, now: float) -> Iterator[Command]:
        agent = self.agents.get(extension)
        if agent is None:
            return
        agent.is_reachable = is_reachable
        if not is_reachable and agent.work is Work.OFFERED and agent.call is not None:
            entry = self.waiting[agent.call]
            yield from self._withdraw(
                entry, f"the phone of {self.who(extension)} is unreachable", now
            )

    def _answered(self, call: CallId, extension: str, now: float) -> Iterator[Command]:
        entry, agent = self.waiting.get(call), self.agents.get(extension)
        if entry is None or agent is None or entry.agent != extension:
            yield Drop(call, extension)
            return
        del self.waiting[call]
        agent.step(Step.ANSWER)
        agent.deadline = None
        agent.answered += 1
        self.joined[call] = extension
        self.tallies[entry.queue].answered += 1
        yield Join(call, extension, entry.queue, now - entry.since)

    def _offer_failed(self, call: CallId, extension: str, now: float) -> None:
        entry, agent = self.waiting.get(call), self.agents.get(extension)
        if agent is not None and agent.work is Work.OFFERED and agent.call == call:
            self._free(agent)
            agent.rest_until = now + REST_S
        if entry is not None and entry.agent == extension:
            entry.agent = None
            entry.tried.add(extension)

    def _picked_up(self, call: CallId, by: str, now: float) -> Iterator[Command]:
        entry = self.waiting.pop(call, None)
        if entry is None:
            return
        yield from self._withdraw(entry, f"{self.who(by)} picked it up", now, True)
        self.tallies[entry.queue].answered += 1
        agent = self.agents.get(by)
        if agent is not None and agent.work is Work.OFFERED and agent.call is not None:
            other = self.waiting[agent.call]
            yield from self._withdraw(other, f"{self.who(by)} took another call", now)
        if agent is None or agent.work is Work.ON_CALL:
            self.taken[call] = entry.queue
        else:
            self._free(agent)
            agent.step(Step.PICK_UP)
            agent.call, agent.queue = call, entry.queue
            agent.answered += 1
            self.joined[call] = by
        yield Taken(call, by, entry.queue, now - entry.since)

    def _ended(self, call: CallId, now: float) -> None:
        self.taken.pop(call, None)
        extension = self.joined.pop(call, None)
        agent = self.agents.get(extension) if extension is not None else None
        if agent is None:
            return
        agent.step(Step.END)
        agent.call, agent.idle_since = None, now
        queue = self.queues.get(agent.queue)
        wrap_up_s = queue.wrap_up_s if queue is not None else 0
        if wrap_up_s == 0 or agent.presence is Presence.OUT:
            self._free(agent)
        else:
            agent.deadline = now + wrap_up_s

    # -- time ----------------------------------------------------------------------------------

    def _expire(self, now: float) -> Iterator[Command]:
        for agent in self.agents.values():
            if agent.deadline is None or agent.deadline > now:
                continue
            if agent.work is Work.WRAP_UP:
                self._free(agent)
            elif agent.call is not None:
                entry = self.waiting[agent.call]
                ring_s = self.queues[entry.queue].ring_s
                yield from self._withdraw(
                    entry, f"{self.who(agent.extension)} did not answer for {ring_s} s", now
                )
        for entry in list(self.waiting.values()):
            if now - entry.since >= self.queues[entry.queue].max_wait_s:
                yield from self._leave(entry, Left.TIMEOUT, now)

    def _empty(self, now: float) -> Iterator[Command]:
        for entry in list(self.waiting.values()):
            if all(a.presence is Presence.OUT for a in self.members_of(entry.queue)):
                yield from self._leave(entry, Left.EMPTY, now)

    # -- matching ------------------------------------------------------------------------------

    def _match(self, now: float) -> Iterator[Command]:
        """Offer waiting calls, longest wait first over all queues, while agents are available."""
        free = [a for a in self.agents.values() if a.is_available(now)]
        for entry in sorted(self.waiting.values(), key=lambda w: w.since):
            if not free:
                return
            if entry.agent is not None:
                continue
            queue = self.queues[entry.queue]
            able = [a for a in free if a.extension in queue.members]
            if able and all(a.extension in entry.tried for a in able):
                entry.tried.clear()  # everybody had their turn: a new round
            ranked = order(queue.strategy, able, queue.members, entry.tried)
            if not ranked:
                continue
            best = ranked[0]
            free.remove(best)
            why = self._explain(best, queue, now)
            best.step(Step.OFFER)
            best.call, best.queue = entry.call, entry.queue
            best.deadline = now + queue.ring_s + PATIENCE_S
            entry.agent = best.extension
            yield Offer(entry.call, best.extension, entry.queue, why)

    def _explain(self, best: Agent, queue: Queue, now: float) -> str:
        reasons = {
            "longest_idle": f"idle longest, {now - best.idle_since:.0f} s",
            "fewest_calls": f"fewest calls since log-in, {best.answered}",
            "linear": "first free in the list",
        }
        others = [
            f"{self.who(a.extension)} {a.shown.replace('_', ' ')}"
            for a in self.members_of(queue.id)
            if a is not best and a.shown != "ready"
        ]
        rest = f"; not ringing: {', '.join(others)}" if others else ""
        return f"{self.who(best.extension)} rings: {reasons[queue.strategy]}{rest}"

    # -- small steps ---------------------------------------------------------------------------

    def _known(self, extension: str) -> Agent:
        if (agent := self.agents.get(extension)) is None:
            raise UnknownAgent(
                f"extension {extension!r} is in no queue: expected one of {sorted(self.agents)}"
            )
        return agent

    def who(self, extension: str) -> str:
        """An agent for people: name and extension."""
        name = self.names.get(extension, "")
        return f"{name} ({extension})" if name else extension

    def _free(self, agent: Agent) -> None:
        for step in _TO_FREE[agent.work]:
            agent.step(step)
        agent.call = agent.deadline = None

    def _withdraw(
        self, entry: Waiting, why: str, now: float, is_answered_elsewhere: bool = False
    ) -> Iterator[Command]:
        """Stop the ringing for `entry`, if a phone rings; the agent is free after a short rest."""
        if entry.agent is None:
            return
        extension, entry.agent = entry.agent, None
        entry.tried.add(extension)
        agent = self.agents[extension]
        self._free(agent)
        if entry.call in self.waiting:  # not when the caller gave up: that is no refusal
            agent.rest_until = now + REST_S
        yield Withdraw(entry.call, extension, why, is_answered_elsewhere)

    def _leave(
        self, entry: Waiting, reason: Left, now: float, to: Destination | None = None
    ) -> Iterator[Command]:
        yield from self._withdraw(entry, "the call left the queue", now)
        del self.waiting[entry.call]
        queue = self.queues[entry.queue]
        self.tallies[entry.queue].left += 1
        ways = {Left.TIMEOUT: queue.on_timeout, Left.FULL: queue.on_full}
        to = to or ways.get(reason, queue.on_empty)
        yield Leave(entry.call, entry.queue, reason, to, now - entry.since)

    def _changes(self, now: float) -> Iterator[Command]:
        for agent in self.agents.values():
            if agent.shown != agent.last_shown:
                agent.last_shown, agent.since = agent.shown, now
                yield AgentChanged(agent.extension, agent.shown, agent.reason)
