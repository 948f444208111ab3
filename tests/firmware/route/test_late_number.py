"""A caller whose number becomes known after the call began, with stand-ins for legs and switch."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.config.validate import office_from
from hal.leg import Digit, Direction, Identified, Kind, Party, State

ALICE = Party("+27215557788", "Alice")
NUMBER = "0215557788"


def to(kind: str, id: str = "") -> dict[str, str]:
    return {"to": kind, "id": id}


@pytest.fixture
def led(branch: Any) -> Any:
    """Lines ring Ben, or lead into the menu; some numbers are led otherwise."""

    def configure(destination: dict[str, str], **callers: Any) -> Any:
        document = branch.desk.office.model_dump(mode="json")
        document["lines"] = [{"number": 1, "name": "Main", "destination": destination}]
        document["callers"] = callers
        branch.attendant.configure(office_from(document))
        leg = branch.make_leg(Kind.LINE, Direction.INCOMING, caller=Party("", why_unknown="late"))
        branch.attendant.line_offered(leg, 1)
        return leg

    return configure


def rule(**fields: Any) -> dict[str, Any]:
    return {"id": "vip", "name": "the best", "numbers": [NUMBER]} | fields


def blocked() -> dict[str, Any]:
    return {"number": NUMBER, "proposed_by": "anna", "proposed_at": "2026-01-01T08:00:00Z",
            "approved_by": "boss", "until": "2099-01-01T08:00:00Z"}  # fmt: skip


def call(branch: Any) -> Any:
    (visit,) = branch.attendant.visits.values()
    return visit.call


def test_a_number_known_while_a_phone_rings_leads_elsewhere(branch: Any, led: Any) -> None:
    leg = led(to("extension", "202"), rules=[rule(destination=to("queue", "sales"), priority=5)])
    bens = branch.last
    leg.far(Identified(ALICE))
    assert bens.state is State.RELEASED
    assert branch.last.called.number == "201"  # the queue's agent
    assert (call(branch).priority, call(branch).queue) == (5, "sales")
    assert "calls on Main, is one of the best: goes to the queue Sales" in branch.texts()


def test_a_rule_that_leads_nowhere_else_lets_the_phone_ring_on(branch: Any, led: Any) -> None:
    led(to("extension", "202"), rules=[rule(language="af", owner="203")]).far(Identified(ALICE))
    assert [leg.called.number for leg in branch.rung] == ["202"]
    assert (call(branch).language, call(branch).owner) == ("af", "203")


def test_a_blocked_number_known_late_is_not_answered(branch: Any, led: Any) -> None:
    leg = led(to("extension", "202"), blacklist=[blocked()])
    leg.far(Identified(ALICE))
    assert leg.state is State.RELEASED
    assert "call.blocked" in branch.kinds()
    assert branch.rows[0].answered_at is None
    assert branch.is_empty()


def test_withheld_callers_are_led_on_when_they_turn_out_to_have_a_number(
    branch: Any, led: Any
) -> None:
    withheld = rule(numbers=["withheld"], destination=to("extension", "203"))
    leg = led(to("extension", "202"), rules=[withheld])
    assert branch.last.called.number == "203"
    leg.far(Identified(ALICE))
    assert branch.last.called.number == "202"


def test_who_has_chosen_already_stays_there(branch: Any, led: Any) -> None:
    leg = led(to("menu", "main"), rules=[rule(destination=to("extension", "202"))])
    leg.far(Digit("1", "inband"))
    leg.far(Identified(ALICE))
    assert [x.called.number for x in branch.rung] == ["201"]
    assert call(branch).party == ALICE


def test_in_the_menu_without_a_key_they_are_led_by_their_number(branch: Any, led: Any) -> None:
    leg = led(to("menu", "main"), rules=[rule(destination=to("extension", "202"))])
    leg.far(Identified(ALICE))
    assert branch.last.called.number == "202"


def test_the_same_number_told_again_changes_nothing(branch: Any, led: Any) -> None:
    leg = led(to("menu", "main"), rules=[rule(destination=to("extension", "202"))])
    leg.far(Identified(ALICE))
    leg.far(Identified(Party(ALICE.number, "Alice Example")))
    assert [x.called.number for x in branch.rung] == ["202"]
    assert call(branch).party.name == "Alice Example"
