"""CSAT and NPS by their definitions, on answers reckoned by hand."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records.scores import Scores, of_answers


def test_csat_is_the_share_of_fours_and_fives() -> None:
    found = Scores(csat_by_score=Counter({5: 6, 4: 2, 3: 1, 1: 1}))
    assert (found.csat_answers, found.satisfied) == (10, 8)
    assert found.csat == pytest.approx(0.8)
    assert found.csat_mean == pytest.approx(4.2)  # 30 + 8 + 3 + 1 = 42 of 10


def test_nps_is_promoters_minus_detractors_in_per_cent() -> None:
    found = Scores(nps_by_score=Counter({10: 3, 9: 2, 8: 2, 7: 1, 6: 1, 0: 1}))
    assert (found.promoters, found.detractors, found.nps_answers) == (5, 2, 10)
    assert found.nps == pytest.approx(30.0)


@pytest.mark.parametrize(("score", "nps"), [(10, 100), (9, 100), (8, 0), (7, 0), (6, -100)])
def test_where_the_bounds_of_the_nps_are(score: int, nps: float) -> None:
    assert of_answers("nps", score, 3).nps == nps


def test_nobody_answered_is_not_zero() -> None:
    assert (Scores().csat, Scores().csat_mean, Scores().nps) == (None, None, None)
    assert of_answers("csat", 1, 1).csat == 0
    assert of_answers("csat", 1, 1).nps is None


answers = st.lists(
    st.one_of(
        st.tuples(st.just("csat"), st.integers(1, 5)), st.tuples(st.just("nps"), st.integers(0, 10))
    ),
    max_size=40,
)


@given(answers, st.integers(0, 40))
def test_parts_come_to_the_whole(given_: list[tuple[str, int]], cut: int) -> None:
    def come_to(some: list[tuple[str, int]]) -> Scores:
        return sum((of_answers(scale, score, 1) for scale, score in some), Scores())

    whole = come_to(given_)
    assert come_to(given_[:cut]) + come_to(given_[cut:]) == whole
    assert whole.csat_answers + whole.nps_answers == len(given_)
    assert whole.nps is None or -100 <= whole.nps <= 100
