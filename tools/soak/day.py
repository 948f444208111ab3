"""One day of a queue core and the world around it: callers, agents, phones, hours, restarts.

After each event everything is checked: the invariants of the core itself (firmware.acd.invariants),
and beside them a count of its own of what became of every call, so that core and check cannot be
wrong in the same way. Pure: the day keeps its own time. Which event comes next: queue.py.
Tests: tests/firmware/acd/test_random_days.py.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from firmware.acd import invariants, messages
from firmware.acd.agent import Agent, Presence, Work
from firmware.acd.expected_wait import Range
from firmware.acd.fitness import is_fit
from firmware.acd.queue import Acd, NotNow, UnknownAgent
from firmware.config.schema import HANG_UP
from firmware.records.messages import CallId
from tools.soak.offices import AGENTS, IDS


class Day:
    """A core, the phones that ring because of it, and what became of every call."""

    def __init__(self, office: messages.Configured, seed: int = 0) -> None:
        self.seed = seed
        self.now = 0.0
        self.calls = 0
        self.seen: Counter[str] = Counter()
        """Events, commands, causes, strategies, states that came up."""
        self.ringing: dict[CallId, list[str]] = {}
        self.phones: dict[str, bool] = {}
        self._begin(office)

    def _begin(self, office: messages.Configured) -> None:
        self.acd = Acd(Random(self.seed))
        self.office = office
        self.ringing.clear()
        self.waiting: dict[CallId, tuple[str, float]] = {}
        """Queue and since when, of who waits by our own count."""
        self.talking: dict[CallId, str] = {}
        self.told: dict[CallId, Range] = {}
        self.came: Counter[str] = Counter()
        self.became: Counter[tuple[str, str]] = Counter()
        self.feed(office)

    def feed(self, event: messages.Event) -> None:
        """One event, and what comes of it."""
        self.seen[type(event).__name__] += 1
        for command in self.acd.advance(event, self.now):
            self.seen[type(command).__name__] += 1
            self._carry_out(command)
        self.check()

    def _carry_out(self, command: messages.Command) -> None:
        match command:
            case messages.Offer(call, agent, queue):
                assert agent not in {who for agents in self.ringing.values() for who in agents}
                phone = self.acd.agents[agent].rings_at
                assert self.phones.get(phone), f"{phone} is not there and was to ring"
                assert self.waiting[call][0] == queue
                self.ringing.setdefault(call, []).append(agent)
                self.seen[self.acd.queues[queue].strategy] += 1
            case messages.Withdraw(call, agent):
                self._stops(call, agent)
            case messages.Join(call, agent, queue, waited_s):
                self._stops(call, agent)
                self._is_over(call, queue, waited_s, "answered")
                on_queue_calls = [self.talking[c] for c in self.acd.joined if c != call]
                assert agent not in on_queue_calls, f"{agent} was joined to two callers"
                self.talking[call] = agent
            case messages.Taken(call, by, queue, waited_s):
                self._is_over(call, queue, waited_s, "answered")
                self.talking[call] = by
            case messages.Leave(call, queue, reason, _, waited_s):
                self._is_over(call, queue, waited_s, "left")
                self.seen[reason.name] += 1
            case messages.AgentChanged(_, state):
                self.seen[state] += 1
            case messages.Repaired(what):
                raise AssertionError(what)

    def _stops(self, call: CallId, agent: str) -> None:
        self.ringing[call].remove(agent)
        if not self.ringing[call]:
            del self.ringing[call]

    def _is_over(self, call: CallId, queue: str, waited_s: float, how: str) -> None:
        where, since = self.waiting.pop(call)
        assert (where, since + waited_s) == (queue, self.now) or abs(
            since + waited_s - self.now
        ) < 1e-6, f"{call} waited {waited_s} s since {since}"
        self.became[queue, how] += 1
        self.told.pop(call, None)

    # -- what may happen -----------------------------------------------------------------------

    def passes(self, seconds: float) -> None:
        """Time, with a tick at the next deadline if it is reached."""
        self.now += seconds
        self.feed(messages.Tick())

    def comes(
        self,
        queue: str,
        number: str = "",
        priority: int = 0,
        owner: str = "",
        *,
        skill: str = "",
        kept_s: float | None = None,
        again: CallId | None = None,
    ) -> None:
        """A caller. `kept_s`: had the place so long (a callback); `again`: led on, not new."""
        if queue not in self.acd.queues:
            return
        self.calls += 1
        call = again or CallId(f"call-{self.calls}")
        if (before := self.waiting.get(call)) is not None:
            self.became[before[0], "left"] += 1
            self.told.pop(call, None)
        self.waiting[call] = (queue, self.now)
        self.came[queue] += 1
        skills = {skill: 2} if skill else {}
        place = None if kept_s is None else self.now - kept_s
        self.feed(messages.Offered(call, queue, number, priority, skills, owner, place))

    def agent_does(self, agent: str, what: int, phone: str = "") -> None:
        """One of what agents do; what they may not do changes nothing."""
        events: tuple[messages.Event, ...] = (
            messages.LoggedIn(agent),
            messages.LoggedIn(agent, phone),
            messages.Readied(agent),
            messages.Paused(agent, "tea"),
            messages.LoggedOut(agent),
            messages.WrapUpExtended(agent),
            messages.WrapUpEnded(agent),
        )
        try:
            self.feed(events[what % len(events)])
        except (NotNow, UnknownAgent) as refused:
            self.seen[type(refused).__name__] += 1
            self.check()

    def phone_does(self, phone: str, what: int) -> None:
        """Comes and goes, or is on another call."""
        is_so = bool(what % 3)
        if what < 4:
            self.phones[phone] = is_so
            self.feed(messages.Reachable(phone, is_so))
        else:
            self.feed(messages.PhoneBusy(phone, not is_so, ("outgoing", "internal")[what % 2]))

    def offer_ends(self, pick: int, what: int) -> None:
        """A phone that rings is answered, refuses, or its owner is told what call it is."""
        rung = [(call, a) for call, agents in sorted(self.ringing.items()) for a in agents]
        if not rung:
            if what == 0:  # too late: the caller is gone
                self.feed(messages.OfferAnswered(CallId("gone"), AGENTS[pick % 6]))
            return
        call, agent = rung[pick % len(rung)]
        if what == 0:
            self._stops(call, agent)
            self.feed(messages.OfferFailed(call, agent, "refused"))
        elif what == 1:
            self.feed(messages.Confirming(call, agent))
        else:
            self.feed(messages.OfferAnswered(call, agent))

    def caller_does(self, pick: int, what: int) -> None:
        """One of the callers hangs up, or something becomes of them without an agent's doing."""
        calls = sorted([*self.waiting, *self.talking])
        if not calls:
            return
        call = calls[pick % len(calls)]
        if call in self.talking:
            del self.talking[call]
            self.feed(messages.CallEnded(call))
        elif what == 0:
            self.feed(messages.PickedUp(call, (*AGENTS, "299")[pick % 7]))
        elif what == 1:
            reason = (messages.Left.KEY, messages.Left.CALLBACK)[pick % 2]
            self.feed(messages.Leaving(call, reason, HANG_UP))
        elif what == 2:
            self.comes(IDS[pick % 4], again=call)
        elif what == 3:
            self.hears(call)
        else:
            queue, _ = self.waiting.pop(call)
            self.became[queue, "abandoned"] += 1
            self.told.pop(call, None)
            self.feed(messages.Abandoned(call))

    def hears(self, call: CallId) -> None:
        """A caller is told their place and how long it will be: never more than before."""
        position, said = self.acd.outlook(call, self.now)
        queue = self.waiting[call][0]
        assert 1 <= position <= sum(where == queue for where, _ in self.waiting.values())
        if said is not None:
            before = self.told.get(call, said)
            assert (said.low_min, said.high_min) <= (before.low_min, before.high_min)
            self.told[call] = said

    def office_changes(self, office: messages.Configured) -> None:
        """Other queues, other members, other rules, while all goes on."""
        self.office = office
        self.feed(office)

    def hours_change(self, closed: frozenset[str]) -> None:
        self.feed(messages.ClosedNow(closed))

    def midnight(self) -> None:
        self.feed(messages.DayBegan())

    def restarts(self) -> None:
        """The core ends and another begins: no calls, the same agents."""
        was = self.acd
        earlier = tuple(
            messages.Earlier(
                a.extension, a.presence, a.reason, a.phone, a.since, a.back_at, a.answered,
                a.talk_s, a.idle_since, a.has_talked, a.unanswered, _notes(a),
            )
            for a in was.agents.values()
        )  # fmt: skip
        self._begin(self.office)
        for phone, is_reachable in sorted(self.phones.items()):
            self.feed(messages.Reachable(phone, is_reachable))
        self.feed(messages.Resumed(earlier))
        for extension, agent in self.acd.agents.items():
            before = was.agents[extension]
            is_fixed = agent.is_fixed and before.presence is Presence.OUT
            assert is_fixed or agent.wish[:3] == before.wish[:3]
            assert (agent.answered, agent.talk_s) == (before.answered, before.talk_s)
            assert agent.unanswered == before.unanswered
            assert (agent.wrap_up_until or 0.0) == (before.wrap_up_until or 0.0)

    # -- what must hold ------------------------------------------------------------------------

    def check(self) -> None:
        """After every event."""
        acd = self.acd
        assert invariants.broken(acd) == invariants.drifted(acd, self.now) == []
        assert {c: w.ringing for c, w in acd.waiting.items() if w.ringing} == self.ringing
        self.check_calls()
        self.check_agents()
        self.check_nobody_is_forgotten()

    def check_calls(self) -> None:
        """The core's sums are ours, and nobody is kept who is not there."""
        acd = self.acd
        assert acd.waiting.keys() == self.waiting.keys()
        assert {*acd.joined, *acd.taken} == self.talking.keys()
        assert acd._numbers.keys() <= acd.joined.keys()
        assert acd._takers.keys() == acd.taken.keys()
        for queue, tally in acd.tallies.items():
            assert tally.offered == self.came[queue]
            for how in ("answered", "abandoned", "left"):
                assert getattr(tally, how) == self.became[queue, how]

    def check_agents(self) -> None:
        """Everybody is in one state, which is true, with its since, and has a way out of it."""
        acd = self.acd
        members = {m for q in acd.queues.values() for m in q.members}
        for agent in acd.agents.values():
            who, shown = agent.extension, agent.shown
            assert who in members or agent.work is Work.ON_CALL
            assert (agent.last_shown[0], agent.counted) == (shown, shown)
            assert 0.0 <= agent.since <= self.now
            assert (shown == "on_call") == (who in acd.joined.values())
            assert (shown == "offered") == any(who in a for a in self.ringing.values())
            assert agent.work is not Work.WRAP_UP or agent.deadline is not None
            assert shown != "ready" or self.phones.get(agent.rings_at)

    def check_nobody_is_forgotten(self) -> None:
        """Nobody waits in vain for an agent who could be rung, and everybody has a next event."""
        acd = self.acd
        free = [a for a in acd.agents.values() if a.is_available(self.now)]
        for entry in acd.waiting.values() if free else ():
            serving = acd.serving[entry.queue]
            if not entry.ringing and not entry.wanted:
                members = serving.view.places
                fit = [a for a in free if is_fit(a, entry.demand, serving.view.penalties)]
                assert not [a for a in fit if a.extension in members]
        deadline = acd.next_deadline()
        assert deadline is None or deadline > self.now
        assert deadline is not None or not acd.waiting

    def ends(self) -> None:
        """Everybody hangs up and goes home: nothing is left over."""
        for call in [*self.waiting]:
            queue, _ = self.waiting.pop(call)
            self.became[queue, "abandoned"] += 1
            self.feed(messages.Abandoned(call))
        for call in [*self.talking]:
            del self.talking[call]
            self.feed(messages.CallEnded(call))
        for agent in [*self.acd.agents]:
            self.feed(messages.LoggedOut(agent))
        self.passes(100_000.0)
        acd = self.acd
        assert (acd.waiting, acd.joined, acd.taken, self.ringing) == ({}, {}, {}, {})
        assert {a.shown for a in acd.agents.values()} <= {"logged_out"}
        assert acd.next_deadline() is None
        assert acd.repair(self.now) == []


def _notes(agent: Agent) -> messages.WrapUp | None:
    if (until := agent.wrap_up_until) is None:
        return None
    began = agent.wrap_up_from
    return messages.WrapUp(agent.extension, agent.queue, agent.talk_from, began, until)
