"""Who may do what, what a session survives, and where sign-in may lead."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web_fakes import FAST, FakeCore

from web.access import RIGHTS, Right, needed_by, safe_next
from web.parts import Parts

OWNER_ONLY = [
    "/people/201",
    "/people/add",
    "/settings",
    "/settings/lines",
    "/settings/history",
    "/people/phones",
]
MANAGERS = ["/calls", "/calls.csv", "/people", "/blocked"]


def test_every_view_says_what_it_needs(app: Flask) -> None:
    with app.app_context():
        silent = [name for name in app.view_functions if needed_by(name) is None]
    assert silent == []


def test_only_doors_are_open_to_anybody(app: Flask) -> None:
    with app.app_context():
        open_to_all = {n for n in app.view_functions if needed_by(n) is Right.NOTHING}
    assert open_to_all == {
        "static", "setup.first_run", "setup.sign_in", "files_elsewhere.elsewhere",
    }  # fmt: skip


def test_roles_nest() -> None:
    assert RIGHTS["agent"] < RIGHTS["supervisor"] < RIGHTS["owner"] == frozenset(Right)


@pytest.mark.parametrize("path", ["/", *MANAGERS, *OWNER_ONLY])
def test_strangers_are_led_to_sign_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")


def test_a_script_of_a_stranger_is_told_so(client: FlaskClient) -> None:
    assert client.get("/live.json").status_code == 401


@pytest.mark.parametrize("path", OWNER_ONLY)
def test_settings_are_the_owners(
    owner: FlaskClient, supervisor: FlaskClient, agent: FlaskClient, path: str
) -> None:
    codes = [c.get(path).status_code for c in (owner, supervisor, agent)]
    assert codes == [200, 403, 403]


@pytest.mark.parametrize("path", MANAGERS)
def test_calls_and_people_are_for_supervisors_too(
    supervisor: FlaskClient, agent: FlaskClient, path: str
) -> None:
    assert [c.get(path).status_code for c in (supervisor, agent)] == [200, 403]


def test_an_agent_sets_only_their_own_state(
    agent: FlaskClient, core: FakeCore, post: Callable[..., object]
) -> None:
    assert post(agent, "/agents/201/pause").status_code == 302
    assert post(agent, "/agents/202/pause").status_code == 403
    assert [a[0] for a in core.actions] == ["201"]
    page = agent.get("/").text
    assert "/agents/201/pause" in page or "/agents/201/ready" in page
    assert "/agents/202/" not in page


def test_a_removed_account_is_signed_out(
    supervisor: FlaskClient, core: FakeCore, parts: Parts
) -> None:
    users = tuple(u for u in core.office.users if u.name != "sam")
    core.office = core.office.model_copy(update={"users": users})
    parts.accounts.forget()
    assert supervisor.get("/").status_code == 302


def test_a_new_password_ends_old_sessions(owner: FlaskClient, core: FakeCore, parts: Parts) -> None:
    users = tuple(
        u.model_copy(update={"password_hash": FAST.hash("another one")}) for u in core.office.users
    )
    core.office = core.office.model_copy(update={"users": users})
    parts.accounts.forget()
    assert owner.get("/").status_code == 302


def test_a_lost_role_counts_at_once(supervisor: FlaskClient, core: FakeCore, parts: Parts) -> None:
    users = tuple(u.model_copy(update={"role": "agent"}) for u in core.office.users)
    core.office = core.office.model_copy(update={"users": users})
    parts.accounts.forget()
    assert supervisor.get("/calls").status_code == 403


def test_sessions_outlive_a_core_that_is_away(
    owner: FlaskClient, core: FakeCore, parts: Parts
) -> None:
    core.is_away = True
    parts.accounts.forget()
    assert owner.get("/calls").status_code == 200


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/calls?text=a%20b", "/calls?text=a%20b"),
        ("/people/201", "/people/201"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\\..\\b", "/"),
        ("/ok\r\nSet-Cookie: x", "/"),
    ],
)
def test_sign_in_leads_only_to_pages_here(app: Flask, target: str, leads_to: str) -> None:
    with app.test_request_context("/"):
        assert safe_next(target) == leads_to


def test_headers_of_every_page(client: FlaskClient) -> None:
    headers = client.get("/login").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]


def test_session_cookie_is_for_the_server_alone(client: FlaskClient) -> None:
    cookie = client.get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
