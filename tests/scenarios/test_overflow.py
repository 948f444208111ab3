"""Callers whom nobody takes: each cause has a destination of its own, and is kept by its name."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from firmware.api.routing_schema import SwitchOrder
from firmware.records.kpi import Result
from firmware.records.messages import Outcome, StaysWanted

pytestmark = pytest.mark.scenario

CAUSES = {
    "on_timeout": "too-long",
    "on_full": "too-many",
    "on_empty": "nobody-here",
    "on_paused": "all-at-lunch",
    "on_unreachable": "no-phone",
    "on_closed": "too-late",
}
WAY_OUT = "way-out"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def queue(id: str, *members: str, **more: Any) -> dict[str, Any]:
    """A queue that sends every cause somewhere else."""
    ways = {cause: message(to) for cause, to in CAUSES.items()}
    rules = {"hours": "day", "leave_when_closed": True, "ring_s": 60}
    return {"id": id, "name": id.title(), "members": members, **rules, **ways, **more}


def message(id: str) -> dict[str, Any]:
    return {"to": "message", "id": id}


def many_ways_out(office: dict[str, Any]) -> None:
    """A queue for each cause, each behind a line of its own; 2 and 3 share the small one."""
    office["prompts"] += [
        {"id": id, "name": id, "texts": {"en": "Sorry."}} for id in (*CAUSES.values(), WAY_OUT)
    ]
    known = {person["number"] for person in office["extensions"]}
    office["extensions"] += [
        {"number": n, "name": f"Agent {n}", "secret": f"secret-of-{n}"}
        for n in ("204", "205", "206")
        if n not in known
    ]
    always = [{"opens": "00:00", "closes": "24:00"}]
    office["schedules"] = [
        {"id": id, "name": id, "week": dict.fromkeys(DAYS, always), "holidays": "as_usual",
         "open": {"to": "menu", "id": "main"}}
        for id in ("day", "shop")
    ]  # fmt: skip
    out = {"exit_key": "9", "on_exit": message(WAY_OUT)}
    office["queues"] += [
        queue("slow", "201", max_wait_s=10),
        queue("small", "201", max_waiting=1, comfort=out),
        queue("nobody", "206"),
        queue("leaving", "203"),
        queue("dying", "204", leave_when_unreachable=True),
        queue("resting", "205", join_when_paused=False),
        queue("shop", "201", hours="shop"),
    ]
    ids = ("slow", "small", "small", "nobody", "leaving", "dying", "resting", "shop")
    for line, id in zip(office["lines"], ids, strict=True):
        line |= {"destination": {"to": "queue", "id": id}, "caller_id": "none"}


async def test_every_cause_has_a_way_of_its_own(
    box: Any, settings: Any, office: Any, network: Any
) -> None:
    await settings.change(many_ways_out)
    for extension in ("201", "203"):
        await office.agent(extension, answers="manual", keep=False)
    pulled = await office.agent("204", answers="manual", keep=False, transport="tcp")
    await box.agent("205", "login")
    await box.agent("205", "pause", "lunch")
    callers: dict[int, Any] = {}

    async def waits(line: int) -> str:
        """The call on a line, once it is in its queue; an agent's phone may ring for it."""
        callers[line] = await network.ring(line=line, cid="none")
        calls = await box.until(
            f"line {line} waits",
            lambda live: [
                c for c in live.calls if c.line == line and c.stage in ("waiting", "offering")
            ],
        )
        return str(calls[0].id)

    async def leaves(line: int, id: str, cause: str, to: str, call: str = "") -> None:
        """The call on a line, or that one, leaves its queue for a message and is over."""
        if not call:
            await network.ring(line=line, cid="none")
            found = await box.until(
                f"line {line} turned away", lambda live: [c for c in live.calls if c.line == line]
            )
            call = found[0].id
        row = await box.row_of(call, 45)
        assert (row.outcome, row.ended_by, row.line) == (Outcome.OVERFLOWED, "box", line)
        assert box.told(call, "route.to")[-1].data == {"to": "message", "id": to}
        with contextlib.closing(box.records()) as records:
            (stay,) = [s for s in records.stays(StaysWanted(queue=id)) if s.call == call]
        assert (stay.result, stay.cause, stay.line) == (Result.LEFT, cause, line)

    async def after_the_longest_wait() -> None:
        await leaves(1, "slow", "timeout", "too-long", await waits(1))

    async def full_until_one_presses_the_way_out() -> None:
        first = await waits(2)
        await leaves(3, "small", "full", "too-many")
        await network.do(do="press", line=2, digits="9")
        await leaves(2, "small", "key", WAY_OUT, first)

    async def the_last_agent_logs_out() -> None:
        call = await waits(5)
        await box.agent("203", "logout")
        await leaves(5, "leaving", "empty", "nobody-here", call)

    async def the_last_phone_dies() -> None:
        call = await waits(6)
        pulled.kill()
        await leaves(6, "dying", "unreachable", "no-phone", call)

    async def the_shop_closes() -> None:
        call = await waits(8)
        by_hand = SwitchOrder(who="Ben", to="closed")
        await asyncio.to_thread(box.api.switch_schedule, "shop", by_hand)
        await leaves(8, "shop", "closed", "too-late", call)
        await callers[8].until("done")
        await leaves(8, "shop", "closed", "too-late")

    await asyncio.gather(
        after_the_longest_wait(),
        full_until_one_presses_the_way_out(),
        leaves(4, "nobody", "empty", "nobody-here"),
        the_last_agent_logs_out(),
        the_last_phone_dies(),
        leaves(7, "resting", "paused", "all-at-lunch"),
        the_shop_closes(),
    )
