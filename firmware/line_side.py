"""The way to the telephone network: line board, timeslot stream and lines, and what they learned.

Shell: makes them as the box was built and as the office set them up, and has it told what is wrong
with them (line_news.py). Left out: calls, which go to whoever leads them.

Tests: tests/firmware/test_line_side.py, tests/scenarios.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware.call.story import Story
from firmware.config.schema import Office
from firmware.line_news import LineNews
from firmware.line_setup import line_configs
from firmware.memory import learned_as_json, learned_from
from firmware.settings import Settings
from firmware.simulator_task import Simulator
from firmware.trouble import Troubles
from hal.hat.disabled import DisabledHat
from hal.hat.link_task import HatLink
from hal.hat.messages import HatEvent
from hal.leg import Leg
from hal.lines.config import LineConfig
from hal.lines.line_leg import LineLeg
from hal.lines.lines_task import Lines
from hal.lines.tones import LearnedTone
from hal.switch.switch import Switch
from hal.tdm.tdm_task import TdmPump


class LineSide:
    """Everything between the wall sockets and the calls."""

    def __init__(
        self,
        settings: Settings,
        office: Office,
        switch: Switch,
        troubles: Troubles,
        story: Story,
        learned: Any,
        on_offered: Callable[[LineLeg, int], None],
    ) -> None:
        """`learned`: what `learned_as_json` gave before the last stop. `on_offered`: takes a call
        and the number of its line."""
        self._story, self._on_offered = story, on_offered
        self._has_hat = bool(settings.hat)
        self._news = LineNews(troubles, story)
        self._learned = learned_from(learned)
        self.hat = HatLink(settings.hat) if settings.hat else DisabledHat()
        self.lines = Lines(self.hat, switch, self._configs(office))
        self.lines.on_offered = self._offered
        self.lines.on_learned = self._line_learned
        self.hat.listener = self._hat_event
        self.pump = TdmPump(switch, settings.tdm) if settings.tdm else None
        if self.pump is not None:
            self.pump.listener = self._news.stream
        self.simulator = Simulator(Path(settings.simulator)) if settings.simulator else None

    async def run(self) -> None:
        """The line board and the stream until cancelled. The lines themselves are started and
        closed by the box: they are there before the first call and after the last."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.hat.run(), name="hat")
            if self.pump is not None:
                group.create_task(self.pump.run(), name="tdm")
            if self.simulator is not None:
                group.create_task(self.simulator.run(), name="simulator")

    def configure(self, office: Office) -> None:
        """Take on a new configuration; a call keeps its line."""
        self.lines.configure(self._configs(office))

    def learned_as_json(self) -> Any:
        """For the memory."""
        return learned_as_json(self._learned)

    def _configs(self, office: Office) -> list[LineConfig]:
        """None without a line board."""
        return line_configs(office, self._learned) if self._has_hat else []

    def _offered(self, leg: Leg) -> None:
        if isinstance(leg, LineLeg):
            self._on_offered(leg, leg.wire.number)

    def _line_learned(self, number: int, tones: tuple[LearnedTone, ...]) -> None:
        """Kept with the registrations: no choice of the office, but worth more than one run."""
        self._learned[number] = tones
        self._story.tell(
            "line.learned", f"line {number}: its hang-up tone is known better now", line=number
        )

    def _hat_event(self, event: HatEvent) -> None:
        """The line board: the lines hear it first, then it is told where people look."""
        self.lines.hat_event(event)
        if not self._has_hat:
            return  # none is fitted, which is no trouble
        self._news.board(event)
        if self.hat.is_up:
            self._news.lines(self.lines.statuses())
