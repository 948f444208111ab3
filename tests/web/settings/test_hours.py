"""Opening hours as people write them, and the reasons for pauses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

from firmware.config.schema import Destination
from web.settings import hours_form

Post = Callable[..., object]
FORM = {
    "generation": "12",
    "name": "Office hours",
    "week-mon": "8:00-12:30, 13:00 - 17:00",
    "week-sat": "09:00 to 12:00",
    "holidays": "closed",
    "special_days": "2026-12-24 08:00-12:00 Christmas Eve\n2026-12-31 Old Year's Day\n",
    "open": "menu:main",
    "closed": "voicemail:office",
}


def test_spans_are_read_as_people_write_them() -> None:
    assert hours_form.spans("8:00-12:30, 13:00 – 17:00") == [  # noqa: RUF001  # typed so
        {"opens": "08:00", "closes": "12:30"},
        {"opens": "13:00", "closes": "17:00"},
    ]
    assert hours_form.spans(" ") == []
    assert hours_form.as_text(hours_form.spans("soon")) == "soon"  # comes back as it was typed


def test_special_days_and_what_is_none() -> None:
    text = "2026-12-24 08:00-12:00 Christmas Eve\n2026-12-31 Closed early"
    days, wrong = hours_form.special_days(text + "\n\nChristmas")
    assert hours_form.special_days_as_text(days) == text
    assert wrong == ["Christmas"]


def test_new_hours(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/hours/new", FORM).status_code == 302
    made = core.office.schedules[0]
    assert made.id == "office-hours"
    assert [(s.opens, s.closes) for s in made.week["mon"]] == [
        ("08:00", "12:30"),
        ("13:00", "17:00"),
    ]
    assert set(made.week) == {"mon", "sat"}
    assert made.special_days[0].day == date(2026, 12, 24)
    assert not made.special_days[1].spans
    assert (made.open, made.holiday) == (Destination(to="menu", id="main"), None)
    page = owner.get("/settings/hours/office-hours").text
    assert "08:00-12:30, 13:00-17:00" in page
    assert "Day of Reconciliation" in page  # the coming year's
    assert "Office hours" in owner.get("/settings/hours").text


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"week-tue": "eight to five"}, "week-tue", "eight to five"),
        ({"week-tue": "17:00-08:00"}, "week-tue", "expected to close later"),
        ({"special_days": "Christmas"}, "special_days", "Christmas"),
        ({"special_days": "2026-02-30 Leap"}, "special_days", "date"),
        ({"open": "hangup:"}, "open", "expected somewhere they are served"),
        ({"switch": "abc"}, "switch", "pattern"),
        ({"name": ""}, "name", "at least 1"),
    ],
)
def test_mistakes_are_told_at_their_field(
    owner: FlaskClient, core: FakeCore, post: Post, change: dict[str, str], field: str, says: str
) -> None:
    answer = post(owner, "/settings/hours/new", FORM | change)
    assert answer.status_code == 422
    found = re.search(f'id="f-{field}-note">(.*?)</p>', answer.text, re.DOTALL)
    assert found is not None
    assert says in found[1]
    assert core.generation == 12


def test_removed_unless_something_leads_there(
    owner: FlaskClient, core: FakeCore, post: Post
) -> None:
    post(owner, "/settings/hours/new", FORM)
    line = {"generation": "13", "name-1": "Main", "is_enabled-1": "1"}
    others = {f"{k}-{n}": v for n in (2, 3, 4) for k, v in {"name": "x"}.items()}
    post(owner, "/settings/lines", line | others | {"destination-1": "schedule:office-hours"})
    gone = {"generation": str(core.generation)}
    page = post(owner, "/settings/hours/office-hours/remove", gone, follow_redirects=True).text
    assert "Line 1, destination" in page
    post(owner, "/settings/lines", line | others | gone | {"destination-1": "hangup:"})
    gone = {"generation": str(core.generation)}
    page = post(owner, "/settings/hours/office-hours/remove", gone, follow_redirects=True).text
    assert "Office hours is removed" in page
    assert core.office.schedules == ()
    assert owner.get("/settings/hours/office-hours").status_code == 404


def test_reasons_for_pauses(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {"generation": "12", "reasons": " Lunch \n\nTraining\n"}
    assert post(owner, "/settings/pauses", form).status_code == 302
    assert core.office.pause_reasons == ("Lunch", "Training")
    assert "Lunch\nTraining" in owner.get("/settings/pauses").text
    many = {"generation": "13", "reasons": "\n".join(str(n) for n in range(21))}
    answer = post(owner, "/settings/pauses", many)
    assert answer.status_code == 422
    assert "21 reasons: expected 20 at most" in answer.text
