"""What must always hold in the queue, as checks that name what does not.

Pure. Run after every step in tests and once a minute in service (`Acd.repair`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware.acd.agent import Presence, Work
from firmware.records.messages import CallId

if TYPE_CHECKING:
    from firmware.acd.queue import Acd


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that does not hold, and whom it concerns."""

    what: str
    agent: str | None = None
    call: CallId | None = None


def broken(acd: Acd) -> list[Broken]:
    """Everything that does not hold; an empty list in a sound core."""
    return [*_agents(acd), *_calls(acd), *_sums(acd)]


def _agents(acd: Acd) -> Iterator[Broken]:
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
    sitting = [a.rings_at for a in acd.agents.values() if a.presence is not Presence.OUT]
    for phone in {p for p in sitting if sitting.count(p) > 1}:
        yield Broken(f"two agents are logged in at the phone of {phone}", phone)


def _calls(acd: Acd) -> Iterator[Broken]:
    offers = [extension for w in acd.waiting.values() for extension in w.ringing]
    for extension in {e for e in offers if offers.count(e) > 1}:
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
            yield Broken(f"call {call} talks with {extension}, who does not know of it", extension)


def _sums(acd: Acd) -> Iterator[Broken]:
    for queue, tally in acd.tallies.items():
        waiting = sum(1 for w in acd.waiting.values() if w.queue == queue)
        if tally.offered != tally.answered + tally.abandoned + tally.left + waiting:
            yield Broken(f"queue {queue}: the counts do not add up: {tally}, {waiting} waiting")
