"""The person at the far end: listens, presses, talks, leaves.

Pure: fed with what is heard, 10 ms at a time, and gives what is said; counting blocks is its
clock. The same person answers the box's outgoing calls, with nothing to press.
Tests: tests/tools/exchange/test_network.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from tools.exchange import dtmf
from tools.exchange.g711 import TICK_S, Samples, level_dbm0
from tools.exchange.tones import Clip

HEARD_DBM0: Final = -45.0
"""Louder than this is somebody speaking or playing something."""
PROMPT_S: Final = 2.5
"""This much has to be heard before a caller without a plan presses the key."""
PATIENCE_S: Final = 15.0
"""And this long after the answer it is pressed anyway."""


class Phase(Enum):
    """What the person is doing."""

    LISTENING = "listening"
    PRESSING = "pressing"
    TALKING = "talking"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the person means to do once connected."""

    press: str = ""
    press_after_s: float | None = None
    clip: Samples | None = None
    play_after_s: float = 0.0
    repeat: int | None = None
    pause_s: float = 1.0
    stays: bool = False
    """Does not leave when the clip has been played `repeat` times."""
    talk_s: float | None = None


class Party:
    """One person on one call."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.phase = Phase.LISTENING if plan.press else Phase.TALKING
        self._blocks = 0  # since the answer
        self._heard = 0  # of them with something to hear
        self._talking = 0  # since talking began
        self._to_press = plan.press
        self._keys: Clip | None = None
        self._voice: Clip | None = self._own_voice()
        self._pressed: list[str] = []

    def _own_voice(self) -> Clip | None:
        plan = self._plan
        return None if plan.clip is None else Clip(plan.clip, plan.repeat, plan.pause_s)

    def take_pressed(self) -> list[str]:
        """Digits whose tones have begun since the last question."""
        pressed, self._pressed = self._pressed, []
        return pressed

    def press(self, digits: str) -> None:
        """Press keys now."""
        self._to_press = digits.upper()
        self._begin_press()

    def say(self, clip: Samples, repeat: int | None, pause_s: float) -> None:
        """Say something else from now on."""
        self._voice = Clip(clip, repeat, pause_s)
        self._plan = Plan(stays=True, talk_s=self._plan.talk_s)
        if self.phase is not Phase.PRESSING:
            self.phase = Phase.TALKING

    def tick(self, heard: Samples) -> Samples | None:
        """Hear 10 ms and say 10 ms (None: nothing)."""
        self._blocks += 1
        match self.phase:
            case Phase.LISTENING:
                self._listen(heard)
                return None
            case Phase.PRESSING:
                return self._press()
            case Phase.TALKING:
                return self._talk()
            case Phase.LEAVING:
                return None

    def _listen(self, heard: Samples) -> None:
        self._heard += level_dbm0(heard) > HEARD_DBM0
        elapsed_s, after_s = self._blocks * TICK_S, self._plan.press_after_s
        if after_s is not None:
            is_time = elapsed_s >= after_s
        else:
            is_time = self._heard * TICK_S >= PROMPT_S or elapsed_s >= PATIENCE_S
        if is_time:
            self._begin_press()

    def _begin_press(self) -> None:
        self._keys = Clip(dtmf.dial(self._to_press), pause_s=0)
        self._pressed += self._to_press
        self.phase = Phase.PRESSING

    def _press(self) -> Samples | None:
        block = self._keys.take() if self._keys else None
        if block is None:
            self._keys = None
            self.phase = Phase.TALKING
        return block

    def _talk(self) -> Samples | None:
        plan = self._plan
        self._talking += 1
        if plan.talk_s is not None and self._talking * TICK_S > plan.talk_s:
            self.phase = Phase.LEAVING
            return None
        if self._voice is None or self._talking * TICK_S <= plan.play_after_s:
            return None
        block = self._voice.take()
        if block is None and not plan.stays:
            self.phase = Phase.LEAVING
        return block
