"""Rules for callers by their number."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

Post = Callable[..., object]
FORM = {
    "generation": "12",
    "name": "Good customers",
    "numbers": "021 555-7788\n083*\n\n",
    "priority": "5",
    "owner": "202",
    "lines": ["1"],
}


def test_a_vip(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/callers/new", FORM).status_code == 302
    made = core.office.callers.rules[0]
    assert (made.id, made.numbers, made.lines) == ("good-customers", ("0215557788", "083*"), (1,))
    assert (made.priority, made.owner, made.destination) == (5, "202", None)
    assert "0215557788, 083*" in owner.get("/settings/callers").text
    page = owner.get("/settings/callers/good-customers").text
    assert "0215557788\n083*" in page
    assert re.search(r'name="lines" value="1" checked', page)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"numbers": "Alice"}, "numbers", "Alice"),
        ({"numbers": ""}, "numbers", "at least 1"),
        ({"priority": "11"}, "priority", "less than or equal to 10"),
        ({"owner": "999"}, "owner", "No extension"),
        ({"destination": "queue:gone"}, "destination", "does not exist"),
        ({"language": "english"}, "language", "expected a language code"),
    ],
)
def test_mistakes_are_told_at_their_field(
    owner: FlaskClient, core: FakeCore, post: Post, change: dict[str, str], field: str, says: str
) -> None:
    answer = post(owner, "/settings/callers/new", FORM | change)
    assert answer.status_code == 422
    found = re.search(f'id="f-{field}-note">(.*?)</p>', answer.text, re.DOTALL)
    assert found is not None
    assert says in found[1]
    assert core.generation == 12


def test_a_rule_that_changes_nothing_is_refused(owner: FlaskClient, post: Post) -> None:
    form = FORM | {"priority": "0", "owner": ""}
    assert "Changes nothing" in post(owner, "/settings/callers/new", form).text


def test_removed(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    post(owner, "/settings/callers/new", FORM)
    post(owner, "/settings/callers/good-customers/remove", {"generation": "13"})
    assert core.office.callers.rules == ()
    assert owner.get("/settings/callers/good-customers").status_code == 404
