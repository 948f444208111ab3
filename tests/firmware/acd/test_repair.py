"""Whatever is spoilt in the core is found, put right and told, and the day goes on.

A full office at work; then one thing at a time is made wrong that no event can make wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from firmware.acd import invariants, messages
from firmware.acd.agent import Presence, Work
from firmware.acd.floor import Due
from firmware.acd.queue import Acd
from firmware.acd.waiting import Waiting
from firmware.config.schema import Queue
from firmware.records.messages import CallId

TEAM = ("201", "202", "203", "204", "205", "206")
QUEUES = (
    Queue(id="sales", name="Sales", members=TEAM[:4], penalty_relax_every_s=10),
    Queue(id="repair", name="Repair", members=TEAM[2:5], strategy="ring_all"),
)


def office() -> Acd:
    """201 talks, 202 is in wrap-up, 203 and 205 are rung, 204 is paused for a while."""
    acd = Acd()
    acd.advance(messages.Configured(QUEUES, {}), 0.0)
    for agent in TEAM[:5]:
        acd.advance(messages.Reachable(agent, True), 0.0)
    for n, agent in enumerate(("201", "202")):
        call = CallId(f"talk-{n}")
        acd.advance(messages.LoggedIn(agent), 1.0)
        acd.advance(messages.Offered(call, "sales", "021"), 2.0)
        acd.advance(messages.OfferAnswered(call, agent), 3.0)
    acd.advance(messages.CallEnded(CallId("talk-1")), 4.0)
    for agent in ("203", "204", "205"):
        acd.advance(messages.LoggedIn(agent), 4.0)
    acd.advance(messages.Paused("204", "tea"), 4.0)
    for n in range(6):
        acd.advance(messages.Offered(CallId(f"wait-{n}"), ("sales", "repair")[n % 2]), 5.0)
    assert {a.shown for a in acd.agents.values()} == {"on_call", "wrap_up", "offered", "paused"}
    assert invariants.broken(acd) == invariants.drifted(acd, 5.0) == []
    return acd


def ringing(acd: Acd) -> Waiting:
    return next(entry for entry in acd.waiting.values() if entry.ringing)


def _forget_call(acd: Acd) -> None:
    del acd.waiting[ringing(acd).call]


def _forget_ringing(acd: Acd) -> None:
    ringing(acd).ringing.clear()


def _two_offers(acd: Acd) -> None:
    silent = next(entry for entry in acd.waiting.values() if not entry.ringing)
    silent.ringing.append(ringing(acd).ringing[0])


def _unreachable(acd: Acd) -> None:
    acd.agents[ringing(acd).ringing[0]].is_reachable = False


def _no_limit(acd: Acd) -> None:
    acd.agents[ringing(acd).ringing[0]].deadline = None


def _endless_wrap_up(acd: Acd) -> None:
    acd.agents["202"].deadline = None


def _talks_with_nobody(acd: Acd) -> None:
    acd.joined.clear()


def _talks_with_a_stranger(acd: Acd) -> None:
    acd.joined[CallId("talk-9")] = "299"


def _forgets_the_talk(acd: Acd) -> None:
    acd.agents["201"].work = Work.FREE


def _waits_and_talks(acd: Acd) -> None:
    acd.joined[ringing(acd).call] = "201"


def _two_at_one_phone(acd: Acd) -> None:
    acd.agents["202"].phone = "201"


def _wrong_sums(acd: Acd) -> None:
    acd.tallies["sales"].answered += 3


def _no_such_queue(acd: Acd) -> None:
    ringing(acd).queue = "gone"


def _rows(acd: Acd) -> None:
    row = acd.serving["sales"].row
    row.remove(next(iter(row)))


def _order(acd: Acd) -> None:
    acd.serving["repair"].row._entries.reverse()


def _counts(acd: Acd) -> None:
    acd.serving["sales"].counts["ready"] += 1


def _timer_of_wrap_up(acd: Acd) -> None:
    acd._timers.set((Due.WORK, "202"), None)


def _timer_of_waiting(acd: Acd) -> None:
    acd._timers.set((Due.WAIT, "wait-3"), None)


def _stray_timer(acd: Acd) -> None:
    acd._timers.set((Due.WAIT, "wait-99"), 7.0)


def _not_looked_for(acd: Acd) -> None:
    acd.agents["204"].presence = Presence.READY


def _shown_wrong(acd: Acd) -> None:
    acd.agents["204"].last_shown = ("ready", "")


SPOILERS: list[Callable[[Acd], None]] = [
    _forget_call, _forget_ringing, _two_offers, _unreachable, _no_limit, _endless_wrap_up,
    _talks_with_nobody, _talks_with_a_stranger, _forgets_the_talk, _waits_and_talks,
    _two_at_one_phone, _wrong_sums, _no_such_queue, _rows, _order, _counts, _timer_of_wrap_up,
    _timer_of_waiting, _stray_timer, _not_looked_for, _shown_wrong,
]  # fmt: skip


def told(commands: list[messages.Command]) -> list[str]:
    return [c.what for c in commands if isinstance(c, messages.Repaired)]


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_whatever_is_spoilt_is_put_right_and_told(spoil: Callable[[Acd], None]) -> None:
    acd = office()
    spoil(acd)
    assert told(acd.repair(6.0))
    assert invariants.broken(acd) == invariants.drifted(acd, 6.0) == []
    assert acd.repair(7.0) == []
    goes_home(acd)


@pytest.mark.parametrize("seed", range(40))
def test_several_faults_at_once_are_put_right_too(seed: int) -> None:
    acd, chance = office(), Random(seed)
    for spoil in chance.sample(SPOILERS, 4):
        try:
            spoil(acd)
        except StopIteration:  # what it would have spoilt, another one has
            continue
    assert told(acd.repair(6.0))
    assert invariants.broken(acd) == invariants.drifted(acd, 6.0) == []
    goes_home(acd)


def goes_home(acd: Acd) -> None:
    """The day ends as any other: nobody is left over."""
    for call in [*acd.waiting]:
        acd.advance(messages.Abandoned(call), 8.0)
    for call in [*acd.joined, *acd.taken]:
        acd.advance(messages.CallEnded(call), 9.0)
    for agent in [*acd.agents]:
        acd.advance(messages.LoggedOut(agent), 10.0)
    acd.advance(messages.Tick(), 10_000.0)
    assert {a.shown for a in acd.agents.values()} == {"logged_out"}
    assert (acd.waiting, acd.joined, acd.next_deadline()) == ({}, {}, None)
    assert invariants.broken(acd) == invariants.drifted(acd, 10_000.0) == []


def test_a_sound_core_is_left_alone() -> None:
    acd = office()
    row = acd.serving["sales"].row
    assert acd.repair(6.0) == []
    assert acd.serving["sales"].row is row
    acd.repair(6.0, is_suspect=True)
    assert acd.serving["sales"].row is not row
