"""How many calls to expect: from the same weekday and half-hour of the last four weeks.

Pure. Two ways: a weighted mean (newest week first .4 .3 .2 .1, as far as there are weeks, times a
correction factor), and a trend (weighted least-squares parabola over four weeks, a line over three,
the mean of two, the value of one), taken at the coming week. Weeks left out (holidays, no record)
are None; without any week there is no forecast. Fewer than no calls are none.

Tests: tests/firmware/records/test_forecast.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WEIGHTS: Final = (0.4, 0.3, 0.2, 0.1)
"""Newest week first."""

Weeks = Sequence[float | None]
"""Calls of one half-hour, newest week first, up to four."""


def weighted_mean(weeks: Weeks, correction_percent: float = 100.0) -> float | None:
    """`sum(W C) / sum(W) x CF/100`; None without any week."""
    known = _known(weeks)
    if not known:
        return None
    total = sum(weight for weight, _, _ in known)
    return max(0.0, sum(w * calls for w, _, calls in known) / total * correction_percent / 100)


def trend(weeks: Weeks) -> float | None:
    """The weeks' curve at the coming week; None without any week."""
    known = _known(weeks)
    match len(known):
        case 0:
            return None
        case 1:
            return max(0.0, known[0][2])
        case 2:
            return max(0.0, (known[0][2] + known[1][2]) / 2)
    degree = min(2, len(known) - 2)
    points = [(float(-age), calls, weight) for weight, age, calls in known]
    return max(0.0, _fit(points, degree)[0])


def share_out(means: Sequence[float], expected_day: float) -> list[float]:
    """A known total of the day, shared out by the half-hours' means; evenly if all are 0."""
    total = sum(means)
    if not means:
        return []
    if total == 0:
        return [expected_day / len(means)] * len(means)
    return [mean / total * expected_day for mean in means]


def mape(forecast: Sequence[float | None], actual: Sequence[float]) -> float | None:
    """Mean absolute error in percent of the actual, over intervals with a forecast and a call."""
    errors = [
        abs(f - a) / a * 100 for f, a in zip(forecast, actual, strict=True) if f is not None and a
    ]
    return sum(errors) / len(errors) if errors else None


def _known(weeks: Weeks) -> list[tuple[float, int, float]]:
    """(weight, age in weeks from the coming one, calls) of the weeks that count."""
    if len(weeks) > len(WEIGHTS):
        raise ValueError(f"{len(weeks)} weeks: expected at most {len(WEIGHTS)}")
    return [
        (weight, age, calls)
        for age, (weight, calls) in enumerate(zip(WEIGHTS, weeks, strict=False), start=1)
        if calls is not None
    ]


def _fit(points: Sequence[tuple[float, float, float]], degree: int) -> list[float]:
    """Coefficients, constant first, of the weighted least-squares polynomial through (x, y, w).
    x counts back from the coming week, so the constant is the value there."""
    size = degree + 1
    rows = [
        [sum(w * x ** (i + j) for x, _, w in points) for j in range(size)]
        + [sum(w * y * x**i for x, y, w in points)]
        for i in range(size)
    ]
    for i in range(size):  # Gauss-Jordan; normal equations of distinct x are never singular
        pivot = max(range(i, size), key=lambda row: abs(rows[row][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for other in range(size):
            if other != i:
                factor = rows[other][i]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[i], strict=True)]
    return [row[-1] for row in rows]
