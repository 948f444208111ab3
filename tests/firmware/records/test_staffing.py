"""Staffing against published values, and against the definitions where none are published."""

from __future__ import annotations

import math

import pytest

from firmware.records.staffing import (
    ImpossibleLoad,
    agents_for,
    blocking,
    erlang_a,
    erlang_c,
    lines_for,
    staff_for,
    traffic,
)


def test_erlang_c_as_pyworkforce_documents_it() -> None:
    """100 calls in 30 minutes, AHT 180 s, 80 % in 20 s."""
    load = traffic(100, 180, 1800)
    assert load == pytest.approx(10)
    with_14 = erlang_c(load, 14, 180, 20)
    assert with_14.wait_share == pytest.approx(0.1741, abs=5e-5)
    assert with_14.service_level == pytest.approx(0.88835, abs=5e-6)
    assert with_14.mean_wait_s == pytest.approx(7.84, abs=5e-3)
    assert with_14.occupancy == pytest.approx(0.7143, abs=5e-5)
    assert erlang_c(load, 15, 180, 20).service_level == pytest.approx(0.941, abs=5e-4)
    assert agents_for(load, 180, 20, 0.8) == 14
    assert staff_for(14, 0.3) == 20


def test_erlang_b_as_the_erlang_com_manual_has_it() -> None:
    """15 lines at 1 % blocking carry 8.108 E."""
    assert blocking(8.108, 15) == pytest.approx(0.01, abs=5e-6)
    assert lines_for(8.108, 0.01001) == 15
    assert lines_for(8.2, 0.01) == 16
    assert blocking(10, 17) == pytest.approx(0.01295, abs=5e-6)


def test_erlang_b_by_its_sum() -> None:
    """The definition: A^N/N! over the sum of A^k/k!."""
    for erlang, lines in ((0.5, 1), (3.0, 4), (12.0, 20)):
        terms = [erlang**k / math.factorial(k) for k in range(lines + 1)]
        assert blocking(erlang, lines) == pytest.approx(terms[-1] / sum(terms), rel=1e-12)


def test_erlang_a_with_published_values() -> None:
    """10 E, AHT 180 s, patience 5 minutes, 14 agents."""
    found = erlang_a(10, 14, 180, 300)
    assert found.wait_share == pytest.approx(0.14526, abs=5e-6)
    assert found.abandon_share == pytest.approx(0.01398, abs=5e-6)


def test_erlang_a_comes_to_erlang_c_with_endless_patience() -> None:
    patient, for_ever = erlang_a(10, 14, 180, 1e9), erlang_c(10, 14, 180, 20)
    assert patient.wait_share == pytest.approx(for_ever.wait_share, rel=1e-5)
    assert patient.mean_wait_s == pytest.approx(for_ever.mean_wait_s, rel=1e-5)
    assert patient.abandon_share == pytest.approx(0, abs=1e-7)


def test_erlang_a_comes_to_erlang_b_without_patience() -> None:
    """Who gives up at once is a blocked call."""
    assert erlang_a(8.108, 15, 180, 1e-6).abandon_share == pytest.approx(0.01, abs=1e-5)


def test_a_heavy_load_does_not_overflow() -> None:
    found = erlang_a(5000, 4000, 180, 60)
    assert found.abandon_share == pytest.approx(0.2, abs=1e-3)  # a fifth more than they can do
    assert found.occupancy == pytest.approx(1, abs=1e-3)


def test_too_few_agents_are_never_caught_up_with() -> None:
    found = erlang_c(10, 10, 180, 20)
    assert (found.wait_share, found.service_level, found.mean_wait_s) == (1.0, 0.0, math.inf)


def test_no_calls_need_nobody() -> None:
    assert traffic(0, 180, 1800) == 0
    assert agents_for(0, 180, 20, 0.8) == 0
    assert lines_for(0, 0.01) == 0
    assert erlang_a(0, 1, 180, 60).abandon_share == 0


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (lambda: traffic(-1, 180, 1800), "calls -1"),
        (lambda: traffic(1, 180, 0), "interval 0 s"),
        (lambda: blocking(math.nan, 3), "traffic nan"),
        (lambda: lines_for(3, 0), "blocking 0: expected a share"),
        (lambda: agents_for(3, 180, 20, 1), "service level 1: expected a share"),
        (lambda: staff_for(3, 1.2), "shrinkage 1.2"),
        (lambda: erlang_a(3, 0, 180, 60), "agents 0"),
        (lambda: erlang_a(3, 2, 180, 0), "patience 0 s"),
    ],
)
def test_impossible_loads_are_named(load: object, words: str) -> None:
    assert callable(load)
    with pytest.raises(ImpossibleLoad, match=words):
        load()
