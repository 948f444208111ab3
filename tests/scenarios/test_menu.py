"""Callers in the menu: a wrong key, no key, a key during the greeting, another language, a name;
and one who is led to a mobile telephone, where a person must take the call. Who found what they
wanted in the menu itself is counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from firmware.api.report_schema import ReportAsked
from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario

MOBILE = "0825551234"


def quick_menu(office: dict[str, Any]) -> None:
    """Two tries of a second each, then good-bye; line 2 is for French speakers. Behind key 2
    callers find what they wanted, behind key 4 Ben, who is on his way with his mobile."""
    office["menus"][0] |= {"timeout_s": 1, "tries": 2, "otherwise": {"to": "hangup"}}
    office["menus"][0]["options"]["2"] = {"to": "message", "id": "nobody"}
    office["menus"][0]["served"] = ["2"]
    office["menus"][0]["options"]["4"] = {"to": "extension", "id": "202"}
    ben = next(person for person in office["extensions"] if person["number"] == "202")
    ben |= {"forward_always": f"0{MOBILE}", "forward_confirm": True}
    office["directories"] = [{"id": "staff", "name": "Staff"}]
    office["menus"][0]["options"]["5"] = {"to": "directory", "id": "staff"}
    office["lines"][1]["language"] = "fr"


async def test_keys_silence_and_languages(
    box: Any, settings: Any, network: Any, sound: Any, tmp_path: Path
) -> None:
    await settings.change(quick_menu)
    prompts = {
        language: sound.samples(await box.prompt("greeting", language, tmp_path))
        for language in ("en", "fr")
    }
    greeting = prompts["en"]
    heard: dict[str, Any] = {}

    async def call(number: str, line: int, **does: Any) -> Any:
        record = str(tmp_path / f"{number}.wav")
        caller = await network.ring(number, line=line, record=record, **does)
        heard[number] = sound.samples(Path((await caller.until("done"))["heard"]))
        return await box.row(number)

    async def wrong_key() -> None:
        row = await call("0215550901", 1, press="92", press_after_s=1.0)
        assert (row.digits, row.ended_by) == ("92", "box")
        assert box.told(row.id, "route.to")[-1].data == {"to": "message", "id": "nobody"}

    async def by_name() -> None:
        await wrong_key()
        row = await call("0215550905", 1, press="5337", press_after_s=1.0)  # DESk
        assert [e.data for e in box.told(row.id, "route.to")][-2:] == [
            {"to": "directory", "id": "staff"},
            {"to": "extension", "id": "203"},
        ]

    async def french() -> None:
        row = await call("0215550902", 2, press="2")
        assert row.digits == "2"
        assert sound.find_piece(prompts["fr"][:20000], heard["0215550902"], 1.0).correlation > 0.9
        assert sound.find(greeting[:20000], heard["0215550902"]).correlation < 0.5

    async def no_key() -> None:
        row = await call("0215550903", 3)
        assert (row.digits, row.outcome, row.ended_by) == ("", Outcome.IN_MENU, "box")
        once = sound.find_piece(greeting, heard["0215550903"][: len(greeting) + 8000])
        again = sound.find_piece(greeting, heard["0215550903"][len(greeting) + 8000 :])
        assert once.correlation > 0.9
        assert again.correlation > 0.9

    async def ahead_of_the_greeting() -> None:
        row = await call("0215550904", 4, press="2", press_after_s=1.5)
        assert row.digits == "2"
        ending = greeting[-12000:]
        assert sound.find(greeting[:4000], heard["0215550904"]).correlation > 0.9
        assert sound.find(ending, heard["0215550904"]).correlation < 0.5

    async def to_a_mobile() -> None:
        caller = await network.ring("0215550906", line=5, press="4", press_after_s=1.0)
        (call,) = await box.until(
            "line 5 rings", lambda live: [c for c in live.calls if c.line == 5]
        )
        await box.until(
            "who answers there is asked", lambda live: box.told(call.id, "call.confirming"), 60
        )
        (now,) = [c for c in (await box.live()).calls if c.id == call.id]
        assert now.stage != "talking"  # it may be a machine that answered
        await network.do(do="press", line=8, digits="1")
        await box.on_line(5, "talking")
        await caller.hang_up(5)
        row = await box.row_of(call.id)
        assert (row.outcome, row.ended_by, row.digits) == (Outcome.ANSWERED, "caller", "4")
        told = [box.told(call.id, kind) for kind in ("call.forwarded", "call.confirmed")]
        assert [len(events) for events in told] == [1, 1]
        assert MOBILE in told[0][0].text

    async def use() -> tuple[Any, Any]:
        total = (await asyncio.to_thread(box.api.report, ReportAsked())).total.figures
        return total["reached"], total["served"]

    before = await use()
    answers = {"answer_after_s": 1, "polarity_on_answer": True}
    await network.do(do="called_side", line=8, **answers)
    await asyncio.gather(by_name(), french(), no_key(), ahead_of_the_greeting(), to_a_mobile())
    reached, served = await use()
    assert (reached - before[0], served - before[1]) == (6, 3)
