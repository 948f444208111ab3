"""Timers by name: the earliest, moved and stopped ones, and what they take of memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware.acd.timers import Timers


def test_the_earliest_is_due_first_and_once() -> None:
    timers: Timers[str] = Timers()
    for key, at in (("b", 2.0), ("a", 1.0), ("c", 3.0)):
        timers.set(key, at)
    assert timers.next() == 1.0
    assert list(timers.due(2.0)) == ["a", "b"]
    assert list(timers.due(2.0)) == []
    assert timers.next() == 3.0


def test_a_timer_that_is_moved_or_stopped_is_not_due_at_its_old_time() -> None:
    timers: Timers[str] = Timers()
    timers.set("a", 1.0)
    timers.set("a", 5.0)
    timers.set("b", 2.0)
    timers.set("b", None)
    assert list(timers.due(4.0)) == []
    assert timers.next() == 5.0
    timers.clear()
    assert timers.next() is None


def test_one_set_meanwhile_is_due_as_well() -> None:
    timers: Timers[str] = Timers()
    timers.set("a", 1.0)
    found = []
    for key in timers.due(3.0):
        found.append(key)
        timers.set("b", 2.0) if key == "a" else None
    assert found == ["a", "b"]


def test_a_timer_moved_for_ever_takes_no_more_memory() -> None:
    timers: Timers[str] = Timers()
    for n in range(10_000):
        timers.set("a", float(n))
    assert len(timers) == 1
    assert len(timers._heap) < 100


@given(st.lists(st.tuples(st.integers(0, 5), st.none() | st.floats(0, 10))), st.floats(0, 10))
def test_as_a_dictionary_would_have_it(moves: list[tuple[int, float | None]], now: float) -> None:
    timers: Timers[int] = Timers()
    model: dict[int, float] = {}
    for key, at in moves:
        timers.set(key, at)
        model.pop(key, None)
        model |= {key: at} if at is not None else {}
    assert timers.next() == min(model.values(), default=None)
    due = list(timers.due(now))
    assert sorted(due) == sorted(key for key, at in model.items() if at <= now)
    assert [model[key] for key in due] == sorted(model[key] for key in due)
