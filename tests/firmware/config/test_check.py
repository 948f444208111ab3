"""The configuration as a whole."""

from typing import Any

import pytest

from firmware.config.demo import demo_office
from firmware.config.errors import InvalidOffice
from firmware.config.validate import office_from


def problems(**groups: Any) -> dict[str, str]:
    document = demo_office().model_dump(mode="json") | groups
    with pytest.raises(InvalidOffice) as refused:
        office_from(document)
    return {p.where: p.what for p in refused.value.problems}


def queue(identifier: str, **fields: Any) -> dict[str, Any]:
    return {"id": identifier, "name": identifier, **fields}


def menu(identifier: str, **fields: Any) -> dict[str, Any]:
    return {"id": identifier, "name": identifier, "greeting": "greeting", **fields}


def test_two_people_on_one_extension() -> None:
    found = problems(
        extensions=[
            {"number": n, "name": name, "secret": "s" * 12}
            for n, name in (("201", "Anna"), ("202", "Ben"), ("201", "Carl"))
        ]
    )
    assert found == {"extensions/201": "'201' is used 2 times, expected once"}


def test_account_names_differ_in_more_than_case() -> None:
    users = [{"name": n, "password_hash": "x"} for n in ("Anna", "anna")]
    assert "users/anna" in problems(users=users)


def test_a_member_who_does_not_exist_and_one_who_is_twice() -> None:
    found = problems(
        queues=[queue("sales", members=["999"]), queue("support", members=["201"] * 2)]
    )
    assert found["queues/sales/members"] == "no extension '999'"
    assert found["queues/support/members"] == "somebody is a member twice"


def test_a_key_no_telephone_has() -> None:
    to = {"to": "hangup"}
    found = problems(menus=[menu("main", options={"A": to, "12": to, "#": to})])
    assert found.keys() == {"menus/main/options/A", "menus/main/options/12"}


def test_prompts_that_are_missing_or_say_nothing() -> None:
    found = problems(
        prompts=[{"id": "nobody", "name": "Nobody"}, {"id": "welcome", "name": "Welcome"}],
        recording={"announcement": "law"},
    )
    assert found.keys() == {
        "menus/main/greeting",
        "recording/announcement",
        "prompts/nobody",
        "prompts/welcome",
    }


def test_a_caller_who_does_nothing_must_not_go_round_for_ever() -> None:
    found = problems(
        menus=[menu("main", otherwise={"to": "queue", "id": "sales"})],
        queues=[
            queue("sales", on_timeout={"to": "menu", "id": "main"}),
            queue("support"),
        ],
    )
    assert found.keys() == {"menus/main", "queues/sales"}


def test_a_way_back_by_key_press_is_no_loop() -> None:
    document = demo_office().model_dump(mode="json")
    document["menus"][0]["options"]["*"] = {"to": "menu", "id": "main"}
    assert office_from(document).menus[0].options["*"].id == "main"


def test_hanging_up_needs_no_target() -> None:
    found = problems(lines=[{"number": 1, "name": "L", "destination": {"to": "hangup", "id": "x"}}])
    assert found.keys() == {"lines/1/destination"}
