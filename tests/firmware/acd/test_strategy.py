"""Strategies by their written meaning: the order in which available agents are offered a call."""

from __future__ import annotations

import pytest

from firmware.acd.agent import Agent
from firmware.acd.strategy import STRATEGIES, order
from firmware.config.schema import Queue

MEMBERS = ("203", "201", "202")


def agent(extension: str, idle_since: float, answered: int) -> Agent:
    return Agent(extension, idle_since=idle_since, answered=answered)


TEAM = [agent("201", 30.0, 2), agent("202", 10.0, 5), agent("203", 20.0, 1)]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("longest_idle", ["202", "203", "201"]),
        ("fewest_calls", ["203", "201", "202"]),
        ("linear", ["203", "201", "202"]),
    ],
)
def test_order(strategy: str, expected: list[str]) -> None:
    assert [a.extension for a in order(strategy, TEAM, MEMBERS, ())] == expected


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_agents_offered_this_call_already_come_last(strategy: str) -> None:
    first = order(strategy, TEAM, MEMBERS, ())[0]
    assert order(strategy, TEAM, MEMBERS, {first.extension})[-1] is first


def test_ties_go_to_the_agent_idle_longest_then_to_the_lower_number() -> None:
    team = [agent("1001", 9.0, 3), agent("202", 9.0, 3), agent("203", 8.0, 3)]
    ranked = order("fewest_calls", team, ("1001", "202", "203"), ())
    assert [a.extension for a in ranked] == ["203", "202", "1001"]


def test_the_configuration_offers_exactly_these_strategies() -> None:
    offered = Queue.model_json_schema()["properties"]["strategy"]["enum"]
    assert set(offered) == set(STRATEGIES)
