"""The announced wait by the office's definition, and its honesty."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.acd.expected_wait import (
    MOST,
    Accuracy,
    Announced,
    Handling,
    Range,
    expected_s,
    spoken,
)
from firmware.config.schema import Queue
from firmware.config.waiting import Comfort
from firmware.records.messages import CallId


def test_position_times_mean_handling_time_by_agents() -> None:
    assert expected_s(3, 180.0, 2) == 270.0
    assert expected_s(1, 198.0, 3) == 66.0


@pytest.mark.parametrize(("position", "mean_s", "agents"), [(1, None, 2), (1, 60.0, 0), (0, 60, 1)])
def test_nothing_is_said_when_nothing_is_known(
    position: int, mean_s: float | None, agents: int
) -> None:
    assert expected_s(position, mean_s, agents) is None


def test_only_the_calls_of_the_last_hour_count() -> None:
    handling = Handling()
    assert handling.mean_s(0.0) is None
    handling.add(600.0, 0.0)
    handling.add(120.0, 1800.0)
    handling.add(240.0, 3600.0)
    assert handling.mean_s(3600.0) == 320.0
    assert handling.mean_s(3601.0) == 180.0
    assert handling.mean_s(7201.0) is None


def test_a_flood_of_calls_keeps_the_newest() -> None:
    handling = Handling()
    for n in range(3 * MOST):
        handling.add(float(n), 0.0)
    assert handling.mean_s(0.0) == pytest.approx(2 * MOST + (MOST - 1) / 2)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, (0, 1)), (40.0, (0, 1)), (60.0, (0, 2)), (120.0, (1, 3)), (600.0, (7, 13))],
)
def test_what_is_said(seconds: float, said: tuple[int, int]) -> None:
    assert spoken(seconds) == Range(*said)


@given(st.lists(st.none() | st.floats(0, 7200), min_size=1))
def test_what_a_caller_is_told_never_grows(worked_out: list[float | None]) -> None:
    announced = Announced()
    told = [said for seconds in worked_out if (said := announced.next(seconds, 0.0)) is not None]
    for before, after in itertools.pairwise(told):
        assert after.low_min <= before.low_min
        assert after.high_min <= before.high_min
    known = [s for s in worked_out if s is not None]
    assert announced.first_s == (known[0] if known else None)
    assert len(told) == len(known)


def test_what_was_said_first_is_held_against_the_wait_from_then_on(
    floor: Callable[..., Any],
) -> None:
    told = Comfort(tell_wait=True)
    office = floor(Queue(id="sales", name="Sales", members=("201",), wrap_up_s=0, comfort=told))
    office.at_work("201")
    office.joins("a", at=0.0)
    office.answers("a", "201")
    office.ends("a", at=120.0)  # the last hour's mean is 120 s
    office.joins("b", at=130.0)
    office.answers("b", "201")
    office.joins("c", at=140.0)
    assert office.acd.outlook(CallId("c"), 150.0) == (1, Range(1, 3))
    assert office.acd.outlook(CallId("c"), 170.0) == (1, Range(1, 3))
    assert office.acd.outlook(CallId("a"), 170.0) == (0, None)
    office.ends("b", at=240.0)
    office.answers("c", "201")
    accuracy = office.acd.serving["sales"].accuracy
    assert (accuracy.count, accuracy.mean_error_s, accuracy.bias_s) == (1, 30.0, 30.0)
    silent = Queue(id="sales", name="Sales", members=("201",), wrap_up_s=0)
    office.configure(silent)  # what was measured is kept, and nobody is told any more
    office.joins("d", at=250.0)
    assert office.acd.outlook(CallId("d"), 260.0) == (1, None)
    assert office.acd.serving["sales"].accuracy.count == 1


def test_the_error_is_measured_for_the_supervisor() -> None:
    accuracy = Accuracy()
    assert (accuracy.count, accuracy.mean_error_s, accuracy.bias_s) == (0, None, None)
    for told, waited in ((60.0, 90.0), (120.0, 60.0)):
        accuracy.add(told, waited)
    assert (accuracy.count, accuracy.mean_error_s, accuracy.bias_s) == (2, 45.0, 15.0)
