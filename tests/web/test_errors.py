"""Every error says what, why and what to do."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore, FakeRecords

from firmware.records.errors import RecordsAway
from web.parts import Parts


def test_unknown_address(owner: FlaskClient) -> None:
    answer = owner.get("/no/such/page")
    assert answer.status_code == 404
    assert "nothing at this address" in answer.text
    assert "What to do" in answer.text


def test_core_away(client: FlaskClient, core: FakeCore) -> None:
    core.is_away = True
    answer = client.get("/login", follow_redirects=True)
    assert answer.status_code == 503
    for words in ("does not answer", "Nothing listens", "restart the box"):
        assert words in answer.text


def test_a_fault_of_ours(owner: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(FakeRecords, "count", broken)
    owner.application.testing = False
    owner.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = owner.get("/calls")
    assert answer.status_code == 500
    assert "Calls are not affected" in answer.text


def test_records_away(owner: FlaskClient, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise RecordsAway("sqlite:///x", "unable to open database file")

    monkeypatch.setattr(FakeRecords, "calls", away)
    answer = owner.get("/calls")
    assert answer.status_code == 503
    assert "unable to open database file" in answer.text


def test_scripts_get_json(owner: FlaskClient, core: FakeCore) -> None:
    core.is_away = True
    answer = owner.get("/live.json")
    assert answer.status_code == 503
    assert answer.json == {
        "what": "The core of the box does not answer.",
        "why": "Nothing listens at its socket.",
        "do": "Wait a minute; if it stays away, restart the box.",
    }
