"""Searching, reading and hearing past calls."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore, FakeRecords, renamed

from firmware.config.schema import Disposition
from firmware.records.messages import CallRow
from web.parts import Parts


@pytest.fixture
def recorded(records: FakeRecords) -> CallRow:
    return next(row for row in records.rows if row.recording)


def test_list_pages_through_all_calls(owner: FlaskClient, records: FakeRecords) -> None:
    pages = [owner.get(f"/calls?page={n}").text for n in (1, 2, 3)]
    seen = [row.id for page in pages for row in records.rows if f'/calls/{row.id}"' in page]
    assert seen == [row.id for row in records.rows]
    assert "Page 1 of 3" in pages[0]
    assert "Newer" not in pages[0]
    assert "Older" not in pages[2]


def test_search_reaches_the_records_and_stays_in_the_form(
    owner: FlaskClient, records: FakeRecords
) -> None:
    page = owner.get("/calls?text=Fatima&queue=sales&page=1").text
    assert records.searches[-1].text == "Fatima"
    assert records.searches[-1].queue == "sales"
    assert 'value="Fatima"' in page
    assert '<option value="sales" selected>Sales' in page
    assert "Pieter Kruger" not in page


def test_links_keep_the_search(owner: FlaskClient) -> None:
    page = owner.get("/calls?direction=incoming").text
    assert "/calls?page=2&amp;direction=incoming" in page
    assert "/calls.csv?direction=incoming" in page


def test_nothing_found_says_what_to_try(owner: FlaskClient) -> None:
    page = owner.get("/calls?text=zzz").text
    assert "No call matches" in page
    assert "Show all calls" in page


def test_new_box_says_what_to_do(owner: FlaskClient, records: FakeRecords) -> None:
    records.rows.clear()
    assert "No calls yet" in owner.get("/calls").text


def test_bad_date_is_told(owner: FlaskClient) -> None:
    answer = owner.get("/calls?from=2026-99-99")
    assert answer.status_code == 200
    assert "is not a date" in answer.text


def test_search_works_while_the_core_is_away(
    owner: FlaskClient, core: FakeCore, parts: Parts
) -> None:
    core.is_away = True
    parts.office.forget()
    answer = owner.get("/calls")
    assert answer.status_code == 200
    assert "Fatima Adams" in answer.text


def test_call_page_tells_the_story(owner: FlaskClient, recorded: CallRow) -> None:
    page = owner.get(f"/calls/{recorded.id}").text
    for words in ("Pressed 1: Sales", "Anna Botha answered; recording began", "Ended normally"):
        assert words in page
    assert f'src="/calls/{recorded.id}/recording"' in page


def test_missing_audio_is_told(owner: FlaskClient, records: FakeRecords, recorded: CallRow) -> None:
    records.recordings[recorded.id] = replace(records.recordings[recorded.id], missing_s=2.35)
    page = owner.get(f"/calls/{recorded.id}").text
    assert "Recording incomplete: 2.4 s missing" in page or "2.3 s missing" in page


@pytest.mark.parametrize(
    ("state", "says"),
    [("open", "Being finished"), ("deleted", "was deleted"), ("interrupted", "was interrupted")],
)
def test_state_of_the_recording(
    owner: FlaskClient, records: FakeRecords, recorded: CallRow, state: str, says: str
) -> None:
    records.recordings[recorded.id] = replace(records.recordings[recorded.id], state=state)
    assert says in owner.get(f"/calls/{recorded.id}").text


def test_call_in_progress_has_a_page(owner: FlaskClient, core: FakeCore) -> None:
    answer = owner.get(f"/calls/{core.live().calls[0].id}")
    assert answer.status_code == 200
    assert "still in progress" in answer.text


def test_unknown_call(owner: FlaskClient) -> None:
    answer = owner.get("/calls/20200101-000000-ffff")
    assert answer.status_code == 404
    assert "no such call" in answer.text


def test_recording_whole(owner: FlaskClient, records: FakeRecords, recorded: CallRow) -> None:
    answer = owner.get(f"/calls/{recorded.id}/recording", buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "audio/wav"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert len(answer.data) == records.recordings[recorded.id].octets


@pytest.mark.parametrize(
    ("asked", "said", "octets"),
    [
        ("bytes=0-3", "bytes 0-3/", b"RIFF"),  # RFC 9110 clause 14.1.2
        ("bytes=8-11", "bytes 8-11/", b"WAVE"),
        ("bytes=-4", "", None),
    ],
)
def test_recording_in_parts(
    owner: FlaskClient, recorded: CallRow, asked: str, said: str, octets: bytes | None
) -> None:
    answer = owner.get(f"/calls/{recorded.id}/recording", headers={"Range": asked}, buffered=True)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"].startswith(said or "bytes ")
    assert len(answer.data) == 4
    assert octets is None or answer.data == octets


def test_range_past_the_end(owner: FlaskClient, recorded: CallRow) -> None:
    far = {"Range": "bytes=99999999-"}
    assert (
        owner.get(f"/calls/{recorded.id}/recording", headers=far, buffered=True).status_code == 416
    )


def test_download_has_a_name(owner: FlaskClient, recorded: CallRow) -> None:
    answer = owner.get(f"/calls/{recorded.id}/recording?download=1", buffered=True)
    assert f"call-{recorded.id}.wav" in answer.headers["Content-Disposition"]


def test_traversal_in_the_records_is_not_followed(
    owner: FlaskClient, records: FakeRecords, recorded: CallRow
) -> None:
    there = records.recordings[recorded.id]
    records.recordings[recorded.id] = replace(there, path="/etc/../etc/passwd")
    assert owner.get(f"/calls/{recorded.id}/recording", buffered=True).status_code == 404


@pytest.mark.parametrize("id", ["..%2f..%2fetc%2fpasswd", "../../etc/passwd", "%00", "x'--"])
def test_traversal_in_the_address(owner: FlaskClient, id: str) -> None:
    assert owner.get(f"/calls/{id}/recording").status_code == 404


def test_csv_has_the_whole_search(owner: FlaskClient, records: FakeRecords) -> None:
    answer = owner.get("/calls.csv?direction=incoming")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert len(rows) == sum(r.direction == "incoming" for r in records.rows)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_caller_cannot_write_html(owner: FlaskClient, records: FakeRecords) -> None:
    evil = renamed(records.rows[0], "<script>alert(1)</script>")
    records.rows[0] = evil
    for path in ("/calls", f"/calls/{evil.id}"):
        page = owner.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_call_page_says_how_it_sounded(owner: FlaskClient, recorded: CallRow) -> None:
    page = owner.get(f"/calls/{recorded.id}").text
    assert "Anna Botha (201): told" not in page  # in its own place, not among what happened
    for words in ("Anna Botha (201)", "Poor", "3.5", "7 % of what the phone sent was lost"):
        assert words in page


def test_call_without_figures_says_nothing_of_its_sound(
    owner: FlaskClient, recorded: CallRow, records: FakeRecords
) -> None:
    records.events[recorded.id] = [
        event for event in records.events[recorded.id] if event.kind != "leg.quality"
    ]
    assert "h-sound" not in owner.get(f"/calls/{recorded.id}").text


def test_how_calls_ended_in_the_agents_words(
    owner: FlaskClient, core: FakeCore, records: FakeRecords, parts: Parts
) -> None:
    assert "Ended as" not in owner.get("/calls").text
    order = Disposition(code=7, name="Order taken", is_resolved=True)
    core.office = core.office.model_copy(update={"dispositions": (order,)})
    parts.office.forget()
    row = records.rows[0]
    records.noted[row.id] = (7, "Order taken", True)
    page = owner.get("/calls?disposition=7").text
    assert '<option value="7" selected>Order taken' in page
    assert re.findall(r'<a href="/calls/([^"]+)">', page) == [row.id]
    assert "<small>Order taken</small>" in page
    assert "Order taken · resolved" in owner.get(f"/calls/{row.id}").text
    (line,) = csv.DictReader(owner.get("/calls.csv?disposition=7").text.splitlines())
    assert (line["Call"], line["Disposition name"], line["Resolved"]) == (
        row.id, "Order taken", "yes",
    )  # fmt: skip
