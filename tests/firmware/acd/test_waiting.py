"""The row of a queue: who is ahead of whom."""

from __future__ import annotations

from firmware.acd.waiting import Row, Waiting
from firmware.records.messages import CallId


def entry(name: str, held_since: float, priority: int = 0, arrival: int = 0) -> Waiting:
    return Waiting(CallId(name), "sales", held_since, held_since, priority, arrival=arrival)


def test_priority_goes_before_the_longer_held_place_and_that_before_arrival() -> None:
    row = Row()
    entries = [
        entry("late", 9.0, arrival=1),
        entry("same", 5.0, arrival=3),
        entry("early", 5.0, arrival=2),
        entry("vip", 20.0, priority=1, arrival=4),
    ]
    for one in entries:
        row.add(one)
    assert [e.call for e in row] == ["vip", "early", "same", "late"]
    assert [row.ahead_of(e.place) for e in row] == [0, 1, 2, 3]
    row.remove(entries[2])
    assert [e.call for e in row] == ["vip", "same", "late"]


def test_who_is_not_in_the_row_takes_nobody_out_of_it() -> None:
    row, one = Row(), entry("a", 1.0)
    row.add(one)
    row.remove(entry("b", 1.0))
    assert list(row) == [one]


def test_the_first_phone_rung_is_the_agent_shown() -> None:
    one = entry("a", 1.0)
    assert one.agent is None
    one.ringing += ["202", "201"]
    assert one.agent == "202"
