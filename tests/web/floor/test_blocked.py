"""Blocked numbers: proposed by agents, decided by supervisors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from web_fakes import FakeCore

Post = Callable[..., object]


def test_lists_what_is_proposed_in_force_and_over(supervisor: FlaskClient) -> None:
    page = supervisor.get("/blocked").text
    for words in ("0870001111", "Sells toner", "by anna", "0215550666", "approved by sam", "Over"):
        assert words in page, words
    assert 'value="45"' in page  # as long as is usual


def test_approve_for_so_many_days(supervisor: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = post(supervisor, "/blocked/0870001111/approve", {"days": "10"}, follow_redirects=True)
    assert "Calls from 0870001111 are turned away" in answer.text
    blocked = core.blocked[0]
    assert (blocked.state, blocked.approved_by) == ("in_force", "sam")
    assert blocked.until is not None
    assert timedelta(days=9) < blocked.until - datetime.now(UTC) < timedelta(days=11)


def test_nonsense_days_are_told(supervisor: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = post(supervisor, "/blocked/0870001111/approve", {"days": "0"}, follow_redirects=True)
    assert "Days: Input should be greater than or equal to 1" in answer.text
    assert core.blocked[0].state == "proposed"


def test_reject(supervisor: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = post(supervisor, "/blocked/0870001111/remove", follow_redirects=True)
    assert "Calls from 0870001111 are taken" in answer.text
    assert "0870001111" not in {one.number for one in core.blocked}
    again = post(supervisor, "/blocked/0870001111/remove", follow_redirects=True)
    assert "is not on the list any more" in again.text


def test_who_decides_blocks_at_once(supervisor: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {"number": "0871112222", "reason": "x", "approve": "1", "days": "7"}
    post(supervisor, "/blocked/propose", form)
    assert (core.blocked[0].number, core.blocked[0].state) == ("0871112222", "in_force")


def test_agents_propose_and_no_more(agent: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = post(agent, "/blocked/propose", {"number": "0871112222", "approve": "1"})
    assert answer.status_code == 302
    assert core.blocked[0].state == "proposed"
    assert agent.get("/blocked").status_code == 403
    assert post(agent, "/blocked/0871112222/approve").status_code == 403
    assert post(agent, "/blocked/0871112222/remove").status_code == 403


def test_what_is_no_number_is_refused(supervisor: FlaskClient, core: FakeCore, post: Post) -> None:
    before = len(core.blocked)
    form = {"number": "<b>"}
    page = post(supervisor, "/blocked/propose", form, follow_redirects=True).text
    assert "expected the number as the line shows it" in page
    assert len(core.blocked) == before


def test_nobody_is_led_elsewhere(agent: FlaskClient, post: Post) -> None:
    form = {"number": "0871112222", "next": "//evil.example/"}
    assert post(agent, "/blocked/propose", form).headers["Location"] == "/"


def test_the_live_page_says_that_something_is_to_be_decided(
    supervisor: FlaskClient, agent: FlaskClient, core: FakeCore
) -> None:
    office = core.office.model_dump(mode="json")
    proposed = {"number": "0870001111", "proposed_by": "anna", "proposed_at": "2026-01-01T00:00Z"}
    office["callers"]["blacklist"] = [proposed]
    core.office = type(core.office).model_validate(office)
    assert "1 number is proposed to be blocked" in supervisor.get("/").text
    assert "proposed to be blocked" not in agent.get("/").text
