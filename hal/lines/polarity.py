"""What a reversal of the line means: caller ID to come, an answer, a hang-up, or nothing.

Exchanges reverse for all of these, and some for none. What it means follows from the state, from
the polarity that the line had when it was taken, and from what the country or the technician says.

Pure: the time is an argument. Owned by supervisor.py. Tests: tests/hal/lines/test_polarity.py.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from hal.lines.analog import OFF_HOOK, PROGRESS, TALK, State
from hal.lines.config import LineConfig

SETTLE_S: Final = 0.5
"""Reversals so soon after going off hook belong to seizing or answering."""


class Meaning(Enum):
    """Of one reversal."""

    NOTHING = "nothing"
    CALL_TO_COME = "caller ID may follow, and then ringing"
    ANSWERED = "the far end has answered"
    CLEARED = "the far end has hung up"


class Polarity:
    """Of one line."""

    def __init__(self) -> None:
        self._is_reversed = False
        self._at_home = False
        """When the line was taken."""
        self._was_answered = False
        """By a reversal."""
        self._moved_at = 0.0

    def hook_moved(self, now: float) -> None:
        """The line is taken, or let go."""
        self._at_home, self._was_answered = self._is_reversed, False
        self._moved_at = now

    def reversed(
        self, is_reversed: bool, state: State, is_outgoing: bool, config: LineConfig, now: float
    ) -> Meaning:
        """The line board has measured a reversal. `is_outgoing`: the call was dialled here."""
        self._is_reversed = is_reversed
        if state is State.IDLE:
            return Meaning.CALL_TO_COME
        if state not in OFF_HOOK or now - self._moved_at < SETTLE_S:
            return Meaning.NOTHING
        is_away = is_reversed is not self._at_home
        if state in PROGRESS and is_away:
            self._was_answered = True
            return Meaning.ANSWERED
        if state in TALK:
            return self._in_talk(is_away, is_outgoing, config)
        return Meaning.NOTHING

    def _in_talk(self, is_away: bool, is_outgoing: bool, config: LineConfig) -> Meaning:
        expects_answer = is_outgoing and not self._was_answered
        if expects_answer and is_away and config.does_reverse_on_answer:
            self._was_answered = True  # the answer, behind one concluded from tones
            return Meaning.NOTHING
        is_end = self._was_answered or config.does_reversal_clear
        return Meaning.CLEARED if is_end else Meaning.NOTHING
