"""Parking, announcements and the card of codes through their pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

from firmware.call.keys import CODES
from firmware.config.codes import TABLE

Post = Callable[..., object]
BASE = {"generation": "12"}
PARKING = BASE | {"is_enabled": "1", "number": "80", "first_slot": "81", "last_slot": "84",
                  "timeout_s": "90", "otherwise": "queue:sales"}  # fmt: skip
GROUP = BASE | {"number": "500", "name": "Workshop", "limit_s": "30", "members": ["202", "201"]}
PAGES = ["/settings/parking", "/settings/announcements", "/settings/announcements/new",
         "/settings/codes"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_pages_open(owner: FlaskClient, path: str) -> None:
    assert owner.get(path).status_code == 200


def test_parking(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/parking", PARKING).status_code == 302
    parking = core.office.parking
    assert (parking.number, parking.slots, parking.timeout_s) == (
        "80",
        ("81", "82", "83", "84"),
        90,
    )
    assert parking.otherwise.id == "sales"
    assert "Dial 80, slots 81 to 84" in owner.get("/settings").text


def test_parking_off(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {name: value for name, value in PARKING.items() if name != "is_enabled"}
    assert post(owner, "/settings/parking", form).status_code == 302
    assert core.office.parking.slots == ()


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"number": "201"}, "number", "201 is the number of Anna Botha already"),
        ({"first_slot": "206"}, "first_slot", "expected 1 to 100 numbers"),
        ({"timeout_s": "1"}, "timeout_s", "greater than or equal to 15"),
        ({"number": "7a"}, "number", "expected an extension of 2 to 6 digits"),
        ({"otherwise": "queue:gone"}, "otherwise", "which does not exist"),
    ],
)
def test_parking_mistakes_are_beside_their_field(
    owner: FlaskClient, core: FakeCore, post: Post, change: dict[str, str], field: str, says: str
) -> None:
    answer = post(owner, "/settings/parking", PARKING | change)
    assert answer.status_code == 422
    note = re.search(rf'id="f-{field}-note">(.*?)</p>', answer.text, re.S)
    assert note
    assert says in note[1]
    assert core.generation == 12


def test_announcement(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/announcements/new", GROUP).status_code == 302
    (group,) = core.office.page_groups
    assert (group.number, group.members, group.limit_s) == ("500", ("202", "201"), 30)
    changed = GROUP | {"generation": "13", "number": "501"}
    assert post(owner, "/settings/announcements/500", changed).status_code == 302
    assert [g.number for g in core.office.page_groups] == ["501"]
    assert "501" in owner.get("/settings/codes").text
    gone = post(owner, "/settings/announcements/501/remove", {"generation": "14"})
    assert gone.status_code == 302
    assert core.office.page_groups == ()


def test_announcement_mistakes(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    for change, says in (
        ({"number": "201"}, "201 is the number of Anna Botha already"),
        ({"name": ""}, "at least 1 character"),
        ({"members": ["299"]}, "No extension"),
    ):
        answer = post(owner, "/settings/announcements/new", GROUP | change)
        assert answer.status_code == 422
        assert says in answer.text.replace("&#39;", "'")
    post(owner, "/settings/announcements/new", GROUP)
    twice = post(owner, "/settings/announcements/new", GROUP | {"generation": "13"})
    assert "Another announcement has this number." in twice.text
    assert len(core.office.page_groups) == 1
    assert owner.get("/settings/announcements/999").status_code == 404


def test_the_card_has_every_code_and_number(supervisor: FlaskClient) -> None:
    page = supervisor.get("/settings/codes").text
    for code in TABLE:
        assert code.digits in page
    for row in CODES:
        assert row.keys in page
    assert "Maria van Wyk" in page
