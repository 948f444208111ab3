"""Plays a menu to a caller: `menu.Run` in the shell of all conversations (dialogue_task.py)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from firmware.call.audio import Audio
from firmware.config.schema import Destination, Menu
from firmware.ivr import menu as core
from firmware.ivr.dialogue_task import Dialogue
from hal.leg import PortId

GoOn = Callable[[Destination, str], None]
"""Where the caller goes from here, and why in words."""


class MenuVisit(Dialogue[core.Go]):
    """One caller in one menu. Ends by calling `go_on` once, or by `leave` (the caller hung up)."""

    def __init__(
        self,
        menu: Menu,
        port: PortId,
        language: str,
        audio: Audio,
        loop: asyncio.AbstractEventLoop,
        go_on: GoOn,
        failed: Callable[[], None],
        *,
        numbers: Mapping[str, Destination] = core.NO_NUMBERS,
        speaks: Callable[[str], None] = lambda language: None,
        typed_ahead: Callable[[str], None] = lambda keys: None,
        served: Callable[[str], None] = lambda key: None,
        asks: Callable[[Mapping[str, int]], None] = lambda skills: None,
    ) -> None:
        """`failed`: something went wrong here, and is in the log. `typed_ahead`: takes the keys
        that were meant for where the caller goes. `served`: told the key, if it is marked as what
        callers had called for. `asks`: told what the caller asks of agents by what they chose."""

        def found(go: core.Go) -> None:
            if go.served_by:
                served(go.served_by)
            asks(go.asks)
            go_on(go.to, go.why)
            if go.rest:
                typed_ahead(go.rest)

        run = core.Run(menu, numbers)
        super().__init__(run, port, language, audio, loop, found, failed, speaks)
