"""The pages of reports, on real books of the demonstration's calls."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Response
from flask.testing import FlaskClient
from openpyxl import load_workbook
from web_fakes import FakeCore, FakeRecords

from firmware.records.catching_up import Uncounted
from firmware.records.messages import CallRow, Outcome
from web.parts import Parts


@pytest.fixture
def queued(records: FakeRecords) -> list[CallRow]:
    """The calls of the demonstration that joined a queue, all of yesterday."""
    noon = datetime.now(UTC).replace(hour=12) - timedelta(days=1)
    rows = [r for r in records.rows if r.queue and r.direction == "incoming"][:20]
    records.rows = [_moved(row, noon + timedelta(minutes=n)) for n, row in enumerate(rows)]
    return records.rows


def _moved(row: CallRow, at: datetime) -> CallRow:
    return replace(row, started_at=at, ended_at=at + timedelta(seconds=row.total_s))


@pytest.fixture
def yesterday() -> str:
    return f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"


def test_a_day(owner: FlaskClient, queued: list[CallRow], yesterday: str) -> None:
    page = owner.get(f"/reports?day={yesterday}").text
    assert re.search(r">Offered</button></dt><dd><a [^>]+>20</a>", page)
    assert 'title="joined to an agent"' in page
    assert "answered in T / (answered + gave up)" in page
    assert "T is 20 s; who gives up below 5 s gave up at once." in page
    assert "Service level SL-F3" in page
    assert "a call belongs to the interval in which it was offered" in page
    assert "Half-hours" in page
    assert re.search(r"Waited too long <a [^>]+cause=timeout", page)


def test_how_calls_ended(
    owner: FlaskClient, queued: list[CallRow], records: FakeRecords, yesterday: str
) -> None:
    assert "How calls ended" not in owner.get(f"/reports?day={yesterday}").text
    answered = [row.id for row in queued if row.outcome is Outcome.ANSWERED]
    order, again = (7, "Order taken", True), (2, "Calls again", False)
    records.noted |= dict(zip(answered[:3], (order, again, order), strict=True))
    page = owner.get(f"/reports?day={yesterday}").text
    shown = re.findall(r'<th scope="row">(Order taken|Calls again)</th>.*?([\d.]+ %)', page)
    assert shown == [("Order taken", "66.7 %"), ("Calls again", "33.3 %")]
    assert re.search(r"First-call resolution by disposition</button></dt>.*?66.7 %", page)
    assert 'title="resolved / calls whose disposition says whether' in page
    link = re.search(r'href="(/calls\?figure=disposition_7[^"]+)"', page)
    assert link is not None
    assert "The calls behind a figure: Disposition 7" in owner.get(unescape(link[1])).text
    assert records.searches[-1].dispositions is not None
    assert records.searches[-1].dispositions.code == 7
    sheet = owner.get(f"/reports.csv?table=dispositions&day={yesterday}").text
    assert "7,Order taken,2,0.6667" in sheet


def test_every_count_leads_to_its_calls(
    owner: FlaskClient, queued: list[CallRow], records: FakeRecords, yesterday: str
) -> None:
    page = owner.get(f"/reports?day={yesterday}").text
    link = re.search(r'href="(/calls\?figure=abandoned[^"]+)"', page)
    assert link is not None
    answer = owner.get(unescape(link[1]))
    assert "The calls behind a figure: Gave up" in answer.text
    wanted = records.searches[-1].stays
    assert wanted is not None
    assert wanted.result is not None
    assert wanted.result.value == "abandoned"
    assert wanted.since is not None


def test_callers_lead_to_their_calls_too(
    owner: FlaskClient, queued: list[CallRow], records: FakeRecords, yesterday: str
) -> None:
    page = owner.get(f"/reports?day={yesterday}").text
    reached = re.search(r'href="(/calls\?figure=reached[^"]+)"', page)
    assert reached is not None
    assert "callers who seized a line" in owner.get(unescape(reached[1])).text
    search = records.searches[-1]
    assert (search.direction, search.since is not None) == ("incoming", True)
    again = re.search(r'href="(/calls\?figure=called_again[^"]+)"', page)
    assert again is not None
    answer = owner.get(unescape(again[1]))
    assert "callers with a further call from the same number within 7 days" in answer.text
    assert records.searches[-1].ids


def test_one_agent_and_one_line(owner: FlaskClient, queued: list[CallRow], yesterday: str) -> None:
    page = owner.get(f"/reports?day={yesterday}&agent=201&line=1").text
    assert "Anna Botha" in page
    assert "Lines and menus" not in page


def test_how_the_office_counts(
    owner: FlaskClient, supervisor: FlaskClient, core: FakeCore, post: Callable[..., Response]
) -> None:
    form = {"generation": core.generation, "formula": "SL-F6", "rule": "decided", "again_days": 3}
    assert post(supervisor, "/reports/counting", form).status_code == 403
    assert post(owner, "/reports/counting", form).status_code == 302
    assert core.office.reporting.formula == "SL-F6"
    page = owner.get("/reports").text
    assert "Service level SL-F6" in page
    assert "answered, given up or left" in page
    wrong = post(owner, "/reports/counting", {**form, "generation": core.generation,
                                               "again_days": "many"})  # fmt: skip
    assert wrong.status_code == 302
    assert core.office.reporting.again_days == 3
    assert "again_days" in owner.get("/reports").text


def test_no_calls_are_no_percentage(owner: FlaskClient) -> None:
    page = owner.get("/reports?day=2020-01-01").text
    assert "No calls in any queue" in page
    assert "n/a" in page


def test_nonsense_is_told(owner: FlaskClient) -> None:
    answer = owner.get("/reports?day=2026-13-45&span=x&formula=y&rule=z&queue=nothing")
    assert answer.status_code == 200
    assert "is not a date" in answer.text


def test_exports(owner: FlaskClient, queued: list[CallRow], yesterday: str) -> None:
    book = owner.get(f"/reports.xlsx?day={yesterday}")
    assert load_workbook(io.BytesIO(book.data))["Queues"]["B2"].value == 20
    answer = owner.get(f"/reports.csv?day={yesterday}&table=half-hours")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert sum(int(row["Offered"]) for row in rows) == 20
    assert "attachment" in answer.headers["Content-Disposition"]


def test_lost_callers(owner: FlaskClient, queued: list[CallRow]) -> None:
    lost = [r for r in queued if r.outcome is not Outcome.ANSWERED]
    page = owner.get("/reports/lost?days=7").text
    assert "Not called back" in page
    assert any(row.caller_name in page for row in lost if row.caller_name)
    rows = owner.get("/reports/lost.csv?days=7").text
    assert "Gave up,Number,Name" in rows


def test_the_pages_work_while_the_core_is_away(
    owner: FlaskClient, core: FakeCore, parts: Parts
) -> None:
    core.is_away = True
    parts.office.forget()
    assert owner.get("/reports").status_code == 200
    assert owner.get("/reports/lost").status_code == 200


@pytest.mark.parametrize("path", ["/reports", "/reports.csv", "/reports.xlsx", "/reports/lost"])
def test_agents_may_not_see_them(agent: FlaskClient, path: str) -> None:
    assert agent.get(path).status_code == 403


def test_what_is_not_counted_yet_is_said(
    owner: FlaskClient, queued: list[CallRow], yesterday: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/reports?day={yesterday}"
    assert "Still being counted" not in owner.get(page).text
    since = datetime(2026, 3, 2, 10, tzinfo=UTC)
    missing = Uncounted(since, since + timedelta(days=3))
    monkeypatch.setattr("firmware.records.reports.uncounted", lambda *_: missing)
    assert "Still being counted: what happened from" in owner.get(page).text
