"""Replay: stories that can be worked out by hand, then queueing theory as the judge."""

from __future__ import annotations

import math
import random

import pytest

from firmware.acd.messages import Left
from firmware.acd.past import Arrival, LineUse, Move, Past, PickUp, Standing
from firmware.acd.replay import UnknownChange, WhatIf, compare, replay, staffed
from firmware.config.schema import Destination, MemberRule, Queue
from firmware.records.messages import CallId
from firmware.records.staffing import blocking, erlang_a, erlang_c

SALES = Queue(id="sales", name="Sales", members=("201", "202"), max_wait_s=600)
AT_ONCE = (PickUp(0.0),)


def caller(at: float, talk_s: float = 100.0, name: str = "", **more: object) -> Arrival:
    return Arrival(CallId(name or f"call-{at}"), at, "sales", talk_s, **more)  # type: ignore[arg-type]  # the fields of Arrival


def at_work(*agents: str) -> tuple[Move, ...]:
    return tuple(Move(0.0, agent, Standing.READY) for agent in agents)


def stretch(*arrivals: Arrival, moves: tuple[Move, ...] = at_work("201"), **more: object) -> Past:
    more = {"pick_ups": AT_ONCE} | more
    return Past(3600.0, arrivals, moves, **more)  # type: ignore[arg-type]  # the fields of Past


def test_the_second_caller_waits_for_talk_and_wrap_up_of_the_first() -> None:
    past = stretch(caller(10, 100, wrap_up_s=20), caller(40, 50))
    sales = replay(past, [SALES]).queues["sales"]
    assert (sales.offered, sales.answered, sales.balance) == (2, 2, 0)
    assert sales.longest_wait_s == pytest.approx(90, abs=0.1)  # 10 + 100 + 20 - 40
    assert sales.handling_s == pytest.approx(170)


def test_one_agent_more_takes_the_second_caller_at_once() -> None:
    past = stretch(caller(10, 100, wrap_up_s=20), caller(40, 50))
    seen = compare(past, [SALES], WhatIf("sales", +1))
    assert seen.before.total.longest_wait_s == pytest.approx(90, abs=0.1)
    assert seen.after.total.longest_wait_s == pytest.approx(0, abs=0.1)
    assert seen.before.total.service_level() == 0.5
    assert seen.after.total.service_level() == 1.0


def test_one_agent_fewer_leaves_nobody_so_callers_leave() -> None:
    past = stretch(caller(10), caller(40))
    after = compare(past, [SALES], WhatIf("sales", -1)).after
    assert dict(after.total.causes) == {"empty": 2}


def test_the_agent_away_is_the_one_who_was_there_longest() -> None:
    late = Move(1800.0, "202", Standing.READY)
    past = stretch(caller(10), moves=(*at_work("201"), late))
    without, _, _ = staffed(past, [SALES], WhatIf("sales", -1))
    assert without.moves == (late,)


def test_the_agent_more_keeps_hours_and_pauses_but_no_calls_of_another() -> None:
    moves = (
        Move(0.0, "201", Standing.READY),
        Move(600.0, "201", Standing.BUSY),
        Move(1200.0, "201", Standing.PAUSED),
    )
    more, queues, skills = staffed(
        stretch(caller(10), moves=moves), [SALES], WhatIf("sales", 1), {"201": {"french": 5}}
    )
    assert queues[0].members == ("201", "202", "203")
    assert [(m.at, m.standing) for m in more.moves if m.agent == "203"] == [
        (0.0, Standing.READY),
        (600.0, Standing.READY),
        (1200.0, Standing.PAUSED),
    ]
    assert skills["203"] == {"french": 5}


@pytest.mark.parametrize(
    ("what_if", "said"),
    [
        (WhatIf("nowhere", 1), "queue 'nowhere': expected one of \\['sales'\\]"),
        (WhatIf("sales", -3), "3 agents fewer in Sales: expected at most 1"),
    ],
)
def test_a_change_that_cannot_be_made_is_named(what_if: WhatIf, said: str) -> None:
    with pytest.raises(UnknownChange, match=said):
        compare(stretch(caller(10)), [SALES], what_if)


def test_a_caller_gives_up_when_their_patience_ends() -> None:
    past = stretch(caller(10, 300), caller(40, patience_s=30))
    sales = replay(past, [SALES]).queues["sales"]
    assert (sales.answered, sales.abandoned, sales.abandoned_wait_s) == (1, 1, 30)


