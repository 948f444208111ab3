"""Reports through the real store: the worked log, odd days, and the calls of a figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from queue_day import Story, the_log

from firmware.records.kpi import Result, ServiceLevel, Tally
from firmware.records.messages import CallId, Outcome, Search, StaysWanted
from firmware.records.reports import Asked, Limits, Report, Rule
from firmware.records.store import Records, day_bounds

JOBURG = "Africa/Johannesburg"
DAY = date(2026, 3, 2)
ASKED = Asked(DAY, DAY, JOBURG, {"sales": Limits(20, 5)})


@pytest.fixture
def report(records: Records) -> Report:
    records.write(the_log(datetime(2026, 3, 2, 8, tzinfo=UTC)).rows)
    return records.report(ASKED)


def test_the_log_gives_its_counts(report: Report) -> None:
    total = report.total
    assert (total.offered, total.answered, total.abandoned, total.left) == (12, 7, 4, 1)
    assert (total.answered_in_time, total.abandoned_in_time, total.abandoned_short) == (4, 3, 1)
    assert (total.balance, total.waiting, dict(total.causes)) == (0, 0, {"timeout": 1})
    assert report.reached == 12


@pytest.mark.parametrize(
    ("formula", "percent"),
    [("SL-F1", 63.64), ("SL-F2", 57.14), ("SL-F3", 36.36), ("SL-F4", 50), ("SL-F5", 45.45),
     ("SL-F6", 40)],
)  # fmt: skip
def test_the_log_gives_its_service_levels(report: Report, formula: str, percent: float) -> None:
    level = report.total.service_level(ServiceLevel(formula))
    assert level is not None
    assert 100 * level == pytest.approx(percent, abs=0.005)


def test_the_log_gives_its_other_figures(report: Report) -> None:
    total, worked = report.total, report.worked
    assert (worked.logged_in_s, worked.paused_s) == (3600, 600)
    found = {
        "asa": total.mean_answer_s,
        "wait": total.mean_wait_s,
        "abandon": total.mean_abandon_s,
        "talk": total.talk_s / total.answered,
        "handling": total.mean_handling_s,
        "abandonment": total.abandonment,
        "without short": total.abandonment_without_short,
        "transfer": total.transfer_rate,
        "occupancy": total.occupancy(worked),
        "utilisation": total.utilisation(worked),
    }
    assert found == pytest.approx(
        {"asa": 27.29, "wait": 31.17, "abandon": 15.75, "talk": 162.86, "handling": 198.57,
         "abandonment": 0.3333, "without short": 0.2727, "transfer": 0.1429, "occupancy": 0.4633,
         "utilisation": 0.3861},
        abs=0.005, rel=1e-3,
    )  # fmt: skip


def test_every_grouping_comes_to_the_same(report: Report) -> None:
    assert sum(report.queues.values(), Tally()) == report.total
    assert sum(report.days.values(), Tally()) == report.total
    assert sum((i.tally for i in report.half_hours), Tally()) == report.total
    assert sum(report.lines.values(), Tally()) == report.total
    agents = sum((a.tally for a in report.agents.values()), Tally())
    assert (agents.answered, agents.handling_s) == (7, report.total.handling_s)


FIGURES: dict[str, tuple[StaysWanted, Callable[[Tally], int]]] = {
    "offered": (StaysWanted(), lambda t: t.offered),
    "answered": (StaysWanted(result=Result.ANSWERED), lambda t: t.answered),
    "in time": (StaysWanted(result=Result.ANSWERED, within_s=20), lambda t: t.answered_in_time),
    "late": (
        StaysWanted(result=Result.ANSWERED, over_s=20),
        lambda t: t.answered - t.answered_in_time,
    ),
    "short": (StaysWanted(result=Result.ABANDONED, below_s=5), lambda t: t.abandoned_short),
    "transferred": (StaysWanted(is_transferred=True), lambda t: t.transferred),
    "timeout": (StaysWanted(result=Result.LEFT, cause="timeout"), lambda t: t.causes["timeout"]),
    "other line": (StaysWanted(line=2), lambda t: 0),
    "other queue": (StaysWanted(queue="support"), lambda t: 0),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_opens_its_calls(records: Records, report: Report, name: str) -> None:
    wanted, figure = FIGURES[name]
    wanted = replace(wanted, since=report.asked.since, until=report.asked.until)
    assert records.count(Search(stays=wanted)) == figure(report.total)
    assert len(records.stays(wanted)) == figure(report.total)


def test_the_calls_of_a_figure_are_the_right_ones(records: Records, report: Report) -> None:
    found = records.calls(Search(stays=StaysWanted(result=Result.ABANDONED, within_s=20)))
    assert {c.id for c in found} == {"c8", "c9", "c10"}
    mine = records.calls(Search(stays=StaysWanted(agent="201")))
    assert {c.id for c in mine} == {"c1", "c3", "c5", "c7"}


def test_a_call_belongs_to_the_interval_of_its_offer_or_of_its_answer(records: Records) -> None:
    story = Story(datetime(2026, 3, 2, 8, 29, tzinfo=UTC))
    story.offered(0, "c")
    story.answered(90, "c", "201", 90)
    story.ended(200, "c")
    records.write(story.rows)

    def where(rule: Rule) -> list[str]:
        found = records.report(replace(ASKED, rule=rule)).half_hours
        return [i.label for i in found if i.tally.offered]

    assert (where(Rule.OFFERED), where(Rule.DECIDED)) == (["10:00"], ["10:30"])


@pytest.mark.parametrize(
    ("day", "count"),
    [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (date(2026, 6, 1), 48)],
    ids=["23 hours", "25 hours", "24 hours"],
)
def test_days_with_a_change_of_the_clock(records: Records, day: date, count: int) -> None:
    zone = "Europe/Berlin"
    begins, ends = (moment.astimezone(UTC) for moment in day_bounds(day, zone))
    story = Story(begins)
    for n in range(int((ends - begins) / timedelta(minutes=15))):
        story.offered(900 * n, f"c{n}")
        story.abandoned(900 * n + 8, f"c{n}", 8)
    records.write(story.rows)
    found = records.report(Asked(day, day, zone))
    assert [i.tally.offered for i in found.half_hours] == [2] * count
    assert len({i.label for i in found.half_hours}) == count
    week = records.report(Asked(day - timedelta(3), day + timedelta(3), zone))
    assert week.days[day] == found.total == week.total
    assert sum((i.tally for i in week.half_hours), Tally()) == week.total


def test_who_waits_now_is_counted_and_has_waited_until_now(records: Records) -> None:
    story = Story(datetime(2026, 3, 2, 8, tzinfo=UTC))
    story.offered(0, "c")
    records.write(story.rows)
    total = records.report(replace(ASKED, now=story.at(42))).total
    assert (total.offered, total.waiting, total.balance) == (1, 1, 0)
    assert (total.mean_wait_s, total.longest_wait_s) == (42, 42)


def test_an_agents_time_is_cut_at_the_bounds(records: Records) -> None:
    begins, ends = day_bounds(DAY, JOBURG)
    story = Story(begins)
    length = (ends - begins).total_seconds()
    story.state(-3600, "201", "ready")
    story.state(3600, "201", "paused", "lunch")
    story.state(length - 600, "201", "ready")
    records.write(story.rows)
    night = records.report(replace(ASKED, now=ends + timedelta(hours=2))).agents["201"]
    assert night.states == {"ready": 4200, "paused": length - 4200}
    early = records.report(replace(ASKED, now=ends - timedelta(seconds=300))).agents["201"]
    assert early.states["ready"] == 3900
    assert night.worked.logged_in_s == length


def test_callers_whose_first_call_settled_it(records: Records) -> None:
    story = Story(datetime(2026, 3, 2, 8, tzinfo=UTC))
    day = 86400.0
    for n, (number, at) in enumerate(
        [("0215557788", 0), ("+27215557788", 6 * day), ("0825551234", 0), ("0825551234", 8 * day),
         ("0111111111", 10), ("", 20)]
    ):  # fmt: skip
        story.offered(at, f"c{n}", caller_number=number)
        story.ended(at + 60, f"c{n}", outcome=Outcome.ANSWERED)
    records.write(story.rows)
    callers = records.report(ASKED).callers
    assert callers is not None
    assert (callers.known, callers.once) == (3, 2)


def test_nothing_is_no_percentage(records: Records) -> None:
    found = records.report(ASKED)
    assert found.total == Tally()
    assert found.total.service_level() is None
    assert found.callers is not None
    assert found.callers.resolution is None
    assert found.total.occupancy(found.worked) is None
    assert records.calls(Search(stays=StaysWanted())) == []
    assert CallId("c1") not in records.open_calls()
