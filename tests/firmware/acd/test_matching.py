"""Who is rung for whom: several phones at once, levels, skills, and the order over queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware.acd.messages import (
    Abandoned,
    Confirming,
    Drop,
    Join,
    Offer,
    OfferFailed,
    Paused,
    Readied,
    Withdraw,
)
from firmware.acd.queue import REST_S
from firmware.acd.staff import CONFIRM_S
from firmware.config.schema import MemberRule, Queue
from firmware.records.messages import CallId

Floor = Callable[..., Any]
A, B = CallId("a"), CallId("b")
THREE = ("201", "202", "203")


def sales(**fields: Any) -> Queue:
    return Queue(id="sales", name="Sales", **{"members": THREE, "wrap_up_s": 0, **fields})


def test_ring_all_rings_everybody_and_has_exactly_one_winner(floor: Floor) -> None:
    f = floor(sales(strategy="ring_all"))
    f.at_work(*THREE)
    f.joins("a", at=10.0)
    assert f.rung == ["201", "202", "203"]
    f.answers("a", "202", at=13.0)
    assert f.only(Join) == [Join(A, "202", "sales", 3.0)]
    why = "Ben (202) answered"
    assert f.only(Withdraw) == [Withdraw(A, "201", why, True), Withdraw(A, "203", why, True)]
    f.answers("a", "201", at=13.0)  # both picked up at once
    assert f.only(Drop) == [Drop(A, "201")]
    assert [f.shown(a) for a in THREE] == ["ready", "on_call", "ready"]
    f.joins("b", at=13.1)  # nobody has to rest who was only too late
    assert f.rung == ["201", "203"]


def test_ring_all_rings_who_becomes_free_meanwhile_as_well(floor: Floor) -> None:
    f = floor(sales(strategy="ring_all"))
    f.at_work("201", "202")
    f.feed(Paused("202"))
    f.joins("a", at=1.0)
    assert f.rung == ["201"]
    f.feed(Readied("202"), 4.0)
    assert f.rung == ["202"]
    f.feed(OfferFailed(A, "201", "busy"), 5.0)
    f.tick(5.0 + REST_S)
    assert f.rung == []  # had their turn in this round
    f.feed(OfferFailed(A, "202", "busy"), 11.0)
    assert f.rung == ["201"]


def test_a_caller_who_hangs_up_stops_every_phone(floor: Floor) -> None:
    f = floor(sales(strategy="ring_all"))
    f.at_work(*THREE)
    f.joins("a", at=1.0)
    f.feed(Abandoned(A), 2.0)
    assert f.stopped == list(THREE)
    assert [f.shown(a) for a in THREE] == ["ready"] * 3


def test_progressive_rings_one_phone_more_each_while(floor: Floor) -> None:
    f = floor(sales(strategy="progressive", progressive_every_s=10))
    for n, agent in enumerate(("203", "201", "202")):
        f.at_work(agent, at=float(n))
    f.joins("a", at=100.0)
    assert f.rung == ["203"]
    f.tick(109.9)
    assert f.rung == []
    f.tick(110.0)
    assert f.rung == ["201"]
    f.tick(120.0)
    assert f.rung == ["202"]
    f.answers("a", "201", at=121.0)
    # 203's own ring time was over at 121
    assert set(f.stopped) == {"202", "203"}


def test_progressive_replaces_who_refuses_at_once(floor: Floor) -> None:
    f = floor(sales(strategy="progressive", progressive_every_s=10))
    f.at_work(*THREE)
    f.joins("a", at=1.0)
    assert f.rung == ["201"]
    f.feed(OfferFailed(A, "201", "busy"), 2.0)
    assert f.rung == ["202"]


def test_round_robin_goes_on_behind_who_was_offered_last(floor: Floor) -> None:
    f = floor(sales(strategy="round_robin"))
    f.at_work(*THREE)
    rung = []
    for n, call in enumerate("abcd"):
        f.joins(call, at=10.0 * n + 1)
        rung += f.rung
        f.answers(call, f.rung[0])
        f.ends(call, at=10.0 * n + 5)
    assert rung == ["201", "202", "203", "201"]


def test_later_levels_are_rung_when_the_caller_has_waited_for_them(floor: Floor) -> None:
    rules = {"202": MemberRule(penalty=1), "203": MemberRule(penalty=2)}
    f = floor(sales(member_rules=rules, penalty_relax_every_s=15))
    f.at_work("202", "203")
    f.joins("a", at=100.0)
    assert f.rung == []
    f.tick(114.9)
    assert f.rung == []
    f.tick(115.0)
    assert f.rung == ["202"]
    (offer,) = f.only(Offer)
    assert "Cleo (203) is of level 2, rung later" in offer.why


def test_without_a_time_rule_the_next_level_rings_when_the_first_is_not_free(
    floor: Floor,
) -> None:
    f = floor(sales(strategy="ring_all", member_rules={"203": MemberRule(penalty=1)}))
    f.at_work(*THREE)
    f.joins("a", at=1.0)
    assert f.rung == ["201", "202"]
    f.feed(OfferFailed(A, "201", "busy"), 2.0)
    assert f.rung == []
    f.feed(OfferFailed(A, "202", "busy"), 3.0)
    assert f.rung == ["203"]


def test_less_skill_is_demanded_of_who_waits_longer(floor: Floor) -> None:
    f = floor(
        sales(skills={"french": 3}, skills_lower_every_s=20),
        a201={"french": 1},
        a202={"french": 3},
    )
    f.at_work("201", "202")
    f.feed(Paused("202"))
    f.joins("a", at=100.0)
    assert f.rung == []
    f.tick(139.0)
    assert f.rung == []
    f.tick(140.0)
    assert f.rung == ["201"]


def test_a_call_may_demand_more_than_its_queue(floor: Floor) -> None:
    f = floor(sales(), a202={"french": 2})
    f.at_work("201", "202")
    f.joins("a", skills={"french": 2}, at=1.0)
    assert f.rung == ["202"]
    assert "Anna (201) lacks french 2" in f.only(Offer)[0].why


def test_an_agent_passes_over_who_they_cannot_serve(floor: Floor) -> None:
    f = floor(sales(), a201={"repair": 9})
    f.at_work("201")
    f.joins("a", skills={"french": 2}, at=1.0)
    f.joins("b", at=2.0)
    assert [o.call for o in f.only(Offer)] == [B]


def test_the_heavier_queue_first_then_priority_then_the_longer_wait(floor: Floor) -> None:
    support = Queue(id="support", name="Support", members=("201",), weight=5, wrap_up_s=0)
    f = floor(sales(), support)
    f.at_work("201")
    f.feed(Paused("201"))
    f.joins("first", at=1.0)
    f.joins("vip", priority=1, at=2.0)
    f.joins("heavy", "support", at=3.0)
    f.joins("last", at=4.0)
    served = []
    f.feed(Readied("201"), 10.0)
    for _ in range(4):
        (offer,) = f.only(Offer)
        served.append(offer.call)
        f.answers(offer.call, "201")
        f.ends(offer.call)
    assert served == ["heavy", "vip", "first", "last"]


def test_ring_times_of_a_member(floor: Floor) -> None:
    f = floor(sales(ring_s=20, member_rules={"201": MemberRule(ring_s=8)}))
    f.at_work("201")
    f.joins("a", at=0.0)
    assert f.acd.next_deadline() == 9.0
    f.tick(9.0)
    assert f.only(Withdraw)[0].why == "Anna (201) did not answer for 8 s"


def test_an_agent_who_is_asked_first_has_the_time_to_say_yes(floor: Floor) -> None:
    f = floor(sales(strategy="ring_all", ring_s=10))
    f.at_work("201", "202")
    f.joins("a", at=0.0)
    f.feed(Confirming(A, "201"), 5.0)
    f.tick(12.0)
    assert f.stopped == ["202"]
    f.answers("a", "201", at=20.0)
    assert f.only(Join)
    f.ends("a")
    f.joins("b", at=50.0)
    f.feed(Confirming(B, "201"), 51.0)
    f.tick(51.0 + CONFIRM_S)
    assert "201" in f.stopped


def test_many_who_do_not_ring_are_counted_not_named(floor: Floor) -> None:
    many = tuple(str(300 + n) for n in range(20))
    f = floor(sales(members=("201", *many)))
    f.at_work("201", *many[:2])
    f.feed(Paused("300"))
    f.feed(Paused("301"))
    f.joins("a", at=9.0)
    assert f.only(Offer)[0].why == (
        "Anna (201) rings: idle longest, 9 s; not ringing: 18 logged out, 2 paused"
    )


@pytest.mark.parametrize("strategy", ["random", "random_memory", "weighted"])
def test_the_same_lots_give_the_same_day(floor: Floor, strategy: str) -> None:
    def day() -> list[str]:
        f = floor(sales(strategy=strategy))
        f.at_work(*THREE)
        rung = []
        for n in range(30):
            f.joins(f"c{n}", at=10.0 * n)
            rung += f.rung
            f.answers(f"c{n}", f.rung[0])
            f.ends(f"c{n}", at=10.0 * n + 5)
        return rung

    assert day() == day()
    assert set(day()) == set(THREE)
