"""Which of the available agents are rung for a call, and in which order. One table.

Pure. A strategy is a sort key, how many phones ring at once, and words for the caller's story.
Before the strategy comes what narrows the set: agents who were offered this call in the present
round come last, then lower penalty levels first. Ties go to the agent idle longest, then by
extension number. Chance comes from the `Random` in the `View`, so that a day can be replayed.

| strategy | who is rung first |
|---|---|
| ring_all | everybody at once; the first to answer has the call |
| longest_idle | longest since the end of the last queue call of any queue, or since log-in |
| fewest_calls | fewest queue calls answered since log-in today |
| least_talk | least time talked on queue calls since log-in today |
| round_robin | the agent after the one last offered a call of this queue, in the list's order |
| linear | the first of the list |
| random | anybody alike |
| random_memory | anybody but who had this queue's previous call, unless alone |
| weighted | anybody, in proportion to their share |
| skill | highest sum of levels in the skills demanded |
| progressive | as longest_idle, and one phone more every so many seconds |

Who may be rung at all: `fitness.py`. Tests: tests/firmware/acd/test_strategy.py,
tests/firmware/acd/test_fairness.py (simulated days).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Final

from firmware.acd.agent import Agent


class Breadth(Enum):
    """How many phones ring for one call."""

    ONE = "one"
    ALL = "all"
    GROWING = "growing"


@dataclass(slots=True)
class View:
    """What a strategy may look at beside the agent: one queue, and what this call demands."""

    places: Mapping[str, int]
    """Place of each member in the queue's list, from 0."""
    random: Random
    penalties: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, int] = field(default_factory=dict)
    last_offered: str = ""
    """Who was offered the queue's last call."""
    last_answered: str = ""
    """Who had the queue's previous call."""
    demands: Mapping[str, int] = field(default_factory=dict)
    """Skill and level this call demands."""


Key = Callable[[Agent, View], float]
Words = Callable[[Agent, View, float], str]


@dataclass(frozen=True, slots=True)
class Strategy:
    """One row of the table."""

    key: Key
    words: Words
    """Why this agent, at this time."""
    breadth: Breadth = Breadth.ONE


def _after_last(agent: Agent, view: View) -> float:
    last = view.places.get(view.last_offered, -1)
    return (view.places[agent.extension] - last - 1) % len(view.places)


def _drawn(agent: Agent, view: View) -> float:
    return view.random.random()


def _not_again(agent: Agent, view: View) -> float:
    return view.random.random() + (agent.extension == view.last_answered)


def _by_share(agent: Agent, view: View) -> float:
    """Efraimidis and Spirakis: the highest of u ** (1 / w) is drawn in proportion to w."""
    share = view.shares.get(agent.extension, 1)
    return -math.pow(view.random.random(), 1 / share)


def _level_sum(agent: Agent, view: View) -> int:
    return sum(agent.skills.get(skill, 0) for skill in view.demands)


def _idle_words(agent: Agent, view: View, now: float) -> str:
    return f"idle longest, {now - agent.idle_since:.0f} s"


def _skill_words(agent: Agent, view: View, now: float) -> str:
    if not view.demands:
        return "no skill is demanded, " + _idle_words(agent, view, now)
    levels = [f"{skill} {agent.skills.get(skill, 0)}" for skill in view.demands]
    return f"most skilled, {', '.join(levels)}"


STRATEGIES: Final[Mapping[str, Strategy]] = {
    "longest_idle": Strategy(lambda agent, view: agent.idle_since, _idle_words),
    "fewest_calls": Strategy(
        lambda agent, view: agent.answered,
        lambda agent, view, now: f"fewest calls since log-in, {agent.answered}",
    ),
    "linear": Strategy(
        lambda agent, view: view.places[agent.extension],
        lambda agent, view, now: "first free in the list",
    ),
    "ring_all": Strategy(
        lambda agent, view: view.places[agent.extension],
        lambda agent, view, now: "everybody free is rung",
        Breadth.ALL,
    ),
    "least_talk": Strategy(
        lambda agent, view: agent.talk_s,
        lambda agent, view, now: f"talked least since log-in, {agent.talk_s:.0f} s",
    ),
    "round_robin": Strategy(_after_last, lambda agent, view, now: "next in turn"),
    "random": Strategy(_drawn, lambda agent, view, now: "drawn by lot"),
    "random_memory": Strategy(
        _not_again, lambda agent, view, now: "drawn by lot, without who had the last call"
    ),
    "weighted": Strategy(
        _by_share,
        lambda agent, view, now: f"drawn by lot, share {view.shares.get(agent.extension, 1)}",
    ),
    "skill": Strategy(lambda agent, view: -_level_sum(agent, view), _skill_words),
    "progressive": Strategy(lambda agent, view: agent.idle_since, _idle_words, Breadth.GROWING),
}


def _rank(
    strategy: str, view: View, tried: Collection[str]
) -> Callable[[Agent], tuple[bool, int, float, float, int]]:
    key, penalties = STRATEGIES[strategy].key, view.penalties

    def rank(agent: Agent) -> tuple[bool, int, float, float, int]:
        who = agent.extension
        level = penalties.get(who, 0)
        return (who in tried, level, key(agent, view), agent.idle_since, int(who))

    return rank


def order(
    strategy: str, available: Collection[Agent], view: View, tried: Collection[str] = ()
) -> list[Agent]:
    """`available` in the order in which they shall be offered the call, best first."""
    return sorted(available, key=_rank(strategy, view, tried))


def best(
    strategy: str, available: Collection[Agent], view: View, tried: Collection[str] = ()
) -> Agent:
    """The first of `order`, without sorting the rest."""
    return min(available, key=_rank(strategy, view, tried))


def lowest_level(available: Collection[Agent], view: View) -> list[Agent]:
    """Those of the lowest penalty level: who is rung at once rings before the next level does."""
    if not view.penalties:
        return list(available)
    levels = [view.penalties.get(a.extension, 0) for a in available]
    return [a for a, level in zip(available, levels, strict=True) if level == min(levels)]
