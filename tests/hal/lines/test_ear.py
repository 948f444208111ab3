"""A line's ear: tones of the tables clear a call, tones of no table are learned from hang-ups."""

from __future__ import annotations

import pytest

from hal.lines.config import LineConfig
from hal.lines.ear import LEARN_TRIES, SUSPECT_S, Ear
from hal.lines.tones import LearnedTone, Segment, ToneKind

GERMANY = LineConfig(1, "DE")
PBX = LearnedTone(620, 0, 330, 170)
"""A hang-up tone that no table of E.180 has."""


class Line:
    """Plays a tone of one on and one off, and keeps the time."""

    def __init__(self, config: LineConfig = GERMANY) -> None:
        self.ear, self.now = Ear(config), 10.0

    def cycle(self, hz: int, on_ms: int, off_ms: int) -> list[Segment]:
        return [Segment(hz, 0, on_ms), Segment(0, 0, off_ms)]

    def talk(self, hz: int, on_ms: int, off_ms: int, cycles: int) -> list[object]:
        said = []
        for segment in self.cycle(hz, on_ms, off_ms) * cycles:
            self.now += segment.ms / 1000
            said.append(self.ear.clearing(segment, self.now))
        return [heard for heard in said if heard is not None]

    def play_on(self, hz: int, on_ms: int, off_ms: int, cycles: int) -> list[bool]:
        """Behind the hang-up."""
        said = []
        for segment in self.cycle(hz, on_ms, off_ms) * cycles:
            self.now += segment.ms / 1000
            said.append(self.ear.learn_repeated(segment, self.now, GERMANY))
        return said


def test_busy_tone_of_the_country_clears_and_ringback_does_not() -> None:
    line = Line()
    assert [heard.kind for heard in line.talk(425, 480, 480, 2)] == [ToneKind.BUSY]
    other = Line()
    assert other.talk(425, 1000, 4000, 3) == []
    assert not other.ear.learn_suspect(other.now, GERMANY)  # its pauses are too long to repeat


def test_a_tone_of_no_table_is_learned_from_our_own_hang_up_soon_after_it() -> None:
    line = Line()
    line.ear.begin_talk()
    assert line.talk(620, 330, 170, 6) == []
    assert not line.ear.learn_suspect(line.now + SUSPECT_S + 0.5, GERMANY)
    assert line.ear.learned == ()
    assert line.ear.learn_suspect(line.now + 1, GERMANY)
    assert line.ear.learned == (PBX,)


def test_the_next_call_begins_without_suspicion() -> None:
    line = Line()
    line.talk(620, 330, 170, 6)
    line.ear.begin_talk()
    assert not line.ear.learn_suspect(line.now, GERMANY)


def test_a_tone_seen_twice_clears_the_third_call() -> None:
    line = Line()
    for _ in range(2):
        line.ear.begin_talk()
        assert any(line.play_on(620, 330, 170, 4))
        line.ear.clear()
    assert line.ear.learned[0].seen >= 2
    assert [heard.kind for heard in line.talk(620, 330, 170, 2)] == [ToneKind.LEARNED]
    assert not line.ear.wants_to_learn(GERMANY)


def test_a_line_that_plays_nothing_is_listened_to_only_so_often() -> None:
    ear = Ear(GERMANY)
    assert [ear.wants_to_learn(GERMANY) for _ in range(LEARN_TRIES + 1)] == [True] * 3 + [False]


def test_learning_that_is_switched_off_costs_no_try() -> None:
    ear = Ear(GERMANY)
    assert not ear.wants_to_learn(LineConfig(1, "DE", learn_s=0))
    assert ear.wants_to_learn(GERMANY)


def test_sound_that_was_no_segment_is_a_hole() -> None:
    ear = Ear(GERMANY)
    ear.ended(20.0)
    assert ear.hole_s(Segment(0, 0, 500), 21.5) == pytest.approx(1.0)
