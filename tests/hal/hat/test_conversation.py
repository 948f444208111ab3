"""The table of the conversation with the HAT."""

from __future__ import annotations

import pytest

from hal.hat.conversation import IGNORED, TABLE, Happening, State, advance


def test_state_table_is_whole() -> None:
    assert not set(TABLE) & IGNORED
    for state in State:
        assert any(before is state for before, _ in TABLE), f"{state} is never left"
        assert any(after is state for after in TABLE.values()), f"{state} is never reached"
    possible = {(state, happening) for state in State for happening in Happening}
    # DEAF comes from unanswered commands, which only the UP state has.
    never = {(s, Happening.DEAF) for s in State if s is not State.UP}
    never.add((State.UP, Happening.WRONG_VERSION))
    assert possible - set(TABLE) - IGNORED == never


def test_what_cannot_happen_is_named() -> None:
    assert advance(State.SEEKING, Happening.WELCOME) is State.UP
    assert advance(State.UP, Happening.WELCOME) is None
    with pytest.raises(AssertionError, match="WRONG_VERSION"):
        advance(State.UP, Happening.WRONG_VERSION)
