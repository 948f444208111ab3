"""Who goes first: an important caller before those who wait, and who was cut off before those who
came meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario

FIRST, SECOND, VIP = "0215551101", "0215551102", "0215551103"


def straight_to_sales(office: dict[str, Any]) -> None:
    sales = {"to": "queue", "id": "sales"}
    for line in office["lines"]:
        line["destination"] = sales
    office["callers"] = {
        "rules": [{"id": "vip", "name": "the best", "numbers": [VIP], "priority": 5}]
    }


async def test_a_vip_and_a_caller_who_was_cut_off(
    box: Any, settings: Any, network: Any, office: Any
) -> None:
    rules = {"wrap_up_s": 0, "repeat_caller_s": 120, "welcome": None}
    await settings.staff("201", queue="sales", **rules)
    await settings.change(straight_to_sales)
    await office.agent("201", keep=False)
    await box.agent("201", "pause", "lunch")

    first = await network.ring(FIRST, line=1)
    lost = await box.reaches(FIRST, "waiting")
    second = await network.ring(SECOND, line=2)
    await box.reaches(SECOND, "waiting")
    await first.hang_up(1, by="loop")
    assert (await box.row_of(lost.id)).outcome is Outcome.ABANDONED
    callers = {2: second, 3: await network.ring(VIP, line=3), 4: await network.ring(FIRST, line=4)}
    for number in (VIP, FIRST):
        await box.reaches(number, "waiting")

    await box.agent("201", "ready")
    served = []
    while callers:
        (call,) = await box.until(
            "somebody talks", lambda live: [c for c in live.calls if c.stage == "talking"]
        )
        served.append(call.caller_number)
        await callers.pop(call.line).hang_up(call.line)
        await box.row_of(call.id)
    assert served == [VIP, FIRST, SECOND]
