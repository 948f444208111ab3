"""Each strategy against its written meaning, on busy days, by a second opinion.

`Witness` knows only what happened (who was offered a call, answered, refused, hung up, and when)
and the sentences of the office's definition; it shares no code with the core. Of every offer it
says who had to be rung, or among whom lots may have been drawn. Two queues share agents, calls are
refused, levels relax and skills are lowered while callers wait.

| strategy | the definition, word for word |
|---|---|
| longest_idle | longest time since the end of the last queue call of any queue (log-in counts) |
| fewest_calls | fewest queue calls answered since log-in today |
| least_talk | least talk time since log-in today |
| round_robin | the agent after the one last offered a call in this queue, in agent order |
| linear | fixed order, from the top for each call |
| random, weighted | uniform; random with weights |
| random_memory | uniform, but not the agent who had this queue's previous call, unless alone |
| skill | highest sum of matching skill levels first; required level may fall with waiting time |
| progressive | one more agent rings every k seconds, in longest_idle order |

"Agents already offered this call in the present round come last. Skills and penalty levels narrow
the set first; the strategy orders what is left; ties go to the agent idle longest, then by agent
number."
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any, Final

import pytest

from firmware.acd import messages as m
from firmware.acd.queue import REST_S, Acd
from firmware.config.schema import MemberRule, Queue
from firmware.records.messages import CallId

TEAM: Final = ("201", "202", "203", "204", "1005", "206")
"""In the list's order, which is not that of the numbers."""
SKILLS: Final = {
    "201": {"french": 1}, "202": {"french": 4}, "203": {"french": 2}, "204": {"french": 4},
    "1005": {}, "206": {"french": 3},
}  # fmt: skip
LEVELS: Final = {"203": 1, "1005": 2}
LOWER_S: Final = 12
RELAX_S: Final = 9
EVERY_S: Final = 6


def queues(strategy: str) -> tuple[Queue, Queue]:
    more: dict[str, Any] = {
        "strategy": strategy, "wrap_up_s": 0, "max_waiting": 200, "max_wait_s": 7200,
        "progressive_every_s": EVERY_S,
    }  # fmt: skip
    rules = {agent: MemberRule(penalty=level) for agent, level in LEVELS.items()}
    return (
        Queue(id="sales", name="Sales", members=TEAM[:5], penalty_relax_every_s=RELAX_S,
              member_rules=rules, **more),
        Queue(id="french", name="French", members=TEAM[1:], skills={"french": 3},
              skills_lower_every_s=LOWER_S, **more),
    )  # fmt: skip


