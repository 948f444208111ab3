"""The floor: all queues, agents and callers as they are, and the smallest steps that change them.

Pure. The lower half of the queue core (`queue.Acd`); nothing is decided here. Every step says whom
it touched, so that who looks for the next call looks only there. The indexes (rows, timers) follow
from agents and waiting calls and can be made anew from them at any moment: `index`.

Tests: tests/firmware/acd/test_queue.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Final

from firmware.acd.agent import Agent, Presence, Step, Work
from firmware.acd.expected_wait import Accuracy, Handling
from firmware.acd.fitness import Demand, demand, is_at_work
from firmware.acd.messages import (
    AgentChanged,
    Command,
    NotTaken,
    Wished,
    Withdraw,
    WrapUp,
)
from firmware.acd.regulars import Regulars
from firmware.acd.strategy import STRATEGIES, Breadth, View
from firmware.acd.timers import Timers
from firmware.acd.waiting import Row, Tally, Waiting
from firmware.config.schema import Queue
from firmware.records.messages import CallId

REST_S: Final = 5.0
"""Pause between two offers to an agent who did not take the first."""
MOST_DEMANDS: Final = 500
"""Kept of one queue, whatever callers demand."""

_TO_FREE: Final[Mapping[Work, tuple[Step, ...]]] = {
    Work.FREE: (),
    Work.OFFERED: (Step.FAIL,),
    Work.ON_CALL: (Step.END, Step.REST),
    Work.WRAP_UP: (Step.REST,),
}


class Due(Enum):
    """What a timer is for."""

    WORK = "work"  # end of an agent's ringing or wrap-up
    REST = "rest"  # an agent may be offered calls again
    BACK = "back"  # end of an agent's pause that began by itself
    WAIT = "wait"  # a caller's longest waiting time
    STEP = "step"  # a call demands less, or rings one phone more

    __hash__ = object.__hash__  # members are single objects; Enum's own is slow, and asked often


@dataclass(slots=True)
class Phone:
    """What is known of the phone of an extension."""

    is_reachable: bool = False
    is_busy: bool = False
    what: str = ""


@dataclass(slots=True)
class Serving:
    """What follows from a queue's configuration, and what it did last."""

    queue: Queue
    view: View
    highest: int
    """Highest penalty level of a member."""
    breadth: Breadth
    demands: dict[Demand, Demand] = field(default_factory=dict)
    """Every demand there is, once: who is not fit for one caller is not for the next either."""
    counts: Counter[str] = field(default_factory=Counter)
    """How many members are in which state."""
    row: Row = field(default_factory=Row)
    handling: Handling = field(default_factory=Handling)
    accuracy: Accuracy = field(default_factory=Accuracy)
    """Of the expected waits that callers were told."""


