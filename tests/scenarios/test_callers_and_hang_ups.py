"""Callers as exchanges announce them and lines as exchanges clear them, in every combination.

Caller identity as V.23 or Bell 202 between the first rings and as DTMF before them; the far end's
hang-up as a polarity reversal, an open loop or nothing but busy tone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario

ANNOUNCED = ("v23", "bell202", "dtmf")
CLEARED = ("polarity", "loop", "busy")
AGENTS = ("201", "202", "203")
MAY_BE_TORN = 2
"""Who calls is said once, in less than a second of audio. A busy machine may tear that: so many of
these nine callers may call again."""


async def test_every_caller_id_with_every_hang_up(
    box: Any, settings: Any, network: Any, office: Any
) -> None:
    await settings.staff(*AGENTS, wrap_up_s=0)
    await settings.change(announced_in_any_way(6, 7, 8))  # DTMF is not usual in the country
    for agent in AGENTS:
        await office.agent(agent, keep=False)
    torn: list[str] = []

    async def call(number: str, line: int, announced: str, cleared: str) -> None:
        row = await one_call(number, line, announced, cleared)
        if row.caller_number != number and len(torn) < MAY_BE_TORN:
            torn.append(number)
            row = await one_call(number, line, announced, cleared)
        name = f"{announced} {cleared}"
        assert (row.caller_number, row.line, row.digits) == (number, line, "1")
        assert row.caller_name == ("" if announced == "dtmf" else name)
        assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, "caller"), name
        assert row.agent == office.answered_by(number), name

    async def one_call(number: str, line: int, announced: str, cleared: str) -> Any:
        name = f"{announced} {cleared}"
        caller = await network.ring(
            number, line=line, name=name, cid=announced, press="1", press_after_s=1.0,
            hangup_by=cleared,
        )  # fmt: skip
        await caller.until("pressed")
        talk = await box.on_line(line, "talking")
        await caller.say(do="hangup", line=line, by=cleared)
        await caller.until("done")
        return await box.row_of(talk.id)

    first, *others = product(ANNOUNCED, CLEARED)
    await asyncio.gather(
        *(call(f"021555000{line}", line, *how) for line, how in enumerate(others, 1))
    )
    await call("0215550009", 8, *first)


def announced_in_any_way(*lines: int) -> Callable[[dict[str, Any]], None]:
    def edit(office: dict[str, Any]) -> None:
        for line in lines:
            office["lines"][line - 1]["caller_id"] = "any"

    return edit


async def test_the_record_says_why_a_caller_is_unknown(box: Any, network: Any) -> None:
    async def call(line: int, announced: str, why: str) -> None:
        caller = await network.ring("0215550100", line=line, cid=announced)
        await caller.until("answered")
        (call,) = await box.until(
            f"line {line} in the menu",
            lambda live: [c for c in live.calls if c.line == line and c.stage == "menu"],
        )
        assert (call.caller_number, call.caller_why_unknown) == ("", why)
        await caller.say(do="hangup", line=line, by="loop")
        row = await box.row_of(call.id)
        assert (row.caller_number, row.caller_name, row.caller_why_unknown) == ("", "", why)
        assert (row.outcome, row.ended_by) == (Outcome.IN_MENU, "caller")

    await asyncio.gather(
        call(1, "none", "no caller ID signal before ring 2"),
        call(2, "withheld", "withheld by caller"),
    )
