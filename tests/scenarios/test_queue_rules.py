"""A queue that rings everybody, a caller who wants the same agent, and an agent at another desk."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

pytestmark = pytest.mark.scenario

NUMBERS = itertools.count(1)


@pytest.fixture
def regular() -> str:
    """A number that has never called, at every try: the box remembers whose caller it was."""
    return f"02155520{next(NUMBERS):02d}"


def rings(phone: Any) -> int:
    """How often it has rung; it signs in again now and then as well."""
    return sum(event["type"] == "CALL_INCOMING" for event in phone.events)


def anna_may_sit_anywhere(office: dict[str, Any]) -> None:
    anna = next(e for e in office["extensions"] if e["number"] == "201")
    anna["desk_pin"] = "4711"


async def test_one_winner_the_same_agent_again_and_a_colleagues_phone(
    box: Any, settings: Any, network: Any, office: Any, regular: str
) -> None:
    rules = {"strategy": "ring_all", "wrap_up_s": 0, "sticky_s": 30, "welcome": None}
    await settings.staff("201", "202", queue="sales", **rules)
    await settings.change(anna_may_sit_anywhere)
    anna = await office.agent("201", answers="manual", keep=False)
    ben = await office.agent("202", answers="manual", keep=False)

    # Both phones ring; Ben is quicker, and Anna's stops.
    caller = await network.ring(regular, line=1, press="1", press_after_s=0.5)
    await anna.wait_for("CALL_INCOMING", 30)
    await ben.wait_for("CALL_INCOMING", 30)
    await ben.command("accept")
    call = await box.reaches(regular, "talking")
    await anna.wait_for("CALL_CLOSED")
    assert call.agent == "202"
    await box.agent_is("201", "ready")
    await caller.hang_up(1)
    await ben.wait_for("CALL_CLOSED")
    await box.agent_is("202", "ready")

    # The same number again: Ben's phone alone.
    mark, annas = len(ben.events), rings(anna)
    caller = await network.ring(regular, line=1, press="1", press_after_s=0.5)
    await ben.wait_for("CALL_INCOMING", 30, since=mark)
    assert rings(anna) == annas
    call = await box.call_from(regular)
    await caller.hang_up(1)
    await ben.wait_for("CALL_CLOSED", since=mark)
    (offered,) = box.told(call.id, "queue.offered")
    assert "the caller's own agent" in offered.text

    # Anna sits down at the front desk: her calls ring there.
    await box.agent("202", "pause")
    desk = await office.phone("203", answers="manual")
    await desk.command("dial", "*51201*4711")
    await box.until(
        "Anna at the phone of 203",
        lambda live: [a for a in live.agents if a.extension == "201" and a.phone == "203"],
    )
    await desk.wait_for("CALL_CLOSED", 30)
    await box.agent_is("201", "ready")
    mark = len(desk.events)
    caller = await network.ring("0215550902", line=1, press="1", press_after_s=0.5)
    await desk.wait_for("CALL_INCOMING", 30, since=mark)
    await desk.command("accept")
    call = await box.reaches("0215550902", "talking")
    assert call.agent == "201"
    await caller.hang_up(1)
    row = await box.row("0215550902")
    assert row.agent == "201"
