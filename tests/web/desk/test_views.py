"""My desk: one's state, one's call, one's last calls."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from web_fakes import FakeCore

from web.parts import Parts

Post = Callable[..., object]


def test_shows_my_state_and_my_caller(agent: FlaskClient) -> None:
    page = agent.get("/desk").text
    for words in (
        "On a queue call",
        "Pieter Kruger",
        "0834471190",
        "VIP",
        "40117",
        "My last calls",
    ):
        assert words in page, words
    assert "Customer number" in page
    assert "0215550142" not in page  # somebody else's caller


def test_only_my_queues(agent: FlaskClient) -> None:
    page = agent.get("/desk").text
    assert 'id="h-q-sales"' in page
    assert 'id="h-q-service"' not in page


def test_my_last_calls_may_be_proposed_for_blocking(
    agent: FlaskClient, core: FakeCore, post: Post
) -> None:
    page = agent.get("/desk").text
    last = page[page.index("My last calls") :]
    number = re.search(r'name="number" value="(\d+)"', last)
    assert number is not None
    assert "Propose to block this number" in last
    form = {"number": number[1], "reason": "Sells toner", "next": "/desk"}
    answer = post(agent, "/blocked/propose", form)
    assert answer.headers["Location"] == "/desk"
    first = core.blocked[0]
    assert (first.number, first.proposed_by, first.state) == (number[1], "anna", "proposed")


def test_the_script_gets_the_parts_that_change(agent: FlaskClient) -> None:
    answer = agent.get("/desk/live.json")
    assert set(answer.json["panels"]) == {"my_state", "my_call", "queues", "my_calls"}
    headers = {"If-None-Match": answer.headers["ETag"]}
    assert agent.get("/desk/live.json", headers=headers).status_code in (200, 304)


def test_without_a_call_it_says_so(agent: FlaskClient, core: FakeCore, parts: Parts) -> None:
    core.change_live = lambda live: live.model_copy(update={"calls": []})
    parts.live.forget()
    assert "No call" in agent.get("/desk").text


def test_a_caller_who_is_asked_how_it_was_is_not_mine_any_more(
    agent: FlaskClient, core: FakeCore, parts: Parts
) -> None:
    core.change_live = lambda live: live.model_copy(
        update={"calls": [live.calls[0].model_copy(update={"stage": "survey"})]}
    )
    parts.live.forget()
    panel = agent.get("/desk/live.json").json["panels"]["my_call"]
    assert "No call" in panel
    assert "Pieter Kruger" not in panel


def test_who_is_in_no_queue_is_told(agent: FlaskClient, core: FakeCore, parts: Parts) -> None:
    core.change_live = lambda live: live.model_copy(update={"agents": []})
    parts.live.forget()
    assert "You are in no queue" in agent.get("/desk").text


def test_an_account_without_a_phone_has_no_desk(owner: FlaskClient) -> None:
    answer = owner.get("/desk")
    assert answer.status_code == 404
    assert "Your account has no phone" in answer.text
    assert "My desk" not in owner.get("/").text


def test_stays_up_while_the_core_is_away(agent: FlaskClient, core: FakeCore, parts: Parts) -> None:
    agent.get("/desk")
    core.is_away = True
    parts.live.forget()
    page = agent.get("/desk").text
    assert "does not answer" in page
    assert "Pieter Kruger" in page
