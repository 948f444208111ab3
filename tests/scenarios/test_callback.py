"""A caller hangs up instead of waiting, keeps the place, and is called back in their turn."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from firmware.records.kpi import Result
from firmware.records.messages import Outcome, StaysWanted

pytestmark = pytest.mark.scenario

ALICE = "0215550907"
CALLBACK = {"is_offered": True, "key": "2", "lines": [8]}


async def test_a_caller_is_called_back(box: Any, settings: Any, office: Any, network: Any) -> None:
    await settings.staff("201", callback=CALLBACK, wrap_up_s=0)
    anna = await office.agent("201")
    await box.agent("201", "pause", "lunch")
    await network.do(do="called_side", line=8, answer_after_s=1, polarity_on_answer=True)

    # 1 in the menu, 2 for a callback, 1 as the number is right; the box thanks and hangs up
    alice = await network.ring(ALICE, line=2, press="121")
    call = await box.call_from(ALICE)
    await alice.until("box_hung_up")
    (taken,) = box.told(call.id, "callback.taken")
    assert taken.data["number"] == ALICE
    asked = await box.row_of(call.id)
    assert (asked.outcome, asked.ended_by) == (Outcome.OVERFLOWED, "box")

    await box.agent("201", "ready")
    back = await box.until(
        "Alice is called back",
        lambda live: [c for c in live.calls if c.called == ALICE and c.line == 8],
        30,
    )
    await box.until(
        "she is asked to press 1", lambda live: box.told(back[0].id, "callback.answered"), 45
    )
    assert anna.events == [e for e in anna.events if e["type"] != "CALL_INCOMING"]
    await network.do(do="press", line=8, digits="1")
    await anna.wait_for("CALL_ESTABLISHED", 30)
    assert any("Callback" in str(event.get("peerdisplayname", "")) for event in anna.events)
    await network.do(do="hangup", line=8)
    row = await box.row_of(back[0].id)

    assert (row.direction, row.called, row.agent) == ("outgoing", ALICE, "201")
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, "called")
    with contextlib.closing(box.records()) as records:
        stays = {s.call: s for s in records.stays(StaysWanted(queue="sales"))}
    left, answered = stays[call.id], stays[row.id]
    assert (left.result, left.cause) == (Result.LEFT, "callback")
    assert (answered.result, answered.agent) == (Result.ANSWERED, "201")
