"""What is taken up after a restart, from rows written by hand; whole days in test_look_back.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from firmware.acd.agent import Presence
from firmware.acd.messages import Handled, PlaceLost, Resumed
from firmware.acd.resume import Clock, resumed
from firmware.records.before_start import BeforeStart, Talk, Wish
from firmware.records.kpi import Result
from firmware.records.messages import CallId, StayRow

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
NOON = MIDNIGHT + timedelta(hours=12)
CLOCK = Clock(NOON, 1000.0)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)


def ago(moment: datetime) -> float:
    """On the core's clock."""
    return 1000.0 - (NOON - moment).total_seconds()


def talk(offered: datetime, agent: str = "201", **more: object) -> StayRow:
    """Answered after 10 s, talked 60 s and held 30 s, then 15 s of notes."""
    row = {"talk_s": 60.0, "hold_s": 30.0, "wrap_up_s": 15.0, "is_open": False} | more
    return StayRow(
        CallId(f"call-{offered:%H%M%S}"), 1, "sales", offered, Result.ANSWERED,
        decided_at=offered + timedelta(seconds=10), wait_s=10.0, agent=agent, **row,  # type: ignore[arg-type]  # the fields of StayRow
    )  # fmt: skip


def gone(offered: datetime, left: datetime, number: str = "021", **more: object) -> StayRow:
    row = {"result": Result.ABANDONED, "decided_at": left, "is_open": False} | more
    return StayRow(
        CallId(f"call-{offered:%H%M%S}"), 1, "sales", offered, caller_number=number, **row,  # type: ignore[arg-type]  # the fields of StayRow
    )  # fmt: skip


def resume(*stays: StayRow, wishes: tuple[Wish, ...] = (), **more: object) -> Resumed:
    before = BeforeStart(wishes, stays, **more)  # type: ignore[arg-type]  # the fields of BeforeStart
    return resumed(before, MIDNIGHT, CLOCK, {"sales": 120})


def test_calls_and_talk_count_since_the_last_log_in() -> None:
    wishes = (
        Wish(at(8), "201", "ready"),
        Wish(at(9), "201", "paused"),
        Wish(at(9, 30), "201", "ready"),  # no log-in: they were not out
        Wish(at(10), "201", "out"),
        Wish(at(11), "201", "ready"),
    )
    [agent] = resume(talk(at(9)), talk(at(11, 10)), talk(at(11, 20)), wishes=wishes).agents
    assert (agent.answered, agent.talk_s, agent.has_talked) == (2, 180.0, True)
    assert agent.idle_since == ago(at(11, 21, 40))
    assert (agent.presence, agent.since) == (Presence.READY, ago(at(11)))


def test_midnight_begins_anew_and_a_call_over_it_counts_where_it_ended() -> None:
    wishes = (Wish(at(-3), "201", "ready"),)
    [agent] = resume(talk(at(0) - timedelta(seconds=30)), wishes=wishes).agents
    assert (agent.answered, agent.talk_s, agent.has_talked) == (0, 90.0, True)
    [agent] = resume(talk(at(-1)), wishes=wishes).agents
    assert (agent.answered, agent.talk_s, agent.has_talked) == (0, 0.0, False)
    assert agent.idle_since == ago(at(-1, 1, 40))


def test_log_in_counts_as_the_end_of_a_call_for_who_had_none_today() -> None:
    out = (Wish(at(-3), "201", "ready"), Wish(at(-1), "201", "out"))
    [agent] = resume(talk(at(-2)), wishes=(*out, Wish(at(8), "201", "ready"))).agents
    assert agent.idle_since == ago(at(8))
    [agent] = resume(talk(at(7)), wishes=(*out, Wish(at(8), "201", "ready"))).agents
    assert agent.idle_since == ago(at(7, 1, 40))


def test_a_pause_goes_on_with_its_reason_its_phone_and_its_end() -> None:
    [agent] = resume(wishes=(Wish(at(11, 50), "201", "paused", "tea", "205", 900.0),)).agents
    assert (agent.presence, agent.reason, agent.phone) == (Presence.PAUSED, "tea", "205")
    assert (agent.since, agent.back_at) == (ago(at(11, 50)), ago(at(12, 5)))


def test_who_was_gone_without_an_answer_has_lost_a_place() -> None:
    lost = resume(gone(at(11, 50), at(11, 55))).lost
    assert lost == (PlaceLost("sales", "021", ago(at(11, 50)), ago(at(11, 55))),)
    cut_off = gone(at(11, 50), at(11, 55), result=Result.LEFT, cause="restart")
    assert resume(cut_off).lost == lost
    assert resume(gone(at(11, 50), at(11, 55), result=Result.LEFT, cause="timeout")).lost == ()
    assert resume(gone(at(11, 50), at(11, 55), "")).lost == ()


def test_a_place_taken_up_in_time_is_kept_when_lost_again() -> None:
    first = gone(at(11, 40), at(11, 45))
    [lost] = resume(first, gone(at(11, 46), at(11, 50))).lost
    assert lost.held_since == ago(at(11, 40))
    [lost] = resume(first, gone(at(11, 48), at(11, 50))).lost  # 3 minutes, and the queue gives 2
    assert lost.held_since == ago(at(11, 48))
    assert resume(first, talk(at(11, 46), caller_number="021")).lost == ()


def test_handling_times_and_who_had_the_last_call() -> None:
    done = resume(talk(at(11, 30)), talk(at(11, 40), "202"))
    assert done.handled == (
        Handled("sales", 105.0, ago(at(11, 31, 55))),
        Handled("sales", 105.0, ago(at(11, 41, 55))),
    )
    assert done.last_answered == {"sales": "202"}


def test_callers_are_remembered_in_the_order_in_which_they_talked() -> None:
    talks = (Talk("021", "202", at(11)), Talk("021", "201", at(10)), Talk("", "203", at(9)))
    assert [(t.agent, t.at) for t in resume(talks=talks).talked] == [
        ("201", ago(at(10))),
        ("202", ago(at(11))),
    ]


@pytest.mark.parametrize("hours", [1, 5])
def test_a_clock_that_was_set_back_makes_nothing_of_the_future(hours: int) -> None:
    [agent] = resume(talk(at(12 + hours)), wishes=(Wish(at(12 + hours), "201", "ready"),)).agents
    assert (agent.idle_since, agent.since) == (1000.0, 1000.0)
