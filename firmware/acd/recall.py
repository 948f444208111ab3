"""The past of the queues made from the records: who called when, how long they would have waited,
who was at work, which lines were held.

Pure. What the records cannot know is drawn, always in the same way from the same rows, so that two
replays differ only by what was changed between them:

- How long a caller would have waited who was answered: their wait, and then an exponential time
  with the mean that those who gave up show (all waiting time over the number who gave up: the
  likeliest mean when some were answered first).
- How long somebody would have talked who gave up: as another caller of that queue did.

Leaves out: what the office knows of a caller (priority, owner, skills; firmware.advise adds it by
the rules of today); callers who found every line taken (nobody saw them; Erlang B in
firmware.records.staffing estimates them), and who went from one queue to the next by a rule of the
first, because the replay does that itself. Replay: replay.py. Tests:
tests/firmware/acd/test_recall.py.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from firmware.acd.messages import Left
from firmware.acd.past import PRIME, Arrival, LineUse, Move, Past, PickUp, Standing
from firmware.records.kpi import Result
from firmware.records.messages import AgentTime, CallId, CallRow, StayRow

GOLDEN: Final = (math.sqrt(5) - 1) / 2
"""Multiples of it, less their whole part, fill 0 to 1 evenly: a draw without a generator."""
FEW: Final = 5
"""A queue where fewer gave up is taken to be as patient as all queues together."""
SAME_MOMENT_S: Final = 0.5
"""An offer that ends so close to the caller's giving up ended by that."""

_RULED: Final = {
    reason.value for reason in (Left.TIMEOUT, Left.FULL, Left.EMPTY, Left.PAUSED, Left.UNREACHABLE)
}
"""Causes by which the queue itself sends a caller on."""
_CHOSEN: Final = {reason.value: reason for reason in (Left.KEY, Left.CALLBACK, Left.CLOSED)}
"""Causes by which a caller left who would have left likewise with other agents."""


_STANDINGS: Final[Mapping[str, Standing]] = {
    "logged_out": Standing.OUT,
    "paused": Standing.PAUSED,
    "dnd": Standing.PAUSED,
    "unreachable": Standing.UNREACHABLE,
    "busy": Standing.BUSY,
}
"""Of the states of the records; all others are the queue's own doing."""


class NothingToReplay(Exception):
    """The stretch has no call that was answered: there is nothing to learn from."""


def recall(
    since: datetime,
    until: datetime,
    stays: Sequence[StayRow],
    times: Sequence[AgentTime],
    calls: Iterable[CallRow],
) -> Past:
    """The stretch from `since` to `until`. `stays`: offered in it; `times`: overlapping it;
    `calls`: those with a line that overlap it."""
    if not any(stay.result is Result.ANSWERED for stay in stays):
        raise NothingToReplay(
            f"{len(stays)} calls came to a queue from {since} to {until}, none was answered: "
            "expected at least one that was"
        )
    with_line = {call.id: call for call in calls if call.line is not None}
    ordered = sorted(stays, key=lambda stay: (stay.offered_at, stay.call, stay.number))
    patience = Patience(ordered)
    seconds = (until - since).total_seconds()
    return Past(
        seconds,
        tuple(_arrivals(since, ordered, patience, with_line)),
        tuple(_moves(since, seconds, times)),
        tuple(_pick_ups(ordered, times)) or (PickUp(3.0),),
        tuple(_line_uses(since, with_line, {stay.call for stay in stays})),
        patience.overall_s,
    )


class Patience:
    """How long callers wait before they give up, learned from those who did."""

    def __init__(self, stays: Sequence[StayRow]) -> None:
        waits: dict[str, float] = defaultdict(float)
        gave_up: dict[str, int] = defaultdict(int)
        for stay in stays:
            waits[stay.queue] += stay.wait_s
            gave_up[stay.queue] += stay.result is Result.ABANDONED
        count = sum(gave_up.values())
        self.overall_s = sum(waits.values()) / count if count else None
        self._of = {q: waits[q] / n for q, n in gave_up.items() if n >= FEW}

    def mean_s(self, queue: str) -> float | None:
        """None: nobody ever gave up."""
        return self._of.get(queue, self.overall_s)

    def draw_s(self, stay: StayRow, n: int) -> float:
        """How long the caller of a stay waits at most; `n` numbers the draws."""
        if stay.result is Result.ABANDONED or stay.cause in _CHOSEN:
            return stay.wait_s
        if (mean_s := self.mean_s(stay.queue)) is None:
            return math.inf
        return stay.wait_s - mean_s * math.log(1 - (n * GOLDEN) % 1)


