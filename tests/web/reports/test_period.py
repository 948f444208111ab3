"""Which report a query string asks for."""

from __future__ import annotations

from datetime import date

import pytest
from web_fakes import demo_office

from firmware.records.kpi import ServiceLevel
from firmware.records.reports import Limits, Rule
from web.reports.period import Span, parse

TODAY = date(2026, 3, 4)  # a Wednesday
ZONE = "Africa/Johannesburg"


@pytest.mark.parametrize(
    ("form", "first", "last"),
    [
        ({}, TODAY, TODAY),
        ({"span": "week"}, date(2026, 3, 2), date(2026, 3, 8)),
        ({"span": "month", "day": "2028-02-10"}, date(2028, 2, 1), date(2028, 2, 29)),
        ({"span": "days", "day": "2026-01-05", "to": "2026-02-01"}, date(2026, 1, 5),
         date(2026, 2, 1)),
        ({"span": "days", "day": "2026-02-05"}, date(2026, 2, 5), date(2026, 2, 5)),
        ({"span": "year"}, TODAY, TODAY),
    ],
)  # fmt: skip
def test_days_of_a_period(form: dict[str, str], first: date, last: date) -> None:
    found = parse(form, TODAY, ZONE, demo_office())
    assert (found.asked.first, found.asked.last, found.complaints) == (first, last, ())


@pytest.mark.parametrize(
    "form",
    [{"day": "2026-13-45"}, {"day": "9999-12-31"}, {"day": "x"},
     {"span": "days", "day": "2026-02-05", "to": "2026-02-04"},
     {"span": "days", "day": "2026-02-05", "to": "2926-02-04"}],
)  # fmt: skip
def test_what_is_not_understood_is_told(form: dict[str, str]) -> None:
    found = parse(form, TODAY, ZONE, demo_office())
    assert len(found.complaints) == 1
    assert found.asked.first == found.asked.last


def test_the_page_leads_to_its_neighbours_and_to_itself() -> None:
    form = {"span": "month", "day": "2026-03-31", "queue": "sales", "formula": "SL-F6",
            "rule": "decided"}  # fmt: skip
    found = parse(form, TODAY, ZONE, demo_office())
    assert (found.formula, found.asked.rule) == (ServiceLevel.SHORT_ABANDONS_OUT, Rule.DECIDED)
    assert found.before is not None
    assert found.after is not None
    assert (found.before["day"], found.after["day"]) == ("2026-02-28", "2026-04-01")
    again = parse(found.fields, TODAY, ZONE, demo_office())
    assert (again.asked, again.span) == (found.asked, Span.MONTH)
    some_days = parse({"span": "days"}, TODAY, ZONE, demo_office())
    assert some_days.before is None
    assert some_days.after is None


def test_limits_are_the_queues() -> None:
    asked = parse({"queue": "sales"}, TODAY, ZONE, demo_office()).asked
    assert asked.limits["sales"] == Limits(20, 5)
    assert asked.limits.keys() == {q.id for q in demo_office().queues}
