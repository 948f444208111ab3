"""The adviser: forecasts and Erlang's published values, joined over counted half-hours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from firmware.records.adviser import (
    Calendar,
    Goal,
    advise_lines,
    advise_staff,
    all_held,
    carried_by_hour,
    error_of_last_week,
    forecast_week,
    next_monday,
    offered_for,
)

MONDAY = date(2026, 11, 23)
"""Of the week to plan."""
SUNDAY = MONDAY - timedelta(days=1)
CALENDAR = Calendar(SUNDAY, date(2026, 1, 1))
TEN = 20
"""The half-hour that begins at ten."""


def mondays(*calls: int, slot: int = TEN) -> dict[tuple[date, int], int]:
    """Calls of one half-hour on the Mondays before, newest first."""
    return {(MONDAY - timedelta(days=7 * n), slot): c for n, c in enumerate(calls, start=1)}


def test_the_week_to_plan_begins_on_the_coming_monday() -> None:
    assert next_monday(SUNDAY) == MONDAY
    assert next_monday(MONDAY) == MONDAY + timedelta(days=7)


def test_four_mondays_make_the_published_forecast() -> None:
    assert forecast_week(mondays(40, 44, 38, 42), MONDAY, CALENDAR)[MONDAY, TEN] == (
        pytest.approx(41.0)
    )


def test_a_known_total_is_shared_out_as_the_mondays_were() -> None:
    """10 and 30 calls: of 80 known, 20 and 60 (F_i = mean_i / sum(mean) x EC)."""
    counts = mondays(12, 8) | mondays(20, 40, slot=TEN + 1)
    advice = advise_staff(counts, CALENDAR, Goal(), 180, totals={MONDAY: 80})
    assert [(row.slot, row.calls) for row in advice.half_hours] == [
        (TEN, pytest.approx(20)),
        (TEN + 1, pytest.approx(60)),
    ]
    tuesday = {MONDAY + timedelta(days=1): 50.0}
    unknown = advise_staff(counts, CALENDAR, Goal(), 180, totals=tuesday)
    assert {row.day for row in unknown.half_hours} == {MONDAY}


def test_a_trend_goes_on() -> None:
    counts = mondays(130, 120, 110, 100)
    assert forecast_week(counts, MONDAY, CALENDAR, "trend")[MONDAY, TEN] == pytest.approx(140)


def test_a_holiday_among_the_weeks_is_left_out() -> None:
    counts = mondays(0, 7, 7, 7)
    closed = Calendar(SUNDAY, date(2026, 1, 1), {MONDAY - timedelta(days=7)})
    assert forecast_week(counts, MONDAY, closed)[MONDAY, TEN] == pytest.approx(7)


def test_days_before_the_first_record_are_unknown_not_quiet() -> None:
    young = Calendar(SUNDAY, MONDAY - timedelta(days=7))
    assert forecast_week(mondays(30), MONDAY, young)[MONDAY, TEN] == pytest.approx(30)
    assert advise_staff(mondays(30), young, Goal(), 180).weeks_known == 1


def test_without_a_day_of_records_there_is_no_forecast() -> None:
    new = Calendar(SUNDAY, SUNDAY)
    assert set(forecast_week({}, MONDAY, new).values()) == {None}
    assert advise_staff({}, new, Goal(), None).half_hours == ()


def test_today_is_not_over_so_it_does_not_count() -> None:
    """On a Monday, next week's Monday is forecast from the Mondays before today."""
    today = Calendar(MONDAY, date(2026, 1, 1))
    counts = mondays(40, 44, 38, 42) | {(MONDAY, TEN): 1}
    expected = forecast_week(counts, MONDAY + timedelta(days=7), today)
    assert expected[MONDAY + timedelta(days=7), TEN] == pytest.approx(41.0)


def test_a_hundred_calls_of_three_minutes_need_fourteen_agents_and_twenty_people() -> None:
    """Published: pyworkforce documentation, 80 % in 20 s, shrinkage 30 %."""
    advice = advise_staff(mondays(100, 100, 100, 100), CALENDAR, Goal(), 180.0, 300.0)
    (row,) = advice.half_hours
    assert (row.day, row.slot, row.agents, row.staff) == (MONDAY, TEN, 14, 20)
    assert row.service_level == pytest.approx(0.88835, abs=5e-5)
    assert row.abandoned == pytest.approx(0.01398, abs=5e-5)


def test_a_holiday_of_next_week_has_no_forecast_and_says_so() -> None:
    closed = Calendar(SUNDAY, date(2026, 1, 1), {MONDAY})
    rows = advise_staff(mondays(9, 9, 9, 9), closed, Goal(), 180.0).half_hours
    assert {(r.day, r.is_holiday, r.calls, r.agents) for r in rows} == {(MONDAY, True, None, None)}


def test_nobody_can_be_planned_when_no_call_was_answered() -> None:
    (row,) = advise_staff(mondays(9, 9, 9, 9), CALENDAR, Goal(), None).half_hours
    assert row.calls == pytest.approx(9)
    assert row.agents is None


def test_last_weeks_error_is_of_a_forecast_made_before_last_week() -> None:
    """Seen from Sunday, last week is the one from the 9th: 50 came, 40 were to be expected."""
    counts = mondays(1000, 50, 40, 40, 40, 40)
    assert error_of_last_week(counts, CALENDAR) == pytest.approx(20.0)


def test_last_weeks_error_without_a_week_before_is_unknown() -> None:
    assert error_of_last_week(mondays(5), Calendar(SUNDAY, date(2026, 11, 9))) is None


def test_seconds_with_all_lines_held_are_counted() -> None:
    held = [(0.0, 100.0), (40.0, 60.0), (60.0, 70.0), (200.0, 210.0)]
    assert all_held(held, 2) == (30.0, 2)
    assert all_held(held, 3) == (0.0, 2)


def test_an_hour_carries_what_is_held_within_it() -> None:
    assert carried_by_hour([(1800.0, 5400.0), (3600.0, 7200.0)]) == {0: 0.5, 1: 1.5}


def test_offered_traffic_is_found_from_what_was_carried() -> None:
    """Published: 15 lines at 1 % blocking carry 8.108 E offered."""
    assert offered_for(8.108 * 0.99, 15) == pytest.approx(8.108, abs=0.002)
    assert offered_for(0.0, 4) == 0.0
    assert offered_for(4.0, 4) is None


def test_advice_names_the_lines_that_lose_no_more_than_asked() -> None:
    """8.027 E carried by 15 lines in an hour: 15 lines lose the 1 % that was asked, 14 more."""
    each_s = 8.027 * 3600 / 15
    advice = advise_lines([(0.0, each_s)] * 15, 15, 0.0101)
    assert (advice.wanted, advice.most_held) == (15, 15)
    assert advice.all_busy_s == pytest.approx(each_s)
    assert [c.lines for c in advice.choices] == [14, 15, 16, 17, 18]
    assert advice.choices[1].blocked == pytest.approx(0.01, abs=2e-4)
    assert advice.lost_calls == pytest.approx(15 * 0.01 / 0.99, abs=0.005)


def test_lines_that_were_all_held_all_hour_say_nothing_of_how_many_more() -> None:
    advice = advise_lines([(0.0, 3600.0), (0.0, 3600.0)], 2)
    assert (advice.offered_erlang, advice.lost_calls, advice.wanted) == (None, None, None)
    assert advice.choices == ()


def test_an_idle_office_needs_no_line() -> None:
    advice = advise_lines([], 2)
    assert (advice.busiest_erlang, advice.wanted, advice.lost_calls) == (0.0, 0, 0.0)
