"""The figures of a day agree: what the live page counts, the report says, and the calls show."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from firmware.api.report_schema import CallsAsked, ReportAsked
from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario

NUMBER = "0215550851"
ORDER = {"code": 7, "name": "Order taken", "is_resolved": True}


async def test_a_lost_caller_calls_again_and_every_figure_agrees(
    box: Any, settings: Any, network: Any, office: Any
) -> None:
    await settings.staff("201", queue="sales", wrap_up_s=0, ring_s=60)
    await office.agent("201", answers="manual", keep=False)

    async def figures() -> dict[str, Any]:
        report = await asyncio.to_thread(box.api.report, ReportAsked(queue="sales"))
        return dict(report.total.figures)

    async def lost() -> list[str]:
        found = await asyncio.to_thread(box.api.lost_callers, 1)
        return [caller.state for caller in found.callers if caller.number == NUMBER]

    async def ended_as() -> list[str]:
        asked = CallsAsked(figure="disposition_7", queue="sales")
        behind = await asyncio.to_thread(box.api.calls_behind, asked)
        return [call.disposition_name for call in behind.calls if call.id == answered.id]

    before = await figures()
    caller = await network.ring(NUMBER, line=1, press="1", press_after_s=0.5)
    await box.reaches(NUMBER, "offering")
    await caller.hang_up(1)
    row = await box.row(NUMBER)
    assert row.outcome is Outcome.ABANDONED
    assert await lost() == ["open"]
    told = await asyncio.to_thread(box.api.call_story, row.id)
    assert "gave up" in told.summary
    assert "The caller hung up" in told.summary
    assert any(step.why.startswith("idle longest") for c in told.chapters for step in c.steps)

    await settings.staff("201", "202", queue="sales", wrap_up_s=0, ring_s=60, strategy="linear")
    await box.agent("201", "pause", "lunch")
    await settings.change(lambda office: office.update(dispositions=[ORDER]))
    ben = await office.agent("202", keep=False)
    caller = await network.ring(NUMBER, line=2, press="1", press_after_s=0.5)
    await box.reaches(NUMBER, "talking")
    await caller.hang_up(2)
    await box.until("over", lambda live: not live.calls)
    answered = await box.row(NUMBER)
    assert (answered.outcome, answered.agent) == (Outcome.ANSWERED, "202")
    assert await lost() == ["called_again"]

    after = await figures()
    more = {key: after[key] - before[key] for key in ("offered", "answered", "abandoned", "left")}
    assert more == {"offered": 2, "answered": 1, "abandoned": 1, "left": 0}
    assert after["offered"] == sum(after[k] for k in ("answered", "abandoned", "left", "waiting"))
    await box.until(
        "the live page says the same",
        lambda live: [
            q
            for q in live.queues
            if q.id == "sales"
            and (q.offered_today, q.answered_today, q.abandoned_today)
            == (after["offered"], after["answered"], after["abandoned"])
        ],
    )

    await ben.command("dial", "*567")  # how it ended, in Ben's words
    await box.until("noted", lambda live: [a for a in live.agents if a.noted and a.noted.code == 7])
    await ben.wait_for("CALL_CLOSED")
    async with asyncio.timeout(20):
        while not (noted := await ended_as()):  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.1)
    assert noted == ["Order taken"]
    resolved = (await figures())["resolved"]
    assert resolved == before["resolved"] + 1
    told = await asyncio.to_thread(box.api.call_story, answered.id)
    last = told.chapters[-1].steps[-1].text
    assert last == "Ben (202) noted how the call ended: Order taken (7)"