def test_who_left_by_key_leaves_by_key_again() -> None:
    past = stretch(caller(10, 300), caller(40, patience_s=30, leaves_as=Left.KEY))
    assert dict(replay(past, [SALES]).total.causes) == {"key": 1}


def test_who_waited_too_long_goes_to_the_next_queue_and_is_answered_there() -> None:
    first = SALES.model_copy(
        update={"max_wait_s": 60, "on_timeout": Destination(to="queue", id="back")}
    )
    back = Queue(id="back", name="Back office", members=("203",))
    past = stretch(caller(10, 300), caller(40, 50), moves=at_work("201", "203"))
    done = replay(past, [first, back])
    assert dict(done.queues["sales"].causes) == {"timeout": 1}
    assert (done.queues["back"].offered, done.queues["back"].answered) == (1, 1)


def test_an_offer_not_taken_goes_to_the_other_agent() -> None:
    past = stretch(
        caller(10), moves=at_work("201", "202"),
        pick_ups=(PickUp(4.0, is_taken=False), PickUp(4.0)),
    )  # fmt: skip
    sales = replay(past, [SALES]).total
    assert sales.answered == 1
    assert sales.wait_s >= 4


def test_a_pause_taken_in_the_wrap_up_holds() -> None:
    moves = (*at_work("201"), Move(115.0, "201", Standing.PAUSED), Move(500, "201", Standing.READY))
    past = stretch(caller(10, 100, wrap_up_s=20), caller(40, 50), moves=moves)
    assert replay(past, [SALES]).total.longest_wait_s == pytest.approx(460, abs=0.1)


def test_the_pause_between_two_calls_is_kept() -> None:
    queue = SALES.model_copy(update={"buffer_s": 30})
    past = stretch(caller(10, 100, wrap_up_s=20), caller(40, 50))
    assert replay(past, [queue]).total.longest_wait_s == pytest.approx(120, abs=0.1)


def test_nobody_is_paused_or_logged_in_but_by_the_past() -> None:
    """Both rules of the queue made pauses and log-ins then, and these are in the records."""
    rules = {"202": MemberRule(is_fixed=True)}
    queue = SALES.model_copy(update={"max_unanswered": 1, "member_rules": rules})
    past = stretch(caller(10), pick_ups=(PickUp(4.0, is_taken=False), PickUp(2.0)))
    assert replay(past, [queue]).total.answered == 1
    assert replay(stretch(caller(10), moves=()), [queue]).total.answered == 0


def test_with_one_line_fewer_the_second_caller_finds_it_taken() -> None:
    one = caller(10, 100, is_on_line=True, before_s=5, after_s=2)
    two = caller(40, 50, is_on_line=True)
    seen = compare(stretch(one, two), [SALES], WhatIf(lines=1), lines=2)
    assert (seen.before.blocked, seen.before.most_lines) == (0, 2)
    assert (seen.after.blocked, seen.after.most_lines, seen.after.total.offered) == (1, 1, 1)
    assert seen.after.all_lines_busy_s == pytest.approx(107, abs=0.1)  # from 5 to 10 + 100 + 2


def test_calls_to_outside_hold_lines_too() -> None:
    past = stretch(caller(40, is_on_line=True), line_uses=(LineUse(0.0, 60.0),))
    assert replay(past, [SALES], lines=1).blocked == 1


def test_calls_of_a_queue_that_is_no_more_are_counted_and_left_out() -> None:
    gone = Arrival(CallId("x"), 5.0, "gone", 60.0)
    done = replay(stretch(gone, caller(10)), [SALES])
    assert (done.unknown, done.total.offered) == (1, 1)


def test_who_goes_first_goes_first_again() -> None:
    """One agent talks until 110; a caller of a higher priority comes last and is answered next."""
    ordinary, vip = caller(30, 50, patience_s=200), caller(60, 50, priority=1)
    waits = [ordinary, vip]
    seen = replay(stretch(caller(10, 100, wrap_up_s=0), *waits), [SALES]).total
    assert (seen.answered, seen.longest_wait_s) == (3, pytest.approx(130, abs=0.1))  # 160 - 30
    alike = [ordinary, caller(60, 50)]
    fair = replay(stretch(caller(10, 100, wrap_up_s=0), *alike), [SALES]).total
    assert (fair.answered, fair.longest_wait_s) == (3, pytest.approx(100, abs=0.1))  # 160 - 60


