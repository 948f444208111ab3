"""Strategies by their written meaning: the order in which available agents are offered a call."""

from __future__ import annotations

from random import Random

import pytest

from firmware.acd.agent import Agent
from firmware.acd.strategy import STRATEGIES, View, best, lowest_level, order
from firmware.config.schema import Queue

ALL = sorted(STRATEGIES)


def view(*members: str, **more: object) -> View:
    places = {m: n for n, m in enumerate(members or ("203", "201", "202"))}
    return View(places, Random(1), **more)  # type: ignore[arg-type]  # fields as each test names them


def agent(extension: str, idle_since: float, answered: int, talk_s: float = 0.0) -> Agent:
    return Agent(extension, idle_since=idle_since, answered=answered, talk_s=talk_s)


TEAM = [agent("201", 30.0, 2, 100.0), agent("202", 10.0, 5, 90.0), agent("203", 20.0, 1, 95.0)]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("longest_idle", ["202", "203", "201"]),
        ("progressive", ["202", "203", "201"]),
        ("fewest_calls", ["203", "201", "202"]),
        ("least_talk", ["202", "203", "201"]),
        ("linear", ["203", "201", "202"]),
        ("ring_all", ["203", "201", "202"]),
    ],
)
def test_order(strategy: str, expected: list[str]) -> None:
    assert [a.extension for a in order(strategy, TEAM, view())] == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("", ["203", "201", "202"]),
        ("203", ["201", "202", "203"]),
        ("201", ["202", "203", "201"]),
        ("299", ["203", "201", "202"]),
    ],
)
def test_round_robin_begins_behind_who_was_offered_the_last_call(
    last: str, expected: list[str]
) -> None:
    ranked = order("round_robin", TEAM, view(last_offered=last))
    assert [a.extension for a in ranked] == expected


def test_the_most_skilled_come_first_counting_only_what_is_demanded() -> None:
    team = [
        Agent("201", skills={"french": 3, "sales": 9}),
        Agent("202", skills={"french": 5, "repair": 2}),
        Agent("203", skills={"french": 4, "repair": 4}),
    ]
    ranked = order("skill", team, view(demands={"french": 2, "repair": 1}))
    assert [a.extension for a in ranked] == ["203", "202", "201"]


def test_who_had_the_previous_call_is_drawn_only_if_alone() -> None:
    look = view(last_answered="201")
    assert {best("random_memory", TEAM, look).extension for _ in range(200)} == {"202", "203"}
    assert best("random_memory", TEAM[:1], look) is TEAM[0]


@pytest.mark.parametrize("strategy", ALL)
def test_agents_offered_this_call_already_come_last(strategy: str) -> None:
    for tried in ("201", "202", "203"):
        assert order(strategy, TEAM, view(), {tried})[-1].extension == tried


@pytest.mark.parametrize("strategy", ALL)
def test_lower_penalty_levels_come_first(strategy: str) -> None:
    ranked = order(strategy, TEAM, view(penalties={"203": 1, "202": 2}))
    assert [a.extension for a in ranked] == ["201", "203", "202"]


@pytest.mark.parametrize("strategy", ALL)
def test_the_best_is_the_first_of_the_order_with_the_same_lots(strategy: str) -> None:
    assert best(strategy, TEAM, view()) is order(strategy, TEAM, view())[0]


def test_only_the_lowest_level_rings_at_once() -> None:
    assert lowest_level(TEAM, view()) == TEAM
    assert lowest_level(TEAM[1:], view(penalties={"202": 1, "203": 1, "201": 0})) == TEAM[1:]
    assert lowest_level(TEAM, view(penalties={"202": 1, "203": 1})) == TEAM[:1]


def test_ties_go_to_the_agent_idle_longest_then_to_the_lower_number() -> None:
    team = [agent("1001", 9.0, 3), agent("202", 9.0, 3), agent("203", 8.0, 3)]
    ranked = order("fewest_calls", team, view("1001", "202", "203"))
    assert [a.extension for a in ranked] == ["203", "202", "1001"]


def test_the_configuration_offers_exactly_these_strategies() -> None:
    offered = Queue.model_json_schema()["properties"]["strategy"]["enum"]
    assert set(offered) == set(STRATEGIES)


@pytest.mark.parametrize("strategy", ALL)
def test_every_strategy_says_why(strategy: str) -> None:
    assert STRATEGIES[strategy].words(TEAM[0], view(), 60.0)
