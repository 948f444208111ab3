"""The books: every way a stay can end, and the agent's time, from events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from queue_day import Story

from firmware.records.kpi import Result
from firmware.records.ledger import KEPT_CALLS, Ledger
from firmware.records.messages import AgentTime, EventRow, StayRow


@pytest.fixture
def story() -> Story:
    return Story(datetime(2026, 3, 2, 8, tzinfo=UTC))


def booked(story: Story) -> tuple[dict[tuple[str, int], StayRow], list[AgentTime]]:
    """What a ledger makes of a story."""
    ledger = Ledger()
    events = [row for row in story.rows if isinstance(row, EventRow)]
    for seq, event in enumerate(events, 1):
        ledger.take(
            EventRow(event.at, event.kind, event.text, event.call, data=event.data, seq=seq)
        )
    stays, times = ledger.changes()
    return {(s.call, s.number): s for s in stays}, times


def figures(stay: StayRow) -> tuple[Any, ...]:
    return stay.result, stay.cause, stay.wait_s, stay.talk_s, stay.hold_s, stay.is_open


def test_answered_held_and_wrapped_up(story: Story) -> None:
    story.offered(0, "c", line=3, caller_number="0215557788")
    story.answered(7, "c", "201", 7.25)
    story.tell(20, "call.held", "c")
    story.tell(50, "call.resumed", "c")
    story.ended(107, "c")
    story.state(107, "201", "wrap_up")
    story.state(119, "201", "ready")
    stays, times = booked(story)
    stay = stays["c", 1]
    assert figures(stay) == (Result.ANSWERED, "", 7.25, 70, 30, False)
    assert (stay.agent, stay.line, stay.caller_number) == ("201", 3, "0215557788")
    assert stay.wrap_up_s == 12
    assert [(t.state, t.seconds, t.call) for t in times] == [
        ("on_call", 100, "c"), ("wrap_up", 12, "c"), ("ready", 0, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("by", "cause"), [("caller", ""), ("fault", "fault"), ("box", "box")], ids=str
)
def test_given_up_says_who_ended_it(story: Story, by: str, cause: str) -> None:
    story.offered(0, "c")
    story.abandoned(33, "c", 33.5, by)
    stays, _ = booked(story)
    assert figures(stays["c", 1]) == (Result.ABANDONED, cause, 33.5, 0, 0, False)


def test_a_call_that_ends_without_a_word_of_the_queue(story: Story) -> None:
    story.offered(0, "c")
    story.ended(12, "c")
    stays, _ = booked(story)
    assert figures(stays["c", 1]) == (Result.ABANDONED, "", 12, 0, 0, False)


def test_the_queue_has_the_last_word(story: Story) -> None:
    story.offered(0, "c")
    story.ended(0, "c")
    story.tell(0, "queue.left", "c", reason="empty", waited_s=0)
    stays, _ = booked(story)
    assert figures(stays["c", 1]) == (Result.LEFT, "empty", 0, 0, 0, False)


def test_led_on_to_a_second_queue(story: Story) -> None:
    story.offered(0, "c", "sales")
    story.tell(60, "queue.left", "c", reason="timeout", waited_s=60)
    story.tell(60, "queue.joined", "c", queue="support")
    story.answered(75, "c", "202", 15)
    story.ended(100, "c")
    stays, _ = booked(story)
    assert figures(stays["c", 1]) == (Result.LEFT, "timeout", 60, 0, 0, False)
    assert figures(stays["c", 2]) == (Result.ANSWERED, "", 15, 25, 0, False)
    assert stays["c", 2].queue == "support"


def test_a_transfer_ends_the_agents_part(story: Story) -> None:
    story.offered(0, "c")
    story.answered(5, "c", "201", 5)
    story.tell(65, "call.transferring", "c", to="203")
    story.tell(75, "queue.ended", "c", agent="201")
    story.tell(90, "call.transferred", "c", transferred_by="201", to="203")
    story.tell(90, "call.joined", "c", agent="203")
    story.ended(500, "c")
    stays, _ = booked(story)
    assert figures(stays["c", 1]) == (Result.ANSWERED, "", 5, 60, 10, False)
    assert stays["c", 1].is_transferred


def test_a_transfer_by_somebody_else_is_not_the_agents(story: Story) -> None:
    story.offered(0, "c")
    story.answered(5, "c", "201", 5)
    story.tell(65, "call.transferred", "c", transferred_by="300", to="203")
    story.ended(105, "c")
    stays, _ = booked(story)
    assert figures(stays["c", 1]) == (Result.ANSWERED, "", 5, 100, 0, False)
    assert not stays["c", 1].is_transferred


def test_joined_with_another_call_is_a_transfer(story: Story) -> None:
    story.offered(0, "c")
    story.answered(5, "c", "201", 5)
    story.ended(25, "c", by="transfer")
    stays, _ = booked(story)
    assert stays["c", 1].is_transferred


def test_a_call_taken_beside_another_gets_no_wrap_up(story: Story) -> None:
    story.offered(0, "c")
    story.answered(1, "c", "201", 1)
    story.offered(2, "beside")
    story.tell(9, "queue.answered", "beside", agent="201", waited_s=7)
    story.ended(20, "beside")
    story.ended(30, "c")
    story.state(30, "201", "wrap_up")
    story.state(45, "201", "ready")
    stays, _ = booked(story)
    assert (stays["c", 1].wrap_up_s, stays["beside", 1].wrap_up_s) == (15, 0)


def test_notes_ended_by_picking_up_another_call_count_until_then(story: Story) -> None:
    story.offered(0, "c")
    story.answered(1, "c", "201", 1)
    story.ended(30, "c")
    story.state(30, "201", "wrap_up")
    story.offered(32, "next")
    story.tell(38, "queue.answered", "next", agent="201", waited_s=6)
    story.state(38, "201", "on_call")
    story.ended(50, "next")
    stays, times = booked(story)
    assert (stays["c", 1].wrap_up_s, stays["next", 1].wrap_up_s) == (8, 0)
    assert [(t.state, t.seconds, t.call) for t in times if t.state == "wrap_up"] == [
        ("wrap_up", 8, "c")
    ]


def test_notes_that_go_on_after_a_restart_belong_to_the_same_call(story: Story) -> None:
    story.offered(0, "c")
    story.answered(1, "c", "201", 1)
    story.ended(30, "c")
    story.state(30, "201", "wrap_up")
    story.tell(34, "box.recovered")
    story.state(40, "201", "wrap_up")
    story.state(45, "201", "ready")
    stays, times = booked(story)
    assert stays["c", 1].wrap_up_s == 9
    assert [(t.state, t.seconds, t.call) for t in times if t.state == "wrap_up"] == [
        ("wrap_up", 4, "c"),
        ("wrap_up", 5, "c"),
    ]


def test_a_restart_closes_everything_at_its_time(story: Story) -> None:
    story.offered(0, "waits")
    story.offered(0, "talks")
    story.answered(10, "talks", "201", 10)
    story.tell(70, "box.recovered")
    story.state(500, "201", "ready")
    stays, times = booked(story)
    assert figures(stays["waits", 1]) == (Result.LEFT, "restart", 70, 0, 0, False)
    assert figures(stays["talks", 1]) == (Result.ANSWERED, "", 10, 60, 0, False)
    assert [(t.state, t.seconds) for t in times] == [("on_call", 60), ("ready", 0)]


def test_a_clock_that_is_set_back_makes_nothing_negative(story: Story) -> None:
    story.offered(100, "c")
    story.answered(40, "c", "201", 9)
    story.ended(10, "c")
    stays, _ = booked(story)
    assert figures(stays["c", 1]) == (Result.ANSWERED, "", 9, 0, 0, False)


def test_memory_is_bounded(story: Story) -> None:
    for n in range(3 * KEPT_CALLS):
        story.offered(n, f"c{n}")
        story.abandoned(n + 1, f"c{n}", 1)
    ledger = Ledger()
    for row in story.rows:
        if isinstance(row, EventRow):
            ledger.take(row)
    assert len(ledger.callers) <= KEPT_CALLS
    assert not ledger.has_open
