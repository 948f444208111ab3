"""No request changes anything without the session's token."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web_fakes import FakeCore, csrf_of

POSTS = ["/logout", "/agents/201/pause", "/test-call", "/people/add", "/people/201/remove"]


@pytest.mark.parametrize("path", POSTS)
def test_refused_without_token(owner: FlaskClient, core: FakeCore, path: str) -> None:
    answer = owner.post(path, data={"name": "x"})
    assert answer.status_code == 400
    assert "not accepted" in answer.text
    assert core.actions == []
    assert core.rings == []


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 32])
def test_refused_with_wrong_token(owner: FlaskClient, core: FakeCore, token: str) -> None:
    assert owner.post("/agents/201/pause", data={"csrf": token}).status_code == 400
    assert core.actions == []


def test_refused_with_the_token_of_another_session(app: Flask, owner: FlaskClient) -> None:
    stranger = app.test_client()
    other = csrf_of(stranger)
    assert owner.post("/agents/201/pause", data={"csrf": other}).status_code == 400


def test_sign_in_needs_it_too(client: FlaskClient) -> None:
    client.get("/login")
    assert client.post("/login", data={"name": "thandi", "password": "x"}).status_code == 400


def test_header_counts_as_well(owner: FlaskClient, core: FakeCore) -> None:
    token = csrf_of(owner, "/")
    assert owner.post("/agents/201/pause", headers={"X-CSRF-Token": token}).status_code == 302
    assert core.actions[0][:2] == ("201", "pause")


def test_sign_in_changes_the_token(app: Flask, client: FlaskClient) -> None:
    before = csrf_of(client)
    form = {"csrf": before, "name": "thandi", "password": "correct horse battery"}
    client.post("/login", data=form)
    assert csrf_of(client, "/") != before
