"""Forecasts against worked examples, and numpy's fit."""

from __future__ import annotations

import numpy as np
import pytest

from firmware.records.forecast import mape, share_out, trend, weighted_mean


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [([40, 44, 38, 42], 41.0), ([7, 7, 7, 7], 7.0), ([10, None, 20, None], 80 / 6), ([5], 5.0)],
)
def test_weighted_mean(newest_first: list[float | None], expected: float) -> None:
    assert weighted_mean(newest_first) == pytest.approx(expected)
    assert weighted_mean(newest_first, 110) == pytest.approx(expected * 1.1)


@pytest.mark.parametrize(
    ("oldest_first", "expected"),
    [
        ([1, 4, 9, 16], 25.0),
        ([100, 110, 120, 130], 140.0),
        ([None, 10, 20, 30], 40.0),
        ([None, None, 10, 20], 15.0),
        ([None, None, None, 8], 8.0),
        ([90, 60, 30, 0], 0.0),  # would be -30
    ],
)
def test_trend(oldest_first: list[float | None], expected: float) -> None:
    assert trend(oldest_first[::-1]) == pytest.approx(expected)


def test_trend_of_uneven_weeks_is_the_weighted_fit() -> None:
    newest_first = [31.0, 44.0, 25.0, 37.0]
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    fitted = np.polyfit([-1, -2, -3, -4], newest_first, 2, w=np.sqrt(weights))
    assert trend(newest_first) == pytest.approx(float(np.polyval(fitted, 0)))


def test_three_weeks_of_four_make_a_line() -> None:
    """The week left out keeps its place in time."""
    assert trend([40.0, None, 20.0, 10.0]) == pytest.approx(50.0)


def test_nothing_known_gives_nothing() -> None:
    assert weighted_mean([None, None]) is None
    assert trend([]) is None
    assert mape([None], [3.0]) is None


def test_a_known_day_is_shared_out() -> None:
    assert share_out([10, 30, 0], 80) == [20, 60, 0]
    assert share_out([0, 0], 8) == [4, 4]
    assert share_out([], 8) == []


def test_error_of_last_week() -> None:
    assert mape([90, 110, None, 5], [100, 100, 7, 0]) == pytest.approx(10.0)


def test_a_fifth_week_is_refused() -> None:
    with pytest.raises(ValueError, match="5 weeks: expected at most 4"):
        trend([1, 2, 3, 4, 5])
