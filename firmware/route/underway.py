"""A call in progress, as far as those see it who take a hand in it: transfers, questions after it.

Abstract: `visit_task.Visit` is the one there is. Tests: tests/firmware/route/test_transfer.py,
test_opinion.py.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

from firmware.route.ringing_task import Ringing
from hal.leg import Leg, LegId, Released


class Underway(Ringing):
    """One call, from its beginning to its end."""

    @abstractmethod
    def join(self, agent: str, words: str = "") -> None:
        """Caller and other talk from now on."""

    @abstractmethod
    def substitute(self, gone: Leg, leg: Leg, words: str = "") -> None:
        """`leg` talks in the place of `gone`, which is let go."""

    @abstractmethod
    def hand_over(self, leg: Leg, words: str) -> Leg:
        """The call ends for `leg`; who talks with it, or is rung, goes on in another call."""

    @abstractmethod
    def ended_by(self, leg: Leg, event: Released) -> str:
        """Whom the records name, if the call ends with this leg."""

    @abstractmethod
    def close(self) -> None:
        """The call ends as somebody ended it, even if the caller was asked something since."""

    @abstractmethod
    def lead(self, dialled: str, by: str) -> None:
        """Lead the caller to what `dialled` means for extension `by`: as if dialled."""

    @abstractmethod
    def call_with(self, leg: LegId) -> Self | None:
        """The call in progress that has this leg."""

    @abstractmethod
    def adopt(self, caller: Leg, other: Leg) -> None:
        """Make a call of their own of two who talk already."""
