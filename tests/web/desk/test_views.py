"""My desk: one's state, one's call, one's last calls."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Response
from flask.testing import FlaskClient
from web_fakes import FakeCore, FakeRecords

from firmware.api.schema import DispositionOrder, Live, Noted
from firmware.config.schema import Disposition
from web.parts import Parts

Post = Callable[..., Response]


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


@pytest.fixture
def noting(core: FakeCore, parts: Parts, records: FakeRecords) -> str:
    """Anna, on a call of Sales, may say how it ended."""
    call = "20261121-090501-0a1b"
    core.office = core.office.model_copy(
        update={
            "dispositions": (
                Disposition(code=7, name="Order taken", is_resolved=True),
                Disposition(code=2, name="Calls again", is_resolved=False),
            )
        }
    )

    def noted(live: Live) -> Live:
        mine, *others = live.agents
        mine = mine.model_copy(update={"noted": Noted(call=call, queue="sales", code=2)})
        return live.model_copy(update={"agents": [mine, *others]})

    core.change_live = noted
    parts.live.forget()
    parts.office.forget()
    return call


def test_how_my_call_ended(
    agent: FlaskClient, noting: str, core: FakeCore, records: FakeRecords, post: Post
) -> None:
    mine = next(row for row in records.rows if row.agent == "201")
    records.noted[mine.id] = (7, "Order taken", True)
    page = agent.get("/desk").text
    assert "How did this call end?" in page
    options = re.findall(r'<option value="(\d+)"( selected)?>([^<]+)<', page)
    assert options == [
        ("0", "", "Not noted"), ("2", " selected", "Calls again"), ("7", "", "Order taken"),
    ]  # fmt: skip
    assert "· Order taken" in page[page.index("My last calls") :]
    answer = post(agent, "/desk/disposition", {"code": "7", "call": noting})
    assert answer.headers["Location"] == "/desk"
    assert core.noted == [("201", DispositionOrder(who="anna", code=7, call=noting))]


def test_what_cannot_be_noted_is_said(
    agent: FlaskClient, noting: str, core: FakeCore, post: Post
) -> None:
    assert post(agent, "/desk/disposition", {"code": "x"}).status_code == 422
    refused = post(agent, "/desk/disposition", {"code": "7", "call": "old"})
    assert "201 has not had call old" in refused.text
    assert core.noted == []


def test_nobody_is_asked_where_there_is_no_list(agent: FlaskClient) -> None:
    assert "call end?" not in agent.get("/desk").text


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
