"""People in the configuration, wherever they are mentioned."""

from __future__ import annotations

import string

from web_fakes import demo_office

from firmware.config.schema import Office
from web.change import as_dict
from web.people.edit import drop_person, free_number, new_secret, put_person

ZOLA = {"number": "207", "name": "Zola", "secret": "s" * 12}


def test_added_to_exactly_the_chosen_queues() -> None:
    before = as_dict(demo_office())
    after = Office.model_validate(put_person(before, ZOLA, ["service"]))
    assert [q.members for q in after.queues] == [
        ("201", "202", "203"),
        ("203", "204", "205", "207"),
    ]
    assert before == as_dict(demo_office())  # the copy was changed, not the original


def test_changed_keeps_secret_and_place() -> None:
    after = put_person(as_dict(demo_office()), {"number": "202", "name": "Sipho D."}, [])
    person = after["extensions"][1]
    assert (person["name"], person["secret"]) == ("Sipho D.", "wX4-secret-202")
    assert "202" not in after["queues"][0]["members"]


def test_removed_from_queues_and_accounts() -> None:
    before = as_dict(demo_office())
    before["mailboxes"].append({"id": "201", "name": "Anna", "members": []})
    before["queues"][0]["member_rules"] = {"201": {"penalty": 1}, "202": {"penalty": 2}}
    rule = {"name": "x", "destination": None, "language": None, "owner": "201"}
    before["callers"]["rules"] = [
        rule | {"id": "hers", "numbers": ["021*"], "priority": 0},
        rule | {"id": "vip", "numbers": ["0215557788"], "priority": 3},
    ]
    before["page_groups"] = [{"number": "500", "name": "All", "members": ["201", "202"]}]
    after = Office.model_validate(drop_person(before, "201"))
    assert after.page_groups[0].members == ("202",)
    assert [(box.id, box.members) for box in after.mailboxes] == [("office", ("206",))]
    assert list(after.queues[0].member_rules) == ["202"]
    assert [(rule.id, rule.owner) for rule in after.callers.rules] == [("vip", None)]
    assert "201" not in {e.number for e in after.extensions}
    assert all("201" not in q.members for q in after.queues)
    assert [u.extension for u in after.users if u.name == "anna"] == [None]


def test_removed_from_directories_but_never_so_that_everybody_is_listed() -> None:
    before = as_dict(demo_office())
    staff = {"name": "Staff", "prompt": None, "timeout_s": 4, "tries": 3,
             "otherwise": {"to": "hangup", "id": ""}}  # fmt: skip
    before["directories"] = [
        staff | {"id": "all", "members": []},
        staff | {"id": "two", "members": ["201", "202"]},
        staff | {"id": "one", "members": ["201"]},
    ]
    after = drop_person(before, "201")
    assert [d["members"] for d in after["directories"]] == [[], ["202"], ["201"]]  # the last: told


def test_next_free_number() -> None:
    assert free_number([]) == "201"
    assert free_number(["201", "1005", "305"]) == "1006"


def test_secrets_can_be_typed_and_differ() -> None:
    made = {new_secret() for _ in range(200)}
    assert len(made) == 200
    assert set("".join(made)) <= set(string.ascii_letters + string.digits) - set("0O1lIio")
    assert {len(s) for s in made} == {16}
