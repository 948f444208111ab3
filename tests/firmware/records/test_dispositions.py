"""Dispositions in figures, reckoned by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records.dispositions import Noted, of_calls


def test_resolved_of_those_that_count() -> None:
    found = of_calls(1, True, 6) + of_calls(2, False, 2) + of_calls(99, None, 4)
    assert (found.calls, found.counted) == (12, 8)
    assert found.resolution == pytest.approx(0.75)  # 6 of 8: a wrong number counts neither way
    assert found.share(99) == pytest.approx(1 / 3)
    assert found.share(7) == 0


def test_the_most_frequent_first() -> None:
    found = of_calls(12, True, 2) + of_calls(5, None, 7) + of_calls(3, False, 2)
    assert found.most_frequent == [(5, 7), (3, 2), (12, 2)]


def test_nothing_noted_is_not_zero() -> None:
    assert (Noted().calls, Noted().resolution, Noted().share(1)) == (0, None, None)
    assert of_calls(99, None, 3).resolution is None
    assert of_calls(2, False, 3).resolution == 0


noted = st.lists(st.tuples(st.integers(1, 99), st.sampled_from([True, False, None])), max_size=40)


@given(noted, st.integers(0, 40))
def test_parts_come_to_the_whole(given_: list[tuple[int, bool | None]], cut: int) -> None:
    def come_to(some: list[tuple[int, bool | None]]) -> Noted:
        return sum((of_calls(code, is_resolved, 1) for code, is_resolved in some), Noted())

    whole = come_to(given_)
    assert come_to(given_[:cut]) + come_to(given_[cut:]) == whole
    assert whole.calls == len(given_)
    assert whole.counted == sum(is_resolved is not None for _, is_resolved in given_)
