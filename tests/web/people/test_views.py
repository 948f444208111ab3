"""People and phones through their pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

from firmware.api.schema import Sound
from firmware.config.schema import Office
from web.parts import Parts

Post = Callable[..., object]


def generation(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="generation" value="(\d+)"', client.get(path).text)
    assert found
    return found[1]


def test_list_with_phones_and_queues(owner: FlaskClient) -> None:
    page = owner.get("/people").text
    for words in ("Maria van Wyk", "Sales, Service", "Phone connected", "No phone yet"):
        assert words in page


def test_list_while_phones_are_unknown_shows_no_secret(supervisor: FlaskClient) -> None:
    page = supervisor.get("/people").text
    assert "Anna Botha" in page
    assert "wX4-secret" not in page
    assert "/people/201" not in page


def test_phone_page(owner: FlaskClient) -> None:
    page = owner.get("/people/201").text
    for words in ('data-secret="wX4-secret-201"', "localhost", "5060", "<svg", "Connected"):
        assert words in page


def add(owner: FlaskClient, post: Post, **fields: object) -> object:
    form = {"generation": generation(owner, "/people/add"), "number": "207", "name": "Zola Ndaba"}
    form |= {"queues": ["sales"], "ring_s": "20", "may_dial_out": "1"}
    return post(owner, "/people/add", {**form, **fields})


def test_add(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = add(owner, post)
    assert answer.headers["Location"] == "/people/207"
    zola = core.office.extensions[-1]
    assert (zola.number, zola.name, zola.ring_s, len(zola.secret)) == ("207", "Zola Ndaba", 20, 16)
    assert core.office.queues[0].members[-1] == "207"
    assert core.history[0].what == "Added Zola Ndaba"
    assert core.history[0].who == "thandi"


def test_forwards_and_do_not_disturb(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    add(
        owner, post, forward_always="201", forward_busy="0 (0)21-555 7788", pickup_group="front",
        do_not_disturb="1",
    )  # fmt: skip
    zola = core.office.extensions[-1]
    assert (zola.forward_always, zola.forward_busy, zola.forward_no_answer) == (
        "201",
        "00215557788",
        "",
    )
    assert (zola.do_not_disturb, zola.call_waiting, zola.pickup_group) == (True, False, "front")
    page = owner.get("/people").text
    assert "Do not disturb" in page
    assert "Forwarded to 201" in page


def test_form_proposes_the_next_number(owner: FlaskClient) -> None:
    assert 'value="207"' in owner.get("/people/add").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"number": "201"}, "Anna Botha already has this number."),
        ({"number": "012"}, "expected an extension of 2 to 6 digits"),
        ({"number": "abc"}, "expected an extension of 2 to 6 digits"),
        ({"name": ""}, "at least 1 character"),
        ({"ring_s": "2"}, "greater than or equal to 5"),
        ({"ring_s": "soon"}, "valid integer"),
        ({"forward_always": "207"}, "own number"),
        ({"forward_busy": "299"}, "299 is no number here"),
        ({"forward_no_answer": "Anna"}, "expected the digits this person would dial"),
    ],
)
def test_mistakes_are_beside_their_field(
    owner: FlaskClient, core: FakeCore, post: Post, change: dict[str, str], says: str
) -> None:
    answer = add(owner, post, **change)
    field = next(iter(change))
    assert answer.status_code == 422
    note = re.search(rf'id="f-{field}-note">(.*?)</p>', answer.text, re.S)
    assert note
    assert says in note[1]
    assert core.generation == 12


def test_stale_form_is_kept_and_told(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = add(owner, post, generation="11")
    assert answer.status_code == 422
    assert "Somebody else changed the settings" in answer.text
    assert 'value="Zola Ndaba"' in answer.text
    assert 'name="generation" value="12"' in answer.text  # so that saving again can work
    assert core.generation == 12


def test_edit(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {"generation": "12", "name": "Anna B.", "ring_s": "30", "queues": ["service"]}
    assert post(owner, "/people/201/edit", form).status_code == 302
    anna = core.office.extensions[0]
    assert (anna.name, anna.may_dial_out, anna.secret) == ("Anna B.", False, "wX4-secret-201")
    assert "201" in core.office.queues[1].members
    assert "201" not in core.office.queues[0].members


def test_new_phone_password(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    post(owner, "/people/203/password", {"generation": "12"})
    assert core.office.extensions[2].secret != "wX4-secret-203"
    assert "203" in core.office.queues[1].members


def test_remove(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    post(owner, "/people/205/remove", {"generation": "12"})
    assert "205" not in {e.number for e in core.office.extensions}


def test_remove_somebody_calls_lead_to(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = post(owner, "/people/206/remove", {"generation": "12"}, follow_redirects=True)
    assert "Leads to extension &#39;206&#39;, which does not exist" in answer.text
    assert "206" in {e.number for e in core.office.extensions}


@pytest.mark.parametrize("path", ["/people/999", "/people/999/edit"])
def test_nobody(owner: FlaskClient, path: str) -> None:
    answer = owner.get(path)
    assert answer.status_code == 404
    assert "Nobody has the number 999" in answer.text


def test_page_of_an_empty_office(owner: FlaskClient, core: FakeCore) -> None:
    core.office = Office(users=core.office.users)
    assert "Add the first person" in owner.get("/people").text


def test_the_page_of_a_phone_says_how_it_is_reached_and_sounds(
    owner: FlaskClient, core: FakeCore, parts: Parts
) -> None:
    sound = Sound(
        who="extension 201", words="Poor (2.9), telephone sound: 7 % loss", grade="Poor", mos=2.9,
        codec="PCMA", is_encrypted=False, loss_percent=7, jitter_ms=12, far_loss_percent=6.5,
        level_dbm0=-20,
    )  # fmt: skip
    talking = core.live().calls[0].model_copy(update={"sound": [sound]})
    core.change_live = lambda live: live.model_copy(update={"calls": [talking]})
    parts.live.forget()
    page = owner.get("/people/201").text
    for words in ("Yealink SIP-T31P", "192.168.1.201:5060", "7 % loss", "the phone missed 6.5 %"):
        assert words in page, words
    assert "went away since" in owner.get("/people/205").text
    assert "192.168.1.206" not in owner.get("/people/206").text  # has signed off


def test_the_list_says_what_agents_do(owner: FlaskClient) -> None:
    page = owner.get("/people").text
    assert "On a queue call" in page
    assert "Wrapping up" in page
