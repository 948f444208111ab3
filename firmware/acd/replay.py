"""What would have been: a stretch of the past through the real queue core, with one agent or one
line more or fewer.

Pure: the clock is the next event's time. The core is the one in service (queue.Acd); here are only
callers who come and lose patience, phones that are picked up as real ones were, conversations and
wrap-ups as long as the real ones, and lines that are held meanwhile. `replay` runs one stretch;
`compare` runs it as it was and changed. The same past gives the same figures every time.

What a replay cannot know: callers who found all lines taken then, and would come through with a
line more; people who would work otherwise with fewer colleagues. The agent who is added, or is
away, is one like the member of the queue who was there longest.

Past: past.py. Tests: tests/firmware/acd/test_replay.py.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Final

from firmware.acd import messages
from firmware.acd.agent import Presence, Work
from firmware.acd.past import PRIME, Arrival, LineUse, Move, Past, PickUp, Standing
from firmware.acd.queue import Acd
from firmware.config.schema import HANG_UP, Queue
from firmware.records.kpi import Result, Stay, Tally, tally
from firmware.records.messages import CallId

A_HAIR_S: Final = 0.001
"""A tick comes so much after its deadline, as in service: the core must find it reached."""
SECOND_PRIME: Final = 104_729
MOST_HOPS: Final = 10
"""From queue to queue by their rules; then the caller is let go."""
ENDLESS_S: Final = 86_400
"""Wrap-up as the core is told it: the replay ends each one when the real one ended."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is other than it was."""

    queue: str = ""
    """Where agents are added or taken away."""
    agents: int = 0
    """So many more (or fewer)."""
    lines: int | None = None
    """So many lines; None: as many as are wanted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a replay."""

    queues: Mapping[str, Tally]
    total: Tally
    blocked: int = 0
    """Calls that found every line taken."""
    all_lines_busy_s: float = 0.0
    most_lines: int = 0
    """Held at once."""
    unknown: int = 0
    """Arrivals left out because the office has their queue no more."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same stretch twice."""

    before: Outcome
    """Replayed as it was."""
    after: Outcome


class UnknownChange(Exception):
    """A change that this office cannot make; the message names it and what was expected."""


def compare(
    past: Past,
    queues: Sequence[Queue],
    what_if: WhatIf,
    lines: int | None = None,
    skills: Mapping[str, Mapping[str, int]] | None = None,
) -> Comparison:
    """The stretch as it was, with `lines`, and as it would have been."""
    before = replay(past, queues, lines, skills)
    changed, changed_queues, changed_skills = staffed(past, queues, what_if, skills)
    wanted = lines if what_if.lines is None else what_if.lines
    return Comparison(before, replay(changed, changed_queues, wanted, changed_skills))


def replay(
    past: Past,
    queues: Sequence[Queue],
    lines: int | None = None,
    skills: Mapping[str, Mapping[str, int]] | None = None,
) -> Outcome:
    """Run a stretch to its end."""
    return _Replay(past, queues, lines, skills or {}).run()


