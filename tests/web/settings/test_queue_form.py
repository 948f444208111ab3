"""The form of a queue, and what is said beside its fields."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

from firmware.config.schema import Queue
from web.settings import queue_form

Post = Callable[..., object]
BASE = {"generation": "12"}


def before() -> dict[str, object]:
    return Queue(id="sales", name="Sales", members=("201",)).model_dump(mode="json")


def test_what_a_form_does_not_send_stays() -> None:
    was = before()
    assert queue_form.queue({}, ["201"], was) == was


def test_an_empty_choice_is_none() -> None:
    was = before() | {"welcome": "hello", "on_paused": {"to": "queue", "id": "help"}}
    found = queue_form.queue({"welcome": "", "on_paused": "", "on_full": ""}, ["201"], was)
    assert (found["welcome"], found["on_paused"]) == (None, None)
    assert found["on_full"] == {"to": "hangup", "id": ""}  # this one leads somewhere always


def test_check_boxes_are_off_unless_sent() -> None:
    found = queue_form.queue({"has": "1", "comfort-tell_wait": "1"}, ["201"], before())
    assert (found["comfort"]["tell_wait"], found["comfort"]["tell_position"]) == (True, False)
    assert found["join_when_paused"] is False


def test_members_who_are_as_everybody_have_no_rule() -> None:
    form = {
        "has": "1",
        "member_rules-201-penalty": "2",
        "member_rules-202-penalty": "0",
        "member_rules-203-is_fixed": "1",
        "member_rules-204-share": "7",
    }
    found = queue_form.queue(form, ["201", "202", "203"], before())
    assert {number: rule["penalty"] for number, rule in found["member_rules"].items()} == {
        "201": "2",
        "203": 0,
    }


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"wrap_up_extend_s": "-1"}, "wrap_up_extend_s", "greater than or equal to 0"),
        ({"comfort-every_s": "5"}, "comfort-every_s", "greater than or equal to 15"),
        ({"comfort-exit_key": "A"}, "comfort-exit_key", "match pattern"),
        ({"callback-tries": "0"}, "callback-tries", "greater than or equal to 1"),
        ({"member_rules-201-penalty": "11"}, "member_rules-201-penalty", "less than or equal"),
        ({"on_paused": "queue:gone"}, "on_paused", "does not exist"),
        ({"comfort-exit_key": "5", "comfort-on_exit": "queue:gone"}, "comfort-on_exit", "exist"),
        (
            {"callback-is_offered": "1", "callback-key": "5", "comfort-exit_key": "5"},
            "callback-key",
            "5",
        ),
    ],
)
def test_mistakes_are_told_at_their_field(
    owner: FlaskClient,
    core: FakeCore,
    post: Post,
    change: dict[str, str],
    field: str,
    says: str,
) -> None:
    form = BASE | {"has": "1", "members": ["201", "202"]} | change
    answer = post(owner, "/settings/queues/sales", form)
    assert answer.status_code == 422
    found = re.search(f'id="f-{field}-note">(.*?)</p>', answer.text, re.DOTALL)
    assert found is not None
    assert says in found[1]
    assert core.generation == 12


def test_everything_is_kept(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = BASE | {
        "has": "1",
        "members": ["202", "201"],
        "strategy": "progressive",
        "progressive_every_s": "7",
        "wrap_up_extend_s": "60",
        "on_unreachable": "message:welcome",
        "comfort-exit_key": "9",
        "comfort-on_exit": "voicemail:office",
        "comfort-tell_position": "1",
        "member_rules-202-ring_s": "9",
    }
    assert post(owner, "/settings/queues/sales", form).status_code == 302
    queue = core.office.queues[0]
    assert (queue.strategy, queue.progressive_every_s, queue.wrap_up_extend_s) == (
        "progressive",
        7,
        60,
    )
    assert queue.on_unreachable is not None
    assert queue.on_unreachable.id == "welcome"
    assert (queue.comfort.exit_key, queue.comfort.on_exit.id) == ("9", "office")
    assert queue.comfort.tell_position
    assert not queue.comfort.tell_wait
    assert queue.member_rules["202"].ring_s == 9
