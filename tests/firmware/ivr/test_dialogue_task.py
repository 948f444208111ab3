"""The shell of all conversations, on a stand-in switch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from firmware.call.audio import Audio
from firmware.config.places import Survey
from firmware.ivr.dialogue_task import Dialogue
from firmware.ivr.survey import Finished, Run, Scored
from hal.leg import PortId
from hal.switch.face import Played

PORT = PortId(7)
ASKED = Survey(id="happy", name="Happy?", prompt="ask", timeout_s=1, tries=1)


@pytest.fixture
def audio(switch: Any) -> Audio:
    audio = Audio(switch)
    audio.shelf.stock({("ask", "en"): b"a"})
    return audio


def dialogue(audio: Audio, found: Callable[[Any], None], survey: Survey = ASKED) -> Dialogue[Any]:
    loop = asyncio.get_running_loop()
    return Dialogue(Run(survey), PORT, "en", audio, loop, found, lambda: pytest.fail("failed"))


async def test_what_is_found_is_told_and_the_sound_stops(audio: Audio, switch: Any) -> None:
    found: list[Any] = []
    talk = dialogue(audio, found.append)
    talk.begin()
    assert PORT in switch.plays
    talk.pressed("5")
    assert found == [Scored(5), Finished()]
    assert PORT not in switch.plays


async def test_a_pause_after_the_prompt_is_noticed(audio: Audio, switch: Any) -> None:
    found: asyncio.Queue[Any] = asyncio.Queue()
    dialogue(audio, found.put_nowait, ASKED.model_copy(update={"timeout_s": 0.01})).begin()
    audio.played(Played(PORT, switch.plays[PORT]))
    assert await asyncio.wait_for(found.get(), 5) == Finished()


async def test_a_prompt_that_is_not_there_has_ended(audio: Audio) -> None:
    found: asyncio.Queue[Any] = asyncio.Queue()
    survey = ASKED.model_copy(update={"prompt": "none", "timeout_s": 0.01})
    dialogue(audio, found.put_nowait, survey).begin()
    assert await asyncio.wait_for(found.get(), 5) == Finished()


async def test_who_left_is_told_nothing_more(audio: Audio, switch: Any) -> None:
    found: list[Any] = []
    talk = dialogue(audio, found.append)
    talk.begin()
    talk.leave()
    talk.pressed("5")
    assert found == []
    assert PORT not in switch.plays
    assert audio.waiting == 0


async def test_a_fault_ends_the_call_not_the_loop(audio: Audio) -> None:
    failed: list[bool] = []

    def found(what: Any) -> None:
        raise ValueError(what)

    loop = asyncio.get_running_loop()
    talk = Dialogue(Run(ASKED), PORT, "en", audio, loop, found, lambda: failed.append(True))
    talk.begin()
    talk.pressed("5")
    assert failed == [True]
