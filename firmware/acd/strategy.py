"""In which order available agents are offered a call.

Pure. Each strategy is a sort key; ties go to the agent idle longest, then by extension number.
Agents who already were offered this call in the present round come last.

Tests: tests/firmware/acd/test_strategy.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from firmware.acd.agent import Agent

Key = Callable[[Agent, Sequence[str]], float]

STRATEGIES: Final[Mapping[str, Key]] = {
    "longest_idle": lambda agent, members: agent.idle_since,
    "fewest_calls": lambda agent, members: agent.answered,
    "linear": lambda agent, members: members.index(agent.extension),
}


def order(
    strategy: str, available: Collection[Agent], members: Sequence[str], tried: Collection[str]
) -> list[Agent]:
    """`available` in the order in which they shall be offered the call, best first."""
    key = STRATEGIES[strategy]
    return sorted(
        available,
        key=lambda a: (
            a.extension in tried,
            key(a, members),
            a.idle_since,
            int(a.extension),
        ),
    )
