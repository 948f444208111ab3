"""Answers by queue, day, half-hour, agent and line, and the calls behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_day import Story

from firmware.records.messages import EventRow
from firmware.records.opinions import Opinions
from firmware.records.reports import Asked, Rule
from firmware.records.scores import Scores
from firmware.records.store import Records

JOBURG = "Africa/Johannesburg"
DAY = date(2026, 3, 2)
ASKED = Asked(DAY, DAY, JOBURG)
BEGAN = datetime(2026, 3, 2, 8, 29, tzinfo=UTC)  # 10:29 in Johannesburg


def told(
    story: Story, at: float, call: str, scale: str, score: int, queue: str, agent: str, line: int
) -> None:
    """A call that waits 90 s, talks, and is asked."""
    story.offered(at, call, queue, line=line)
    story.answered(at + 90, call, agent, 90)
    story.tell(at + 200, "queue.ended", call)
    story.tell(at + 205, "survey.answered", call, survey="s", scale=scale, score=score,
               queue=queue, agent=agent)  # fmt: skip
    story.ended(at + 207, call)


@pytest.fixture
def asked(records: Records) -> Records:
    story = Story(BEGAN)
    told(story, 0, "a", "csat", 5, "sales", "201", 1)
    told(story, 300, "b", "csat", 2, "sales", "202", 1)
    told(story, 600, "c", "nps", 10, "support", "201", 2)
    told(story, 90_000, "d", "nps", 3, "support", "203", 2)  # the next day
    records.write(story.rows)
    return records


def test_answers_of_a_day(asked: Records) -> None:
    found = asked.report(ASKED).opinions
    assert (found.total.csat, found.total.csat_mean, found.total.nps) == (0.5, 3.5, 100)
    assert found.queues["sales"].csat_answers == 2
    assert found.queues["support"].nps == 100
    assert found.agents["201"].csat == 1
    assert found.lines[1].csat == 0.5
    half_hours = {f"{at:%H:%M}": one.csat_answers for at, one in found.half_hours.items() if one}
    assert half_hours == {"08:00": 1, "08:30": 1}


def test_an_answer_follows_the_rule_of_its_call(asked: Records) -> None:
    found = asked.report(replace(ASKED, rule=Rule.DECIDED)).opinions
    half_hours = {f"{at:%H:%M}": one.csat_answers for at, one in found.half_hours.items() if one}
    assert half_hours == {"08:30": 2}


@pytest.mark.parametrize(
    ("narrow", "answers"),
    [({"queue": "support"}, 1), ({"agent": "201"}, 2), ({"line": 1}, 2), ({"line": 7}, 0),
     ({"last": date(2026, 3, 3)}, 4)],
)  # fmt: skip
def test_a_narrower_or_wider_report(
    asked: Records, narrow: dict[str, object], answers: int
) -> None:
    total = asked.report(replace(ASKED, **narrow)).opinions.total  # type: ignore[arg-type]  # one of several fields
    assert total.csat_answers + total.nps_answers == answers


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 170_000), st.sampled_from(["csat", "nps"]), st.integers(1, 5),
            st.sampled_from(["sales", "support"]), st.sampled_from(["201", "202", ""]),
            st.sampled_from([1, 2, None]),
        ),
        max_size=25,
    ),
    st.sampled_from([Rule.OFFERED, Rule.DECIDED]),
)  # fmt: skip
def test_every_grouping_comes_to_the_same(
    given_: list[tuple[int, str, int, str, str, int | None]],
    rule: Rule,
) -> None:
    records = Records("sqlite://")
    story = Story(BEGAN)
    for n, (at, scale, score, queue, agent, line) in enumerate(given_):
        told(story, at, f"c{n}", scale, score, queue, agent, line)  # type: ignore[arg-type]  # no line too
    records.write([r for r in story.rows if isinstance(r, EventRow)])
    found = records.report(replace(ASKED, last=date(2026, 3, 8), rule=rule)).opinions
    records.close()
    assert found.total.csat_answers + found.total.nps_answers == len(given_)
    for by in (found.queues, found.days, found.half_hours, found.agents, found.lines):
        assert sum(by.values(), Scores()) == found.total


def test_no_answers_are_no_figures(records: Records) -> None:
    assert records.report(ASKED).opinions == Opinions()
