"""Random days: anything may happen in any order, and what is promised holds after each event.

The same day is driven by hypothesis (short, and made shorter when it fails) and by plain chance
(thousands of events on end).
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from firmware.acd import invariants, messages
from firmware.acd.agent import Presence, Work
from firmware.acd.fitness import is_fit
from firmware.acd.queue import Acd, NotNow
from firmware.config.schema import HANG_UP, MemberRule, Queue
from firmware.records.messages import CallId

AGENTS = ("201", "202", "203", "204")
PHONES = ("", *AGENTS, "205")
NUMBERS = ("", "0211", "0212", "0213")


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
SKILLS = {"201": {"french": 1}, "202": {"french": 3}, "203": {"french": 2}}
FEWER = (QUEUES[0], queue("support", "203"), QUEUES[3])


class Day:
    """A core, and the phones that ring because of it."""

    def __init__(self) -> None:
        self.acd = Acd()
        self.now = 0.0
        self.calls = 0
        self.ringing: dict[CallId, list[str]] = {}
        self.joined: dict[CallId, str] = {}
        self.feed(messages.Configured(QUEUES, {}, skills=SKILLS))

    def feed(self, event: messages.Event) -> None:
        for command in self.acd.advance(event, self.now):
            match command:
                case messages.Offer(call, agent):
                    rung = [who for agents in self.ringing.values() for who in agents]
                    assert agent not in rung
                    assert self.acd.agents[agent].is_reachable
                    self.ringing.setdefault(call, []).append(agent)
                case messages.Withdraw(call, agent):
                    self.stops(call, agent)
                case messages.Join(call, agent):
                    assert call not in self.joined
                    self.joined[call] = agent
                    self.stops(call, agent)
        self.check()

    def stops(self, call: CallId, agent: str) -> None:
        self.ringing[call].remove(agent)
        if not self.ringing[call]:
            del self.ringing[call]

    # -- what may happen ---------------------------------------------------------------------

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.feed(messages.Tick())

    def comes(self, queue: str, number: str, priority: int, owner: str) -> None:
        if queue not in self.acd.queues:
            return
        self.calls += 1
        call = CallId(f"call-{self.calls}")
        self.feed(messages.Offered(call, queue, number, priority, owner=owner))

    def agent_does(self, agent: str, what: int, phone: str) -> None:
        if agent not in self.acd.agents:
            return
        events: tuple[messages.Event, ...] = (
            messages.LoggedIn(agent),
            messages.LoggedIn(agent, phone),
            messages.Readied(agent),
            messages.Paused(agent, "tea"),
            messages.LoggedOut(agent),
            messages.WrapUpExtended(agent),
        )
        try:
            self.feed(events[what % len(events)])
        except NotNow:
            self.check()

    def phone_does(self, phone: str, what: int) -> None:
        is_so = bool(what % 3)
        if what < 4:
            self.feed(messages.Reachable(phone, is_so))
        else:
            self.feed(messages.PhoneBusy(phone, not is_so, "outgoing"))

    def phone_rings_out(self, pick: int, what: int) -> None:
        rung = [(call, a) for call, agents in sorted(self.ringing.items()) for a in agents]
        if not rung:
            return
        call, agent = rung[pick % len(rung)]
        if what == 0:
            self.stops(call, agent)
            self.feed(messages.OfferFailed(call, agent, "refused"))
        elif what == 1:
            self.feed(messages.Confirming(call, agent))
        else:
            self.feed(messages.OfferAnswered(call, agent))

    def caller_does(self, pick: int, what: int) -> None:
        calls = sorted([*self.acd.waiting, *self.acd.joined, *self.acd.taken])
        if not calls:
            return
        call = calls[pick % len(calls)]
        if call not in self.acd.waiting:
            self.joined.pop(call, None)
            self.feed(messages.CallEnded(call))
        elif what == 0:
            self.feed(messages.PickedUp(call, (*AGENTS, "299")[pick % 5]))
        elif what == 1:
            self.feed(messages.Leaving(call, messages.Left.KEY, HANG_UP))
        else:
            self.feed(messages.Abandoned(call))

    def office_changes(self, is_smaller: bool) -> None:
        queues = FEWER if is_smaller else QUEUES
        quiet = frozenset({"203"}) if is_smaller else frozenset[str]()
        self.feed(messages.Configured(queues, {}, quiet, SKILLS))

    def hours_change(self, closed: frozenset[str]) -> None:
        self.feed(messages.ClosedNow(closed))

    # -- what must hold ----------------------------------------------------------------------

    def check(self) -> None:
        acd = self.acd
        assert invariants.broken(acd) == invariants.drifted(acd, self.now) == []
        assert {c: w.ringing for c, w in acd.waiting.items() if w.ringing} == self.ringing
        self.check_nobody_is_forgotten()
        self.check_indexes()

    def check_nobody_is_forgotten(self) -> None:
        """Nobody waits in vain for an agent who could be rung, and everybody has a next event."""
        acd = self.acd
        free = [a for a in acd.agents.values() if a.is_available(self.now)]
        for entry in acd.waiting.values():
            serving = acd.serving[entry.queue]
            if not entry.ringing and not entry.wanted:
                members = serving.view.places
                fit = [a for a in free if is_fit(a, entry.demand, serving.view.penalties)]
                assert not [a for a in fit if a.extension in members]
        deadline = acd.next_deadline()
        assert deadline is None or deadline > self.now
        assert deadline is not None or not acd.waiting
        for agent in acd.agents.values():
            assert agent.work in (Work.FREE, Work.ON_CALL) or deadline is not None

    def check_indexes(self) -> None:
        acd = self.acd
        in_rows = {e.call for serving in acd.serving.values() for e in serving.row}
        assert in_rows == set(acd.waiting)
        for serving in acd.serving.values():
            places = [e.place for e in serving.row]
            assert places == sorted(places)
        members = {m for q in acd.queues.values() for m in q.members}
        for agent in acd.agents.values():
            assert agent.extension in members or agent.work is Work.ON_CALL
            assert agent.last_shown[0] == agent.shown
        assert set(acd._available) == {
            a.extension for a in acd.agents.values() if a.is_available(self.now)
        }
        assert set(acd._numbers) <= set(acd.joined)
        assert set(acd._takers) == set(acd.taken)

    def ends(self) -> None:
        """Everybody hangs up and goes home: nothing is left over."""
        for call in [*self.acd.waiting]:
            self.feed(messages.Abandoned(call))
        for call in [*self.acd.joined, *self.acd.taken]:
            self.feed(messages.CallEnded(call))
        for agent in [*self.acd.agents]:
            self.feed(messages.LoggedOut(agent))
        self.passes(100_000.0)
        acd = self.acd
        assert (acd.waiting, acd.joined, acd.taken, self.ringing) == ({}, {}, {}, {})
        assert {a.work for a in acd.agents.values()} == {Work.FREE}
        assert {a.presence for a in acd.agents.values()} == {Presence.OUT}
        assert acd.next_deadline() is None
        assert acd.repair(self.now) == []


N = st.integers(0, 11)


class RandomDay(RuleBasedStateMachine):
    """Short days, made shorter still when something does not hold."""

    def __init__(self) -> None:
        super().__init__()
        self.day = Day()
        for agent in AGENTS:
            self.day.phone_does(agent, 1)

    @rule(seconds=st.floats(0.1, 30))
    def time_passes(self, seconds: float) -> None:
        self.day.passes(seconds)

    @rule(
        queue=st.sampled_from([q.id for q in QUEUES]),
        number=st.sampled_from(NUMBERS),
        priority=st.integers(0, 1),
        owner=st.sampled_from(("", "", "201", "203")),
    )
    def caller_comes(self, queue: str, number: str, priority: int, owner: str) -> None:
        self.day.comes(queue, number, priority, owner)

    @rule(agent=st.sampled_from(AGENTS), what=N, phone=st.sampled_from(PHONES))
    def agent_does(self, agent: str, what: int, phone: str) -> None:
        self.day.agent_does(agent, what, phone)

    @rule(phone=st.sampled_from((*AGENTS, "205")), what=st.integers(0, 6))
    def phone_does(self, phone: str, what: int) -> None:
        self.day.phone_does(phone, what)

    @rule(pick=N, what=st.integers(0, 3))
    def phone_rings_out(self, pick: int, what: int) -> None:
        self.day.phone_rings_out(pick, what)

    @rule(pick=N, what=st.integers(0, 2))
    def caller_does(self, pick: int, what: int) -> None:
        self.day.caller_does(pick, what)

    @rule(is_smaller=st.booleans())
    def office_changes(self, is_smaller: bool) -> None:
        self.day.office_changes(is_smaller)

    @rule(closed=st.frozensets(st.sampled_from([q.id for q in QUEUES])))
    def hours_change(self, closed: frozenset[str]) -> None:
        self.day.hours_change(closed)

    def teardown(self) -> None:
        self.day.ends()


TestRandomDay = RandomDay.TestCase
TestRandomDay.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


def step(day: Day, chance: Random) -> None:
    """One of the things above, the usual ones more often."""
    number, what = chance.randrange(12), chance.randrange(12)
    agent, phone = chance.choice(AGENTS), chance.choice(PHONES)
    kind = chance.choices(range(7), (6, 4, 3, 2, 5, 3, 0.2))[0]
    match kind:
        case 0:
            day.passes(chance.expovariate(1 / 5))
        case 1:
            queue = chance.choice(QUEUES).id
            day.comes(queue, chance.choice(NUMBERS), what // 10, phone if what == 3 else "")
        case 2:
            day.agent_does(agent, min(what, 5) if number else 4, phone)
        case 3:
            day.phone_does(phone or "205", what % 7)
        case 4:
            day.phone_rings_out(number, what % 4)
        case 5:
            day.caller_does(number, what % 3)
        case 6:
            day.hours_change(frozenset({"french"} if what < 3 else ()))
            day.office_changes(chance.random() < 0.5)


@pytest.mark.parametrize("seed", range(4))
def test_a_long_day(seed: int) -> None:
    day, chance = Day(), Random(seed)
    for agent in AGENTS:
        day.phone_does(agent, 1)
    for _ in range(4000):
        step(day, chance)
    assert sum(tally.answered for tally in day.acd.tallies.values()) > 80
    day.ends()
    assert day.acd.next_deadline() is None


def test_the_same_day_twice_gives_the_same_commands() -> None:
    """Replay is exact: no decision depends on anything but the events and their times."""

    def commands() -> list[tuple[str, int]]:
        day, chance = Day(), Random(7)
        for _ in range(1500):
            step(day, chance)
        return [(str(tally), n) for n, tally in enumerate(day.acd.tallies.values())]

    assert commands() == commands()
