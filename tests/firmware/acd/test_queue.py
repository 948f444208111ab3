"""The queue core: stories of calls. Random days: test_random_days.py."""

from __future__ import annotations

import pytest

from firmware.acd import invariants
from firmware.acd.messages import (
    Abandoned,
    AgentChanged,
    CallEnded,
    Command,
    Configured,
    Drop,
    Join,
    Leave,
    Left,
    LoggedIn,
    LoggedOut,
    Offer,
    OfferAnswered,
    Offered,
    OfferFailed,
    Paused,
    PhoneBusy,
    PickedUp,
    Reachable,
    Readied,
    Taken,
    Tick,
    Withdraw,
)
from firmware.acd.queue import REST_S, Acd, UnknownAgent, UnknownQueue
from firmware.config.schema import HANG_UP, Destination, Queue
from firmware.records.messages import CallId

A, B, C = CallId("call-a"), CallId("call-b"), CallId("call-c")
SALES = Queue(
    id="sales",
    name="Sales",
    members=("201", "202"),
    ring_s=20,
    wrap_up_s=15,
    max_wait_s=60,
    max_waiting=2,
    on_empty=Destination(to="message", id="closed"),
)
SUPPORT = Queue(id="support", name="Support", members=("202", "203"), wrap_up_s=0)


def office(*queues: Queue) -> Acd:
    acd = Acd()
    acd.advance(Configured(queues, {"201": "Anna", "202": "Ben"}), 0.0)
    return acd


def at_work(acd: Acd, *agents: str, now: float = 0.0) -> None:
    for agent in agents:
        acd.advance(Reachable(agent, True), now)
        acd.advance(LoggedIn(agent), now)


def only(kind: type, commands: list[Command]) -> list[Command]:
    return [c for c in commands if isinstance(c, kind)]


def test_a_call_rings_the_agent_idle_longest_and_is_joined() -> None:
    acd = office(SALES)
    at_work(acd, "202", now=0.0)
    at_work(acd, "201", now=5.0)
    (offer,) = only(Offer, acd.advance(Offered(A, "sales"), 10.0))
    assert isinstance(offer, Offer)
    assert (offer.call, offer.agent) == (A, "202")
    assert "Ben (202) rings: idle longest, 10 s" in offer.why
    (join,) = only(Join, acd.advance(OfferAnswered(A, "202"), 14.0))
    assert join == Join(A, "202", "sales", waited_s=4.0)
    assert acd.agents["202"].shown == "on_call"


def test_the_end_of_a_call_begins_the_wrap_up_which_ends_by_itself() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 1.0)
    acd.advance(OfferAnswered(A, "201"), 2.0)
    changes = only(AgentChanged, acd.advance(CallEnded(A), 30.0))
    assert changes == [AgentChanged("201", "wrap_up", "")]
    assert acd.next_deadline() == 45.0
    assert not only(Offer, acd.advance(Offered(B, "sales"), 40.0))
    assert only(Offer, acd.advance(Tick(), 45.0))


def test_wrap_up_is_ended_early_by_the_agent() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 1.0)
    acd.advance(OfferAnswered(A, "201"), 2.0)
    acd.advance(CallEnded(A), 30.0)
    assert only(AgentChanged, acd.advance(Readied("201"), 31.0)) == [
        AgentChanged("201", "ready", "")
    ]


def test_an_unanswered_offer_goes_to_the_next_agent_and_the_first_rests() -> None:
    acd = office(SALES)
    at_work(acd, "201", "202")
    acd.advance(Offered(A, "sales"), 0.0)
    deadline = acd.next_deadline()
    assert deadline == 21.0
    commands = acd.advance(Tick(), deadline)
    assert [type(c) for c in commands[:2]] == [Withdraw, Offer]
    assert [c.agent for c in only(Offer, commands)] == ["202"]
    assert acd.agents["201"].rest_until == deadline + REST_S


def test_a_phone_that_refuses_is_not_rung_again_at_once() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 0.0)
    assert not only(Offer, acd.advance(OfferFailed(A, "201", "busy"), 0.1))
    assert acd.next_deadline() == 0.1 + REST_S
    assert only(Offer, acd.advance(Tick(), 0.1 + REST_S))


def test_an_answer_after_the_caller_gave_up_is_dropped() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 0.0)
    commands = acd.advance(Abandoned(A), 3.0)
    assert only(Withdraw, commands) == [Withdraw(A, "201", "the caller hung up")]
    assert only(Drop, acd.advance(OfferAnswered(A, "201"), 3.0)) == [Drop(A, "201")]
    assert acd.agents["201"].shown == "ready"


def test_two_queues_share_an_agent_and_the_longest_wait_goes_first() -> None:
    acd = office(SALES, SUPPORT)
    at_work(acd, "201", "202")
    acd.advance(Paused("201", "lunch"), 0.0)
    acd.advance(Paused("202", "lunch"), 0.0)
    acd.advance(Offered(A, "support"), 1.0)
    acd.advance(Offered(B, "sales"), 2.0)
    (offer,) = only(Offer, acd.advance(Readied("202"), 3.0))
    assert isinstance(offer, Offer)
    assert (offer.call, offer.agent) == (A, "202")


def test_nobody_logged_in_leaves_at_once_for_the_place_set() -> None:
    acd = office(SALES)
    (leave,) = only(Leave, acd.advance(Offered(A, "sales"), 0.0))
    assert leave == Leave(A, "sales", Left.EMPTY, Destination(to="message", id="closed"), 0.0)


def test_the_last_log_out_sends_the_waiting_away_but_a_pause_does_not() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Paused("201", "tea"), 0.0)
    assert not only(Leave, acd.advance(Offered(A, "sales"), 1.0))
    assert only(Leave, acd.advance(LoggedOut("201"), 9.0))


