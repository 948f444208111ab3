"""What a configuration may say: one mistake at a time, each named by value and place."""

from typing import Any

import pytest

from firmware.config.demo import demo_office
from firmware.config.errors import InvalidOffice
from firmware.config.schema import Office, Site
from firmware.config.validate import office_from


def document() -> dict[str, Any]:
    return demo_office().model_dump(mode="json")


MISTAKES: dict[str, tuple[list[Any], Any, str, str]] = {
    "country": (["site", "country"], "Zulu", "site/country", "two-letter country"),
    "outside prefix": (["site", "outside_prefix"], "00", "site/outside_prefix", "'00'"),
    "line 9": (["lines", 0, "number"], 9, "lines/9/number", "less than or equal to 8"),
    "extension 01": (["extensions", 0, "number"], "01", "extensions/01/number", "not beginning"),
    "short secret": (["extensions", 1, "secret"], "1234", "extensions/202/secret", "at least 8"),
    "strategy": (["queues", 0, "strategy"], "magic", "queues/sales/strategy", "longest_idle"),
    "wait": (["queues", 1, "max_wait_s"], 5, "queues/support/max_wait_s", "equal to 10"),
    "tries": (["menus", 0, "tries"], "many", "menus/main/tries", "valid integer"),
    "destination": (
        ["menus", 0, "options", "1", "to"],
        "moon",
        "menus/main/options/1/to",
        "'menu', 'queue'",
    ),
    "recording": (["recording", "keep_days"], 0, "recording/keep_days", "equal to 1"),
    "group": (["lines"], "none", "lines", "valid tuple"),
    "unknown key": (["colour"], "red", "colour", "not permitted"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_one_mistake_one_problem_at_its_place(mistake: Any) -> None:
    path, value, where, what = mistake
    office = document()
    at: Any = office
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(InvalidOffice) as refused:
        office_from(office)
    [problem] = refused.value.problems
    assert problem.where == where
    assert what in problem.what


def test_an_office_cannot_be_built_against_the_whole() -> None:
    office = document()
    office["lines"][0]["destination"] = {"to": "menu", "id": "gone"}
    with pytest.raises(ValueError, match="lines/1/destination: leads to menu 'gone'"):
        Office.model_validate(office)


def test_parts_do_not_change_once_made() -> None:
    office = demo_office()
    with pytest.raises(ValueError, match="frozen"):
        office.site.name = "Other"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "Africa", ""])
def test_a_time_zone_that_does_not_exist_is_refused_by_name(zone: str) -> None:
    with pytest.raises(ValueError, match="expected a time zone such as Africa/Johannesburg"):
        Site(timezone=zone)
