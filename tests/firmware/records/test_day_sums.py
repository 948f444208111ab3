"""Days added up once: a report is the same with and without their sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from queue_day import Story, the_log

from firmware.records.day_sums import gaps
from firmware.records.reports import Asked, Limits
from firmware.records.store import Records

ZONE = "Europe/Berlin"
LIMITS = {"sales": Limits(20, 5), "support": Limits(30, 0)}
NOW = datetime(2026, 3, 31, 15, tzinfo=UTC)
WHOLE = Asked(date(2026, 3, 27), date(2026, 3, 31), ZONE, LIMITS, now=NOW)


@pytest.fixture
def busy(records: Records) -> Records:
    """The worked log on five days about the change to summer time (29 March), and more."""
    for n in range(5):
        story = the_log(datetime(2026, 3, 27 + n, 0, 50, tzinfo=UTC))
        for row in story.rows:
            object.__setattr__(row, "call", f"d{n}{row.call}") if getattr(row, "call", "") else None
            if hasattr(row, "id"):
                object.__setattr__(row, "id", f"d{n}{row.id}")
        records.write(story.rows)
    more = Story(datetime(2026, 3, 28, 22, 40, tzinfo=UTC))
    more.state(0, "203", "ready")
    for n, cause in enumerate(("timeout", "full", "timeout")):
        more.offered(1800 * n, f"m{n}", "support", line=2 + n)
        more.left(1800 * n + 25, f"m{n}", cause, 25)
    records.write(more.rows)
    return records


@pytest.mark.parametrize("asked", [WHOLE, replace(WHOLE, queue="support")], ids=["all", "queue"])
def test_a_report_is_the_same_with_and_without_sums(busy: Records, asked: Asked) -> None:
    before = busy.report(asked)
    assert before.total.offered == (63 if not asked.queue else 3)
    added = 0
    while busy.sum_up(ZONE, LIMITS, NOW):
        added += 1
        after = busy.report(asked)
        assert (after.total, after.queues, after.days) == (before.total, before.queues, before.days)
        assert after.half_hours == before.half_hours
        assert after.lines == before.lines
        assert {n: a.tally for n, a in after.agents.items()} == {
            n: a.tally for n, a in before.agents.items()
        }
        for n, agent in after.agents.items():
            assert agent.states == pytest.approx(before.agents[n].states)
    assert added == 8  # of four days the queues, and the callers; today is not over


def test_a_day_is_added_up_once_it_is_long_over(busy: Records) -> None:
    early = datetime(2026, 3, 28, 10, tzinfo=UTC)  # the 27th ended at 23:00, 11 hours ago
    assert not busy.sum_up(ZONE, LIMITS, early)
    assert busy.sum_up(ZONE, LIMITS, early + timedelta(hours=2))


def test_other_limits_make_other_sums(busy: Records) -> None:
    while busy.sum_up(ZONE, LIMITS, NOW):
        pass
    strict = replace(WHOLE, limits={"sales": Limits(10, 5)})
    assert busy.report(strict).total.answered_in_time == 5
    assert busy.sum_up(ZONE, strict.limits, NOW)


def test_nothing_to_add_up(records: Records) -> None:
    assert not records.sum_up(ZONE, LIMITS, NOW)


def test_stretches_without_sums() -> None:
    first = date(2026, 3, 1)
    done = {first, first + timedelta(days=3)}
    assert list(gaps(first, first + timedelta(days=5), done)) == [
        (date(2026, 3, 2), date(2026, 3, 3)), (date(2026, 3, 5), date(2026, 3, 6)),
    ]  # fmt: skip
    assert list(gaps(first, first, {first})) == []
