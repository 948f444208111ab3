"""Today's service levels beside the queues."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from web_fakes import FakeRecords, demo_office

from firmware.records.errors import RecordsAway
from firmware.records.messages import CallId, CallRow, Outcome
from firmware.records.reports import Asked, Report
from web.floor.day import Day, read

NOW = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # half an hour into the 3rd in Johannesburg
ANSWERED_S = (5.0, 12.0, 18.0, 20.0, 21.0, 45.0, 70.0)
ABANDONED_S = (3.0, 5.0, 15.0, 40.0)


class Broken(FakeRecords):
    """Records that cannot be read."""

    def report(self, asked: Asked) -> Report:
        raise RecordsAway("sqlite:///gone", "the medium is gone")


def row(n: int, at: datetime, outcome: Outcome, wait_s: float) -> CallRow:
    talk_s = 60.0 if outcome is Outcome.ANSWERED else 0.0
    total_s = wait_s + talk_s
    return CallRow(
        id=CallId(f"c{n}"), started_at=at, direction="incoming", outcome=outcome,
        ended_at=at + timedelta(seconds=total_s), ended_by="caller", cause=16, line=1,
        caller_number=f"02155500{n:02}", queue="sales", wait_s=wait_s, talk_s=talk_s,
        total_s=total_s, agent="201" if talk_s else "",
    )  # fmt: skip


@pytest.fixture
def records() -> FakeRecords:
    """The waits of a published example: 4 of 11 are answered in 20 s; and one call of the 2nd."""
    waits = [(Outcome.ANSWERED, s) for s in ANSWERED_S]
    waits += [(Outcome.ABANDONED, s) for s in ABANDONED_S]
    today = [row(n, NOW - timedelta(minutes=n + 5), *one) for n, one in enumerate(waits)]
    yesterday = row(50, NOW - timedelta(hours=1), Outcome.ANSWERED, 1.0)
    return FakeRecords([*today, yesterday])


def test_every_abandon_is_bad_unless_the_office_says_otherwise(records: FakeRecords) -> None:
    found = read(records, demo_office(), NOW)
    assert found.formula == "SL-F3"
    assert found.levels == {"sales": pytest.approx(4 / 11)}


def test_nothing_is_said_of_a_queue_without_calls() -> None:
    assert read(FakeRecords(), demo_office(), NOW).levels == {}


def test_nothing_is_said_while_the_records_are_away() -> None:
    assert read(Broken(), demo_office(), NOW) == Day()