def test_a_full_queue_and_the_longest_wait_have_their_own_ways_out() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Paused("201", "tea"), 0.0)
    for call in (A, B):
        acd.advance(Offered(call, "sales"), 1.0)
    (full,) = only(Leave, acd.advance(Offered(C, "sales"), 2.0))
    assert isinstance(full, Leave)
    assert (full.call, full.reason, full.to) == (C, Left.FULL, HANG_UP)
    assert acd.next_deadline() == 61.0
    assert [c.reason for c in only(Leave, acd.advance(Tick(), 61.0)) if isinstance(c, Leave)] == [
        Left.TIMEOUT,
        Left.TIMEOUT,
    ]


def test_an_agent_on_another_call_is_passed_over_and_comes_back() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(PhoneBusy("201", True), 0.0)
    assert not only(Offer, acd.advance(Offered(A, "sales"), 1.0))
    assert only(Offer, acd.advance(PhoneBusy("201", False), 5.0))


def test_a_phone_lost_while_it_rings_gives_the_call_to_the_next() -> None:
    acd = office(SALES)
    at_work(acd, "201", "202")
    acd.advance(Offered(A, "sales"), 0.0)
    commands = acd.advance(Reachable("201", False), 2.0)
    assert [c.agent for c in only(Offer, commands)] == ["202"]
    assert acd.agents["201"].shown == "unreachable"


NAMES = {"201": "Anna", "202": "Ben"}


def test_do_not_disturb_takes_the_offer_back_and_keeps_the_log_in() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 1.0)
    commands = acd.advance(Configured((SALES,), NAMES, frozenset({"201"})), 2.0)
    assert only(Withdraw, commands) == [Withdraw(A, "201", "Anna (201) is not to be disturbed")]
    assert acd.agents["201"].shown == "dnd"
    assert only(Offer, acd.advance(Tick(), 30.0)) == []
    commands = acd.advance(Configured((SALES,), NAMES), 31.0)
    assert [c.agent for c in only(Offer, commands)] == ["201"]


def test_a_call_picked_up_by_another_agent_is_theirs_and_counts_as_answered() -> None:
    acd = office(SALES)
    at_work(acd, "201", "202")
    acd.advance(Offered(A, "sales"), 10.0)
    commands = acd.advance(PickedUp(A, "202"), 14.0)
    assert only(Withdraw, commands) == [Withdraw(A, "201", "Ben (202) picked it up", True)]
    assert only(Taken, commands) == [Taken(A, "202", "sales", waited_s=4.0)]
    assert (acd.agents["201"].shown, acd.agents["202"].shown) == ("ready", "on_call")
    assert acd.tallies["sales"].answered == 1
    acd.advance(CallEnded(A), 20.0)
    assert acd.agents["202"].shown == "wrap_up"
    assert invariants.broken(acd) == []


def test_a_call_picked_up_by_somebody_who_serves_no_queue() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 10.0)
    acd.advance(PickedUp(A, "299"), 11.0)
    assert (acd.waiting, acd.joined, acd.taken) == ({}, {}, {A: "sales"})
    assert acd.agents["201"].shown == "ready"
    acd.advance(CallEnded(A), 12.0)
    assert acd.taken == {}
    assert invariants.broken(acd) == []


def test_the_second_to_pick_up_gets_nothing() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 10.0)
    acd.advance(PickedUp(A, "299"), 11.0)
    assert acd.advance(PickedUp(A, "298"), 11.0) == []
    assert only(Drop, acd.advance(OfferAnswered(A, "201"), 11.1)) == [Drop(A, "201")]


def test_an_agent_who_is_rung_picks_up_another_call() -> None:
    acd = office(SALES)
    at_work(acd, "201", "202")
    acd.advance(Offered(A, "sales"), 1.0)
    acd.advance(Offered(B, "sales"), 2.0)
    assert (acd.waiting[A].agent, acd.waiting[B].agent) == ("201", "202")
    commands = acd.advance(PickedUp(A, "202"), 3.0)
    assert [(c.call, c.agent) for c in only(Withdraw, commands)] == [(A, "201"), (B, "202")]
    assert acd.agents["202"].call == A
    assert [(c.call, c.agent) for c in only(Offer, commands)] == [(B, "201")]


def test_unknown_names_are_refused_with_what_was_expected() -> None:
    acd = office(SALES)
    with pytest.raises(UnknownQueue, match=r"'nope': expected one of \['sales'\]"):
        acd.advance(Offered(A, "nope"), 0.0)
    with pytest.raises(UnknownAgent, match="'299'"):
        acd.advance(LoggedIn("299"), 0.0)


def test_a_member_taken_out_in_mid_call_finishes_it() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 0.0)
    acd.advance(OfferAnswered(A, "201"), 1.0)
    acd.advance(Configured((SALES.model_copy(update={"members": ("202",)}),), {}), 2.0)
    assert acd.agents["201"].shown == "on_call"
    assert AgentChanged("201", "logged_out", "") in acd.advance(CallEnded(A), 3.0)
    assert "201" not in acd.agents


def test_repair_frees_an_agent_stuck_on_an_offer_and_says_so() -> None:
    acd = office(SALES)
    at_work(acd, "201")
    acd.advance(Offered(A, "sales"), 0.0)
    del acd.waiting[A]  # what must never happen
    acd.tallies["sales"].offered -= 1
    words = [c.what for c in acd.repair(1.0) if hasattr(c, "what")]
    assert words == ["agent 201 is offered a call that does not wait for them"]
    assert acd.agents["201"].shown == "ready"
    assert invariants.broken(acd) == []
