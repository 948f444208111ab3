"""What a call demands at which moment, and who is good enough for it."""

from __future__ import annotations

import pytest

from firmware.acd.agent import Agent, Presence
from firmware.acd.fitness import NO_LIMIT, demand, is_at_work, is_fit, merged, why_not
from firmware.config.schema import Queue


def queue(**fields: object) -> Queue:
    return Queue(id="sales", name="Sales", **fields)  # type: ignore[arg-type]  # by name


def test_of_queue_and_call_the_higher_level_counts() -> None:
    found = merged(queue(skills={"french": 3, "sales": 5}), {"french": 7, "repair": 1})
    assert found == {"french": 7, "sales": 5, "repair": 1}


@pytest.mark.parametrize(
    ("waited", "levels", "next_s"),
    [
        (0.0, {"french": 3, "sales": 1}, 20.0),
        (19.9, {"french": 3, "sales": 1}, 20.0),
        (20.0, {"french": 2}, 40.0),
        (40.0, {"french": 1}, 60.0),
        (60.0, {}, None),
        (900.0, {}, None),
    ],
)
def test_every_so_often_one_level_less_is_demanded(
    waited: float, levels: dict[str, int], next_s: float | None
) -> None:
    rule = queue(skills={"french": 3, "sales": 1}, skills_lower_every_s=20)
    found = demand(rule, rule.skills, 0, waited)
    assert (dict(found.skills), found.penalty_limit, found.next_s) == (levels, NO_LIMIT, next_s)


def test_never_less_than_the_floor() -> None:
    rule = queue(skills={"french": 5}, skills_lower_every_s=10, skills_lower_to=4)
    assert demand(rule, rule.skills, 0, 500.0).skills == (("french", 4),)
    assert demand(rule, rule.skills, 0, 10.0).next_s is None


@pytest.mark.parametrize(
    ("waited", "limit", "next_s"), [(0.0, 0, 15.0), (15.0, 1, 30.0), (30.0, 2, None)]
)
def test_penalty_levels_open_one_after_the_other(
    waited: float, limit: int, next_s: float | None
) -> None:
    found = demand(queue(penalty_relax_every_s=15), {}, 2, waited)
    assert (found.penalty_limit, found.next_s) == (limit, next_s)


def test_without_a_time_rule_every_level_may_be_rung() -> None:
    found = demand(queue(), {}, 9, 0.0)
    assert is_fit(Agent("201"), found, {"201": 9})


def test_who_lacks_a_skill_or_is_of_a_later_level_is_told_why() -> None:
    rule = queue(skills={"french": 3}, penalty_relax_every_s=15)
    now = demand(rule, rule.skills, 2, 0.0)
    fit, weak = Agent("201", skills={"french": 3}), Agent("202", skills={"french": 2})
    assert (is_fit(fit, now, {}), why_not(fit, now, {})) == (True, "")
    assert (is_fit(weak, now, {}), why_not(weak, now, {})) == (False, "lacks french 3")
    levels = {"201": 1}
    assert (is_fit(fit, now, levels), why_not(fit, now, levels)) == (
        False,
        "is of level 1, rung later",
    )


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (None, False),
        (Agent("201", presence=Presence.READY, is_reachable=True), True),
        (Agent("201", presence=Presence.READY, is_reachable=True, is_phone_busy=True), True),
        (Agent("201", presence=Presence.READY), False),
        (Agent("201", presence=Presence.PAUSED, is_reachable=True), False),
        (Agent("201", presence=Presence.READY, is_reachable=True, is_undisturbed=True), False),
    ],
)
def test_whom_it_is_worth_waiting_for(agent: Agent | None, expected: bool) -> None:
    assert is_at_work(agent) is expected
