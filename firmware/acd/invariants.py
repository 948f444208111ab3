"""What must always hold in the queue, as checks that name what does not.

Pure. Run after every step in tests and every few seconds in service (`Acd.repair`), so each looks
at every agent and caller once: the time grows with their number, not with its square.

`broken`: what people would notice. `drifted`: what the core keeps beside agents and callers to find
them quickly (rows, timers, counts) no longer follows from them; then somebody might be forgotten.

Tests: tests/firmware/acd/test_random_days.py (never, whatever happens), test_repair.py (whatever is
spoilt is found and put right).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from firmware.acd.agent import Presence, Work
from firmware.acd.floor import Due
from firmware.acd.matching import Matching
from firmware.records.messages import CallId


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that does not hold, and whom it concerns."""

    what: str
    agent: str | None = None
    call: CallId | None = None
    is_about_seat: bool = False
    """The agent has to sit down anew, at a phone of their own."""


def broken(acd: Matching) -> list[Broken]:
    """Everything that does not hold; an empty list in a sound core."""
    return [*_agents(acd), *_calls(acd), *_sums(acd)]


def _agents(acd: Matching) -> Iterator[Broken]:
    for agent in acd.agents.values():
        who = agent.extension
        if agent.work is Work.OFFERED:
            entry = acd.waiting.get(agent.call) if agent.call is not None else None
            if entry is None or who not in entry.ringing:
                yield Broken(f"agent {who} is offered a call that does not wait for them", who)
            if not agent.is_reachable:
                yield Broken(f"agent {who} is offered a call on an unreachable phone", who)
            if agent.deadline is None:
                yield Broken(f"agent {who} is offered a call without a time limit", who)
        if agent.work is Work.ON_CALL and (agent.call is None or acd.joined.get(agent.call) != who):
            yield Broken(f"agent {who} is shown on a call that is not theirs", who)
        if agent.work is Work.WRAP_UP and agent.deadline is None:
            yield Broken(f"agent {who} is in wrap-up without an end", who)
    yield from _seats(acd)


def _seats(acd: Matching) -> Iterator[Broken]:
    sitting: dict[str, str] = {}
    for agent in acd.agents.values():
        if agent.presence is Presence.OUT:
            continue
        phone = agent.rings_at
        if phone in sitting:
            guest = agent.extension if agent.phone else sitting[phone]
            what = f"two agents are logged in at the phone of {phone}"
            yield Broken(what, guest, is_about_seat=True)
        sitting[phone] = agent.extension


def _calls(acd: Matching) -> Iterator[Broken]:
    offers = Counter(extension for w in acd.waiting.values() for extension in w.ringing)
    for extension, count in offers.items():
        if count > 1:
            yield Broken(f"agent {extension} has two offers", extension)
    for entry in acd.waiting.values():
        for extension in entry.ringing:
            agent = acd.agents.get(extension)
            if agent is None or agent.work is not Work.OFFERED or agent.call != entry.call:
                yield Broken(
                    f"call {entry.call} rings at {extension}, who does not know of it",
                    call=entry.call,
                )
        if entry.queue not in acd.queues:
            yield Broken(f"call {entry.call} waits in no queue", call=entry.call)
        if entry.call in acd.joined:
            yield Broken(f"call {entry.call} waits and talks at once", call=entry.call)
    for call, extension in acd.joined.items():
        talker = acd.agents.get(extension)
        if talker is None or talker.work is not Work.ON_CALL or talker.call != call:
            what = f"call {call} talks with {extension}, who does not know of it"
            yield Broken(what, extension, call)


def _sums(acd: Matching) -> Iterator[Broken]:
    waiting = Counter(w.queue for w in acd.waiting.values())
    for queue, tally in acd.tallies.items():
        rest = waiting[queue]
        if tally.offered != tally.answered + tally.abandoned + tally.left + rest:
            yield Broken(f"queue {queue}: the counts do not add up: {tally}, {rest} waiting")


def drifted(acd: Matching, now: float) -> list[Broken]:
    """Everything kept beside agents and callers that does not follow from them."""
    found = [*_rows(acd), *_callers_due(acd), *_agents_due(acd, now), *_counts(acd)]
    found += [Broken(f"something is due for {name}, who is not there") for name in acd.stray()]
    if not found and (entry := acd.forgotten(now)) is not None:
        found.append(Broken(f"call {entry.call} waits although somebody is free for it"))
    return found


def _rows(acd: Matching) -> Iterator[Broken]:
    in_rows = 0
    for queue, serving in acd.serving.items():
        in_rows += len(serving.row)
        if any(before.place > after.place for before, after in pairwise(serving.row)):
            yield Broken(f"queue {queue}: those who wait are out of order")
        for entry in serving.row:
            if entry.queue != queue or acd.waiting.get(entry.call) is not entry:
                yield Broken(f"queue {queue}: call {entry.call} is in the row and does not wait")
    if in_rows != len(acd.waiting):
        yield Broken(f"{len(acd.waiting)} callers wait and {in_rows} are in the rows")


def _callers_due(acd: Matching) -> Iterator[Broken]:
    due = acd.due
    for entry in acd.waiting.values():
        if entry.queue not in acd.queues:
            continue  # said by `broken`
        if due(Due.WAIT, entry.call) != entry.since + acd.queues[entry.queue].max_wait_s:
            yield Broken(f"call {entry.call} waits without an end")
        is_to_change = entry.wanted or entry.demand.next_s is not None
        if is_to_change and due(Due.STEP, entry.call) is None:
            yield Broken(f"call {entry.call} waits for a change that does not come")


def _agents_due(acd: Matching, now: float) -> Iterator[Broken]:
    for extension, agent in acd.agents.items():
        if acd.due(Due.WORK, extension) != agent.deadline:
            yield Broken(f"the time limit of agent {extension} is not kept")
        if acd.due(Due.BACK, extension) != agent.back_at:
            yield Broken(f"the end of the pause of agent {extension} is not kept")
        rest = acd.due(Due.REST, extension)
        if agent.rest_until > now and rest != agent.rest_until:
            yield Broken(f"the end of the rest of agent {extension} is not kept")
        is_free = agent.is_available(now) and extension in acd.served
        if rest is None and is_free != acd.is_looking(extension):
            yield Broken(f"agent {extension} is {agent.shown} and is not looked for as that")
        if agent.told != agent.last_shown:
            yield Broken(f"agent {extension} is {agent.shown} and shown as {agent.last_shown[0]}")


def _counts(acd: Matching) -> Iterator[Broken]:
    for queue, serving in acd.serving.items():
        found = Counter(acd.agents[m].shown for m in serving.view.places if m in acd.agents)
        if found != +serving.counts:
            yield Broken(f"queue {queue}: agents are counted in states they are not in")
