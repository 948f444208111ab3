"""One subscriber listed in two forms, on saving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmware.config.check_numbers import new_problems, problems
from firmware.config.demo import demo_office
from firmware.config.errors import InvalidOffice
from firmware.config.schema import Office
from firmware.config.store import ConfigStore
from firmware.config.validate import office_from


def rule(id: str, *numbers: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "name": id, "numbers": list(numbers), "priority": 1} | fields


def office(*rules: dict[str, Any], blacklist: tuple[str, ...] = ()) -> Office:
    document = demo_office().model_dump(mode="json")
    proposed = {"proposed_by": "anna", "proposed_at": "2026-03-01T08:00:00Z"}
    document["callers"] = {
        "rules": list(rules),
        "blacklist": [{"number": number} | proposed for number in blacklist],
    }
    return office_from(document)


def found(made: Office) -> dict[str, str]:
    return {p.where: p.what for p in problems(made)}


def test_a_number_that_an_earlier_rule_has_in_another_form() -> None:
    made = office(rule("vip", "+27215557788", "+2731*"), rule("late", "0215557788", "0311234567"))
    assert found(made) == {
        "callers/rules/late/numbers": "0311234567 never gets here: vip comes first and has it as "
        "+2731*"
    }
    assert [p.what for p in problems(made)] == [
        "0215557788 never gets here: vip comes first and has it as +27215557788",
        "0311234567 never gets here: vip comes first and has it as +2731*",
    ]


def test_both_forms_in_one_rule_and_other_lines_are_no_mistake() -> None:
    both = rule("vip", "+27215557788", "0215557788", lines=[1])
    assert found(office(both, rule("rest", "0215557788"))) == {}
    assert list(found(office(both, rule("same", "0027215557788", lines=[1])))) == [
        "callers/rules/same/numbers"
    ]


def test_a_number_twice_on_the_blacklist() -> None:
    assert found(office(blacklist=("0215557788", "0027215557788", "0311"))) == {
        "callers/blacklist/0027215557788": ("0027215557788 is on the list already, as 0215557788")
    }


def test_what_was_so_before_is_left_alone() -> None:
    before = office(rule("vip", "+27215557788"), rule("late", "0215557788"))
    after = office(rule("vip", "+27215557788"), rule("late", "0215557788", "021999*"))
    assert new_problems(before, before) == []
    assert new_problems(before, after) == []
    assert len(new_problems(office(), after)) == 1


def test_saving_refuses_it_and_loading_does_not(tmp_path: Path) -> None:
    twice = office(rule("vip", "+27215557788"), rule("late", "0215557788"))
    with ConfigStore(tmp_path, initial=demo_office) as store:
        with pytest.raises(InvalidOffice, match="callers/rules/late/numbers"):
            store.change(twice, 1, "anna")
        assert store.generation == 1
    with ConfigStore(tmp_path / "old", initial=lambda: twice) as store:
        renamed = twice.model_dump(mode="json")
        renamed["site"]["name"] = "Elsewhere"
        assert store.change(renamed, 1, "anna").office.site.name == "Elsewhere"