def test_priority_is_kept_from_queue_to_queue() -> None:
    first = SALES.model_copy(update={"members": (), "on_empty": Destination(to="queue", id="back")})
    back = Queue(id="back", name="Back office", members=("203",), wrap_up_s=0)
    past = stretch(
        caller(10, 100), caller(30, 50), caller(60, 50, priority=2), moves=at_work("203")
    )
    done = replay(past, [first, back]).queues["back"]
    assert (done.answered, done.longest_wait_s) == (3, pytest.approx(130, abs=0.1))


def test_skills_decide_who_is_rung() -> None:
    """201 speaks no French and is free all the time; 202 has both French callers in turn."""
    queue = SALES.model_copy(update={"strategy": "skill", "skills": {"french": 2}})
    of = {"202": {"french": 3}}
    past = stretch(caller(10, 100), caller(40, 50), moves=at_work("201", "202"))
    assert replay(past, [queue], skills=of).total.longest_wait_s == pytest.approx(70, abs=0.1)
    soft = queue.model_copy(update={"skills_lower_every_s": 15})
    assert replay(past, [soft], skills=of).total.longest_wait_s == pytest.approx(30, abs=0.1)
    of_call = stretch(caller(10, 100), caller(40, 50, skills={"french": 2}),
                      moves=at_work("201", "202"))  # fmt: skip
    plain = SALES.model_copy(update={"strategy": "linear"})
    assert replay(of_call, [plain], skills={"201": {"french": 3}}).total.longest_wait_s > 60


def test_a_callers_own_agent_is_waited_for() -> None:
    queue = SALES.model_copy(update={"sticky_s": 60})
    past = stretch(
        caller(10, 40, owner="201"), caller(30, 50, owner="201"), moves=at_work("201", "202")
    )
    assert replay(past, [queue]).total.longest_wait_s == pytest.approx(20, abs=0.1)


def test_the_same_past_gives_the_same_figures() -> None:
    past = poisson(agents=4, erlang=3.0, handling_s=120, patience_s=60, calls=400)
    queue = SALES.model_copy(update={"members": tuple(str(n) for n in range(201, 205))})
    assert replay(past, [queue]) == replay(past, [queue])


def poisson(agents: int, erlang: float, handling_s: float, patience_s: float, calls: int) -> Past:
    """Random arrivals, exponential handling times, exponential patience."""
    draw = random.Random(5)
    at, arrivals = 0.0, []
    for n in range(calls):
        at += draw.expovariate(erlang / handling_s)
        patience = draw.expovariate(1 / patience_s) if patience_s < math.inf else math.inf
        arrivals.append(caller(at, draw.expovariate(1 / handling_s), f"c{n}", patience_s=patience))
    staff = at_work(*(str(200 + n) for n in range(1, agents + 1)))
    return Past(at + handling_s, tuple(arrivals), staff, AT_ONCE)


def test_patient_callers_wait_as_erlang_c_says() -> None:
    """100 calls in half an hour of 180 s each: 10 erlang, 14 agents (published: ASA 7.84 s)."""
    agents = tuple(str(200 + n) for n in range(1, 15))
    queue = SALES.model_copy(update={"members": agents, "max_wait_s": 7200, "max_waiting": 200})
    past = poisson(14, 10.0, 180.0, math.inf, 4000)
    seen, law = replay(past, [queue]).total, erlang_c(10.0, 14, 180.0, 20.0)
    assert seen.mean_answer_s == pytest.approx(law.mean_wait_s, rel=0.35)
    assert seen.service_level() == pytest.approx(law.service_level, abs=0.04)


def test_impatient_callers_give_up_as_erlang_a_says() -> None:
    """3 agents for 4 erlang: without giving up the queue would grow for ever."""
    queue = SALES.model_copy(update={"members": ("201", "202", "203"), "max_wait_s": 7200})
    past = poisson(3, 4.0, 180.0, 300.0, 3000)
    seen, law = replay(past, [queue]).total, erlang_a(4.0, 3, 180.0, 300.0)
    assert seen.abandonment == pytest.approx(law.abandon_share, abs=0.03)


def test_callers_without_a_line_are_as_many_as_erlang_b_says() -> None:
    draw = random.Random(7)
    uses, at = [], 0.0
    for _ in range(6000):
        at += draw.expovariate(5 / 100)
        uses.append(LineUse(at, draw.expovariate(1 / 100)))
    done = replay(Past(at, (), (), AT_ONCE, tuple(uses)), [SALES], lines=8)
    assert done.blocked / 6000 == pytest.approx(blocking(5.0, 8), abs=0.012)
