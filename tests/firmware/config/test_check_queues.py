"""What is refused about queues, with the value and what was expected."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from firmware.config.check import destinations
from firmware.config.schema import Office

PEOPLE: list[dict[str, Any]] = [
    {"number": "201", "name": "Anna", "secret": "secret-201", "skills": {"french": 3}},
    {"number": "202", "name": "Ben", "secret": "secret-202"},
]


def office(**queue: Any) -> Office:
    rule = {"id": "sales", "name": "Sales", "members": ["201", "202"], **queue}
    return Office.model_validate({"extensions": PEOPLE, "queues": [rule]})


@pytest.mark.parametrize(
    ("queue", "words"),
    [
        (
            {"member_rules": {"203": {"penalty": 1}}},
            "queues/sales/member_rules/203: '203' is no member of the queue",
        ),
        ({"skills": {"french": 4}}, "queues/sales/skills/french: french 4 .* best member has 3"),
        ({"skills": {"repair": 1}}, "repair 1 .* best member has 0"),
        (
            {"skills": {"french": 9}, "skills_lower_every_s": 20, "skills_lower_to": 5},
            "french 5 is demanded",
        ),
        ({"penalty_relax_every_s": 600}, "penalty_relax_every_s: 600 s never pass"),
        (
            {"skills": {"french": 1}, "skills_lower_every_s": 900},
            "skills_lower_every_s: 900 s never pass: callers wait for 600 s at most",
        ),
        (
            {
                "member_rules": {"201": {"penalty": 3}, "202": {"penalty": 4}},
                "penalty_relax_every_s": 200,
            },
            "no member is of a level that is rung before max_wait_s",
        ),
        ({"on_paused": {"to": "menu", "id": "nope"}}, "queues/sales/on_paused: leads to menu"),
        (
            {"on_unreachable": {"to": "queue", "id": "sales"}},
            "a caller who does nothing comes back here for ever",
        ),
        ({"hours": "night"}, "queues/sales/hours: no opening hours 'night': expected none"),
        ({"on_closed": {"to": "hangup"}}, "queues/sales/on_closed: never happens"),
        ({"leave_when_closed": True}, "queues/sales/leave_when_closed: never happens"),
        ({"strategy": "rrmemory"}, "strategy"),
        ({"member_rules": {"201": {"penalty": 10}}}, "penalty"),
        ({"skills": {"french": 0}}, "french"),
    ],
)
def test_what_cannot_be_is_refused_by_name(queue: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        office(**queue)


LINES: list[dict[str, Any]] = [
    {"number": 1, "name": "Line 1"},
    {"number": 2, "name": "Fax", "may_dial_out": False},
]


def calls_back(there: list[dict[str, Any]] = LINES, **rule: Any) -> Office:
    back = {"is_offered": True, **rule}
    queue = {"id": "sales", "name": "Sales", "callback": back, "comfort": {"exit_key": "9"}}
    return Office.model_validate({"lines": there, "queues": [queue]})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"key": "9"}, "queues/sales/callback/key: 9 is the way out of the queue already"),
        ({"key": "*"}, "key"),
        ({"lines": [2]}, "callback/lines: line 2 is not there or may not dial out"),
        ({"lines": [7]}, "callback/lines: line 7 is not there"),
        ({"keep_lines_free": 2}, "callback/keep_lines_free: 2 of 2 lines stay free"),
        ({"greeting": "nope"}, "callback/greeting: no prompt 'nope'"),
        ({"numbers": ["abc"]}, "'abc': expected a number"),
        ({"lines": [], "expires_s": 10}, "expires_s"),
    ],
)
def test_callbacks_that_could_never_be_made(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        calls_back(**rule)


def test_a_callback_needs_a_line() -> None:
    with pytest.raises(ValidationError, match="callback/is_offered: no line may dial out"):
        calls_back(LINES[1:])
    assert calls_back(numbers=["021*"]).queues[0].callback.is_offered


def test_what_can_be() -> None:
    made = office(
        strategy="skill",
        skills={"french": 9},
        skills_lower_every_s=60,
        member_rules={"202": {"penalty": 1, "share": 3, "ring_s": 10, "is_fixed": True}},
        penalty_relax_every_s=60,
        on_paused={"to": "extension", "id": "202"},
    )
    assert ("queues/sales/on_paused", made.queues[0].on_paused) in list(destinations(made))


def test_pause_reasons_are_told_apart() -> None:
    assert Office(pause_reasons=("Lunch", "Meeting")).pause_reasons == ("Lunch", "Meeting")
    with pytest.raises(ValidationError, match="pause_reasons: 'Lunch' is there twice"):
        Office(pause_reasons=("Lunch", "Lunch"))


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4"])
def test_a_pin_is_of_4_to_8_digits(pin: str) -> None:
    with pytest.raises(ValidationError, match="desk_pin"):
        Office.model_validate({"extensions": [{**PEOPLE[0], "desk_pin": pin}]})
