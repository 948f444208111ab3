"""How figures are counted, and which keys of a menu count as self-service."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from firmware.config.demo import demo_office
from firmware.config.schema import Office
from firmware.records.kpi import DEFAULT


def test_an_office_of_before_counts_as_before() -> None:
    document = demo_office().model_dump(mode="json")
    del document["reporting"]
    for menu in document["menus"]:
        del menu["served"]
    office = Office.model_validate(document)
    assert office.reporting.formula == DEFAULT.value
    assert (office.reporting.interval, office.reporting.again_days) == ("offered", 7)
    assert office.menus[0].served == ()


@pytest.mark.parametrize(
    ("field", "value"), [("formula", "SL-F7"), ("interval", "ended"), ("again_days", 0)]
)
def test_what_cannot_be_counted_is_refused(field: str, value: object) -> None:
    document = demo_office().model_dump(mode="json")
    document["reporting"][field] = value
    with pytest.raises(ValidationError, match=field):
        Office.model_validate(document)


def menu(served: list[str], to: dict[str, str]) -> dict[str, Any]:
    document = demo_office().model_dump(mode="json")
    document["menus"][0]["options"]["3"] = to
    document["menus"][0]["served"] = served
    return document


def test_a_key_to_a_message_may_count_as_served() -> None:
    office = Office.model_validate(menu(["3"], {"to": "message", "id": "nobody"}))
    assert office.menus[0].served == ("3",)


@pytest.mark.parametrize("served", [["1"], ["9"], [""]])
def test_a_key_to_a_queue_or_to_nothing_may_not(served: list[str]) -> None:
    with pytest.raises(ValidationError, match=r"menus/main/served.*expected a key of this menu"):
        Office.model_validate(menu(served, {"to": "message", "id": "nobody"}))
