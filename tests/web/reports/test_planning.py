"""Next week's plan and last week again, as the page shows them."""

from __future__ import annotations

import re
from datetime import date

from flask.testing import FlaskClient
from web_fakes import FakeCore, demo_advice, demo_replay

from firmware.api.advice_schema import AdviceRequest, ReplayRequest
from web.reports.planning import SHADES, compare, plan_of

WEDNESDAY = date(2026, 3, 4)


def test_a_week_is_a_table_of_half_hours_by_days() -> None:
    advice = demo_advice(AdviceRequest(), WEDNESDAY)
    plan = plan_of(advice)
    assert plan is not None
    assert (plan.days[0], len(plan.days), plan.most) == (date(2026, 3, 9), 7, 3)
    assert [time for time, _ in plan.rows] == ["10:00", "10:30"]
    ten = plan.rows[0][1]
    assert [cell.shade for cell in ten] == [SHADES] * 4 + [0] * 3
    assert ten[4].half_hour is not None
    assert ten[4].half_hour.is_holiday
    assert ten[5].half_hour is None
    assert plan_of(advice.model_copy(update={"queues": []})) is None


def test_what_would_have_been() -> None:
    asked = ReplayRequest(first=WEDNESDAY, last=WEDNESDAY, queue="sales", agents=1)
    seen = demo_replay(asked)
    rows = {row.label: row for row in compare([seen.before.total, seen.after.total])}
    assert rows["Answered"].values == [100, 110]
    assert rows["Answered"].is_more_better
    assert not rows["Gave up"].is_more_better


def test_the_page(owner: FlaskClient) -> None:
    page = owner.get("/reports/planning?queue=service").text
    assert "Planning: Service" in page
    assert "31 %" in page  # the forecast's error
    assert re.search(r"11.4 calls expected, 2 at work.>3</td>", page)
    assert re.search(r"Answered</button></th><td class=.num worse.>90</td>", page)
    assert "80 % of callers are answered within 20 s" in page


def test_the_core_away(owner: FlaskClient, core: FakeCore) -> None:
    owner.get("/reports")
    core.is_away = True
    answer = owner.get("/reports/planning")
    assert answer.status_code == 200
    assert "does not answer at the moment" in answer.text


def test_agents_do_not_plan(agent: FlaskClient) -> None:
    assert agent.get("/reports/planning").status_code == 403
