"""Callers: sticky agents, places kept, and why a queue with nobody at work is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firmware.acd.messages import (
    Abandoned,
    ClosedNow,
    Configured,
    Leave,
    Leaving,
    Left,
    LoggedOut,
    Offer,
    OfferFailed,
    Paused,
    Reachable,
)
from firmware.config.schema import Destination, Queue
from firmware.records.messages import CallId

Floor = Callable[..., Any]
A, B = CallId("a"), CallId("b")
ANNE = "0215557788"


def sales(**fields: Any) -> Queue:
    fields = {"members": ("201", "202"), "wrap_up_s": 0, **fields}
    return Queue(id="sales", name="Sales", **fields)


def message(id: str) -> Destination:
    return Destination(to="message", id=id)


# -- sticky agents -----------------------------------------------------------------------------


def talked_with(f: Any, agent: str) -> None:
    """A caller has talked with an agent, who is busy with another one now."""
    f.joins("earlier", number=ANNE)
    assert f.rung == [agent]
    f.answers("earlier", agent)
    f.ends("earlier")


def test_who_calls_again_is_rung_through_to_the_same_agent(floor: Floor) -> None:
    f = floor(sales(sticky_s=30))
    f.at_work("201", "202")
    talked_with(f, "201")
    f.joins("a", number=ANNE, at=600.0)
    assert f.rung == ["201"]  # though 202 is idle longer
    assert "the caller's own agent" in f.only(Offer)[0].why


def test_they_wait_for_the_agent_so_long_and_then_for_anybody(floor: Floor) -> None:
    f = floor(sales(sticky_s=30))
    f.at_work("201", "202")
    talked_with(f, "201")
    f.feed(Paused("202"))
    f.joins("b", at=100.0)
    f.answers("b", "201")
    f.at_work("202")
    f.joins("a", number=ANNE, at=110.0)
    assert f.rung == []
    f.tick(139.0)
    assert f.rung == []
    f.tick(140.0)
    assert f.rung == ["202"]


def test_nobody_waits_for_who_is_not_at_work_or_will_not_answer(floor: Floor) -> None:
    f = floor(sales(sticky_s=30))
    f.at_work("201", "202")
    talked_with(f, "201")
    f.joins("a", number=ANNE, at=10.0)
    f.feed(OfferFailed(A, "201", "refused"), 12.0)
    assert f.rung == ["202"]
    f.feed(Abandoned(A))
    f.feed(Paused("201"), 13.0)
    f.joins("b", number=ANNE, at=20.0)
    assert f.rung == ["202"]


def test_an_agent_who_goes_while_somebody_waits_for_them_sets_them_free(floor: Floor) -> None:
    f = floor(sales(sticky_s=60))
    f.at_work("201", "202")
    f.joins("b", at=1.0)
    f.answers("b", "201")
    f.joins("a", owner="201", at=2.0)
    assert f.rung == []
    f.feed(Paused("201"), 5.0)
    assert f.rung == ["202"]


def test_the_owner_goes_before_the_last_agent_and_must_serve_the_queue(floor: Floor) -> None:
    f = floor(sales(sticky_s=30))
    f.at_work("201", "202")
    talked_with(f, "201")
    f.joins("a", number=ANNE, owner="202", at=10.0)
    assert f.rung == ["202"]
    f.feed(Abandoned(A))
    f.joins("b", owner="299", at=20.0)
    assert len(f.rung) == 1


# -- places ------------------------------------------------------------------------------------


def test_a_caller_cut_off_has_the_place_back_but_waits_anew(floor: Floor) -> None:
    f = floor(sales(repeat_caller_s=120))
    f.at_work("201")
    f.feed(Paused("201"))
    f.joins("a", number=ANNE, at=10.0)
    f.joins("b", at=20.0)
    f.feed(Abandoned(A), 30.0)
    f.joins("again", number=ANNE, at=100.0)
    assert (f.acd.position(CallId("again")), f.acd.position(B)) == (1, 2)
    f.feed(Leaving(CallId("again"), Left.KEY, message("bye")), 105.0)
    assert f.only(Leave)[0].waited_s == 5.0
    f.joins("late", number=ANNE, at=300.0)
    assert f.acd.position(CallId("late")) == 2


def test_places_are_not_kept_unless_the_office_wants_it(floor: Floor) -> None:
    f = floor(sales())
    f.at_work("201")
    f.feed(Paused("201"))
    f.joins("a", number=ANNE, at=10.0)
    f.joins("b", at=20.0)
    f.feed(Abandoned(A), 30.0)
    f.joins("again", number=ANNE, at=31.0)
    assert f.acd.position(CallId("again")) == 2


def test_a_place_kept_for_a_callback(floor: Floor) -> None:
    f = floor(sales())
    f.at_work("201")
    f.feed(Paused("201"))
    f.joins("a", at=10.0)
    f.joins("b", at=20.0)
    f.feed(Leaving(A, Left.CALLBACK, Destination(to="hangup")), 25.0)
    assert f.left == ["callback"]
    assert f.acd.position_since("sales", 10.0) == 1
    assert f.acd.position_since("sales", 30.0) == 2
    f.joins("back", place=10.0, at=60.0)
    assert f.acd.position(CallId("back")) == 1


# -- hours -------------------------------------------------------------------------------------


def test_nobody_joins_a_closed_queue_and_who_waits_is_served(floor: Floor) -> None:
    f = floor(sales(on_empty=message("empty"), on_closed=message("closed")))
    f.at_work("201")
    f.joins("a", at=10.0)
    assert f.rung == ["201"]
    f.feed(ClosedNow(frozenset({"sales"})), 20.0)
    f.joins("b", at=30.0)
    assert [(left.call, left.reason, left.to) for left in f.only(Leave)] == [
        (B, Left.CLOSED, message("closed"))
    ]
    f.answers("a", "201", at=31.0)
    f.feed(ClosedNow(frozenset()), 40.0)
    f.joins("c", at=41.0)
    assert f.acd.position(CallId("c")) == 1


def test_closing_time_sends_on_who_waits_if_the_office_wants_it(floor: Floor) -> None:
    f = floor(sales(on_empty=message("empty"), leave_when_closed=True))
    f.at_work("201")
    f.joins("a", at=10.0)
    f.joins("b", at=11.0)
    f.feed(ClosedNow(frozenset({"sales"})), 20.0)
    assert [(x.call, x.reason, x.to, x.waited_s) for x in f.only(Leave)] == [
        (A, Left.CLOSED, message("empty"), 10.0),
        (B, Left.CLOSED, message("empty"), 9.0),
    ]
    assert f.acd.agents["201"].shown == "ready"  # whose phone rang


def test_expected_wait_follows_the_definition(floor: Floor) -> None:
    f = floor(sales(wrap_up_s=20))
    f.at_work("201", "202")
    assert f.acd.expected_wait_s("sales", 1, 0.0) is None
    f.joins("a", at=100.0)
    f.answers("a", "201", at=100.0)
    f.ends("a", at=200.0)
    f.tick(220.0)  # handled in 120 s, notes included
    assert f.acd.expected_wait_s("sales", 3, 220.0) == 3 * 120.0 / 2
    f.feed(Paused("202"))
    assert f.acd.expected_wait_s("sales", 3, 220.0) == 3 * 120.0


# -- nobody at work ----------------------------------------------------------------------------


def test_why_nobody_is_at_work_decides_whether_callers_may_join(floor: Floor) -> None:
    rule = sales(
        on_empty=message("closed"),
        on_paused=message("paused"),
        on_unreachable=message("fault"),
        join_when_paused=False,
        join_when_unreachable=False,
    )
    f = floor(rule)
    causes = []
    f.joins("a")
    causes += f.only(Leave)
    f.at_work("201")
    f.feed(Paused("201", "lunch"))
    f.joins("b")
    causes += f.only(Leave)
    f.at_work("201")
    f.feed(Reachable("201", False))
    f.joins("c")
    causes += f.only(Leave)
    assert [(c.reason, c.to.id) for c in causes] == [
        (Left.EMPTY, "closed"),
        (Left.PAUSED, "paused"),
        (Left.UNREACHABLE, "fault"),
    ]


def test_an_office_that_says_nothing_lets_callers_wait_for_paused_agents(floor: Floor) -> None:
    f = floor(sales())
    f.at_work("201")
    f.feed(Paused("201"))
    f.joins("a")
    f.feed(Reachable("201", False))
    assert f.left == []
    assert f.acd.position(A) == 1
    f.feed(LoggedOut("201"))
    assert f.left == ["empty"]


def test_who_waits_is_sent_on_when_the_last_one_pauses_or_is_unreachable(floor: Floor) -> None:
    f = floor(sales(leave_when_paused=True, leave_when_unreachable=True, on_empty=message("no")))
    f.at_work("201", "202")
    f.feed(Paused("202"))
    f.joins("a")
    f.answers("a", "201")
    f.joins("b")
    f.feed(Paused("201"))
    assert (f.left, f.only(Leave)[0].to.id) == (["paused"], "no")
    f.at_work("202")
    f.joins("c")
    f.feed(Reachable("202", False))
    assert (f.stopped, f.left) == (["202"], ["unreachable"])


def test_a_queue_taken_out_of_the_settings_sends_its_callers_on_and_says_so(floor: Floor) -> None:
    f = floor(sales(on_empty=message("gone")))
    f.at_work("201")
    f.joins("a")
    f.feed(Configured((), {}))
    assert [(c.reason, c.to.id) for c in f.only(Leave)] == [(Left.REMOVED, "gone")]
    assert (f.stopped, f.acd.agents) == (["201"], {})


def test_a_call_led_to_another_queue_without_having_left_the_first(floor: Floor) -> None:
    support = Queue(id="support", name="Support", members=("202",))
    f = floor(sales(), support)
    f.at_work("201", "202")
    f.joins("a")
    f.joins("a", "support")
    assert (f.stopped, f.rung) == (["201"], ["202"])
    assert (f.acd.tallies["sales"].left, f.acd.tallies["support"].offered) == (1, 1)


def test_an_office_may_let_callers_wait_before_the_first_agent_comes(floor: Floor) -> None:
    office = floor(Queue(id="sales", name="Sales", members=("201",), join_when_empty=True))
    office.joins("a", at=0.0)
    assert office.left == []
    office.at_work("201", at=30.0)
    assert office.rung == ["201"]
    office.joins("b", at=31.0)
    office.feed(LoggedOut("201"))
    assert office.left == ["empty", "empty"]
    patient = Queue(id="sales", name="Sales", members=("201",), leave_when_empty=False)
    office.configure(patient)
    office.at_work("201", at=40.0)
    office.joins("c", at=41.0)
    office.feed(LoggedOut("201"))
    assert (office.left, office.stopped) == ([], ["201"])
    office.joins("d", at=42.0)
    assert office.left == ["empty"]  # who is not in yet is not let in
    office.tick(700.0)
    assert office.left == ["timeout"]
