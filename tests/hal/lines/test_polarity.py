"""Reversals of polarity: what each means in the course of a call."""

from __future__ import annotations

import pytest

from hal.lines.analog import OFF_HOOK, State
from hal.lines.config import AnswerBy, LineConfig
from hal.lines.polarity import SETTLE_S, Meaning, Polarity

REVERSES = LineConfig(1, "DE", answer_by=AnswerBy.POLARITY, reversal_clears=False)
SILENT = LineConfig(1, "DE", answer_by=AnswerBy.IMMEDIATELY, reversal_clears=False)
CLEARS = LineConfig(1, "DE", answer_by=AnswerBy.IMMEDIATELY, reversal_clears=True)


def taken(is_reversed: bool = False) -> Polarity:
    """A line that was taken long ago with this polarity."""
    polarity = Polarity()
    polarity.reversed(is_reversed, State.GUARD, False, SILENT, 0.0)
    polarity.hook_moved(1.0)
    return polarity


def test_on_hook_it_announces_a_caller() -> None:
    assert Polarity().reversed(True, State.IDLE, False, SILENT, 5.0) is Meaning.CALL_TO_COME


def test_the_answer_reverses_and_the_hang_up_reverses_back() -> None:
    polarity = taken()
    assert polarity.reversed(True, State.RINGBACK, True, REVERSES, 9.0) is Meaning.ANSWERED
    assert polarity.reversed(False, State.TALKING, True, REVERSES, 60.0) is Meaning.CLEARED


def test_home_is_the_polarity_that_the_line_was_taken_with() -> None:
    polarity = taken(is_reversed=True)
    assert polarity.reversed(True, State.CALLING, True, REVERSES, 9.0) is Meaning.NOTHING
    assert polarity.reversed(False, State.CALLING, True, REVERSES, 9.5) is Meaning.ANSWERED


def test_an_answer_concluded_from_tones_is_not_taken_for_a_hang_up() -> None:
    polarity = taken()
    assert polarity.reversed(True, State.TALKING, True, REVERSES, 9.0) is Meaning.NOTHING
    assert polarity.reversed(False, State.TALKING, True, REVERSES, 60.0) is Meaning.CLEARED


@pytest.mark.parametrize(
    ("config", "meaning"), [(SILENT, Meaning.NOTHING), (CLEARS, Meaning.CLEARED)]
)
def test_of_an_incoming_call_it_is_the_end_only_where_that_is_known(
    config: LineConfig, meaning: Meaning
) -> None:
    assert taken().reversed(True, State.TALKING, False, config, 30.0) is meaning


@pytest.mark.parametrize("state", sorted(OFF_HOOK, key=lambda state: state.name))
def test_seizing_and_answering_may_reverse_the_line_by_themselves(state: State) -> None:
    polarity = taken()
    soon = 1.0 + SETTLE_S / 2
    assert polarity.reversed(True, state, True, CLEARS, soon) is Meaning.NOTHING
