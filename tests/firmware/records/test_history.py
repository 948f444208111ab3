"""What planning reads from the records, of a day told the way the box tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from queue_day import the_log

from firmware.records import history
from firmware.records.errors import TooMuch
from firmware.records.messages import CallId, CallRow, EventRow
from firmware.records.store import Records

ZONE = "Africa/Johannesburg"
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""Ten o'clock, a Monday."""
MONDAY = date(2026, 3, 2)


@pytest.fixture
def told(records: Records) -> Records:
    records.write(the_log(BEGAN).rows)
    return records


def test_calls_are_counted_by_half_hours_of_the_wall_clock(told: Records) -> None:
    counts = told.ask(lambda c: history.offered(c, MONDAY, MONDAY, ZONE))
    assert counts == {"sales": {(MONDAY, 20): 12}}


def test_days_outside_are_not_counted(told: Records) -> None:
    before = MONDAY - timedelta(days=1)
    assert told.ask(lambda c: history.offered(c, before, before, ZONE)) == {}


def test_a_half_hour_that_comes_twice_is_counted_as_one(records: Records) -> None:
    """Berlin, 25 October 2026: 02:30 is at 00:30 UTC and again at 01:30."""
    for hour in (0, 1):
        log = the_log(datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
        records.write([_renamed(row, hour) for row in log.rows])
    counts = records.ask(
        lambda c: history.offered(c, date(2026, 10, 25), date(2026, 10, 25), "Europe/Berlin")
    )
    assert counts["sales"] == {(date(2026, 10, 25), 5): 24}


def _renamed(row: EventRow | CallRow, hour: int) -> EventRow | CallRow:
    if isinstance(row, CallRow):
        return replace(row, id=CallId(f"{row.id}-{hour}"))
    return replace(row, call=CallId(f"{row.call}-{hour}")) if row.call else row


def test_handling_time_and_patience_are_those_of_the_log(told: Records) -> None:
    """AHT 1390 / 7; 374 s of waiting over four who gave up."""
    habit = told.ask(lambda c: history.habits(c, MONDAY, MONDAY, ZONE))["sales"]
    assert habit.handling_s == pytest.approx(1390 / 7)
    assert habit.patience_s == pytest.approx(374 / 4)


def test_the_first_whole_day_is_the_one_after_the_first_call(told: Records) -> None:
    assert told.ask(lambda c: history.first_whole_day(c, ZONE)) == MONDAY + timedelta(days=1)


def test_without_calls_there_is_no_first_day(records: Records) -> None:
    assert records.ask(lambda c: history.first_whole_day(c, ZONE)) is None


def test_lines_are_held_within_the_bounds(told: Records) -> None:
    since, until = BEGAN + timedelta(seconds=120), BEGAN + timedelta(seconds=160)
    held = told.ask(lambda c: history.held(c, since, until))
    assert min(start for start, _ in held) == since.timestamp()
    assert max(end for _, end in held) == until.timestamp()


def test_a_stretch_has_stays_agents_and_lines(told: Records) -> None:
    found = told.ask(lambda c: history.stretch(c, BEGAN, BEGAN + timedelta(hours=1)))
    assert len(found.stays) == len(found.calls) == 12
    assert {time.agent for time in found.times} == {"201", "202"}
    assert sum(stay.talk_s for stay in found.stays) == pytest.approx(1140)


def test_a_stretch_that_is_too_long_is_refused(
    told: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_STAYS", 11)
    with pytest.raises(TooMuch, match=r"12 calls .* expected at most 11"):
        told.ask(lambda c: history.stretch(c, BEGAN, BEGAN + timedelta(hours=1)))
