"""What no configuration may say about schedules, questions and callers."""

from typing import Any

import pytest

from firmware.config.check_places import covers
from firmware.config.demo import demo_office
from firmware.config.errors import InvalidOffice
from firmware.config.schema import Office
from firmware.config.store import ConfigStore
from firmware.config.validate import office_from

SALES = {"to": "queue", "id": "sales"}
WEEK = {"mon": [{"opens": "08:00", "closes": "17:00"}]}


def document(**groups: Any) -> dict[str, Any]:
    return demo_office().model_dump(mode="json") | groups


def problems(**groups: Any) -> dict[str, str]:
    with pytest.raises(InvalidOffice) as refused:
        office_from(document(**groups))
    return {p.where: p.what for p in refused.value.problems}


def schedule(**fields: Any) -> dict[str, Any]:
    return {"id": "day", "name": "Day", "week": WEEK, "open": SALES} | fields


def question(**fields: Any) -> dict[str, Any]:
    return {"id": "who", "name": "number", "prompt": "welcome", "then": SALES} | fields


def rule(identifier: str, *numbers: str, **fields: Any) -> dict[str, Any]:
    return {"id": identifier, "name": identifier, "numbers": list(numbers), "priority": 1} | fields


def test_everything_new_can_be_set_and_is_kept(tmp_path: Any) -> None:
    asked = document(
        schedules=[schedule(closed={"to": "message", "id": "nobody"}, switch="1")],
        questions=[question(then={"to": "schedule", "id": "day"})],
        directories=[{"id": "staff", "name": "Staff", "members": ["201"], "otherwise": SALES}],
        surveys=[{"id": "nps", "name": "NPS", "kind": "nps", "prompt": "welcome"}],
        callers={
            "rules": [rule("vip", "021*", owner="201", language="af", lines=[1])],
            "blacklist": [
                {"number": "0", "proposed_by": "anna", "proposed_at": "2026-03-01T08:00:00Z"}
            ],
        },
    )
    asked["queues"][0]["survey"] = "nps"
    asked["menus"][0] |= {"languages": {"8": "af"}, "dial_extensions": True, "silence": "nobody"}
    asked["lines"][0]["destination"] = {"to": "question", "id": "who"}
    asked["recording"] |= {"announcement": "welcome", "opt_out_key": "9"}
    asked["site"] |= {"country": "DE", "region": "BY"}
    with ConfigStore(tmp_path) as store:
        expected = store.change(asked, 1, "anna").office
    with ConfigStore(tmp_path) as again:
        assert again.office == expected
    assert expected.callers.rules[0].owner == "201"
    assert Office.model_validate(expected.model_dump(mode="json")) == expected


def test_names_are_used_once() -> None:
    blocked = {"number": "0", "proposed_by": "anna", "proposed_at": "2026-03-01T08:00:00Z"}
    found = problems(
        schedules=[schedule()] * 2,
        questions=[question()] * 2,
        callers={"rules": [rule("a", "1"), rule("a", "2")], "blacklist": [blocked] * 2},
    )
    assert {"schedules/day", "questions/who", "callers/rules/a", "callers/blacklist/0"} <= set(
        found
    )


def test_every_way_leads_somewhere() -> None:
    nowhere = {"to": "queue", "id": "none"}
    found = problems(
        schedules=[schedule(closed=nowhere, holiday={"to": "schedule", "id": "none"})],
        questions=[question(otherwise={"to": "question", "id": "none"}, prompt="none")],
        callers={"rules": [rule("a", "1", destination=nowhere)], "blocked": nowhere},
    )
    assert found == {
        "schedules/day/closed": "leads to queue 'none', which does not exist",
        "schedules/day/holiday": "leads to schedule 'none', which does not exist",
        "questions/who/otherwise": "leads to question 'none', which does not exist",
        "callers/rules/a/destination": "leads to queue 'none', which does not exist",
        "callers/blocked": "leads to queue 'none', which does not exist",
        "questions/who/prompt": "no prompt 'none'",
    }


def test_round_and_round_by_the_hour_is_refused() -> None:
    menus = document()["menus"]
    menus[0]["otherwise"] = {"to": "schedule", "id": "day"}
    found = problems(schedules=[schedule(closed={"to": "menu", "id": "main"})], menus=menus)
    assert found["schedules/day"] == "a caller who does nothing comes back here for ever"


def test_a_question_that_leads_back_to_itself_is_refused() -> None:
    found = problems(questions=[question(otherwise={"to": "question", "id": "who"})])
    assert found == {"questions/who": "a caller who does nothing comes back here for ever"}


