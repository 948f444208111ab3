"""Callers linked by day: first-call resolution without reading the calls of the period."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from queue_day import Story
from sqlalchemy import Connection

from firmware.records import caller_days
from firmware.records.callers import Callers
from firmware.records.marks import LINKED, mark
from firmware.records.store import Records

ZONE = "Africa/Johannesburg"
MONDAY = date(2026, 3, 2)
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY_S = 86400.0
ALICE, ALICE_ABROAD, BOB, CAROL = "0215557788", "+27215557788", "0825551234", "0111111111"


@pytest.fixture
def story() -> Story:
    """Alice calls on days 0, 6 and 20, Bob on days 1 and 9, Carol twice on day 3; twice nobody."""
    story = Story(BEGAN)
    for n, (number, day) in enumerate(
        [(ALICE, 0), (BOB, 1), ("", 2), ("", 2), (CAROL, 3), (CAROL, 3.1), (ALICE_ABROAD, 6),
         (BOB, 9), (ALICE, 20)]
    ):  # fmt: skip
        story.offered(day * DAY_S, f"c{n}", caller_number=number)
        story.ended(day * DAY_S + 60, f"c{n}")
    return story


def linked(records: Records, until_day: int, again_days: int = 7) -> int:
    """Link until the clock of that day's evening; how many days that were."""
    now = BEGAN + timedelta(days=until_day, hours=10)
    count = 0
    with records._engine.begin() as connection:
        while caller_days.link_next(connection, ZONE, again_days, now):
            count += 1
    return count


def callers(records: Records, first: int, last: int, again_days: int = 7) -> Callers | None:
    period = MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)
    return records.ask(lambda c: caller_days.callers_of(c, *period, ZONE, None, again_days))


PERIODS = (
    # first day, last day, callers, of these settled by their first call
    (0, 30, 3, 1), (0, 0, 1, 0), (1, 1, 1, 1), (0, 8, 3, 1), (6, 6, 1, 1), (4, 30, 2, 2),
    (3, 3, 1, 0), (2, 2, 0, 0), (19, 30, 1, 1),
)  # fmt: skip


@pytest.mark.parametrize("until_day", [0, 1, 2, 5, 7, 8, 10, 21, 30])
def test_however_many_days_are_linked(records: Records, story: Story, until_day: int) -> None:
    records.write(story.rows)
    assert linked(records, until_day) == until_day
    found = [callers(records, first, last) for first, last, _, _ in PERIODS]
    assert found == [Callers(known, once) for _, _, known, once in PERIODS]


def test_soon_is_what_the_office_says(records: Records, story: Story) -> None:
    records.write(story.rows)
    linked(records, 30)
    assert callers(records, 0, 30, again_days=8) == Callers(3, 0)
    assert linked(records, 30, again_days=8) == 30  # all anew
    assert callers(records, 0, 30, again_days=8) == Callers(3, 0)
    assert callers(records, 0, 30) == Callers(3, 1)


def test_a_long_period_needs_its_days_linked(records: Records, story: Story) -> None:
    records.write(story.rows)
    assert callers(records, -60, 40) is None
    linked(records, 20)
    assert callers(records, -60, 40) == Callers(3, 1)


def test_a_late_call_is_known_on_the_days_before_it(records: Records, story: Story) -> None:
    records.write(story.rows)
    linked(records, 30)
    late = Story(BEGAN)
    late.offered(7 * DAY_S, "late", caller_number=BOB)  # so that of day 1 was not the last word
    late.ended(7 * DAY_S + 60, "late")
    records.write(late.rows)

    def go_back(connection: Connection) -> str:
        caller_days.go_back(connection, (MONDAY + timedelta(days=7)).toordinal())
        return mark(connection, LINKED)

    with records._engine.begin() as connection:
        assert go_back(connection) == f"{ZONE} 7 {(MONDAY - timedelta(days=3)).toordinal()}"
    assert callers(records, 0, 30) == Callers(3, 0)
    assert linked(records, 30) == 30
    assert callers(records, 0, 30) == Callers(3, 0)
    assert callers(records, 1, 1) == Callers(1, 0)


def test_nobody_has_called(records: Records) -> None:
    assert linked(records, 30) == 0
    assert callers(records, 0, 30) == Callers(0, 0)
