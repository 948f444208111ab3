"""Summaries made again from events."""

from datetime import timedelta
from typing import Any

from firmware.records.messages import CallId, Outcome
from firmware.records.rebuild import rebuilt


def test_what_the_events_say_is_kept(make_event: Any) -> None:
    events = [
        make_event("call.started", 0, data={"direction": "incoming", "line": 4}),
        make_event("line.caller", 2, data={"caller_number": "0215557788", "caller_name": "Alice"}),
        make_event("call.answered", 4),
        make_event("queue.joined", 20, data={"queue": "sales"}),
        make_event("call.joined", 31, data={"agent": "201", "agent_name": "Anna"}),
        make_event("call.digit", 40, data={"unknown": "ignored", "caller_name": None}),
    ]
    row = rebuilt(CallId("c"), events)
    assert row.outcome is Outcome.FAILED
    assert (row.cause, row.ended_by) == (41, "fault")
    assert (row.line, row.caller_number, row.queue, row.agent) == (4, "0215557788", "sales", "201")
    assert row.answered_at == events[2].at
    assert row.queued_at == events[3].at
    assert row.joined_at == events[4].at
    assert row.ended_at - row.started_at == timedelta(seconds=40)
    assert row.total_s == 40.0


def test_a_single_event_is_enough(make_event: Any) -> None:
    row = rebuilt(CallId("c"), [make_event("call.started", data={"line": "broken"})])
    assert row.line is None
    assert row.direction == "incoming"
    assert row.total_s == 0.0