def test_directories_that_find_nobody_or_lead_nowhere() -> None:
    def staff(id: str, **fields: Any) -> dict[str, Any]:
        return {"id": id, "name": "Staff", "otherwise": SALES} | fields

    asked = [
        staff("ghost", members=["999"]),
        staff("loop", otherwise={"to": "directory", "id": "loop"}),
        staff("none", otherwise={"to": "directory", "id": "nowhere"}, prompt="nothing"),
        staff("fine", members=["201"]),
    ]
    assert problems(directories=[*asked, staff("fine")]) == {
        "directories/fine": "'fine' is used 2 times, expected once",
        "directories/ghost": (
            "nobody can be found: expected people whose names have letters of the keys"
        ),
        "directories/ghost/members": "no extension '999'",
        "directories/loop": "a caller who does nothing comes back here for ever",
        "directories/none/otherwise": "leads to directory 'nowhere', which does not exist",
        "directories/none/prompt": "no prompt 'nothing'",
    }
    menus = document()["menus"]
    menus[0]["options"]["5"] = {"to": "directory", "id": "fine"}
    back = staff("fine", otherwise={"to": "menu", "id": "main"})
    assert office_from(document(menus=menus, directories=[back])).directories[0].tries == 3


def test_dead_ends_are_refused() -> None:
    end = {"to": "hangup"}
    found = problems(schedules=[schedule(open=end)], questions=[question(then=end)])
    assert found.keys() == {"schedules/day/open", "questions/who/then"}


def test_a_way_for_holidays_that_never_come() -> None:
    found = problems(schedules=[schedule(holidays="as_usual", holiday=SALES)])
    assert "never used" in found["schedules/day/holiday"]
    special = [{"day": "2026-12-24", "name": "Christmas Eve"}]
    asked = schedule(holidays="as_usual", holiday=SALES, special_days=special)
    assert office_from(document(schedules=[asked])).schedules[0].holiday is not None


def test_a_country_or_region_without_a_calendar() -> None:
    site = document()["site"]
    found = problems(site=site | {"country": "ZZ"}, schedules=[schedule()])
    assert found["site/country"].startswith("there is no calendar of public holidays for ZZ")
    found = problems(site=site | {"country": "DE", "region": "XX"}, schedules=[schedule()])
    assert found["site/region"].startswith("'XX' is no region of DE")
    assert office_from(document(site=site | {"country": "ZZ"})).site.country == "ZZ"


def test_two_schedules_behind_one_code() -> None:
    asked = [schedule(switch="1"), schedule(id="night", name="Night", switch="1")]
    assert problems(schedules=asked) == {"schedules/night/switch": "1 switches Day already"}
    both = [schedule(), schedule(id="night", name="Night")]
    assert len(office_from(document(schedules=both)).schedules) == 2


def test_rules_that_could_never_fit_or_change_nothing() -> None:
    rules = [
        rule("cape", "021*", lines=[1, 2]),
        rule("shop", "0215557788", lines=[1]),
        rule("elsewhere", "0215557788"),
        rule("idle", "1", priority=0),
        rule("ghost", "2", lines=[9], owner="999"),
    ]
    found = problems(callers={"rules": rules})
    assert found == {
        "callers/rules/shop/numbers": (
            "0215557788 never gets here: cape comes first and fits as well"
        ),
        "callers/rules/idle": (
            "changes nothing: expected a destination, a language, a priority, an owner or skills"
        ),
        "callers/rules/ghost/lines": "there is no line 9",
        "callers/rules/ghost/owner": "no extension '999'",
    }


@pytest.mark.parametrize(
    ("wide", "narrow", "is_so"),
    [
        ("021*", "0215557788", True),
        ("021*", "0215*", True),
        ("0215*", "021*", False),
        ("*", "+27*", True),
        ("*", "withheld", False),
        ("withheld", "withheld", True),
        ("0215557788", "021*", False),
    ],
)
def test_one_pattern_covers_another(wide: str, narrow: str, is_so: bool) -> None:
    assert covers(wide, narrow) is is_so


def test_keys_and_surveys_that_cannot_be() -> None:
    asked = document()
    asked["queues"][0]["survey"] = "none"
    asked["menus"][0]["languages"] = {"12": "af"}
    asked["recording"]["opt_out_key"] = "9"
    found = problems(**asked)
    assert found.keys() == {
        "queues/sales/survey",
        "menus/main/languages/12",
        "recording/opt_out_key",
    }
