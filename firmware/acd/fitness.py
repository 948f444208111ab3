"""Whether an agent may be rung for a call at all: skills, penalty levels, sticky agents.

Pure. What a call demands falls as it waits, in steps: `Demand` is what it is at one moment, and
says when the next step comes, so that nothing has to be worked out in between. Time is counted
from the caller's place: who kept one (a callback, a caller cut off) need not begin anew.

- Skills: of the queue and of the call, the higher level of each. Every `skills_lower_every_s` one
  level less, never below `skills_lower_to`; at 0 anybody will do.
- Penalty levels: members of level n after n times `penalty_relax_every_s`.
- Sticky: until `wanted_until` only the agent wanted, as long as that agent is at work. For them
  neither skills nor levels count: the caller knows them.

Tests: tests/firmware/acd/test_fitness.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from firmware.acd.agent import Agent, Presence
from firmware.config.schema import Queue

NO_LIMIT: Final = 99


@dataclass(frozen=True, slots=True)
class Demand:
    """What a call demands at one moment."""

    skills: tuple[tuple[str, int], ...]
    """Skill and level."""
    penalty_limit: int
    next_s: float | None
    """Waiting time at which it demands less; None: never."""


def merged(queue: Queue, of_call: Mapping[str, int]) -> dict[str, int]:
    """Skills demanded at first: the higher level of each."""
    found = dict(queue.skills)
    for skill, level in of_call.items():
        found[skill] = max(level, found.get(skill, 0))
    return found


def within(of_call: Mapping[str, int], members: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    """What a caller asks for, as far as some member could ever meet it: nobody waits in vain where
    they were handed to."""
    if not of_call:
        return of_call
    best: Counter[str] = Counter()
    for have in members:
        best |= Counter(have)
    return {skill: min(level, best[skill]) for skill, level in of_call.items() if best[skill]}


def demand(queue: Queue, skills: Mapping[str, int], highest: int, waited_s: float) -> Demand:
    """What a call demands after `waited_s`. `skills`: by `merged`; `highest`: the highest penalty
    level of the queue's members."""
    lower_s, relax_s = queue.skills_lower_every_s, queue.penalty_relax_every_s
    steps = int(waited_s // lower_s) if lower_s else 0
    floor = queue.skills_lower_to
    lowered = [(skill, max(n - steps, min(n, floor))) for skill, n in skills.items()]
    now = tuple(sorted((skill, level) for skill, level in lowered if level > 0))
    limit = int(waited_s // relax_s) if relax_s else NO_LIMIT
    ahead = list(_ahead(queue, skills, steps, limit, highest))
    return Demand(now, limit, min(ahead, default=None))


def _ahead(
    queue: Queue, skills: Mapping[str, int], steps: int, limit: int, highest: int
) -> Iterator[float]:
    falls = max(skills.values(), default=0) - steps > queue.skills_lower_to
    if queue.skills_lower_every_s and falls:
        yield (steps + 1) * queue.skills_lower_every_s
    if limit < highest:
        yield (limit + 1) * queue.penalty_relax_every_s


def is_fit(agent: Agent, now: Demand, penalties: Mapping[str, int]) -> bool:
    """Whether the agent may be rung for a call that demands this."""
    if penalties and penalties.get(agent.extension, 0) > now.penalty_limit:
        return False
    have = agent.skills
    return all(have.get(skill, 0) >= level for skill, level in now.skills) if now.skills else True


def why_not(agent: Agent, now: Demand, penalties: Mapping[str, int]) -> str:
    """Why the agent may not be rung, in words; empty if they may."""
    level = penalties.get(agent.extension, 0)
    if level > now.penalty_limit:
        return f"is of level {level}, rung later"
    lacking = [f"{s} {n}" for s, n in now.skills if agent.skills.get(s, 0) < n]
    return f"lacks {', '.join(lacking)}" if lacking else ""


def is_at_work(agent: Agent | None) -> bool:
    """Worth waiting for: may be on a call, but will take the next one."""
    return (
        agent is not None
        and agent.presence is Presence.READY
        and agent.is_reachable
        and not agent.is_undisturbed
    )
