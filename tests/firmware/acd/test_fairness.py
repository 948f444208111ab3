"""Each strategy over simulated days, held against its written meaning.

Quiet days: one call at a time, everybody free, so the meaning alone decides. Busy days: more calls
than agents for a while, so that what the meaning promises is measured by the Gini coefficient
(Gini 1912; 0: all alike, (n - 1) / n: one has all), of calls or of time talked.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any, Final

import pytest

from firmware.acd import invariants
from firmware.acd.messages import (
    CallEnded,
    Configured,
    Join,
    LoggedIn,
    Offer,
    OfferAnswered,
    Offered,
    Reachable,
    Tick,
)
from firmware.acd.queue import Acd
from firmware.config.schema import MemberRule, Queue
from firmware.records.messages import CallId

TEAM = ("201", "202", "203", "204")


def gini(values: Iterable[float]) -> float:
    """Half the mean difference between any two, in parts of the mean."""
    found = list(values)
    differences = sum(abs(a - b) for a in found for b in found)
    return differences / (2 * len(found) * sum(found))


def jain(values: Iterable[float]) -> float:
    """Jain, Chiu and Hawe 1984: the square of the sum by n times the sum of the squares. 1: all
    alike; 1 / n: one has all."""
    found = list(values)
    return sum(found) ** 2 / (len(found) * sum(value * value for value in found))


def chi_square(had: Mapping[str, int], shares: Mapping[str, float]) -> float:
    """Pearson 1900: how far counts are from what the shares would have brought."""
    total = sum(had.values())
    return sum((had[a] - total * s) ** 2 / (total * s) for a, s in shares.items())


CHI_SQUARE_3: Final = 16.266
"""Of three degrees of freedom, exceeded by chance once in a thousand (tables of the distribution,
for example NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4)."""


@pytest.mark.parametrize(
    ("values", "expected"), [((5, 5, 5), 1.0), ((1, 0, 0, 0), 0.25), ((1, 2, 3), 36 / 42)]
)
def test_jains_index_itself(values: tuple[int, ...], expected: float) -> None:
    assert jain(values) == pytest.approx(expected)


def test_chi_square_itself() -> None:
    """Mendel 1866, round and angular, yellow and green peas, against 9 : 3 : 3 : 1: 0.470."""
    peas = {"round yellow": 315, "round green": 108, "angular yellow": 101, "angular green": 32}
    shares = dict(zip(peas, (9 / 16, 3 / 16, 3 / 16, 1 / 16), strict=True))
    assert chi_square(peas, shares) == pytest.approx(0.470, abs=0.001)


@pytest.mark.parametrize(
    ("values", "expected"),
    [((1, 1, 1), 0.0), ((1, 2, 3, 4), 0.25), ((0, 0, 0, 1), 0.75)],
)
def test_the_measure_itself(values: tuple[int, ...], expected: float) -> None:
    assert gini(values) == pytest.approx(expected)


class Day:
    """Who had which call, and how long they talked."""

    def __init__(self, strategy: str, **fields: Any) -> None:
        self.skills: dict[str, dict[str, int]] = fields.pop("of", {})
        seed = fields.pop("seed", 3)
        self.queue = Queue(
            id="q",
            name="Q",
            members=TEAM,
            strategy=strategy,
            wrap_up_s=0,
            max_waiting=200,
            **fields,
        )
        self.acd = Acd(Random(seed))
        self.acd.advance(Configured((self.queue,), {}, skills=self.skills), 0.0)
        for agent in TEAM:
            self.acd.advance(Reachable(agent, True), 0.0)
            self.acd.advance(LoggedIn(agent), 0.0)
        self.had: list[str] = []
        """Agents of the calls, in the order in which they were answered."""
        self.rung: list[list[str]] = []
        """Of each call that rang somebody at once: whom."""
        self.idle_before: list[dict[str, float]] = []
        """Of each of these: who was free, and since when."""
        self.talk_s: Counter[str] = Counter()
        self.ended: dict[str, float] = dict.fromkeys(TEAM, 0.0)

    @property
    def calls(self) -> Counter[str]:
        return Counter(dict.fromkeys(TEAM, 0) | Counter(self.had))

    def run(self, calls: int, every_s: float, talk_s: float, chance: Random) -> Day:
        """`calls` come at random, one each `every_s` in the mean; 0: each after the one before."""
        agenda: list[tuple[float, int, Any]] = []
        at = 0.0
        for n in range(calls):
            at += chance.expovariate(1 / every_s) if every_s else talk_s + 1.0
            heapq.heappush(agenda, (at, n, Offered(CallId(f"c{n}"), "q")))
        serial = calls
        while agenda:
            due = self.acd.next_deadline()
            if due is not None and due < agenda[0][0]:
                heapq.heappush(agenda, (due, -1, Tick()))
            now, _, event = heapq.heappop(agenda)
            if isinstance(event, CallEnded):
                self.ended[self.acd.joined[event.call]] = now
            for command in self.step(event, now):
                if isinstance(command, Join):
                    long = chance.uniform(0.2, 1.8) * talk_s if every_s else talk_s
                    self.talk_s[command.agent] += long
                    serial += 1
                    heapq.heappush(agenda, (now + long, serial, CallEnded(command.call)))
        return self

    def step(self, event: Any, now: float) -> list[Any]:
        """One event; whoever is rung first answers at once, as all do at a busy desk."""
        free = {a: since for a, since in self.ended.items() if self.acd.agents[a].shown == "ready"}
        said = self.acd.advance(event, now)
        offers = [c for c in said if isinstance(c, Offer)]
        if isinstance(event, Offered) and offers:
            self.rung.append([offer.agent for offer in offers])
            self.idle_before.append(free)
        answered = {}
        for offer in offers:
            answered.setdefault(offer.call, offer.agent)
        for call, agent in answered.items():
            said += self.acd.advance(OfferAnswered(call, agent), now)
            self.had.append(agent)
        assert invariants.broken(self.acd) == []
        return said


def quiet(strategy: str, calls: int = 400, **fields: Any) -> Day:
    if fields:
        return Day(strategy, **fields).run(calls, 0.0, 30.0, Random(5))
    return _plain(strategy, calls, 0.0, 30.0)


def busy(strategy: str, calls: int = 1500, **fields: Any) -> Day:
    """Four agents at nine tenths of what they can do: queues form and go."""
    if fields:
        return Day(strategy, **fields).run(calls, 25.0, 90.0, Random(5))
    return _plain(strategy, calls, 25.0, 90.0)


@cache
def _plain(strategy: str, calls: int, every_s: float, talk_s: float) -> Day:
    """A day that several tests look at."""
    return Day(strategy).run(calls, every_s, talk_s, Random(5))


@pytest.mark.parametrize("strategy", ["longest_idle", "round_robin", "fewest_calls", "least_talk"])
def test_in_turn_on_a_quiet_day(strategy: str) -> None:
    assert set(quiet(strategy).calls.values()) == {100}


@pytest.mark.parametrize("strategy", ["longest_idle", "progressive"])
def test_who_is_idle_longest_is_rung_first(strategy: str) -> None:
    for day in (busy(strategy), quiet(strategy)):
        assert len(day.rung) >= 200
        for rung, free_since in zip(day.rung, day.idle_before, strict=True):
            assert free_since[rung[0]] == min(free_since.values())


def test_round_robin_rings_the_next_of_the_list() -> None:
    for before, after in pairwise(quiet("round_robin").had):
        assert TEAM.index(after) == (TEAM.index(before) + 1) % len(TEAM)


def test_linear_gives_the_first_all_they_can_take() -> None:
    assert quiet("linear").calls == {"201": 400, "202": 0, "203": 0, "204": 0}
    calls = busy("linear").calls
    assert [calls[a] for a in TEAM] == sorted(calls.values(), reverse=True)
    assert gini(calls.values()) > gini(busy("longest_idle").calls.values())


def test_fewest_calls_keeps_calls_alike_on_a_busy_day() -> None:
    calls = busy("fewest_calls").calls
    assert gini(calls.values()) < 0.01


def test_least_talk_keeps_time_alike_on_a_busy_day() -> None:
    day = busy("least_talk")
    assert gini(day.talk_s.values()) < 0.01
    assert gini(day.talk_s.values()) < gini(busy("linear").talk_s.values())


@pytest.mark.parametrize(
    ("strategy", "least"),
    [
        ("fewest_calls", 0.9999),  # what it makes alike itself
        ("round_robin", 0.99),
        ("longest_idle", 0.99),
        ("least_talk", 0.98),  # makes time alike, and so calls only nearly
    ],
)
def test_calls_are_shared_fairly_on_a_busy_day(strategy: str, least: float) -> None:
    assert least < jain(busy(strategy).calls.values()) <= 1.0


def test_time_is_shared_fairly_by_who_promises_it() -> None:
    assert jain(busy("least_talk").talk_s.values()) > 0.9999
    unfair = jain(busy("linear", 600).calls.values())
    assert unfair < min(jain(busy(s, 600).calls.values()) for s in ("longest_idle", "fewest_calls"))


@pytest.mark.parametrize("seed", [3, 4])
def test_lots_are_uniform_or_as_the_weights_say(seed: int) -> None:
    alike = dict.fromkeys(TEAM, 1 / 4)
    assert chi_square(quiet("random", 1000, seed=seed).calls, alike) < CHI_SQUARE_3
    rules = {a: MemberRule(share=n) for n, a in enumerate(TEAM, 1)}
    weighted = quiet("weighted", 1000, seed=seed, member_rules=rules).calls
    assert chi_square(weighted, {a: n / 10 for n, a in enumerate(TEAM, 1)}) < CHI_SQUARE_3
    assert chi_square(weighted, alike) > 5 * CHI_SQUARE_3  # the measure tells them apart


def within_chance(had: int, calls: int, share: float) -> bool:
    """Within four standard deviations of the binomial distribution."""
    return abs(had - calls * share) < 4 * (calls * share * (1 - share)) ** 0.5


def test_random_draws_everybody_alike() -> None:
    calls = quiet("random", 2000).calls
    assert all(within_chance(n, 2000, 1 / 4) for n in calls.values())


def test_weighted_draws_in_proportion_to_the_shares() -> None:
    rules = {a: MemberRule(share=n) for n, a in enumerate(TEAM, 1)}
    calls = quiet("weighted", 2000, member_rules=rules).calls
    assert all(within_chance(calls[a], 2000, n / 10) for n, a in enumerate(TEAM, 1))


def test_random_memory_never_draws_who_had_the_last_call() -> None:
    day = quiet("random_memory", 2000)
    assert all(before != after for before, after in pairwise(day.had))
    follow = Counter(pairwise(day.had))
    assert len(follow) == 12
    for (before, _), n in follow.items():
        assert within_chance(n, day.calls[before], 1 / 3)


def test_ring_all_rings_everybody_and_each_call_has_one_agent() -> None:
    day = quiet("ring_all", 200)
    assert all(sorted(rung) == sorted(TEAM) for rung in day.rung)
    assert len(day.had) == day.acd.tallies["q"].answered == 200


def test_the_most_skilled_have_the_calls_as_long_as_they_are_free() -> None:
    of = {"202": {"french": 9}, "203": {"french": 5}, "204": {"french": 1}}
    day = quiet("skill", 50, skills={"french": 2}, of=of)
    assert day.calls == {"201": 0, "202": 50, "203": 0, "204": 0}
    calls = busy("skill", 400, skills={"french": 2}, skills_lower_every_s=20, of=of).calls
    assert [calls[a] for a in ("202", "203", "204", "201")] == sorted(calls.values(), reverse=True)
    assert calls["201"] > 0  # in the end anybody will do


@pytest.mark.parametrize("run", [quiet, busy])
@pytest.mark.parametrize("strategy", ["longest_idle", "random", "weighted", "progressive"])
def test_the_same_chance_gives_the_same_day(run: Callable[..., Day], strategy: str) -> None:
    assert run(strategy, 200, ring_s=20).had == run(strategy, 200, ring_s=20).had
