"""The live page, its polls and its buttons."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

from firmware.api.schema import Call, Live
from web.parts import Parts

Post = Callable[..., object]


def test_shows_everything(owner: FlaskClient) -> None:
    page = owner.get("/").text
    for words in (
        "Karoo Water Systems",
        "Line 4 has no telephone line connected.",
        "Plug the line in",
        "Pieter Kruger",
        "Number withheld",
        "waiting in Sales, second in line",
        "Phone not reachable|Wrapping up",
        "Lunch",
        "Unplugged",
        "Does not answer",
        "27 GB",
    ):
        assert re.search(words, page), words


def test_times_run_from_the_box_clock(owner: FlaskClient, core: FakeCore) -> None:
    page = owner.get("/").text
    since_ms = int(core.live().agents[0].since.timestamp() * 1000)
    found = [int(ms) for ms in re.findall(r'class="tick" data-since="(\d+)"', page)]
    assert any(abs(ms - since_ms) < 5000 for ms in found)


def test_empty_office_tells_what_to_do(owner: FlaskClient, core: FakeCore, parts: Parts) -> None:
    busy = core.show
    core.show = lambda now, office: Live(at=now, seq=1, box=busy(now, office).box)
    parts.live.forget()
    page = owner.get("/").text
    for words in ("All quiet", "No agents yet", "Add a person", "No lines yet", "No phones yet"):
        assert words in page


@pytest.fixture
def still(core: FakeCore) -> None:
    """Freeze the office: the same state however often it is asked."""
    kept = core.live()
    core.show = lambda now, office: kept.model_copy(update={"at": now})


@pytest.mark.usefixtures("still")
def test_nothing_new_is_304(owner: FlaskClient, parts: Parts) -> None:
    first = owner.get("/live.json")
    parts.live.forget()
    again = owner.get("/live.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert again.data == b""
    assert int(again.headers["X-Callbox-Now"]) >= int(first.headers["X-Callbox-Now"])


@pytest.mark.usefixtures("still")
def test_a_new_call_is_sent(owner: FlaskClient, core: FakeCore, parts: Parts) -> None:
    first = owner.get("/live.json")
    ringing = (
        core.live()
        .calls[0]
        .model_copy(update={"id": "new", "caller_name": "Zanele", "stage": "ringing"})
    )
    core.change_live = lambda live: live.model_copy(update={"calls": [*live.calls, ringing]})
    parts.live.forget()
    second = owner.get("/live.json", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert "Zanele" in second.json["panels"]["calls"]
    assert {"id": "new", "line": 1} in second.json["calls"]
    assert second.json["panels"]["lines"] == first.json["panels"]["lines"]


def test_many_pages_ask_the_core_once(owner: FlaskClient, core: FakeCore) -> None:
    owner.get("/live.json")
    before = core.asked
    for _ in range(20):
        owner.get("/live.json")
    assert core.asked - before <= 2  # half a second may pass on a slow machine


def test_page_stays_up_while_the_core_is_away(
    owner: FlaskClient, core: FakeCore, parts: Parts
) -> None:
    owner.get("/")
    core.is_away = True
    parts.live.forget()
    answer = owner.get("/")
    assert answer.status_code == 200
    assert "does not answer" in answer.text
    assert "Pieter Kruger" in answer.text  # as last seen


@pytest.mark.parametrize("action", ["login", "logout", "pause", "ready"])
def test_agent_buttons(owner: FlaskClient, core: FakeCore, post: Post, action: str) -> None:
    assert post(owner, f"/agents/202/{action}").status_code == 302
    extension, done, body = core.actions[0]
    assert (extension, done, body.who) == ("202", action, "thandi")


def test_a_script_gets_no_page_back(owner: FlaskClient, post: Post) -> None:
    headers = {"Accept": "application/json"}
    assert post(owner, "/agents/202/pause", headers=headers).status_code == 204


def test_unknown_action_and_unknown_agent(owner: FlaskClient, post: Post) -> None:
    assert post(owner, "/agents/202/explode").status_code == 404
    assert post(owner, "/agents/999/pause").status_code == 404


def test_test_call(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {"line": "2", "number": "0821112222", "name": "Test", "press": "12"}
    answer = post(owner, "/test-call", form, headers={"Accept": "application/json"})
    assert answer.json == {"line": 2}
    assert core.rings[0].press == "12"


@pytest.mark.parametrize(
    ("form", "code", "says"),
    [
        ({"line": "4"}, 409, "unplugged"),
        ({"line": "9"}, 422, "line"),
        ({"number": "abc"}, 422, "number"),
        ({"press": "x"}, 422, "press"),
    ],
)
def test_test_call_refused(
    owner: FlaskClient, post: Post, form: dict[str, str], code: int, says: str
) -> None:
    answer = post(owner, "/test-call", form, headers={"Accept": "application/json"})
    assert answer.status_code == code
    assert says in answer.json["error"]


def test_no_test_calls_on_real_lines(owner: FlaskClient, core: FakeCore, parts: Parts) -> None:
    real = core.live().box.model_copy(update={"is_simulated": False})
    core.change_live = lambda live: live.model_copy(update={"box": real})
    parts.live.forget()
    assert "Place a test call" not in owner.get("/").text


def test_a_caller_cannot_write_html(owner: FlaskClient, core: FakeCore, parts: Parts) -> None:
    name = "<script>alert(1)</script>"
    evil = core.live().calls[0].model_copy(update={"caller_name": name, "words": name})
    core.change_live = lambda live: live.model_copy(update={"calls": [Call(**evil.model_dump())]})
    parts.live.forget()
    for text in (owner.get("/").text, owner.get("/live.json").json["panels"]["calls"]):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_queues_show_their_day_and_how_calls_are_given_out(owner: FlaskClient) -> None:
    page = owner.get("/").text
    for words in (
        "Who has been free the longest",
        "All at once; the first to answer has it",
        "2 waiting",
        "Nobody waits",
        "36 of 43",
        "Gave up · led elsewhere",
        "about 3 min",  # 190 s
        "SL-F3",
    ):
        assert words in page, words
    assert re.search(r"<dd>88<small>%", page)  # and of a queue without calls:
    assert re.search(r"SL-F3</abbr></dt><dd><span class=\"none\">n/a", page)


def test_a_caller_shows_what_is_known_of_them(owner: FlaskClient, core: FakeCore) -> None:
    page = owner.get("/").text
    assert "VIP</span>" in page
    assert re.search(r"customer number\s*<strong[^>]*>40117", page)
    waiting = next(c for c in core.live().calls if c.waiting_since)
    assert waiting.waiting_since is not None
    shown = [int(ms) for ms in re.findall(r'data-since="(\d+)"', page)]
    began_ms = int(waiting.waiting_since.timestamp() * 1000)
    assert any(abs(ms - began_ms) < 5000 for ms in shown)


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("on_call", "", "On a queue call"),
        ("busy", "internal", "On an internal call"),
        ("busy", "outgoing", "On an outgoing call"),
        ("busy", "", "On own call"),
        ("paused", "Lunch", "Paused"),
        ("unreachable", "", "Phone not reachable"),
    ],
)
def test_what_an_agent_does_in_words(
    owner: FlaskClient, core: FakeCore, parts: Parts, state: str, reason: str, words: str
) -> None:
    core.change_live = lambda live: live.model_copy(
        update={"agents": [live.agents[0].model_copy(update={"state": state, "reason": reason})]}
    )
    parts.live.forget()
    panel = owner.get("/live.json").json["panels"]["agents"]
    assert words in panel
    assert ("Lunch" in panel) == (reason == "Lunch")
    assert "internal</p>" not in panel  # the kind of call is in the words already


def test_a_wrap_up_says_its_end_and_may_be_extended(
    owner: FlaskClient, core: FakeCore, post: Post
) -> None:
    page = owner.get("/").text
    assert "ends in" in page
    assert "More time: John Peterson" in page
    assert post(owner, "/agents/204/extend").status_code == 302
    assert core.actions[0][:2] == ("204", "extend")


def test_reasons_for_a_pause_are_those_of_the_office(
    owner: FlaskClient, core: FakeCore, post: Post
) -> None:
    core.office = core.office.model_copy(update={"pause_reasons": ("Lunch", "Training")})
    page = owner.get("/").text
    assert 'name="reason" value="Training"' in page
    post(owner, "/agents/202/pause", {"reason": "Training"})
    assert core.actions[0][2].reason == "Training"


def test_open_and_closed_are_switched_by_hand(
    supervisor: FlaskClient, core: FakeCore, post: Post
) -> None:
    page = supervisor.get("/").text
    assert "Close now: Office hours" in page
    assert "By the hours again: Workshop" in page
    post(supervisor, "/hours/day/closed")
    assert (core.hours[0].is_open, core.hours[0].words) == (False, "by hand (sam)")
    post(supervisor, "/hours/day/hours")
    assert not core.hours[0].is_by_hand
    assert post(supervisor, "/hours/day/explode").status_code == 404
    assert post(supervisor, "/hours/nowhere/open").status_code == 404


def test_agents_see_the_hours_and_switch_nothing(agent: FlaskClient, post: Post) -> None:
    page = agent.get("/").text
    assert "Office hours" in page
    assert "Close now" not in page
    assert post(agent, "/hours/day/closed").status_code == 403


def test_the_page_stays_as_it_was_while_only_time_passes(
    owner: FlaskClient, core: FakeCore, parts: Parts
) -> None:
    moment = core.live()
    core.change_live = lambda live: moment
    parts.live.forget()
    tag = owner.get("/live.json").headers["ETag"]
    longer = [q.model_copy(update={"longest_wait_s": q.longest_wait_s + 1}) for q in moment.queues]
    core.change_live = lambda live: moment.model_copy(update={"queues": longer})
    parts.live.forget()
    assert owner.get("/live.json", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("then", "words", "button"),
    [
        ("paused", "then paused", "No pause"),
        ("logged_out", "then logged out", "Stay logged in"),
        ("ready", "", "Log out"),
    ],
)
def test_what_follows_a_call_is_told_and_can_be_taken_back(
    owner: FlaskClient, core: FakeCore, parts: Parts, then: str, words: str, button: str
) -> None:
    core.change_live = lambda live: live.model_copy(
        update={"agents": [live.agents[0].model_copy(update={"then": then})]}
    )
    parts.live.forget()
    panel = owner.get("/live.json").json["panels"]["agents"]
    assert words in panel
    assert f"{button}: Anna Botha" in panel
    assert ("then " in panel) == bool(words)
