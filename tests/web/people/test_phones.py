"""Phones that set themselves up, through their page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web_fakes import FakeCore

from web.parts import Parts

Post = Callable[..., object]


@pytest.fixture
def files(app: Flask, parts: Parts, tmp_path: Path) -> Path:
    """A box that gives out files."""
    trust = tmp_path / "box.crt"
    trust.write_text("-----BEGIN CERTIFICATE-----\n")
    parts.config = replace(
        parts.config, provision_port=8443, sip_host="192.168.1.5", sip_tls_port=5061, trust=trust
    )
    return trust


def test_who_asks_and_who_is_set_up(owner: FlaskClient, files: Path) -> None:
    page = owner.get("/people/phones").text
    for words in (
        "A Fanvil X3U at 192.168.1.31 asks to be set up", "0C:38:3E:A1:B2:C3", "2 more asked",
        "201-a1b2c3", "by 192.168.1.23", "Waits to be fetched", "192.168.1.77 asked",
        "https://192.168.1.5:8443/provision/", "dhcp-option=66,", "option 120",
    ):  # fmt: skip
        assert words in page


def test_no_page_shows_a_secret(owner: FlaskClient, files: Path) -> None:
    assert "secret-20" not in owner.get("/people/phones").text


def test_the_list_of_people_says_that_a_phone_asks(
    owner: FlaskClient, supervisor: FlaskClient, core: FakeCore
) -> None:
    assert "1 new phone asks" in owner.get("/people").text
    assert "new phone" not in supervisor.get("/people").text
    core.phones = core.phones.model_copy(update={"asking": ()})
    assert "new phone" not in owner.get("/people").text


def test_the_part_that_changes(owner: FlaskClient) -> None:
    part = owner.get("/people/phones/asking").text
    assert "<html" not in part
    assert "asks to be set up" in part


def test_words_of_a_phone_are_only_words(owner: FlaskClient, core: FakeCore, files: Path) -> None:
    [asking] = core.phones.asking
    evil = asking.model_copy(update={"user_agent": "<script>alert(1)</script>", "model": "<b>"})
    core.phones = core.phones.model_copy(update={"asking": (evil,)})
    page = owner.get("/people/phones").text
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_approve(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {"mac": "0c383ea1b2c3", "extension": "201"}
    answer = post(owner, "/people/phones/approve", form)
    assert answer.headers["Location"] == "/people/phones"
    [(mac, approval)] = core.approvals
    assert (mac, approval.extension, approval.who, approval.brand) == (
        "0c383ea1b2c3", "201", "thandi", None,
    )  # fmt: skip
    assert "Restart the phone: it has 30 minutes" in owner.get("/people/phones").text


def test_approve_by_the_label(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {"mac": "00:15:65:a1:b2:c9", "extension": "201", "brand": "snom"}
    post(owner, "/people/phones/approve", form)
    assert core.approvals[0][1].brand == "snom"


@pytest.mark.parametrize(
    ("form", "words"),
    [({"mac": "0c383ea1b2c3", "extension": ""}, "Choose whose phone it is."),
     ({"mac": "0c383ea1b2c3", "extension": "201", "brand": "nokia"}, "Choose whose phone it is."),
     ({"mac": "0c383ea1b2c3", "extension": "299"}, "No extension &#39;299&#39;")],
)  # fmt: skip
def test_an_approval_that_cannot_be(
    owner: FlaskClient, core: FakeCore, post: Post, form: dict[str, str], words: str
) -> None:
    post(owner, "/people/phones/approve", form)
    assert core.approvals == []
    assert words in owner.get("/people/phones").text


def test_remove(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    post(owner, "/people/phones/remove", {"mac": "001565a1b2c3"})
    assert core.removals == [("001565a1b2c3", "thandi")]
    post(owner, "/people/phones/remove", {"mac": "000000000009"})
    assert "There is no phone" in owner.get("/people/phones").text


def test_a_code_for_an_app_is_shown_once(
    owner: FlaskClient, core: FakeCore, post: Post, files: Path
) -> None:
    answer = post(owner, "/people/phones/app", {"extension": "201"})
    assert answer.status_code == 200
    assert "https://192.168.1.5:8443/provision/app/tok_en-1" in answer.text
    assert "<svg" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert core.invitations[0].extension == "201"
    assert "tok_en-1" not in owner.get("/people/phones").text


@pytest.mark.parametrize("extension", ["", "299", "<x>"])
def test_a_code_for_nobody(
    owner: FlaskClient, core: FakeCore, post: Post, files: Path, extension: str
) -> None:
    assert post(owner, "/people/phones/app", {"extension": extension}).status_code == 302
    assert core.invitations == []


@pytest.mark.parametrize("name", ["", "0c383ea1b2c3.cfg", "app/tok_en-1"])
def test_over_plain_http_there_are_only_words(
    client: FlaskClient, core: FakeCore, files: Path, name: str
) -> None:
    answer = client.get(f"/provision/{name}")
    assert answer.status_code == 410
    assert "https://192.168.1.5:8443/provision/" in answer.text


def test_the_certificate(owner: FlaskClient, files: Path) -> None:
    answer = owner.get("/people/phones/box.crt")
    assert "BEGIN CERTIFICATE" in answer.text
    files.unlink()
    assert owner.get("/people/phones/box.crt").status_code == 302


def test_a_box_that_gives_out_no_files_says_so(owner: FlaskClient) -> None:
    page = owner.get("/people/phones").text
    assert "Phones cannot fetch settings from this box" in page
    assert "Make a code" not in page


@pytest.mark.parametrize("path", ["", "/asking", "/box.crt"])
def test_only_the_owner(supervisor: FlaskClient, agent: FlaskClient, path: str) -> None:
    for client in (supervisor, agent):
        assert client.get(f"/people/phones{path}").status_code == 403


def test_a_persons_account_over_each_way(owner: FlaskClient, files: Path) -> None:
    assert "transport=tls" in owner.get("/people/201").text
    page = owner.get("/people/201?transport=tls").text
    assert '<dd class="mono">5061</dd>' in page
    assert '<dd class="mono">5060</dd>' in owner.get("/people/201?transport=x").text


def test_who_leaves_takes_the_phones_along(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    phone = {"mac": "001565a1b2c3", "extension": "203", "secret": "own-secret",
             "admin_password": "admin-word"}  # fmt: skip
    document = core.office.model_dump(mode="json") | {"phone_sets": [phone]}
    core.office = type(core.office).model_validate(document)
    post(owner, "/people/203/remove", {"generation": str(core.generation)})
    assert "203" not in {e.number for e in core.office.extensions}
    assert core.office.phone_sets == ()