def staffed(
    past: Past,
    queues: Sequence[Queue],
    what_if: WhatIf,
    skills: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[Past, tuple[Queue, ...], Mapping[str, Mapping[str, int]]]:
    """The stretch with other agents. Raise `UnknownChange`."""
    skills = dict(skills or {})
    if not what_if.agents:
        return past, tuple(queues), skills
    known = {queue.id: queue for queue in queues}
    if (queue := known.get(what_if.queue)) is None:
        raise UnknownChange(f"queue {what_if.queue!r}: expected one of {sorted(known)}")
    ranked = _by_presence(past, queue.members)
    if what_if.agents < 0:
        return _without(past, queue, ranked, -what_if.agents), tuple(queues), skills
    if not ranked:
        raise UnknownChange(f"queue {queue.name}: nobody worked there whose hours could be taken")
    model, moves, members = ranked[0], list(past.moves), list(queue.members)
    number = max(int(m) for q in queues for m in q.members)
    for n in range(1, what_if.agents + 1):
        extra = str(number + n)
        members.append(extra)
        skills[extra] = skills.get(model, {})
        moves += [_like(move, extra) for move in past.moves if move.agent == model]
    more = queue.model_copy(update={"members": tuple(members)})
    changed = tuple(more if q.id == queue.id else q for q in queues)
    return replace(past, moves=tuple(moves)), changed, skills


def _without(past: Past, queue: Queue, ranked: Sequence[str], fewer: int) -> Past:
    if fewer > len(ranked):
        raise UnknownChange(
            f"{fewer} agents fewer in {queue.name}: expected at most {len(ranked)}, "
            "so many worked there"
        )
    away = ranked[:fewer]
    return replace(past, moves=tuple(move for move in past.moves if move.agent not in away))


def _like(move: Move, agent: str) -> Move:
    """The same hours and pauses; a phone that always works and is on no other call."""
    is_own = move.standing in (Standing.OUT, Standing.PAUSED)
    return Move(move.at, agent, move.standing if is_own else Standing.READY)


def _by_presence(past: Past, members: Iterable[str]) -> list[str]:
    """Those who were at work, longest first; of equals the first of the list."""
    there: dict[str, float] = {}
    since: dict[str, float] = {}
    for move in sorted(past.moves, key=lambda move: move.at):
        if (start := since.pop(move.agent, None)) is not None:
            there[move.agent] = there.get(move.agent, 0.0) + move.at - start
        if move.standing not in (Standing.OUT, Standing.PAUSED):
            since[move.agent] = move.at
    for agent, start in since.items():
        there[agent] = there.get(agent, 0.0) + past.seconds - start
    return sorted((m for m in members if m in there), key=lambda m: -there[m])


def _as_replayed(queue: Queue) -> Queue:
    """A queue in which wrap-ups end when the past says, and nobody is logged in or paused but by
    it: who was paused for not answering is paused in the records."""
    rules = {m: r.model_copy(update={"is_fixed": False}) for m, r in queue.member_rules.items()}
    return queue.model_copy(
        update={"wrap_up_s": ENDLESS_S, "max_unanswered": 0, "member_rules": rules}
    )


@dataclass(slots=True)
class _Caller:
    """One arrival on its way."""

    arrival: Arrival
    n: int
    queue: str
    agent: str = ""
    offers: int = 0
    hops: int = 0


@dataclass(slots=True)
class _Lines:
    """How many are held, and how long all were."""

    limit: int | None
    held: int = 0
    most: int = 0
    blocked: int = 0
    all_busy_s: float = 0.0
    all_since: float = 0.0

    def seize(self, now: float) -> bool:
        if self.limit is not None and self.held >= self.limit:
            self.blocked += 1
            return False
        self.held += 1
        self.most = max(self.most, self.held)
        if self.held == self.limit:
            self.all_since = now
        return True

    def release(self, now: float) -> None:
        if self.held == self.limit:
            self.all_busy_s += now - self.all_since
        self.held -= 1


@dataclass(slots=True)
class _Replay:
    """One run."""

    past: Past
    queues: Sequence[Queue]
    limit: int | None
    skills: Mapping[str, Mapping[str, int]]
    acd: Acd = field(default_factory=Acd)
    now: float = 0.0

    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)
    _callers: dict[CallId, _Caller] = field(default_factory=dict)
    _ringing: dict[tuple[CallId, str], int] = field(default_factory=dict)
    """The number of the offer under way."""
    _stays: dict[str, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    _lines: _Lines = field(default_factory=lambda: _Lines(None))
    _unknown: int = 0

    def run(self) -> Outcome:
        self._lines.limit = self.limit
        self._open()
        while self._due:
            deadline = self.acd.next_deadline()
            at, _, act = self._due[0]
            if deadline is not None and deadline + A_HAIR_S < at:
                self.now = max(self.now, deadline) + A_HAIR_S
                self._feed(messages.Tick())
                continue
            heapq.heappop(self._due)
            self.now = max(self.now, at)
            act()
        return self._outcome()

    def _open(self) -> None:
        office = tuple(_as_replayed(queue) for queue in self.queues)
        self._feed(messages.Configured(office, {}, skills=self.skills))
        for agent in sorted({m for q in self.queues for m in q.members}):
            self._feed(messages.Reachable(agent, True))
        known = {queue.id for queue in self.queues}
        for move in self.past.moves:
            if move.agent in self.acd.agents:
                self._at(move.at, partial(self._move, move))
        for use in self.past.line_uses:
            self._at(use.at, partial(self._hold_line, use))
        for n, arrival in enumerate(self.past.arrivals, start=1):
            if arrival.queue in known:
                came = arrival.at - (arrival.before_s if arrival.is_on_line else 0.0)
                self._at(came, partial(self._come, arrival, n))
            else:
                self._unknown += 1
        self._at(self.past.seconds + 2 * 7200, lambda: None)  # who still waits then has left

    def _at(self, at: float, act: Callable[[], None]) -> None:
        if at < math.inf:
            heapq.heappush(self._due, (at, next(self._order), act))

    def _outcome(self) -> Outcome:
        sums = {
            queue.id: tally(
                self._stays.get(queue.id, ()), queue.service_level_s, queue.short_abandon_s
            )
            for queue in self.queues
        }
        lines = self._lines
        total = sum(sums.values(), Tally())
        return Outcome(sums, total, lines.blocked, lines.all_busy_s, lines.most, self._unknown)

    # -- what happens --------------------------------------------------------------------------

    def _move(self, move: Move) -> None:
        agent = self.acd.agents.get(move.agent)
        if agent is None:
            return
        standing = move.standing
        if standing is Standing.OUT:
            self._feed(messages.LoggedOut(move.agent))
            return
        if agent.presence is Presence.OUT:
            self._feed(messages.LoggedIn(move.agent))
        self._feed(messages.PhoneBusy(move.agent, standing is Standing.BUSY))
        self._feed(messages.Reachable(move.agent, standing is not Standing.UNREACHABLE))
        if standing is Standing.PAUSED:
            self._feed(messages.Paused(move.agent))
        elif agent.presence is Presence.PAUSED:
            self._feed(messages.Readied(move.agent))

    def _hold_line(self, use: LineUse) -> None:
        if self._lines.seize(self.now):
            self._at(self.now + use.seconds, self._free_line)

    def _free_line(self) -> None:
        self._lines.release(self.now)

    def _come(self, arrival: Arrival, n: int) -> None:
        if arrival.is_on_line and not self._lines.seize(self.now):
            return
        self._at(arrival.at, partial(self._join_queue, _Caller(arrival, n, arrival.queue)))

    def _join_queue(self, caller: _Caller) -> None:
        arrival = caller.arrival
        self._callers[arrival.call] = caller
        self._at(self.now + arrival.patience_s, partial(self._lose_patience, caller))
        self._offer(caller)

    def _offer(self, caller: _Caller) -> None:
        come = caller.arrival
        self._feed(
            messages.Offered(
                come.call, caller.queue, come.number, come.priority, come.skills, come.owner
            )
        )

    def _lose_patience(self, caller: _Caller) -> None:
        call, reason = caller.arrival.call, caller.arrival.leaves_as
        if self._callers.get(call) is not caller or caller.agent:
            return
        if reason is not None:
            self._feed(messages.Leaving(call, reason, HANG_UP))
            return
        entry = self.acd.waiting[call]
        self._stays[caller.queue].append(Stay(Result.ABANDONED, self.now - entry.since))
        self._feed(messages.Abandoned(call))
        self._gone(caller)

    def _pick_up(self, call: CallId, agent: str, offer: int, how: PickUp) -> None:
        if self._ringing.get((call, agent)) != offer:
            return
        del self._ringing[call, agent]
        if how.is_taken:
            self._feed(messages.OfferAnswered(call, agent))
        else:
            self._feed(messages.OfferFailed(call, agent, "as an offer went then"))

    def _hang_up(self, caller: _Caller) -> None:
        self._feed(messages.CallEnded(caller.arrival.call))
        rest_s = caller.arrival.wrap_up_s + self.acd.queues[caller.queue].buffer_s
        self._at(self.now + rest_s, partial(self._rest, caller))
        self._gone(caller)

    def _rest(self, caller: _Caller) -> None:
        """End of the wrap-up. One who paused in it stays paused: that ends it too."""
        agent = self.acd.agents.get(caller.agent)
        if agent is None or agent.work is not Work.WRAP_UP:
            return
        if agent.presence is Presence.READY:
            self._feed(messages.Readied(caller.agent))

    def _gone(self, caller: _Caller) -> None:
        self._callers.pop(caller.arrival.call, None)
        if caller.arrival.is_on_line:
            self._at(self.now + caller.arrival.after_s, self._free_line)

    # -- the core ------------------------------------------------------------------------------

    def _feed(self, event: messages.Event) -> None:
        for command in self.acd.advance(event, self.now):
            match command:
                case messages.Offer(call, agent):
                    self._ring(call, agent)
                case messages.Withdraw(call, agent):
                    self._ringing.pop((call, agent), None)
                case messages.Join(call, agent, queue, waited_s):
                    self._talk(self._callers[call], agent, queue, waited_s)
                case messages.Leave(call, queue, reason, to, waited_s):
                    self._stays[queue].append(Stay(Result.LEFT, waited_s, cause=reason.value))
                    self._at(self.now, partial(self._go_on, self._callers[call], to.to, to.id))

    def _ring(self, call: CallId, agent: str) -> None:
        caller = self._callers[call]
        caller.offers += 1
        offer = next(self._order)
        self._ringing[call, agent] = offer
        drawn = (caller.n * PRIME + caller.offers * SECOND_PRIME) % len(self.past.pick_ups)
        how = self.past.pick_ups[drawn]
        self._at(self.now + how.after_s, partial(self._pick_up, call, agent, offer, how))

    def _talk(self, caller: _Caller, agent: str, queue: str, waited_s: float) -> None:
        arrival = caller.arrival
        caller.agent = agent
        self._stays[queue].append(
            Stay(Result.ANSWERED, waited_s, arrival.talk_s, arrival.hold_s, arrival.wrap_up_s)
        )
        self._at(self.now + arrival.talk_s + arrival.hold_s, partial(self._hang_up, caller))

    def _go_on(self, caller: _Caller, to: str, queue: str) -> None:
        caller.hops += 1
        if to == "queue" and queue in self.acd.queues and caller.hops <= MOST_HOPS:
            caller.queue = queue
            self._offer(caller)
        else:
            self._gone(caller)
