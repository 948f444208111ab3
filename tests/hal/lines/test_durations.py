"""Timers of a line: every one has a length, the country's and the office's where they decide."""

from __future__ import annotations

import pytest

from hal.lines.analog import Timer
from hal.lines.config import AnswerBy, LineConfig
from hal.lines.countries import COUNTRIES
from hal.lines.durations import length_s


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_timer_has_a_length_in_every_country(country: str) -> None:
    config = LineConfig(1, country)
    assert all(length_s(timer, config, 5) > 0 for timer in Timer)
    silence_s = config.row.ring_gap_ms / 1000
    assert length_s(Timer.RING, config, 0) > silence_s + 0.5  # longer than between two rings


def test_alerting_lasts_as_long_as_etsi_gives_the_first_ring() -> None:
    assert length_s(Timer.ALERT, LineConfig(1, "DE"), 0) == 5.0  # EN 300 659-1 clause 5.2


def test_more_digits_take_longer_and_ringback_waits_for_a_whole_cycle() -> None:
    germany = LineConfig(1, "DE")
    assert length_s(Timer.DIGITS, germany, 12) > length_s(Timer.DIGITS, germany, 3)
    assert length_s(Timer.RINGBACK, germany, 0) > 5.0  # E.180 Supplement 2: 1 s on, 4 s off


def test_what_was_set_up_counts() -> None:
    config = LineConfig(1, "DE", loop_drop_ms=250, guard_ms=700, learn_s=3.0, answer_s=12.0)
    assert length_s(Timer.DROP, config, 0) == 0.25
    assert length_s(Timer.GUARD, config, 0) == 0.7
    assert length_s(Timer.LEARN, config, 0) == 3.0
    assert length_s(Timer.ANSWER, config, 0) == 12.0
    by_reversal = LineConfig(1, "DE", answer_by=AnswerBy.POLARITY, answer_s=12.0)
    assert length_s(Timer.ANSWER, by_reversal, 0) > 60  # only a reversal answers