class Floor:
    """Who is there."""

    def __init__(self, random: Random | None = None) -> None:
        """`random`: for strategies that draw lots; None: the same lots every time."""
        self.queues: dict[str, Queue] = {}
        self.names: dict[str, str] = {}
        self.agents: dict[str, Agent] = {}
        self.closed: frozenset[str] = frozenset()
        """Queues out of their opening hours."""
        self.waiting: dict[CallId, Waiting] = {}
        self.joined: dict[CallId, str] = {}
        """Calls being talked, with their agent."""
        self.taken: dict[CallId, str] = {}
        """Calls being talked with somebody who picked them up without serving a queue, or beside
        another call, with their queue."""
        self.tallies: dict[str, Tally] = {}
        self.serving: dict[str, Serving] = {}
        self.regulars = Regulars()
        self._random = random or Random(0)  # lots, no secrets
        self._takers: dict[CallId, tuple[str, str, float]] = {}
        """Of calls taken: by whom, the caller's number, since when."""
        self._numbers: dict[CallId, str] = {}
        """Of callers being talked with."""
        self._arrivals = 0
        self._phones: dict[str, Phone] = {}
        self._queues_of: dict[str, list[Serving]] = {}
        """By agent, the heaviest first."""
        self._timers: Timers[tuple[Due, str]] = Timers()
        self._touched: dict[str, Agent] = {}
        self._stirred: dict[CallId, Waiting] = {}
        """Calls for which somebody may be rung now who could not before."""
        self._wanting: dict[str, dict[CallId, Waiting]] = {}
        """Calls that wait for one agent."""

    # -- the configuration ---------------------------------------------------------------------

    def _set_up(self, queues: tuple[Queue, ...]) -> None:
        """Take over queues; what they did last is kept."""
        before, self.serving = self.serving, {}
        self.queues = {q.id: q for q in queues}
        self._queues_of = {}
        for queue in queues:
            made = _serving(queue, self._random)
            if (was := before.get(queue.id)) is not None:
                made.row, made.handling, made.accuracy = was.row, was.handling, was.accuracy
                made.view.last_offered = was.view.last_offered
                made.view.last_answered = was.view.last_answered
            self.serving[queue.id] = made
            self.tallies.setdefault(queue.id, Tally())
            for member in queue.members:
                self._queues_of.setdefault(member, []).append(made)

    def _index(self, now: float) -> None:
        """Make rows and timers anew; everybody counts as touched."""
        self._timers.clear()
        self._wanting.clear()
        for serving in self.serving.values():
            serving.row = Row()
            members = (self.agents[m] for m in serving.view.places if m in self.agents)
            serving.counts = Counter(agent.counted for agent in members)
        for entry in self.waiting.values():
            self._enter(entry, now)
        for agent in self.agents.values():
            self._timers.set((Due.WORK, agent.extension), agent.deadline)
            self._timers.set((Due.BACK, agent.extension), agent.back_at)
            if agent.rest_until > now:
                self._timers.set((Due.REST, agent.extension), agent.rest_until)
            self._touch(agent)

    # -- callers -------------------------------------------------------------------------------

    def _enter(self, entry: Waiting, now: float) -> None:
        """Into the row, with its timers."""
        serving = self.serving[entry.queue]
        serving.row.add(entry)
        self._timers.set((Due.WAIT, entry.call), entry.since + serving.queue.max_wait_s)
        if entry.wanted:
            self._wanting.setdefault(entry.wanted, {})[entry.call] = entry
        self._review(entry, now)

    def _review(self, entry: Waiting, now: float) -> None:
        """What a call demands at this moment, and when that changes next."""
        serving = self.serving[entry.queue]
        queue, held = serving.queue, entry.held_since
        if entry.wanted and now >= entry.wanted_until:
            self._want_nobody(entry)
        fresh = demand(queue, entry.skills, serving.highest, now - held)
        if len(serving.demands) > MOST_DEMANDS:
            serving.demands.clear()
        entry.demand = serving.demands.setdefault(fresh, fresh)
        times = [held + entry.demand.next_s] if entry.demand.next_s is not None else []
        if entry.wanted:
            times.append(entry.wanted_until)
        if entry.ringing and serving.breadth is Breadth.GROWING:
            steps = int((now - entry.round_from) // queue.progressive_every_s) + 1
            times.append(entry.round_from + steps * queue.progressive_every_s)
        # by rounding, a step may be due at the very moment it is looked at: not over and over
        at = min((t if t > now else now + 1e-3 for t in times), default=None)
        self._timers.set((Due.STEP, entry.call), at)
        self._stirred[entry.call] = entry

    def _want_nobody(self, entry: Waiting) -> None:
        """The caller waits for anybody from now on."""
        self._wanting.get(entry.wanted, {}).pop(entry.call, None)
        entry.wanted = ""

    def _out(self, entry: Waiting) -> None:
        """The call waits no more."""
        del self.waiting[entry.call]
        self._stirred.pop(entry.call, None)
        self._timers.set((Due.WAIT, entry.call), None)
        self._timers.set((Due.STEP, entry.call), None)
        if entry.wanted:
            self._want_nobody(entry)
        if (serving := self.serving.get(entry.queue)) is not None:
            serving.row.remove(entry)

    def _is_reserved(self, entry: Waiting) -> bool:
        """Nobody but the agent wanted is rung: they are at work."""
        return bool(entry.wanted) and is_at_work(self.agents.get(entry.wanted))

    def _withdraw(
        self, entry: Waiting, extension: str, why: str, now: float, elsewhere: bool = False
    ) -> Iterator[Command]:
        """Stop the ringing of one phone; while the call still waits, its agent rests a moment."""
        entry.ringing.remove(extension)
        agent = self.agents[extension]
        self._free(agent)
        if entry.call in self.waiting:  # not when the caller is gone: that is no refusal
            self._not_taken_by(entry, agent, now)
        yield Withdraw(entry.call, extension, why, elsewhere)

    def _withdraw_all(
        self, entry: Waiting, why: str, now: float, elsewhere: bool = False
    ) -> Iterator[Command]:
        """Stop all ringing for a call."""
        for extension in list(entry.ringing):
            yield from self._withdraw(entry, extension, why, now, elsewhere)

    def _not_taken_by(self, entry: Waiting, agent: Agent, now: float) -> None:
        entry.tried.add(agent.extension)
        if entry.wanted == agent.extension:
            self._want_nobody(entry)
        self._stirred[entry.call] = entry
        self._rest(agent, now + REST_S)

    # -- agents --------------------------------------------------------------------------------

    def _touch(self, agent: Agent) -> None:
        """Something about an agent is another thing now."""
        self._touched[agent.extension] = agent
        for entry in self._wanting.get(agent.extension, {}).values():
            self._stirred[entry.call] = entry

    def _count(self, agent: Agent) -> None:
        """The queues count the agent in the state they are in."""
        if (shown := agent.shown) == agent.counted:
            return
        for serving in self._queues_of.get(agent.extension, ()):
            serving.counts[agent.counted] -= 1
            serving.counts[shown] += 1
        agent.counted = shown

    def due(self, due: Due, name: str) -> float | None:
        """When something is due for an agent or a call; None: it is not."""
        return self._timers.at((due, name))

    def stray(self) -> list[str]:
        """Agents and calls that are not there and for whom something is due."""
        callers = (Due.WAIT, Due.STEP)
        return [
            name
            for due, name in self._timers
            if name not in (self.waiting if due in callers else self.agents)
        ]

    @property
    def served(self) -> Collection[str]:
        """The members of all queues."""
        return self._queues_of.keys()

    def _due(self, agent: Agent, deadline: float | None) -> None:
        """End of ringing or wrap-up."""
        agent.deadline = deadline
        self._timers.set((Due.WORK, agent.extension), deadline)

    def _rest(self, agent: Agent, until: float) -> None:
        """No offer before `until`."""
        agent.rest_until = until
        self._timers.set((Due.REST, agent.extension), until)
        self._touch(agent)

    def _come_back(self, agent: Agent, at: float | None) -> None:
        """End of a pause that began by itself."""
        agent.back_at = at
        self._timers.set((Due.BACK, agent.extension), at)

    def _free(self, agent: Agent) -> None:
        """Whatever they were doing is over."""
        for step in _TO_FREE[agent.work]:
            agent.step(step)
        agent.call = None
        self._due(agent, None)
        self._touch(agent)
        if agent.extension not in self._queues_of:
            self._go_home(agent)

    def _go_home(self, agent: Agent) -> None:
        """In no queue any more: logged out, and gone once nothing is to be done."""
        agent.presence, agent.reason, agent.phone = Presence.OUT, "", ""
        self._come_back(agent, None)
        self._touch(agent)

    def _phone(self, extension: str) -> Phone:
        return self._phones.setdefault(extension, Phone())

    def _see_phone(self, agent: Agent) -> None:
        """What is known of the phone where the agent sits."""
        phone = self._phones.get(agent.rings_at, Phone())
        agent.is_reachable = phone.is_reachable
        agent.is_phone_busy, agent.busy_with = phone.is_busy, phone.what
        self._touch(agent)

    def _sitting_at(self, extension: str) -> list[Agent]:
        """Agents at the phone of an extension; at most one of them is logged in."""
        return [a for a in self.agents.values() if a.rings_at == extension]

    def sitting_at(self, extension: str) -> str:
        """The agent logged in at the phone of an extension; empty if nobody is."""
        there = self._sitting_at(extension)
        return next((a.extension for a in there if a.presence is not Presence.OUT), "")

    def _changes(self, now: float) -> Iterator[Command]:
        """Tell what people see of those who were touched; who is in no queue any more goes."""
        for extension, agent in self._touched.items():
            shown = agent.told
            if shown != agent.last_shown:
                agent.last_shown, agent.since = shown, now
                if agent.resumes is not None and agent.resumes[0] == shown[0]:
                    agent.since = agent.resumes[1]
                agent.resumes = None
                yield AgentChanged(extension, *shown)
            if (wish := agent.wish) != agent.last_wish:
                agent.last_wish = wish
                yield Wished(extension, *wish)
            if (in_a_row := agent.unanswered) != agent.last_unanswered:
                agent.last_unanswered = in_a_row
                yield NotTaken(extension, in_a_row)
            if (until := agent.wrap_up_until) != agent.last_wrap_up:
                agent.last_wrap_up = until
                if until is not None:
                    began = agent.wrap_up_from
                    yield WrapUp(extension, agent.queue, agent.talk_from, began, until)
            is_idle = agent.work is Work.FREE
            if is_idle and extension not in self._queues_of and extension in self.agents:
                del self.agents[extension]
                for due in (Due.WORK, Due.REST, Due.BACK):
                    self._timers.set((due, extension), None)
        self._touched.clear()

    def who(self, extension: str) -> str:
        """An agent for people: name and extension."""
        name = self.names.get(extension, "")
        return f"{name} ({extension})" if name else extension

    def members_of(self, queue: str) -> list[Agent]:
        """The agents of a queue, in the order of the configuration."""
        return [self.agents[m] for m in self.queues[queue].members if m in self.agents]


def _serving(queue: Queue, random: Random) -> Serving:
    rules = queue.member_rules
    penalties = {m: rule.penalty for m, rule in rules.items() if rule.penalty}
    view = View(
        {m: n for n, m in enumerate(queue.members)},
        random,
        penalties,
        {m: rule.share for m, rule in rules.items()},
    )
    return Serving(
        queue, view, max(penalties.values(), default=0), STRATEGIES[queue.strategy].breadth
    )
