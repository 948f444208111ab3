"""What the tones on one line say, and what its hang-up tone is, call after call.

Tones known by table are recognised (tones.py); one that only repeats is suspected, and learned
once something else shows that it meant a hang-up: our own hang-up soon after it, or its being
played on behind a hang-up known otherwise.

Leaves out: what a tone does to the call (supervisor.py). Pure: no I/O; the time is an argument.
Tests: tests/hal/lines/test_ear.py.
"""

from __future__ import annotations

from typing import Final

from hal.lines.config import LineConfig
from hal.lines.tones import BusyLearner, Heard, LearnedTone, Segment, ToneKind, ToneWatch, learn

SUSPECT_S: Final = 10.0
"""A repeated tone heard this shortly before our own hang-up was why we hung up."""
LEARN_TRIES: Final = 3
"""Calls after which a line that plays nothing is no longer listened to."""

_CLEARING_TONES: Final = frozenset(
    {ToneKind.DIAL, ToneKind.BUSY, ToneKind.CONGESTION, ToneKind.LEARNED}
)


class Ear:
    """One line's. The configuration comes with each question: it may change between calls."""

    def __init__(self, config: LineConfig) -> None:
        self.learned = config.learned
        self._watch = ToneWatch(config.tones())
        self._learner = BusyLearner()
        self._suspect: tuple[LearnedTone, float] | None = None
        self._tries = 0
        self._ended_at = 0.0

    def clear(self) -> None:
        """A new state: what was heard belongs to the one before."""
        self._watch.clear()

    def begin_talk(self) -> None:
        """Somebody is connected from here on, or was until now: nothing repeats yet."""
        self._learner.clear()
        self._suspect = None

    def ended(self, now: float) -> None:
        """A segment ended now: what comes before the next one is neither tone nor silence."""
        self._ended_at = now

    def hole_s(self, segment: Segment, now: float) -> float:
        """How long there was sound of no name before `segment`, which ended now."""
        return now - segment.ms / 1000 - self._ended_at

    def is_dial_tone(self, segment: Segment) -> bool:
        """Whether it can be dialled on."""
        return self._watch.is_dial_tone(segment)

    def known(self, segment: Segment, now: float) -> Heard | None:
        """The tone of a table that `segment` completes."""
        return self._watch.receive(segment, now)

    def clearing(self, segment: Segment, now: float) -> Heard | None:
        """In a call: the tone that says that the far end is gone. One of no table is suspected."""
        heard = self._watch.receive(segment, now)
        if heard is not None and heard.kind in _CLEARING_TONES:
            return heard
        if (found := self._learner.receive(segment, now)) is not None:
            self._suspect = (found, now)
        return None

    def wants_to_learn(self, config: LineConfig) -> bool:
        """Whether to listen on behind a hang-up that was known otherwise; counts as a try."""
        is_known = any(tone.seen >= 2 for tone in self.learned)
        if is_known or config.learn_s <= 0 or self._tries >= LEARN_TRIES:
            return False
        self._tries += 1
        return True

    def learn_repeated(self, segment: Segment, now: float, config: LineConfig) -> bool:
        """Behind a hang-up: True once a tone repeats, which is known from now on."""
        found = self._learner.receive(segment, now)
        if found is not None:
            self._keep(found, config)
        return found is not None

    def learn_suspect(self, now: float, config: LineConfig) -> bool:
        """We hang up: True if a tone heard just before it was the reason, and is known now."""
        if self._suspect is None or now - self._suspect[1] > SUSPECT_S:
            return False
        self._keep(self._suspect[0], config)
        return True

    def _keep(self, found: LearnedTone, config: LineConfig) -> None:
        self.learned = learn(self.learned, found)
        certain = tuple(item.tone() for item in self.learned if item.seen >= 2)
        self._watch = ToneWatch(certain + config.row.tones())
