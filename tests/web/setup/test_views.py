"""First run, sign-in and sign-out."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web_fakes import CODE, PASSWORD, FakeCore, csrf_of

FORM = {"code": CODE, "name": "zola", "password": "a long sentence", "again": "a long sentence"}


@pytest.fixture
def fresh(app: Flask, core: FakeCore) -> FlaskClient:
    core.office = core.office.model_copy(update={"users": ()})
    return app.test_client()


@pytest.mark.parametrize("path", ["/", "/login", "/calls", "/people", "/settings"])
def test_every_page_leads_to_setup_first(fresh: FlaskClient, path: str) -> None:
    assert fresh.get(path).headers["Location"] == "/setup"


def test_first_account_becomes_the_owner(fresh: FlaskClient, core: FakeCore) -> None:
    answer = fresh.post("/setup", data={"csrf": csrf_of(fresh), **FORM})
    assert answer.headers["Location"] == "/"
    assert core.office.users[0].name == "zola"
    assert core.office.users[0].password_hash.startswith("$argon2id$")
    assert "a long sentence" not in core.office.users[0].password_hash
    assert fresh.get("/settings").status_code == 200
    assert fresh.get("/setup").headers["Location"] == "/login"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"code": "wrong"}, "not the code"),
        ({"code": ""}, "Enter the code"),
        ({"name": ""}, "Choose a name"),
        ({"name": "a b"}, "Use letters"),
        ({"password": "short", "again": "short"}, "at least 10"),
        ({"again": "another sentence"}, "not the same"),
    ],
)
def test_mistakes_are_named(
    fresh: FlaskClient, core: FakeCore, change: dict[str, str], says: str
) -> None:
    answer = fresh.post("/setup", data={"csrf": csrf_of(fresh), **FORM, **change})
    assert answer.status_code == 422
    assert says in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert core.office.users == ()


def test_passwords_are_not_sent_back(fresh: FlaskClient) -> None:
    answer = fresh.post("/setup", data={"csrf": csrf_of(fresh), **FORM, "code": "wrong"})
    assert "a long sentence" not in answer.text


def test_setup_is_over_once_there_is_an_account(client: FlaskClient) -> None:
    assert client.get("/setup").headers["Location"] == "/login"


def attempt(client: FlaskClient, password: str, name: str = "thandi", to: str = "") -> object:
    form = {"csrf": csrf_of(client), "name": name, "password": password, "next": to}
    return client.post("/login", data=form)


def test_sign_in_leads_on_and_sign_out_ends(client: FlaskClient) -> None:
    answer = attempt(client, PASSWORD, to="/calls?text=08")
    assert answer.headers["Location"] == "/calls?text=08"
    assert client.get("/calls").status_code == 200
    client.post("/logout", data={"csrf": csrf_of(client, "/")})
    assert client.get("/calls").status_code == 302


def test_sign_in_never_leads_elsewhere(client: FlaskClient) -> None:
    assert attempt(client, PASSWORD, to="//evil.example/").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"), [("thandi", "wrong"), ("nobody", PASSWORD), ("", "")]
)
def test_wrong_name_and_wrong_password_sound_the_same(
    client: FlaskClient, name: str, password: str
) -> None:
    answer = attempt(client, password, name)
    assert answer.status_code == 401
    assert "Name and password do not match." in answer.text


def test_guessing_is_slowed_even_for_the_right_password(client: FlaskClient) -> None:
    codes = [attempt(client, "wrong").status_code for _ in range(3)]
    answer = attempt(client, PASSWORD)
    assert codes == [401, 401, 401]
    assert answer.status_code == 429
    assert "Try again in 1 s" in answer.text


def test_a_slowed_name_does_not_stop_others(client: FlaskClient, app: Flask) -> None:
    for _ in range(4):
        attempt(client, "wrong", "anna")
    assert attempt(app.test_client(), PASSWORD, "thandi").status_code == 302


def test_a_name_is_shown_again_escaped(client: FlaskClient) -> None:
    answer = attempt(client, "x", '"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
