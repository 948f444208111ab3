"""Lines held all at once, and the estimate of who met them, against published Erlang B values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records.adviser import all_held
from firmware.records.line_use import LineUse, busy_spells, cut, lost_by_hour


def test_seconds_in_which_every_line_was_held() -> None:
    held = [(0.0, 100.0), (40.0, 70.0), (60.0, 200.0), (90.0, 95.0)]
    assert list(busy_spells(held, 2)) == [(40, 100)]
    assert list(busy_spells(held, 3)) == [(60, 70), (90, 95)]
    assert list(busy_spells(held, 4)) == []
    assert list(busy_spells(held, 0)) == []


def test_a_call_that_follows_at_once_keeps_a_line_held() -> None:
    assert list(busy_spells([(0.0, 10.0), (10.0, 20.0)], 1)) in ([(0, 10), (10, 20)], [(0, 20)])
    assert sum(cut(busy_spells([(0.0, 10.0), (10.0, 20.0)], 1), 1800).values()) == 20


def test_spells_are_cut_at_half_hours() -> None:
    assert cut([(1700.0, 1900.0), (3599.0, 3601.0)], 1800) == {0: 100, 1800: 101, 3600: 1}


def test_the_estimate_is_erlang_b() -> None:
    # 15 lines at 1 % blocking are offered 8.108 E (erlang.com manual): 8.027 E are carried.
    held_s = 8.108 * 0.99 * 3600
    held = [(0.0, 3600.0)] * 8 + [(0.0, held_s - 8 * 3600)]
    found = lost_by_hour(held, [float(n) for n in range(99)], 15)
    assert found[0] == pytest.approx(1.0, abs=0.01)  # 99 came in, 1 % of 100 did not


def test_an_hour_that_was_full_all_through_tells_nothing() -> None:
    assert lost_by_hour([(0.0, 3600.0)], [0.0], 1) == {0: None}
    assert lost_by_hour([], [10.0], 2) == {0: 0.0}
    assert lost_by_hour([(0.0, 60.0)], [0.0], 0) == {0: 0.0}


def test_shares_of_nothing_are_none() -> None:
    assert LineUse().self_service is None
    assert LineUse().lost_share is None
    assert LineUse(reached=99, served=33, lost=1.0).self_service == pytest.approx(1 / 3)
    assert LineUse(reached=99, lost=1.0).lost_share == pytest.approx(0.01)


spells = st.lists(
    st.tuples(st.integers(0, 9000), st.integers(1, 4000)).map(
        lambda one: (float(one[0]), float(one[0] + one[1]))
    ),
    max_size=30,
)


@given(spells, st.integers(1, 6))
def test_spells_come_to_what_the_adviser_measures(
    held: list[tuple[float, float]], lines: int
) -> None:
    total, _ = all_held(held, lines)
    found = list(busy_spells(held, lines))
    assert sum(end - start for start, end in found) == pytest.approx(total)
    assert sum(cut(found, 1800).values()) == pytest.approx(total)