def _arrivals(
    since: datetime,
    stays: Sequence[StayRow],
    patience: Patience,
    with_line: Mapping[CallId, CallRow],
) -> Iterator[Arrival]:
    answered = [stay for stay in stays if stay.result is Result.ANSWERED]
    per_queue: dict[str, list[StayRow]] = defaultdict(list)
    for stay in answered:
        per_queue[stay.queue].append(stay)
    for n, chain in enumerate(_chains(stays), start=1):
        first, last = chain[0], chain[-1]
        served = last
        if last.result is not Result.ANSWERED:
            others = per_queue.get(first.queue) or answered
            served = others[n * PRIME % len(others)]
        waited_s = sum(stay.wait_s for stay in chain[:-1])
        line = with_line.get(first.call) if first.number == 1 else None
        yield Arrival(
            first.call if first.number == 1 else CallId(f"{first.call}/{first.number}"),
            (first.offered_at - since).total_seconds(),
            first.queue,
            served.talk_s,
            served.hold_s,
            served.wrap_up_s,
            waited_s + patience.draw_s(last, n),
            _CHOSEN.get(last.cause) if last.result is Result.LEFT else None,
            first.caller_number,
            first.line,
            is_on_line=line is not None,
            before_s=_s(line.started_at, first.offered_at) if line is not None else 0.0,
            after_s=_after_s(line, last) if line is not None else 0.0,
        )


def _chains(stays: Sequence[StayRow]) -> Iterator[list[StayRow]]:
    """Stays that follow from each other by the rules of the queues, together."""
    of_call: dict[CallId, list[StayRow]] = defaultdict(list)
    for stay in stays:
        chain = of_call[stay.call]
        if chain and not (chain[-1].result is Result.LEFT and chain[-1].cause in _RULED):
            yield list(chain)
            chain.clear()
        chain.append(stay)
    yield from of_call.values()


def _after_s(line: CallRow, last: StayRow) -> float:
    over = (last.decided_at or last.offered_at).timestamp()
    if last.result is Result.ANSWERED:
        over += last.talk_s + last.hold_s
    return max(0.0, line.ended_at.timestamp() - over)


def _moves(since: datetime, seconds: float, times: Sequence[AgentTime]) -> Iterator[Move]:
    """One move for each change; an agent of whom nothing is known is out."""
    of_agent: dict[str, list[AgentTime]] = defaultdict(list)
    for time in sorted(times, key=lambda time: time.from_at):
        of_agent[time.agent].append(time)
    for agent, rows in of_agent.items():
        standing, until = Standing.OUT, 0.0
        for row in rows:
            at = max(0.0, (row.from_at - since).total_seconds())
            if at > until + 1 and standing is not Standing.OUT:  # the box was off in between
                yield Move(until, agent, Standing.OUT)
                standing = Standing.OUT
            after = _STANDINGS.get(row.state, Standing.READY)
            if after is not standing:
                yield Move(at, agent, after)
            standing = after
            until = seconds if row.until_at is None else (row.until_at - since).total_seconds()
        if standing is not Standing.OUT:
            yield Move(min(until, seconds), agent, Standing.OUT)


def _pick_ups(stays: Sequence[StayRow], times: Sequence[AgentTime]) -> Iterator[PickUp]:
    """Every real offer that the agent decided, not the caller."""
    gave_up = sorted(
        stay.decided_at.timestamp()
        for stay in stays
        if stay.result is not Result.ANSWERED and stay.decided_at is not None
    )
    by_agent: dict[str, AgentTime] = {}
    for time in sorted(times, key=lambda time: time.seq):
        before = by_agent.get(time.agent)
        by_agent[time.agent] = time
        if before is None or before.state != "offered" or before.until_at is None:
            continue
        if time.state == "on_call":
            yield PickUp(before.seconds)
        elif not _has_near(gave_up, before.until_at.timestamp()):
            yield PickUp(before.seconds, is_taken=False)


def _has_near(moments: Sequence[float], moment: float) -> bool:
    """Sorted moments, one of them within `SAME_MOMENT_S`."""
    at = bisect_left(moments, moment - SAME_MOMENT_S)
    return at < len(moments) and moments[at] <= moment + SAME_MOMENT_S


def _line_uses(
    since: datetime, with_line: Mapping[CallId, CallRow], queued: set[CallId]
) -> Iterator[LineUse]:
    for call in sorted(with_line.values(), key=lambda call: call.started_at):
        if call.id not in queued:
            at = (call.started_at - since).total_seconds()
            yield LineUse(at, _s(call.started_at, call.ended_at))


def _s(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())
