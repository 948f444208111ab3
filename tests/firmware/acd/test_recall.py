"""The past made from records: each draw and each cut, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from firmware.acd.messages import Left
from firmware.acd.past import LineUse, Move, Past, PickUp, Standing
from firmware.acd.recall import NothingToReplay, Patience, recall
from firmware.acd.replay import replay
from firmware.config.schema import Queue
from firmware.records.kpi import Result
from firmware.records.messages import AgentTime, CallId, CallRow, Outcome, StayRow

BEGAN = datetime(2026, 11, 16, 6, tzinfo=UTC)
ENDED = BEGAN + timedelta(hours=8)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def answered(call: str, since: float, wait_s: float, talk_s: float = 100.0) -> StayRow:
    return StayRow(
        CallId(call), 1, "sales", at(since), Result.ANSWERED,
        decided_at=at(since + wait_s), wait_s=wait_s, agent="201",
        talk_s=talk_s, hold_s=10.0, wrap_up_s=20.0, is_open=False,
    )  # fmt: skip


def gone(
    call: str, since: float, wait_s: float, result: Result = Result.ABANDONED, cause: str = ""
) -> StayRow:
    return StayRow(
        CallId(call), 1, "sales", at(since), result, cause,
        decided_at=at(since + wait_s), wait_s=wait_s, is_open=False,
    )  # fmt: skip


def was(seq: int, state: str, since: float, until: float | None, agent: str = "201") -> AgentTime:
    return AgentTime(
        seq, agent, state, "", at(since), at(until) if until is not None else None,
        until - since if until is not None else 0.0,
    )  # fmt: skip


def held(call: str, since: float, until: float, line: int | None = 1) -> CallRow:
    return CallRow(
        CallId(call), at(since), "incoming", Outcome.ANSWERED, at(until), "caller", 16, line=line
    )


def of(
    stays: list[StayRow], times: list[AgentTime] | None = None, calls: list[CallRow] | None = None
) -> Past:
    return recall(BEGAN, ENDED, stays, times or [], calls or [])


def test_who_was_answered_brings_their_own_times() -> None:
    (one,) = of([answered("a", 60, 12)]).arrivals
    assert (one.at, one.talk_s, one.hold_s, one.wrap_up_s) == (60, 100, 10, 20)


def test_mean_patience_is_all_waiting_over_those_who_gave_up() -> None:
    patience = Patience([answered("a", 0, 30), gone("b", 10, 50), gone("c", 20, 10)])
    assert patience.overall_s == 45.0


def test_who_gave_up_would_do_so_again_and_who_was_answered_later_than_that() -> None:
    past = of([answered("a", 0, 30), gone("b", 10, 50)])
    first, second = past.arrivals
    assert second.patience_s == 50.0
    assert first.patience_s > 30.0


def test_draws_of_patience_have_the_mean_that_was_learned() -> None:
    stay = answered("a", 0, 30)
    patience = Patience([stay, gone("b", 10, 50)])
    beyond = [patience.draw_s(stay, n) - 30 for n in range(1, 2001)]
    assert sum(beyond) / len(beyond) == pytest.approx(80, rel=0.01)


def test_when_nobody_gave_up_nobody_will() -> None:
    past = of([answered("a", 0, 30)])
    assert past.patience_s is None
    assert past.arrivals[0].patience_s == float("inf")


def test_who_gave_up_would_have_talked_like_another() -> None:
    past = of([answered("a", 0, 30, talk_s=77), gone("b", 10, 50)])
    assert past.arrivals[1].talk_s == 77


def test_who_left_by_key_leaves_by_key() -> None:
    past = of([answered("a", 0, 30), gone("b", 10, 50, Result.LEFT, "key")])
    assert (past.arrivals[1].leaves_as, past.arrivals[1].patience_s) == (Left.KEY, 50)


def test_a_queue_that_sent_the_caller_on_is_one_arrival_with_the_next() -> None:
    first = gone("a", 0, 60, Result.LEFT, "timeout")
    second = StayRow(
        CallId("a"), 2, "back", at(60), Result.ANSWERED, decided_at=at(65), wait_s=5.0, talk_s=40.0
    )
    (one,) = of([first, second]).arrivals
    assert (one.queue, one.at, one.talk_s) == ("sales", 0, 40)


def test_a_second_queue_after_a_talk_is_an_arrival_of_its_own() -> None:
    second = StayRow(
        CallId("a"), 2, "back", at(200), Result.ANSWERED, decided_at=at(205), wait_s=5.0
    )
    one, two = of([answered("a", 0, 10), second], calls=[held("a", 0, 400)]).arrivals
    assert (one.call, two.call, two.queue) == ("a", "a/2", "back")
    assert (one.is_on_line, two.is_on_line) == (True, False)


def test_the_line_is_held_before_and_after_the_queue() -> None:
    call = held("a", 52, 60 + 12 + 110 + 3)
    (one,) = of([answered("a", 60, 12)], calls=[call]).arrivals
    assert (one.before_s, one.after_s) == (8.0, 3.0)


def test_calls_without_a_queue_hold_their_lines_and_those_without_a_line_none() -> None:
    past = of([answered("a", 60, 12)], calls=[held("out", 5, 65), held("inside", 5, 65, None)])
    assert past.line_uses == (LineUse(5.0, 60.0),)


def test_agents_come_pause_and_go() -> None:
    times = [
        was(1, "ready", -100, 10),
        was(2, "offered", 10, 14),
        was(3, "on_call", 14, 100),
        was(4, "wrap_up", 100, 120),
        was(5, "paused", 120, 300),
        was(6, "unreachable", 300, 360),
        was(7, "ready", 360, 400),
        was(8, "busy", 400, 500),
        was(9, "logged_out", 500, None),
    ]
    assert of([answered("a", 60, 12)], times).moves == (
        Move(0.0, "201", Standing.READY),
        Move(120.0, "201", Standing.PAUSED),
        Move(300.0, "201", Standing.UNREACHABLE),
        Move(360.0, "201", Standing.READY),
        Move(400.0, "201", Standing.BUSY),
        Move(500.0, "201", Standing.OUT),
    )


def test_while_the_box_was_off_nobody_was_at_work() -> None:
    times = [was(1, "ready", 0, 100), was(2, "ready", 160, None)]
    assert of([answered("a", 60, 12)], times).moves == (
        Move(0.0, "201", Standing.READY),
        Move(100.0, "201", Standing.OUT),
        Move(160.0, "201", Standing.READY),
        Move(8 * 3600.0, "201", Standing.OUT),
    )


def test_offers_are_learned_but_not_those_that_the_caller_ended() -> None:
    times = [
        was(1, "offered", 10, 14),
        was(2, "on_call", 14, 100),
        was(3, "offered", 200, 221),
        was(4, "ready", 221, 300),
        was(5, "offered", 300, 307),
        was(6, "ready", 307, None),
    ]
    past = of([answered("a", 10, 4), gone("b", 290, 17)], times)
    assert past.pick_ups == (PickUp(4.0), PickUp(21.0, is_taken=False))


def test_a_stretch_without_an_answered_call_teaches_nothing() -> None:
    with pytest.raises(NothingToReplay, match=r"1 calls came .* none was answered"):
        of([gone("a", 0, 10)])


def test_what_happened_happens_again() -> None:
    """Three callers, one agent, and the waits the records hold."""
    stays = [answered("a", 60, 4, 100), answered("b", 100, 98, 50), gone("c", 120, 30)]
    times = [was(1, "ready", 0, 60), was(2, "offered", 60, 64), was(3, "on_call", 64, None)]
    done = replay(of(stays, times), [Queue(id="sales", name="Sales", members=("201",))])
    assert (done.total.answered, done.total.abandoned) == (2, 1)
    assert done.total.answered_wait_s == pytest.approx(4 + 98, abs=0.1)  # 64 + 110 + 20 + 4 - 100
