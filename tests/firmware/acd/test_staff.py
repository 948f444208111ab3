"""Agents: fixed, at other people's phones, pausing by themselves, and gone in mid-call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware.acd.messages import (
    AgentChanged,
    Configured,
    DayBegan,
    LoggedIn,
    LoggedOut,
    Offer,
    OfferFailed,
    Paused,
    PhoneBusy,
    Reachable,
    Readied,
    WrapUpEnded,
    WrapUpExtended,
)
from firmware.acd.queue import REST_S, NotNow, UnknownAgent
from firmware.acd.staff import LONGEST_WRAP_UP_S
from firmware.config.schema import MemberRule, Queue
from firmware.records.messages import CallId

Floor = Callable[..., Any]
A = CallId("a")


def sales(**fields: Any) -> Queue:
    fields = {"members": ("201", "202"), "wrap_up_s": 0, **fields}
    return Queue(id="sales", name="Sales", **fields)


def test_a_fixed_member_is_at_work_without_doing_anything(floor: Floor) -> None:
    f = floor(sales(member_rules={"201": MemberRule(is_fixed=True)}))
    f.feed(Reachable("201", True))
    assert (f.shown("201"), f.shown("202")) == ("ready", "logged_out")
    f.feed(LoggedOut("201"))
    f.configure(sales(member_rules={"201": MemberRule(is_fixed=True)}))
    assert f.shown("201") == "logged_out"  # until the next start


def test_what_people_see_of_an_agent_in_every_state(floor: Floor) -> None:
    f = floor(sales(wrap_up_s=10))
    seen = []

    def after(event: Any, at: float) -> None:
        f.feed(event, at)
        seen.extend((c.state, c.reason) for c in f.only(AgentChanged))
        assert f.acd.agents["201"].since == at

    after(LoggedIn("201"), 1.0)
    after(Reachable("201", True), 2.0)
    after(PhoneBusy("201", True, "outgoing"), 3.0)
    after(PhoneBusy("201", False), 4.0)
    after(Paused("201", "lunch"), 5.0)
    after(Paused("201", "meeting"), 6.0)
    after(Readied("201"), 7.0)
    f.joins("a", at=8.0)
    f.answers("a", "201", at=9.0)
    f.ends("a", at=10.0)
    after(LoggedOut("201"), 11.0)
    assert seen == [
        ("unreachable", ""),
        ("ready", ""),
        ("busy", "outgoing"),
        ("ready", ""),
        ("paused", "lunch"),
        ("paused", "meeting"),
        ("ready", ""),
        ("logged_out", ""),
    ]


def test_an_agent_sits_at_a_colleagues_phone(floor: Floor) -> None:
    f = floor(sales())
    f.at_work("202")
    f.feed(Reachable("205", True))
    f.feed(LoggedIn("201", phone="205"))
    assert f.shown("201") == "ready"
    f.feed(Paused("202"))
    f.joins("a", at=5.0)
    (offer,) = f.only(Offer)
    assert (offer.agent, offer.phone) == ("201", "205")
    assert "at the phone of 205" in offer.why
    f.feed(Reachable("205", False))
    assert (f.stopped, f.shown("201")) == (["201"], "unreachable")
    f.feed(LoggedOut("201"))
    f.feed(Reachable("201", True))
    f.feed(LoggedIn("201"))
    f.tick(5.0 + REST_S)
    assert f.only(Offer)[0].phone == "201"


def test_two_people_never_sit_at_one_phone(floor: Floor) -> None:
    f = floor(sales())
    f.at_work("201", "202")
    f.joins("a")
    f.feed(LoggedIn("202", phone="201"))
    assert (f.stopped, [(o.agent, o.phone) for o in f.only(Offer)]) == (["201"], [("202", "201")])
    assert f.shown("201") == "logged_out"
    f.at_work("201")
    assert f.stopped == ["202"]
    assert f.shown("202") == "logged_out"


def test_who_moves_to_another_phone_while_theirs_rings_is_rung_there(floor: Floor) -> None:
    f = floor(sales(members=("201",)))
    f.at_work("201")
    f.feed(Reachable("205", True))
    f.joins("a", at=1.0)
    f.feed(LoggedIn("201", phone="205"), 2.0)
    assert f.stopped == ["201"]
    f.tick(2.0 + REST_S)
    assert [(o.agent, o.phone) for o in f.only(Offer)] == [("201", "205")]


def test_so_many_unanswered_in_a_row_are_a_pause_that_ends_by_itself(floor: Floor) -> None:
    f = floor(sales(members=("201",), max_unanswered=2, auto_pause_s=60))
    f.at_work("201")
    f.joins("a", at=0.0)
    f.feed(OfferFailed(A, "201", "refused"), 1.0)
    f.tick(1.0 + REST_S)
    assert f.rung == ["201"]
    f.tick(27.0)
    assert f.acd.agents["201"].why == "did not answer 2 calls in a row"
    f.tick(86.9)
    assert f.shown("201") == "paused"
    f.tick(87.0)
    assert f.rung == ["201"]


def test_an_answer_begins_the_count_anew_and_the_agent_ends_the_pause(floor: Floor) -> None:
    f = floor(sales(members=("201",), max_unanswered=2))
    f.at_work("201")
    f.joins("a", at=0.0)
    f.feed(OfferFailed(A, "201", "refused"), 1.0)
    f.tick(6.0)
    f.answers("a", "201", at=7.0)
    f.ends("a", at=8.0)
    f.joins("b", at=20.0)
    f.feed(OfferFailed(CallId("b"), "201", "refused"), 21.0)
    assert f.shown("201") == "ready"
    f.tick(26.0)
    f.feed(OfferFailed(CallId("b"), "201", "refused"), 27.0)
    assert f.shown("201") == "paused"
    f.tick(500.0)
    assert f.shown("201") == "paused"
    f.feed(Readied("201"), 501.0)
    assert f.rung == ["201"]


def test_a_pause_by_hand_does_not_end_by_itself(floor: Floor) -> None:
    f = floor(sales(members=("201",), max_unanswered=1, auto_pause_s=60))
    f.at_work("201")
    f.joins("a", at=0.0)
    f.feed(OfferFailed(A, "201", "refused"), 1.0)
    f.feed(Paused("201", "lunch"), 2.0)
    f.tick(120.0)
    assert f.shown("201") == "paused"


def test_wrap_up_is_made_longer_as_often_as_wanted_up_to_an_hour(floor: Floor) -> None:
    f = floor(sales(wrap_up_s=30, wrap_up_extend_s=600))
    f.at_work("201")
    f.joins("a", at=0.0)
    f.answers("a", "201")
    f.ends("a", at=100.0)
    f.feed(WrapUpExtended("201"), 110.0)
    assert f.acd.next_deadline() == 730.0
    for _ in range(5):
        f.feed(WrapUpExtended("201"), 120.0)
    assert f.acd.next_deadline() == 100.0 + LONGEST_WRAP_UP_S
    with pytest.raises(NotNow, match="201 is as long as it may be"):
        f.feed(WrapUpExtended("201"), 120.0)


def test_wrap_up_of_fixed_length_and_none_at_all(floor: Floor) -> None:
    f = floor(sales(wrap_up_s=30))
    f.at_work("201")
    with pytest.raises(NotNow, match="201 is ready: expected to be in wrap-up"):
        f.feed(WrapUpExtended("201"))
    f.joins("a", at=0.0)
    f.answers("a", "201")
    f.ends("a", at=100.0)
    with pytest.raises(NotNow, match="of fixed length"):
        f.feed(WrapUpExtended("201"))


def test_a_wrap_up_that_is_over_leaves_pause_and_buffer_as_they_were(floor: Floor) -> None:
    f = floor(sales(members=("201",), wrap_up_s=600, buffer_s=8))
    f.at_work("201")
    f.joins("a", at=0.0)
    f.answers("a", "201")
    f.feed(WrapUpEnded("201"), 50.0)
    assert f.shown("201") == "on_call"
    f.ends("a", at=100.0)
    f.joins("b", at=101.0)
    f.feed(WrapUpEnded("201"), 110.0)
    assert (f.shown("201"), f.rung) == ("ready", [])
    f.tick(118.0)
    assert f.rung == ["201"]
    f.answers("b", "201", at=119.0)
    f.feed(Paused("201", "lunch"), 120.0)
    f.ends("b", at=130.0)
    f.feed(WrapUpEnded("201"), 131.0)
    assert f.shown("201") == "paused"


def test_a_buffer_between_calls_which_who_says_ready_does_without(floor: Floor) -> None:
    f = floor(sales(members=("201",), wrap_up_s=10, buffer_s=8))
    f.at_work("201")
    f.joins("a", at=0.0)
    f.joins("b", at=1.0)
    f.joins("c", at=2.0)
    f.answers("a", "201")
    f.ends("a", at=100.0)
    f.tick(110.0)
    assert (f.shown("201"), f.rung) == ("ready", [])
    f.tick(118.0)
    assert f.rung == ["201"]
    f.answers("b", "201")
    f.ends("b", at=150.0)
    f.feed(Readied("201"), 151.0)
    assert f.rung == ["201"]


def test_least_talk_and_fewest_calls_count_from_log_in_and_midnight(floor: Floor) -> None:
    f = floor(sales())
    f.at_work("201", "202")
    f.joins("a", at=10.0)
    f.answers("a", "201", at=10.0)
    f.ends("a", at=70.0)
    agent = f.acd.agents["201"]
    assert (agent.answered, agent.talk_s) == (1, 60.0)
    f.feed(LoggedOut("201"), 80.0)
    f.feed(LoggedIn("201"), 90.0)
    assert (agent.answered, agent.talk_s, agent.idle_since) == (0, 0.0, 70.0)
    f.joins("b", at=100.0)
    f.answers("b", "202", at=100.0)
    f.ends("b", at=130.0)
    f.feed(DayBegan(), 200.0)
    assert (f.acd.agents["202"].answered, f.acd.agents["202"].talk_s) == (0, 0.0)


@pytest.mark.parametrize("is_rung", [True, False])
def test_who_is_taken_out_of_every_queue_is_gone_when_their_work_is(
    floor: Floor, is_rung: bool
) -> None:
    f = floor(sales(wrap_up_s=30))
    f.at_work("201")
    f.joins("a", at=1.0)
    if not is_rung:
        f.answers("a", "201")
        f.ends("a", at=5.0)
        assert f.shown("201") == "wrap_up"
    f.feed(Configured((sales(members=("202",)),), {}))
    assert "201" not in f.acd.agents
    assert ("201", "logged_out") in f.changed
    assert f.left == (["empty"] if is_rung else [])


def test_a_new_member_is_as_reachable_as_their_phone_was_before(floor: Floor) -> None:
    f = floor(sales(members=("202",)))
    f.feed(Reachable("201", True))
    f.configure(sales())
    f.feed(LoggedIn("201"))
    assert f.shown("201") == "ready"


def test_who_is_in_no_queue_any_more_cannot_log_in_on_their_last_call(floor: Floor) -> None:
    office = floor(Queue(id="sales", name="Sales", members=("201", "202")))
    office.at_work("201")
    office.joins("a")
    office.answers("a", "201")
    office.configure(Queue(id="sales", name="Sales", members=("202",)))
    with pytest.raises(UnknownAgent, match=r"'201' is in no queue: expected one of \['202'\]"):
        office.feed(LoggedIn("201"))
    office.ends("a")
    assert "201" not in office.acd.agents


def test_an_offer_soon_after_the_last_call_does_not_count_as_not_taken(floor: Floor) -> None:
    f = floor(sales(members=("201",), max_unanswered=1, unanswered_grace_s=30))
    f.at_work("201")
    f.joins("a", at=0.0)
    f.answers("a", "201", at=1.0)
    f.joins("b", at=2.0)
    f.ends("a", at=10.0)
    f.feed(OfferFailed(CallId("b"), "201", "refused"), 20.0)
    assert (f.shown("201"), f.acd.agents["201"].unanswered) == ("ready", 0)
    f.tick(20.0 + REST_S)
    assert f.shown("201") == "offered"
    f.feed(OfferFailed(CallId("b"), "201", "refused"), 41.0)
    assert f.shown("201") == "paused"
