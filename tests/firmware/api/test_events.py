"""The ring of events and its readers."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import UTC, datetime

from firmware.api.events import EventLog
from firmware.api.events_task import Follower
from firmware.records.messages import CallId, EventRow

NOON = datetime(2026, 3, 2, 10, tzinfo=UTC)


def row(text: str = "rings") -> EventRow:
    return EventRow(NOON, "call.started", text, CallId("c1"), "line1-1", {"line": 1})


def test_an_event_gets_the_next_number_for_the_records_too() -> None:
    log = EventLog()
    assert [log.add(row()).seq for _ in range(3)] == [1, 2, 3]
    [event] = log.last(1)
    assert (event.seq, event.call, event.data) == (3, "c1", {"line": 1})


def test_a_numbered_event_is_the_same_but_for_its_number() -> None:
    event = EventRow(NOON, "leg.fault", "no audio", CallId("c1"), "sip-7", {"lost_ms": 400}, 3)
    assert event.numbered(9) == replace(event, seq=9)
    assert all(getattr(event, field.name) for field in fields(event))  # none was left out


def test_numbers_go_on_where_the_records_ended() -> None:
    log = EventLog()
    log.fill([EventRow(NOON, "a", "a", seq=41), EventRow(NOON, "b", "b", seq=42)])
    assert log.add(row()).seq == 43
    assert [e.seq for e in log.after(41)] == [42, 43]


def test_the_ring_is_bounded() -> None:
    log = EventLog(keep=3)
    for n in range(5):
        log.add(row(str(n)))
    assert [e.seq for e in log.after(0)] == [3, 4, 5]
    assert log.last(0) == []


async def test_a_follower_gets_what_it_missed_then_what_comes() -> None:
    log = EventLog()
    log.add(row())
    with Follower(log, after=0) as follower:
        assert [e.seq for e in await follower.next(10)] == [1]
        waiting = asyncio.ensure_future(follower.next(10))
        await asyncio.sleep(0)
        log.add(row())
        log.add(row())
        assert [e.seq for e in await waiting] == [2, 3]
    assert log.listeners == set()


async def test_quiet_is_an_empty_answer() -> None:
    with Follower(EventLog(), after=0) as follower:
        assert await follower.next(0.001) == []


async def test_a_closed_follower_returns_at_once() -> None:
    with Follower(EventLog(), after=0) as follower:
        follower.close()
        assert await follower.next(1000) == []
