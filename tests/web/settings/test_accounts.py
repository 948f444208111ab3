"""Who may sign in, through its pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web_fakes import FakeCore, csrf_of

from web.parts import Parts

Post = Callable[..., object]
NEW = {"generation": "12", "name": "lerato", "role": "agent", "extension": "205",
       "password": "a long sentence", "again": "a long sentence"}  # fmt: skip


def names(core: FakeCore) -> list[str]:
    return [u.name for u in core.office.users]


def test_add_and_sign_in(app: Flask, owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/accounts/:new", NEW).status_code == 302
    assert names(core) == ["thandi", "sam", "anna", "lerato"]
    visitor = app.test_client()
    form = {"csrf": csrf_of(visitor), "name": "lerato", "password": "a long sentence"}
    assert visitor.post("/login", data=form).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "ANNA"}, "an account of this name"),
        ({"name": "a b"}, "match pattern"),
        ({"password": "short", "again": "short"}, "at least 10"),
        ({"again": "other"}, "not the same"),
        ({"extension": ""}, "needs a phone"),
    ],
)
def test_mistakes(
    owner: FlaskClient, core: FakeCore, post: Post, change: dict[str, str], says: str
) -> None:
    answer = post(owner, "/settings/accounts/:new", NEW | change)
    assert answer.status_code == 422
    assert says in answer.text
    assert core.generation == 12


def test_own_new_password_keeps_this_session(
    owner: FlaskClient, core: FakeCore, parts: Parts, post: Post
) -> None:
    before = core.office.users[0].password_hash
    form = NEW | {"role": "owner", "extension": ""}
    assert post(owner, "/settings/accounts/thandi", form).status_code == 302
    assert core.office.users[0].password_hash != before
    parts.accounts.forget()
    assert owner.get("/settings").status_code == 200


def test_empty_password_keeps_the_old_one(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    before = core.office.users[1].password_hash
    form = {"generation": "12", "role": "agent", "extension": "202"}
    post(owner, "/settings/accounts/sam", form)
    assert core.office.users[1].password_hash == before
    assert (core.office.users[1].role, core.office.users[1].extension) == ("agent", "202")


def test_somebody_has_to_be_the_owner(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {"generation": "12", "role": "supervisor"}
    assert "has to be the owner" in post(owner, "/settings/accounts/thandi", form).text
    post(owner, "/settings/accounts/thandi/remove", {"generation": "12"})
    assert names(core) == ["thandi", "sam", "anna"]


def test_remove(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    post(owner, "/settings/accounts/sam/remove", {"generation": "12"})
    assert names(core) == ["thandi", "anna"]
