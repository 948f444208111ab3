"""No HAT: the whole interface, and plain words."""

from __future__ import annotations

import asyncio

from hal.hat.disabled import DOWN, DisabledHat
from hal.hat.link_task import HatLink
from hal.hat.messages import Fault, Hat, HatEvent


def test_commands_are_refused_in_words() -> None:
    hat: Hat = DisabledHat()
    told: list[HatEvent] = []
    hat.listener = told.append
    hat.hook(1, True)
    hat.flash(2, 100)
    hat.lifeline(True)
    hat.led("status", "on")
    assert told == [
        Fault(1, "hook not done: no line HAT is configured"),
        Fault(2, "flash not done: no line HAT is configured"),
    ]
    assert not hat.is_up
    assert hat.statuses() == {}


async def test_run_says_once_that_there_is_none() -> None:
    hat = DisabledHat()
    told: list[HatEvent] = []
    hat.listener = told.append
    running = asyncio.create_task(hat.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert told == [DOWN]


def test_both_backends_have_the_whole_interface() -> None:
    wanted = {name for name in vars(Hat) if not name.startswith("_")}
    for backend in (DisabledHat, HatLink):
        assert wanted <= set(dir(backend)) | {"listener"}
        assert hasattr(backend, "snapshot")
