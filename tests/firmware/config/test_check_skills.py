"""Skills that callers bring along: met by somebody wherever such callers may come, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmware.config.errors import InvalidOffice
from firmware.config.schema import Office
from firmware.config.store import ConfigStore
from firmware.config.validate import office_from

SALES, REPAIR = {"to": "queue", "id": "sales"}, {"to": "queue", "id": "repair"}
MAIN = {"to": "menu", "id": "main"}


def person(number: str, **fields: Any) -> dict[str, Any]:
    return {"number": number, "name": number, "secret": "s" * 16, **fields}


def document(**more: Any) -> dict[str, Any]:
    """Anna (201) serves both queues and speaks French a little; Ben (202) only repairs."""
    return {
        "lines": [{"number": 1, "name": "Line 1", "destination": MAIN}],
        "extensions": [person("201", skills={"french": 2}), person("202")],
        "queues": [
            {"id": "sales", "name": "Sales", "members": ["201"]},
            {"id": "repair", "name": "Repair", "members": ["202"]},
        ],
        "menus": [
            {
                "id": "main", "name": "Main", "greeting": "hello",
                "options": {"1": SALES, "2": REPAIR}, "languages": {"1": "fr"},
            }
        ],
        "prompts": [{"id": "hello", "name": "Hello", "texts": {"en": "Hello"}}],
    } | more  # fmt: skip


def problems(**more: Any) -> dict[str, str]:
    with pytest.raises(InvalidOffice) as refused:
        office_from(document(**more))
    return {p.where: p.what for p in refused.value.problems}


def rule(**fields: Any) -> dict[str, Any]:
    return {"rules": [{"id": "paris", "name": "Paris", "numbers": ["0033*"], **fields}]}


def menu(**fields: Any) -> list[dict[str, Any]]:
    return [document()["menus"][0] | fields]


def test_what_somebody_can_do_may_be_asked_for(tmp_path: Path) -> None:
    asked = document(
        callers=rule(skills={"french": 2}, destination=SALES),
        menus=menu(skills={"1": {"french": 1}}),
        skills={"words": {"french": "speaks French"}, "by_language": {"fr": {"french": 1}}},
    )
    with ConfigStore(tmp_path) as store:
        made = store.change(asked, 1, "anna").office
    with ConfigStore(tmp_path) as again:
        assert again.office == made
    assert made.callers.rules[0].skills == {"french": 2}
    assert made.menus[0].skills == {"1": {"french": 1}}
    assert made.skills.by_language == {"fr": {"french": 1}}
    assert Office().skills.words == {}


def test_nobody_may_wait_for_what_nobody_there_can_do() -> None:
    assert problems(callers=rule(skills={"french": 2})) == {
        "callers/rules/paris/skills/french": (
            "french 2 is asked for by callers who may come to the queue Repair, and its best "
            "member has 0: expected a member who has it, or skills_lower_every_s there to demand "
            "less in time"
        )
    }


def test_a_queue_that_demands_less_in_time_serves_everybody_in_the_end() -> None:
    soft = document()["queues"]
    soft[1] |= {"skills_lower_every_s": 30}
    office = office_from(document(queues=soft, callers=rule(skills={"french": 2})))
    assert office.callers.rules[0].skills == {"french": 2}
    soft[1] |= {"skills_lower_to": 1}
    assert "french 1 is asked for" in problems(queues=soft, callers=rule(skills={"french": 2}))[
        "callers/rules/paris/skills/french"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"menus": menu(skills={"2": {"french": 1}})}, "menus/main/skills/2/french"),
        ({"menus": menu(skills={"1": {"french": 3}})}, "menus/main/skills/1/french"),
        (
            {
                "menus": menu(languages={"2": "fr"}),
                "skills": {"by_language": {"fr": {"french": 1}}},
            },
            "skills/by_language/fr/french",
        ),
        (
            {
                "callers": rule(language="de", destination=REPAIR),
                "skills": {"by_language": {"de": {"french": 1}}},
            },
            "skills/by_language/de/french",
        ),
        (
            {  # Anna's queue, but who calls her may be forwarded to the other
                "callers": rule(skills={"french": 1}, destination={"to": "extension", "id": "201"}),
                "extensions": [
                    person("201", skills={"french": 2}, forward_busy="202"),
                    person("202", forward_always="55"),
                ],
                "queues": [
                    {"id": "sales", "name": "Sales", "members": ["201"]},
                    {"id": "repair", "name": "Repair", "members": ["202"], "number": "55"},
                ],
            },
            "callers/rules/paris/skills/french",
        ),
        (
            {  # from Sales to Repair when nobody takes the call
                "callers": rule(skills={"french": 1}, destination=SALES),
                "queues": [
                    {"id": "sales", "name": "Sales", "members": ["201"], "on_timeout": REPAIR},
                    {"id": "repair", "name": "Repair", "members": ["202"]},
                ],
            },
            "callers/rules/paris/skills/french",
        ),
    ],
    ids=["key", "level", "language key", "language rule", "forwards", "overflow"],
)
def test_every_way_is_followed(more: dict[str, Any], where: str) -> None:
    assert list(problems(**more)) == [where]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"menus": menu(skills={"7": {"french": 1}})}, "menus/main/skills/7"),
        ({"skills": {"by_language": {"it": {"french": 1}}}}, "skills/by_language/it"),
    ],
)
def test_what_would_never_be_asked_for_is_refused(more: dict[str, Any], where: str) -> None:
    assert "never asked for" in problems(**more)[where]


def test_extensions_dialled_in_a_menu_are_ways_too() -> None:
    queues = document()["queues"]
    queues[1] |= {"number": "55"}
    key = {"options": {"1": MAIN | {"id": "inner"}, "2": SALES}}
    inner = {"id": "inner", "name": "Inner", "greeting": "hello", "options": {"1": SALES}}
    outer = menu(skills={"1": {"french": 1}}, **key)[0]
    assert office_from(document(queues=queues, menus=[outer, inner])).menus[0].skills
    dials = inner | {"dial_extensions": True}
    assert list(problems(queues=queues, menus=[outer, dials])) == ["menus/main/skills/1/french"]
