"""The list of lost callers: those whom the box could not call back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeRecords

from firmware.records.catching_up import Uncounted
from firmware.records.lost import LostCaller, State
from firmware.records.messages import CallId

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
VAIN = LostCaller(
    CallId("20260302-080000-abcd"), AT, "sales", 30.0, "0215557788", "Alice", State.TRIED,
    last_at=AT, last_call="20260302-090000-abcd", callback_tries=3,
)  # fmt: skip
EXPIRED = replace(VAIN, state=State.OPEN, last_at=None, last_call="", callback_tries=0)
BY_THE_OFFICE = replace(EXPIRED, call=CallId(""), name="", state=State.TRIED, callback_tries=1)


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        (VAIN, "was to be called back, and not reached in 3 tries"),
        (EXPIRED, "was to be called back, and never was"),
        (BY_THE_OFFICE, "was to be called back, and not reached in 1 try"),
    ],
    ids=["tried in vain", "expired", "asked for by the office"],
)
def test_whom_the_box_did_not_reach(
    owner: FlaskClient, monkeypatch: pytest.MonkeyPatch, caller: LostCaller, said: str
) -> None:
    def lost(_records: Any, _since: datetime) -> list[LostCaller]:
        return [caller]

    monkeypatch.setattr(FakeRecords, "lost", lost)
    page = owner.get("/reports/lost").text
    assert said in page
    assert page.count(f'/calls/{VAIN.call}"') == bool(caller.call)
    assert page.count(f'/calls/{VAIN.last_call}"') == bool(caller.last_call)
    rows = owner.get("/reports/lost.csv").text.splitlines()
    assert rows[1].endswith(f",{caller.call},{caller.callback_tries}")


def test_what_is_still_being_counted_is_said(
    owner: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Still being counted"
    assert said not in owner.get("/reports/lost").text
    monkeypatch.setattr("web.reports.views.unsettled", lambda _, *week: Uncounted(*week))
    assert said in owner.get("/reports/lost").text
