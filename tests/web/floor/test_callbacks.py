"""Who is to be called back, on the live page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

Post = Callable[..., object]


@pytest.fixture
def offering(core: FakeCore) -> FakeCore:
    """Sales calls people back."""
    office = core.office.model_dump(mode="json")
    office["queues"][0]["callback"] = {"is_offered": True}
    core.office = type(core.office).model_validate(office)
    return core


def test_shown_with_place_and_next_try(agent: FlaskClient) -> None:
    panel = agent.get("/live.json").json["panels"]["callbacks"]
    for words in ("0829990001", "waits for its turn", "Zanele Mbeki", "busy tone", "next try"):
        assert words in panel, words
    assert "Cancel" not in panel


def test_cancelled(supervisor: FlaskClient, core: FakeCore, post: Post) -> None:
    assert "Cancel: 0829990001" in supervisor.get("/").text
    post(supervisor, "/callbacks/0829990001/cancel")
    assert [one.number for one in core.callbacks] == ["0829990002"]
    assert post(supervisor, "/callbacks/0829990001/cancel").status_code == 404


def test_added_by_hand(supervisor: FlaskClient, offering: FakeCore, post: Post) -> None:
    assert "Call somebody back" in supervisor.get("/").text
    form = {"number": "082 111-2222", "name": "Jo", "queue": "sales"}
    page = post(supervisor, "/callbacks", form, follow_redirects=True).text
    assert "0821112222 is called back in its turn" in page
    added = offering.callbacks[-1]
    assert (added.number, added.name, added.by) == ("0821112222", "Jo", "sam")
    again = post(supervisor, "/callbacks", form, follow_redirects=True).text
    assert "0821112222 is to be called back already" in again


def test_not_where_no_queue_offers_it(supervisor: FlaskClient) -> None:
    assert "Call somebody back" not in supervisor.get("/").text


def test_what_is_no_number_is_told(supervisor: FlaskClient, core: FakeCore, post: Post) -> None:
    page = post(supervisor, "/callbacks", {"number": "abc"}, follow_redirects=True).text
    assert "is no number to call" in page
    assert len(core.callbacks) == 2


def test_agents_may_not(agent: FlaskClient, post: Post) -> None:
    assert post(agent, "/callbacks", {"number": "0821112222"}).status_code == 403
    assert post(agent, "/callbacks/0829990001/cancel").status_code == 403
