"""Which recordings go: by age, by space, and never an open one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recorder.retention import DAY_S, Kept, Rule, to_delete

NOW = 100 * DAY_S


def kept(name: str, days_old: float, octets: int = 1000, **facts: bool) -> Kept:
    return Kept(name, NOW - days_old * DAY_S, octets, **facts)


SHELF = [kept("b", 20), kept("a", 40), kept("c", 1), kept("open", 90, is_finished=False)]


def names(rule: Rule, free_octets: int = 0, shelf: list[Kept] = SHELF) -> list[str]:
    return [going.path for going in to_delete(shelf, rule, NOW, free_octets)]


def test_without_a_rule_everything_stays() -> None:
    assert names(Rule()) == []


def test_by_age_oldest_first() -> None:
    assert names(Rule(keep_days=10)) == ["a", "b"]
    assert names(Rule(keep_days=30)) == ["a"]


def test_exactly_as_old_as_allowed_stays() -> None:
    assert names(Rule(keep_days=20)) == ["a"]


def test_by_space_only_as_many_as_needed() -> None:
    assert names(Rule(free_octets=1500), free_octets=600) == ["a"]
    assert names(Rule(free_octets=2601), free_octets=600) == ["a", "b", "c"]
    assert names(Rule(free_octets=600), free_octets=600) == []


def test_what_age_frees_counts_for_space() -> None:
    assert names(Rule(keep_days=30, free_octets=1000)) == ["a"]


def test_held_ones_stay() -> None:
    assert names(Rule(keep_days=1), shelf=[kept("a", 40, is_held=True), kept("b", 3)]) == ["b"]


@given(
    st.lists(st.tuples(st.floats(0, 99), st.integers(0, 10_000), st.booleans(), st.booleans())),
    st.floats(0, 100),
    st.integers(0, 100_000),
    st.integers(0, 100_000),
)
def test_never_an_open_or_held_one_and_never_a_newer_before_an_older(
    shelf: list[tuple[float, int, bool, bool]], days: float, want: int, free: int
) -> None:
    all_ = [Kept(str(i), NOW - a * DAY_S, o, f, h) for i, (a, o, f, h) in enumerate(shelf)]
    going = to_delete(all_, Rule(days, want), NOW, free)
    assert all(one.is_finished and not one.is_held for one in going)
    assert [one.started_s for one in going] == sorted(one.started_s for one in going)
    spared = [one for one in all_ if one.is_finished and not one.is_held and one not in going]
    assert not spared or free + sum(one.octets for one in going) >= want
