"""Runs a scenario: makes each request at its time and logs the story.

Shell around scenario.py. A request that fails (a line still busy) is logged and the rest goes on.
Tests: tests/tools/exchange/test_sockets.py.
"""

from __future__ import annotations

import asyncio
import logging

from tools.exchange.control_task import ControlTask
from tools.exchange.errors import ExchangeError
from tools.exchange.g711 import Samples
from tools.exchange.messages import Told
from tools.exchange.scenario import Step

logger = logging.getLogger(__name__)


class ScenarioTask:
    """The requests of a file, one after the other."""

    def __init__(self, control: ControlTask, steps: list[Step]) -> None:
        self._control, self._steps = control, steps

    async def run(self) -> None:
        """Make all requests, then end; calls in progress go on."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for step in self._steps:
            await asyncio.sleep(max(0.0, start + step.at_s - loop.time()))
            try:
                answer = await self._control.carry_out(step.request, _log)
            except ExchangeError as error:
                logger.warning("! scenario at %g s: %s", step.at_s, error)
            else:
                logger.info("= scenario at %g s: %s %s", step.at_s, step.request, answer or "")


def _log(told: Told, heard: Samples | None) -> None:
    del heard  # a scenario has nobody to hand the audio to
    logger.info("line %d: %s %s", told.line, told.event, dict(told.details))
