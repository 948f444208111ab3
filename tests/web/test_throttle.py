"""Guessing is slowed, the office is never locked out, memory is bounded."""

from __future__ import annotations

import pytest

from web.throttle import MAX_ENTRIES, Throttle


def failures(throttle: Throttle, times: int, source: str = "10.0.0.9", name: str = "anna") -> None:
    for _ in range(times):
        throttle.failed(source, name, 100.0)


@pytest.mark.parametrize(
    ("times", "wait_s"), [(0, 0), (2, 0), (3, 1), (4, 2), (5, 4), (8, 30), (1000, 30)]
)
def test_wait_doubles_up_to_half_a_minute(times: int, wait_s: float) -> None:
    throttle = Throttle()
    failures(throttle, times)
    assert throttle.wait_s("10.0.0.9", "anna", 100.0) == wait_s
    assert throttle.wait_s("10.0.0.9", "ANNA", 100.0 + wait_s) == 0


def test_another_person_and_another_place_wait_no_longer_than_seconds() -> None:
    throttle = Throttle()
    failures(throttle, 1000)
    assert throttle.wait_s("10.0.0.9", "thandi", 100.0) == 5
    assert throttle.wait_s("10.0.0.7", "anna", 100.0) == 0


def test_the_right_password_clears_the_name() -> None:
    throttle = Throttle()
    failures(throttle, 4)
    throttle.succeeded("10.0.0.9", "Anna")
    assert throttle.wait_s("10.0.0.9", "anna", 100.0) == 0


def test_failures_are_forgotten_after_a_quarter_of_an_hour() -> None:
    throttle = Throttle()
    failures(throttle, 9)
    throttle.failed("10.0.0.9", "anna", 100.0 + 901)
    assert throttle.wait_s("10.0.0.9", "anna", 100.0 + 901) == 0


def test_memory_is_bounded() -> None:
    throttle = Throttle()
    for i in range(5000):
        throttle.failed(f"10.0.{i // 250}.{i % 250}", "anna", float(i))
    assert len(throttle) == MAX_ENTRIES
