"""One call on a line: who asked for it, who is at the far end, what has been heard.

Pure. Kept by subscriber.py, which alone changes it. Tests: tests/tools/exchange/test_network.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tools.exchange import g711
from tools.exchange.g711 import TICK_S, Octets, Samples
from tools.exchange.hearing import Ear
from tools.exchange.messages import CalledSide, Ring
from tools.exchange.party import Party, Plan

MAX_RECORDED_BLOCKS: Final = 1800 * 100
"""Half an hour of what the caller heard."""

Tell = Callable[[int, str, dict[str, object], Samples | None], None]
"""Line, event, details, and with `done` the audio to keep."""


@dataclass(slots=True)
class Call:
    """A call on the line. `tell` belongs to whoever asked for it."""

    request: Ring | CalledSide
    clip: Samples | None
    tell: Tell
    began: int
    """Tick of the first ring, or of the box going off hook."""
    party: Party | None = None
    answered: int | None = None
    hung_up_by: str = ""
    hung_up: int = 0
    number: str = ""
    ear: Ear = field(default_factory=Ear)
    heard: list[Octets] = field(default_factory=list)

    def keep(self, heard: Samples) -> None:
        """Remember what the far party heard, if that was asked for."""
        if self.request.record and len(self.heard) < MAX_RECORDED_BLOCKS:
            self.heard.append(g711.encode(heard))

    def summary(self, now: int) -> tuple[dict[str, object], Samples | None]:
        """What `done` tells at tick `now`, and the audio to keep."""
        is_recorded = bool(self.heard)
        details: dict[str, object] = {
            "answered": self.answered is not None,
            "hung_up_by": self.hung_up_by or "box",
            "heard": self.request.record if is_recorded else None,
        }
        if self.answered is not None:
            details["talked_s"] = round((now - self.answered) * TICK_S, 2)
        if self.hung_up:
            details["released_after_s"] = round((now - self.hung_up) * TICK_S, 2)
        return details, g711.decode(np.concatenate(self.heard)) if is_recorded else None


def nobody(line: int, event: str, details: dict[str, object], heard: Samples | None) -> None:
    """Calls that nobody asked for are told to the watchers only."""


def caller_plan(asked: Ring, clip: Samples | None) -> Plan:
    """What somebody who calls the box means to do."""
    return Plan(
        press=asked.press.upper(),
        press_after_s=asked.press_after_s,
        clip=clip,
        play_after_s=asked.play_after_s,
        repeat=asked.repeat,
        pause_s=asked.pause_s,
        talk_s=asked.talk_s,
    )


def called_plan(asked: CalledSide, clip: Samples | None) -> Plan:
    """What somebody whom the box calls means to do."""
    return Plan(
        clip=clip,
        repeat=asked.repeat,
        pause_s=asked.pause_s,
        stays=True,
        talk_s=asked.hangup_after_s,
    )
