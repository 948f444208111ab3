"""Who is rung for whom: brings free agents and waiting calls together, and says why.

Pure. The middle of the queue core, on `Floor`. After each event only those are looked at whom it
touched: agents who became free look for their next caller, calls that may be served by more people
than before look for an agent. Everybody else was looked at before and has nobody to ring.

One fair order over all queues: the heavier queue first, then the caller's priority, then who has
held their place longer. A caller who waits for one agent alone (sticky) holds up nobody.

Tests: tests/firmware/acd/test_queue.py, test_matching.py, test_random_days.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final, TypeAlias

from firmware.acd.agent import Agent, Step
from firmware.acd.fitness import Demand, is_fit, why_not
from firmware.acd.floor import Floor, Serving
from firmware.acd.messages import Command, Offer
from firmware.acd.strategy import STRATEGIES, Breadth, best, lowest_level, order
from firmware.acd.waiting import Place, Waiting
from firmware.records.messages import CallId

PATIENCE_S: Final = 1.0
"""How long after its ring time an unanswered offer may still be answered (a 200 under way)."""
MOST_NAMED: Final = 12
"""Of more members who do not ring, the story tells how many, not who."""

Turn: TypeAlias = tuple[int, Place]
"""Whose turn it is over all queues: minus the weight of the queue, then the place in it."""


class Matching(Floor):
    """Finds who is rung for whom."""

    def __init__(self, random: Random | None = None) -> None:
        super().__init__(random)
        self._available: dict[str, Agent] = {}

    def is_looking(self, extension: str) -> bool:
        """Whether an agent is found when a call looks for one."""
        return extension in self._available

    def forgotten(self, now: float) -> Waiting | None:
        """A call for which nobody rings although somebody could."""
        found = (self._caller_for(agent, now) for agent in self._available.values())
        return next((entry for entry in found if entry is not None and not entry.ringing), None)

    def _match(self, now: float) -> Iterator[Command]:
        """Ring agents until nobody who could be rung for somebody is left."""
        looking: dict[str, Agent] = {}
        for extension, agent in self._touched.items():
            self._count(agent)
            if agent.is_available(now) and extension in self._queues_of:
                self._available[extension] = looking[extension] = agent
            else:
                self._available.pop(extension, None)
        if not self._available:
            self._stirred.clear()
            return
        stirred, self._stirred = self._stirred, {}
        found = {m: self._caller_for(agent, now) for m, agent in looking.items()}
        while self._available and (entry := self._next(stirred, found)) is not None:
            stirred.pop(entry.call, None)
            for offer in self._ring(entry, now):
                self._available.pop(offer.agent, None)
                found.pop(offer.agent, None)
                yield offer
            for m, one in found.items():  # what rings is for fewer than before, never for more
                if one is entry:
                    found[m] = self._caller_for(looking[m], now)

    def _next(
        self, stirred: dict[CallId, Waiting], found: dict[str, Waiting | None]
    ) -> Waiting | None:
        """Whose turn it is of the calls that look for an agent, or that an agent looks for."""
        entries = [*stirred.values(), *(one for one in found.values() if one is not None)]
        if len(entries) < 2:
            return entries[0] if entries else None
        return min(entries, key=self._turn)

    def _turn(self, entry: Waiting) -> Turn:
        return (-self.queues[entry.queue].weight, entry.place)

    def _caller_for(self, agent: Agent, now: float) -> Waiting | None:
        """The next caller this agent may be rung for, over all their queues."""
        found: list[Waiting] = []
        for serving in self._queues_of[agent.extension]:
            if (entry := self._first_for(agent, serving, now)) is not None:
                found.append(entry)
        if len(found) < 2:
            return found[0] if found else None
        return min(found, key=self._turn)

    def _first_for(self, agent: Agent, serving: Serving, now: float) -> Waiting | None:
        is_single = serving.breadth is Breadth.ONE
        beyond: Demand | None = None
        for entry in serving.row:
            if entry.ringing and is_single:
                continue
            if entry.demand is beyond and not entry.wanted:
                continue
            if self._may_ring(agent, entry, serving, now):
                return entry
            if not entry.ringing and not entry.wanted:
                beyond = entry.demand
        return None

    def _may_ring(self, agent: Agent, entry: Waiting, serving: Serving, now: float) -> bool:
        if entry.ringing and not self._has_room(agent, entry, serving, now):
            return False
        if entry.wanted:
            if entry.wanted == agent.extension:
                return True
            if self._is_reserved(entry):
                return False
        return is_fit(agent, entry.demand, serving.view.penalties)

    def _has_room(self, agent: Agent, entry: Waiting, serving: Serving, now: float) -> bool:
        """Whether one more phone may ring beside those that do."""
        breadth = serving.breadth
        if breadth is Breadth.ONE or agent.extension in entry.tried or entry.wanted:
            return False
        if breadth is Breadth.ALL:
            # the next level rings when nobody of this one does
            level = serving.view.penalties.get
            return level(agent.extension, 0) <= level(entry.ringing[0], 0)
        return len(entry.ringing) < self._growth(entry, serving, now)

    def _growth(self, entry: Waiting, serving: Serving, now: float) -> int:
        """How many phones may ring at once, for the strategy that rings one more each while."""
        return 1 + int((now - entry.round_from) // serving.queue.progressive_every_s)

    def _ring(self, entry: Waiting, now: float) -> list[Offer]:
        """Ring for a call whom its queue's strategy says."""
        serving = self.serving[entry.queue]
        able = [
            agent for agent in self._free_of(serving) if self._may_ring(agent, entry, serving, now)
        ]
        if not able:
            return []
        if not entry.ringing and all(a.extension in entry.tried for a in able):
            entry.tried.clear()  # everybody had their turn: a new round
        if not entry.ringing and not entry.tried:
            entry.round_from = now
        chosen = self._chosen(able, entry, serving, now)
        offers = [self._offer(agent, entry, serving, now) for agent in chosen]
        if serving.breadth is Breadth.GROWING:
            self._review(entry, now)
            self._stirred.pop(entry.call, None)
        return offers

    def _free_of(self, serving: Serving) -> list[Agent]:
        """Available members in the list's order: lots must not depend on anything else."""
        available, places = self._available, serving.view.places
        if len(available) < 3:  # the usual case: all others are at work
            some = [agent for m, agent in available.items() if m in places]
            if len(some) == 2:
                some.sort(key=lambda agent: places[agent.extension])
            return some
        return [available[m] for m in places if m in available]

    def _chosen(
        self, able: list[Agent], entry: Waiting, serving: Serving, now: float
    ) -> list[Agent]:
        name, view = serving.queue.strategy, serving.view
        view.demands = dict(entry.demand.skills)
        if entry.wanted:
            wanted = [a for a in able if a.extension == entry.wanted]
            if wanted:
                return wanted
        if serving.breadth is Breadth.ONE:
            return able if len(able) == 1 else [best(name, able, view, entry.tried)]
        fresh = [a for a in able if a.extension not in entry.tried]
        if serving.breadth is Breadth.ALL:
            return order(name, lowest_level(fresh, view), view)
        more = self._growth(entry, serving, now) - len(entry.ringing)
        return order(name, fresh, view)[:more]

    def _offer(self, agent: Agent, entry: Waiting, serving: Serving, now: float) -> Offer:
        queue = serving.queue
        why = self._explain(agent, entry, serving, now)
        agent.step(Step.OFFER)
        agent.call, agent.queue = entry.call, entry.queue
        self._due(agent, now + self.ring_s(queue.id, agent.extension) + PATIENCE_S)
        self._touch(agent)
        self._count(agent)
        entry.ringing.append(agent.extension)
        serving.view.last_offered = agent.extension
        return Offer(entry.call, agent.extension, entry.queue, why, agent.rings_at)

    def ring_s(self, queue: str, extension: str) -> int:
        """How long an agent is rung for a call of a queue."""
        rules = self.queues[queue].member_rules
        own = rules[extension].ring_s if extension in rules else None
        return own if own is not None else self.queues[queue].ring_s

    # -- why -----------------------------------------------------------------------------------

    def _explain(self, agent: Agent, entry: Waiting, serving: Serving, now: float) -> str:
        if entry.wanted == agent.extension:
            reason = "the caller's own agent"
        else:
            reason = STRATEGIES[serving.queue.strategy].words(agent, serving.view, now)
        at = f" at the phone of {agent.phone}" if agent.phone else ""
        others = self._passed_over(agent, entry, serving, now)
        rest = f"; not ringing: {others}" if others else ""
        return f"{self.who(agent.extension)} rings{at}: {reason}{rest}"

    def _passed_over(self, agent: Agent, entry: Waiting, serving: Serving, now: float) -> str:
        """Why others do not ring: each by name, or of many how many for each reason."""
        if len(serving.view.places) > MOST_NAMED:
            return self._passed_over_of_many(agent, entry, serving, now)
        why = {
            other: self._reason(self.agents[other], entry, serving, now)
            for other in serving.view.places
            if other != agent.extension and other not in entry.ringing and other in self.agents
        }
        return ", ".join(f"{self.who(who)} {reason}" for who, reason in why.items() if reason)

    def _passed_over_of_many(
        self, agent: Agent, entry: Waiting, serving: Serving, now: float
    ) -> str:
        ringing = len(entry.ringing)
        told = []
        for shown, count in serving.counts.items():
            n = count - ringing if shown == "offered" else count
            if n > 0 and shown != "ready":
                told.append(f"{n} {shown.replace('_', ' ')}")
        if entry.demand.skills or serving.view.penalties:  # else whoever is free is fit
            free = [a for a in self._free_of(serving) if a is not agent]
            lacking = Counter(self._reason(one, entry, serving, now) for one in free)
            told += [f"{n} {reason}" for reason, n in lacking.items() if reason]
        return ", ".join(told)

    def _reason(self, one: Agent, entry: Waiting, serving: Serving, now: float) -> str:
        if (shown := one.counted) != "ready":
            return shown.replace("_", " ")
        if now < one.rest_until:
            return "rests"
        return why_not(one, entry.demand, serving.view.penalties)
