"""A caller in the menu: wrong key, no key, a key during the greeting, another language, a name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import Outcome

pytestmark = pytest.mark.scenario


def quick_menu(office: dict[str, Any]) -> None:
    """Two tries of a second each, then good-bye; line 2 is for French speakers."""
    office["menus"][0] |= {"timeout_s": 1, "tries": 2, "otherwise": {"to": "hangup"}}
    office["menus"][0]["options"]["2"] = {"to": "message", "id": "nobody"}
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
        assert sound.find_piece(prompts["fr"][:20000], heard["0215550902"]).correlation > 0.9
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

    await asyncio.gather(by_name(), french(), no_key(), ahead_of_the_greeting())