class Witness:
    """What anybody can see who writes down everything that happens."""

    def __init__(self, strategy: str) -> None:
        self.strategy = strategy
        self.queues = {queue.id: queue for queue in queues(strategy)}
        self.idle_since = dict.fromkeys(TEAM, 0.0)
        self.answered = dict.fromkeys(TEAM, 0)
        self.talk_s = dict.fromkeys(TEAM, 0.0)
        self.free = set(TEAM)
        self.rests_until = dict.fromkeys(TEAM, 0.0)
        self.last_offered: dict[str, str] = {}
        self.previous: dict[str, str] = {}
        self.came: dict[CallId, tuple[str, float]] = {}
        self.refused: dict[CallId, set[str]] = defaultdict(set)
        self.rings: dict[CallId, list[str]] = defaultdict(list)
        self.choices = 0
        """Offers for which there was somebody else to ring."""

    def able(self, call: CallId, now: float) -> list[str]:
        """Free, at the right level, and skilled enough by now."""
        queue, since = self.came[call]
        members = [a for a in self.queues[queue].members if a in self.free]
        members = [a for a in members if now >= self.rests_until[a]]
        waited_s = now - since
        if queue == "sales":
            return [a for a in members if LEVELS.get(a, 0) <= waited_s // RELAX_S]
        demanded = max(0, 3 - waited_s // LOWER_S)
        return [a for a in members if SKILLS[a].get("french", 0) >= demanded]

    def first(self, call: CallId, able: list[str], now: float) -> set[str]:
        """Who had to be rung; several if lots are drawn."""
        queue, _ = self.came[call]
        fresh = [a for a in able if a not in self.refused[call]]
        if not fresh and not self.rings[call]:
            self.refused[call].clear()
            fresh = able
        if queue == "sales":
            lowest = min(LEVELS.get(a, 0) for a in fresh)
            fresh = [a for a in fresh if LEVELS.get(a, 0) == lowest]
        if self.strategy == "random_memory":
            return set(fresh) - {self.previous.get(queue)} or set(fresh)
        if self.strategy in ("random", "weighted"):
            return set(fresh)
        key = self.key(queue, call, now)
        return {min(fresh, key=lambda a: (key(a), self.idle_since[a], int(a)))}

    def key(self, queue: str, call: CallId, now: float) -> Callable[[str], float]:
        members = self.queues[queue].members
        after = members.index(self.last_offered[queue]) + 1 if queue in self.last_offered else 0
        in_turn = members[after:] + members[:after]
        is_demanded = queue == "french" and now - self.came[call][1] < 3 * LOWER_S
        return {
            "longest_idle": lambda a: self.idle_since[a],
            "progressive": lambda a: self.idle_since[a],
            "fewest_calls": lambda a: self.answered[a],
            "least_talk": lambda a: self.talk_s[a],
            "round_robin": in_turn.index,
            "linear": members.index,
            "skill": lambda a: -SKILLS[a].get("french", 0) if is_demanded else 0,
        }[self.strategy]

    def offered(self, call: CallId, agent: str, now: float) -> None:
        able = self.able(call, now)
        expected = self.first(call, able, now)
        assert agent in expected, f"{agent} rang for {call} at {now}, not one of {expected}"
        self.choices += len(able) > 1
        self.free.remove(agent)
        self.rings[call].append(agent)
        self.last_offered[self.came[call][0]] = agent

    def stopped(self, call: CallId, agent: str, now: float, *, is_refused: bool) -> None:
        self.rings[call].remove(agent)
        self.free.add(agent)
        if is_refused:
            self.refused[call].add(agent)
            self.rests_until[agent] = now + REST_S

    def joined(self, call: CallId, agent: str) -> None:
        self.rings[call].remove(agent)
        self.answered[agent] += 1
        self.previous[self.came[call][0]] = agent

    def ended(self, agent: str, talk_s: float, now: float) -> None:
        self.free.add(agent)
        self.talk_s[agent] += talk_s
        self.idle_since[agent] = now


class Day:
    """Callers, phones and conversations drawn by lot; the core decides, the witness looks on."""

    def __init__(self, strategy: str, seed: int) -> None:
        self.witness, self.draw, self.now = Witness(strategy), Random(seed), 0.0
        self.agenda: list[tuple[float, int, m.Event]] = []
        self.order, self.talk_s = count(), dict[CallId, float]()
        self.acd = Acd(Random(seed))
        self.feed(m.Configured(queues(strategy), {}, skills=SKILLS))
        for agent in TEAM:
            self.feed(m.Reachable(agent, True))
            self.feed(m.LoggedIn(agent))

    def at(self, seconds: float, event: m.Event) -> None:
        heapq.heappush(self.agenda, (self.now + seconds, next(self.order), event))

    def run(self, calls: int) -> Day:
        for n in range(calls):
            queue = self.draw.choice(("sales", "french"))
            self.at(self.draw.uniform(0, calls * 17.0), m.Offered(CallId(f"c{n}"), queue))
        while self.agenda:
            due = self.acd.next_deadline()
            if due is not None and due < self.agenda[0][0]:
                self.now = max(self.now, due)
                self.feed(m.Tick())
                continue
            self.now, _, event = heapq.heappop(self.agenda)
            self.feed(event)
        return self

    def feed(self, event: m.Event) -> None:
        witness = self.witness
        match event:
            case m.Offered(call, queue):
                witness.came[call] = (queue, self.now)
            case m.OfferFailed(call, agent):
                if agent not in witness.rings[call]:
                    return
                witness.stopped(call, agent, self.now, is_refused=True)
            case m.OfferAnswered(call, agent):
                if agent not in witness.rings[call]:
                    return
            case m.CallEnded(call):
                witness.ended(self.acd.joined[call], self.talk_s[call], self.now)
        for command in self.acd.advance(event, self.now):
            self._carry_out(command)

    def _carry_out(self, command: m.Command) -> None:
        match command:
            case m.Offer(call, agent):
                self.witness.offered(call, agent, self.now)
                taken = self.draw.random() < 0.8
                answer = m.OfferAnswered(call, agent) if taken else m.OfferFailed(call, agent, "")
                self.at(self.draw.uniform(0.5, 9.0), answer)
            case m.Join(call, agent):
                self.witness.joined(call, agent)
                self.talk_s[call] = self.draw.expovariate(1 / 45)
                self.at(self.talk_s[call], m.CallEnded(call))
            case m.Withdraw(call, agent):
                self.witness.stopped(call, agent, self.now, is_refused=False)


STRATEGIES: Final = [
    "longest_idle", "fewest_calls", "least_talk", "round_robin", "linear", "random",
    "random_memory", "weighted", "skill", "progressive",
]  # fmt: skip


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_everybody_rung_is_who_had_to_be(strategy: str) -> None:
    day = Day(strategy, 11).run(300)
    assert sum(day.witness.answered.values()) == 300
    assert day.witness.choices > 60
