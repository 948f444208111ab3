"""Callers led by number and by the hour: an important one, a blocked one, one after closing time;
and what the first thought of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firmware.api.report_schema import CallsAsked, ReportAsked
from firmware.api.routing_schema import BlockApproval, BlockProposal, PathAsked
from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario

VIP, NUISANCE, LATE = "0215551001", "0215551002", "0215551003"
VIP_ABROAD = "+27215551001"
"""The same subscriber as the office wrote it down."""


def led(office: dict[str, Any]) -> None:
    """Open around the clock unless somebody closes by hand; the VIP needs no menu."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    always = [{"opens": "00:00", "closes": "24:00"}]
    office["schedules"] = [
        {"id": "day", "name": "Opening hours", "week": dict.fromkeys(days, always),
         "holidays": "as_usual", "open": {"to": "menu", "id": "main"},
         "closed": {"to": "message", "id": "nobody"}}
    ]  # fmt: skip
    for line in office["lines"]:
        line["destination"] = {"to": "schedule", "id": "day"}
    sales = {"to": "queue", "id": "sales"}
    rule = {
        "id": "vip",
        "name": "the best",
        "numbers": [VIP_ABROAD],
        "priority": 5,
        "destination": sales,
    }
    office["callers"] = {"rules": [rule]}
    office["surveys"] = [{"id": "how", "name": "how it was", "prompt": "welcome"}]
    office["queues"][0]["survey"] = "how"
    office["users"] = [{"name": "boss", "password_hash": "-", "role": "supervisor"}]


async def hang_up(phone: Any) -> None:
    mark = len(phone.events)
    await phone.command("hangup")
    await phone.wait_for("CALL_CLOSED", since=mark)


async def proposed(box: Any, number: str, by: str) -> None:
    """Wait until somebody proposes a number for the blacklist, or (empty) nobody does."""
    async with asyncio.timeout(20):
        while True:
            found = {b.number: b.proposed_by for b in await asyncio.to_thread(box.api.blacklist)}
            if found.get(number, "") == by:
                return
            await asyncio.sleep(0.1)


async def switch(box: Any, phone: Any, is_open: bool) -> None:
    """Dial the day/night code, and wait until it is so."""
    await phone.command("dial", "*28")
    async with asyncio.timeout(20):
        while True:
            (now,) = await asyncio.to_thread(box.api.schedules)
            if now.is_open is is_open:
                return
            await asyncio.sleep(0.1)


async def test_a_vip_a_nuisance_and_one_too_late(
    box: Any, settings: Any, office: Any, network: Any, reply: Path
) -> None:
    await settings.change(led)
    anna = await office.agent("201", speaks=reply)
    ben = await office.phone("202")

    # Anna proposes a number, a supervisor approves it: it is not even answered.
    api = box.api
    await asyncio.to_thread(api.propose_block, BlockProposal(who="anna", number=NUISANCE))
    await asyncio.to_thread(api.approve_block, NUISANCE, BlockApproval(who="boss"))
    nuisance = await network.ring(NUISANCE, line=2, give_up_after_s=6)

    # The VIP is with Anna without a menu, and says how it was when she has hung up.
    vip = await network.ring(VIP, line=1)
    call = await box.reaches(VIP, "talking")
    await hang_up(anna)
    await box.reaches(VIP, "survey")
    await vip.say(do="press", line=1, digits="4")
    row = await box.row_of(call.id)
    assert (row.digits, row.outcome, row.ended_by, row.agent) == (
        "",
        Outcome.ANSWERED,
        "agent",
        "201",
    )
    (answer,) = box.told(call.id, "survey.answered")
    assert (answer.data["score"], answer.data["queue"]) == (4, "sales")
    day = timedelta(days=1)
    about = {"first": row.started_at.date() - day, "last": row.started_at.date() + day}
    report = await asyncio.to_thread(api.report, ReportAsked(**about))
    assert (report.total.figures["csat"], report.total.figures["csat_mean"]) == (1, 4)
    behind = await asyncio.to_thread(api.calls_behind, CallsAsked(figure="csat", **about))
    assert call.id in [one.id for one in behind.calls]

    # Anna proposes her last caller by her phone, and the supervisor does not agree.
    await anna.command("dial", "*32")
    await proposed(box, VIP, by="Anna (201)")
    await asyncio.to_thread(api.remove_block, VIP_ABROAD, "boss")
    await proposed(box, VIP, by="")

    assert (await nuisance.until("done"))["answered"] is False
    blocked = await box.row(NUISANCE)
    assert blocked.answered_at is None
    assert box.told(blocked.id, "call.blocked")

    # Ben closes by hand, and opens again.
    await switch(box, ben, is_open=False)
    late = await network.ring(LATE, line=3)
    there = await box.reaches(LATE, "message")
    asked = PathAsked(number=LATE, line=3)
    foretold = (await asyncio.to_thread(api.path, asked)).steps
    assert [(s.place, s.id) for s in foretold[-2:]] == [("schedule", "day"), ("message", "nobody")]
    await late.hang_up(3)
    await box.row_of(there.id)
    assert box.told(there.id, "route.to")[-1].data == {"to": "message", "id": "nobody"}
    await ben.wait_for("CALL_CLOSED", 30)
    await switch(box, ben, is_open=True)
