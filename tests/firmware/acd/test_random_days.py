"""Random days: whatever happens in whatever order, what must hold does after every event.

The day and its checks: tools.soak.day; tools.soak.queue runs a million events of it (`make soak`).
Here short days, which hypothesis makes shorter still when something does not hold, and a few long
ones.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from firmware.acd import messages
from firmware.acd.strategy import STRATEGIES
from firmware.config.schema import MemberRule, Queue
from tools.soak.day import Day
from tools.soak.offices import DESKS, IDS, NUMBERS, SKILLS, drawn_office
from tools.soak.queue import a_day, missing, step

AGENTS = ("201", "202", "203", "204")


def queue(id: str, *members: str, **fields: Any) -> Queue:
    return Queue(id=id, name=id.title(), members=members, **fields)


QUEUES = (
    queue("sales", "201", "202", max_wait_s=60, max_waiting=2, sticky_s=20, repeat_caller_s=60),
    queue("support", "202", "203", wrap_up_s=0, strategy="ring_all", max_unanswered=2, weight=3),
    queue(
        "repair",
        "201",
        "203",
        "204",
        strategy="progressive",
        progressive_every_s=5,
        member_rules={"203": MemberRule(penalty=1, ring_s=7), "204": MemberRule(penalty=2)},
        penalty_relax_every_s=8,
        leave_when_paused=True,
    ),
    queue(
        "french",
        *AGENTS,
        strategy="skill",
        skills={"french": 3},
        skills_lower_every_s=10,
        buffer_s=4,
        wrap_up_extend_s=10,
        max_unanswered=1,
        auto_pause_s=15,
        join_when_unreachable=False,
        leave_when_closed=True,
    ),
)
OFFICE = messages.Configured(
    QUEUES, {}, skills={"201": {"french": 1}, "202": {"french": 3}, "203": {"french": 2}}
)
FEWER = messages.Configured(
    (QUEUES[0], queue("support", "203"), QUEUES[3]), {}, frozenset({"203"}), OFFICE.skills
)
N = st.integers(0, 13)


class RandomDay(RuleBasedStateMachine):
    """Short days, made shorter still when something does not hold."""

    def __init__(self) -> None:
        super().__init__()
        self.day = Day(OFFICE)
        for agent in AGENTS:
            self.day.phone_does(agent, 1)

    @rule(seconds=st.floats(0.1, 30))
    def time_passes(self, seconds: float) -> None:
        self.day.passes(seconds)

    @rule(
        queue=st.sampled_from(IDS),
        number=st.sampled_from(NUMBERS),
        priority=st.integers(0, 1),
        owner=st.sampled_from(("", "", "201", "203")),
        skill=st.sampled_from(("", "", *SKILLS)),
        kept_s=st.none() | st.floats(0, 900),
    )
    def caller_comes(self, queue: str, number: str, priority: int, owner: str, **more: Any) -> None:
        self.day.comes(queue, number, priority, owner, **more)

    @rule(agent=st.sampled_from(AGENTS), what=st.integers(0, 6), phone=st.sampled_from(DESKS))
    def agent_does(self, agent: str, what: int, phone: str) -> None:
        self.day.agent_does(agent, what, phone)

    @rule(phone=st.sampled_from(DESKS), what=st.integers(0, 6))
    def phone_does(self, phone: str, what: int) -> None:
        self.day.phone_does(phone, what)

    @rule(pick=N, what=st.integers(0, 3))
    def offer_ends(self, pick: int, what: int) -> None:
        self.day.offer_ends(pick, what)

    @rule(pick=N, what=st.integers(0, 5))
    def caller_does(self, pick: int, what: int) -> None:
        self.day.caller_does(pick, what)

    @rule(is_smaller=st.booleans())
    def office_changes(self, is_smaller: bool) -> None:
        self.day.office_changes(FEWER if is_smaller else OFFICE)

    @rule(seed=st.integers(0, 99))
    def office_is_another(self, seed: int) -> None:
        self.day.office_changes(drawn_office(Random(seed)))

    @rule(closed=st.frozensets(st.sampled_from(IDS)))
    def hours_change(self, closed: frozenset[str]) -> None:
        self.day.hours_change(closed)

    @rule()
    def midnight(self) -> None:
        self.day.midnight()

    @rule()
    def restarts(self) -> None:
        self.day.restarts()

    def teardown(self) -> None:
        self.day.ends()


TestRandomDay = RandomDay.TestCase
TestRandomDay.settings = settings(max_examples=50, stateful_step_count=60, deadline=None)


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    """What came up in some long days, every step of which was checked."""
    return sum((a_day(seed, 3000).seen for seed in range(4)), Counter[str]())


def test_long_days_leave_out_nothing_that_can_happen(seen: Counter[str]) -> None:
    """Every kind of event, command and cause, every state of an agent, every strategy."""
    assert missing(seen) == []
    assert seen["Join"] > 200
    assert min(seen[strategy] for strategy in STRATEGIES) > 5


def test_the_same_day_twice_gives_the_same_commands() -> None:
    """Replay is exact: no decision depends on anything but the events and their times."""

    def commands() -> tuple[Counter[str], list[str]]:
        draw = Random(7)
        day = Day(drawn_office(draw), 7)
        for _ in range(1500):
            step(day, draw)
        return day.seen, [str(tally) for tally in day.acd.tallies.values()]

    assert commands() == commands()
