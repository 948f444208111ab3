"""Queue figures against a published example and a log worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records.kpi import Result, ServiceLevel, Stay, Tally, Worked, tally

LOG = [
    Stay(Result.ANSWERED, 5, 180, 0, 30),
    Stay(Result.ANSWERED, 12, 240, 30, 20),
    Stay(Result.ANSWERED, 18, 120, 0, 10),
    Stay(Result.ANSWERED, 20, 60, 0, 15),
    Stay(Result.ANSWERED, 21, 300, 60, 40, is_transferred=True),
    Stay(Result.ANSWERED, 45, 90, 0, 5),
    Stay(Result.ANSWERED, 70, 150, 10, 30),
    Stay(Result.ABANDONED, 3),
    Stay(Result.ABANDONED, 5),
    Stay(Result.ABANDONED, 15),
    Stay(Result.ABANDONED, 40),
    Stay(Result.LEFT, 120, cause="timeout"),
]
"""T = 20 s, s = 5 s; two agents logged in 1800 s each, paused 600 s together."""


@pytest.fixture
def day() -> Tally:
    return tally(LOG, 20, 5)


def test_the_books_of_the_log(day: Tally) -> None:
    assert (day.offered, day.answered, day.abandoned, day.left) == (12, 7, 4, 1)
    assert (day.answered_in_time, day.abandoned_in_time, day.abandoned_short) == (4, 3, 1)
    assert (day.balance, day.longest_wait_s, dict(day.causes)) == (0, 120, {"timeout": 1})


@pytest.mark.parametrize(
    ("formula", "percent"),
    [("SL-F1", 63.64), ("SL-F2", 57.14), ("SL-F3", 36.36), ("SL-F4", 50), ("SL-F5", 45.45),
     ("SL-F6", 40)],
)  # fmt: skip
def test_service_levels_of_the_log(day: Tally, formula: str, percent: float) -> None:
    level = day.service_level(ServiceLevel(formula))
    assert level is not None
    assert 100 * level == pytest.approx(percent, abs=0.005)


def test_other_figures_of_the_log(day: Tally) -> None:
    worked = Worked(logged_in_s=3600, paused_s=600)
    found = {
        "asa": day.mean_answer_s,
        "wait": day.mean_wait_s,
        "abandon": day.mean_abandon_s,
        "talk": day.mean_talk_s,
        "handling": day.mean_handling_s,
        "abandonment": day.abandonment,
        "without short": day.abandonment_without_short,
        "transfer": day.transfer_rate,
        "occupancy": day.occupancy(worked),
        "utilisation": day.utilisation(worked),
    }
    assert found == pytest.approx(
        {
            "asa": 27.29,
            "wait": 31.17,
            "abandon": 15.75,
            "talk": 162.86 + 100 / 7,  # the log's figure is without hold, which was 100 s
            "handling": 198.57,
            "abandonment": 0.3333,
            "without short": 0.2727,
            "transfer": 0.1429,
            "occupancy": 0.4633,
            "utilisation": 0.3861,
        },
        abs=0.005,
        rel=1e-3,
    )


@pytest.mark.parametrize(
    ("formula", "percent"),
    [("SL-F1", 83.0), ("SL-F2", 86.0), ("SL-F3", 81.1), ("SL-F4", 82.7), ("SL-F5", 82.1)],
)
def test_service_levels_as_published(formula: str, percent: float) -> None:
    """ICMI Queue Tips 2005: A 1000, B 60, A20 860, B20 20, B5 10."""
    published = Tally(
        offered=1060, answered=1000, abandoned=60, answered_in_time=860, abandoned_in_time=20,
        abandoned_short=10,
    )  # fmt: skip
    level = published.service_level(ServiceLevel(formula))
    assert level is not None
    assert 100 * level == pytest.approx(percent, abs=0.05)


def test_without_calls_nothing_is_a_percentage() -> None:
    nothing = tally([], 20, 5)
    assert all(nothing.service_level(formula) is None for formula in ServiceLevel)
    assert nothing.mean_answer_s is nothing.abandonment is nothing.mean_handling_s is None
    assert nothing.occupancy(Worked()) is None
    only_short = tally([Stay(Result.ABANDONED, 1)], 20, 5)
    assert only_short.service_level(ServiceLevel.SHORT_ABANDONS_OUT) is None
    assert only_short.abandonment_without_short is None


stays = st.builds(
    Stay,
    st.sampled_from(list(Result)),
    st.integers(0, 300).map(float),
    st.integers(0, 600).map(float),
    st.integers(0, 60).map(float),
    st.integers(0, 60).map(float),
    st.booleans(),
    st.sampled_from(["timeout", "full"]),
)


@given(st.lists(stays), st.lists(stays))
def test_parts_come_to_the_whole(some: list[Stay], more: list[Stay]) -> None:
    whole = tally(some + more, 20, 5)
    assert tally(some, 20, 5) + tally(more, 20, 5) == whole
    assert whole.balance == 0
    assert whole.left == sum(whole.causes.values())
