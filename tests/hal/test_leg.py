"""The table of a leg's states (hal/leg.py), and how LegCore keeps and delivers events."""

import random

import pytest

from hal.leg import (
    IGNORED,
    TABLE,
    Answered,
    Cause,
    Direction,
    Kind,
    LegCore,
    LegId,
    Move,
    Progress,
    State,
    UnexpectedMove,
    advance,
    next_leg_id,
)


def core() -> LegCore:
    return LegCore(LegId("line1-1"), Kind.LINE, Direction.INCOMING)


def test_every_state_can_be_reached():
    reached = {State.NEW}
    for _ in State:
        reached |= {after for (before, _move), after in TABLE.items() if before in reached}
    assert reached == set(State)


def test_every_state_but_the_last_can_be_left_and_released():
    for state in set(State) - {State.RELEASED}:
        assert TABLE[state, Move.RELEASE] is State.RELEASED
    assert not [row for row in TABLE if row[0] is State.RELEASED]


def test_no_move_is_both_made_and_ignored():
    assert IGNORED.isdisjoint(TABLE)


@pytest.mark.parametrize(("state", "move"), sorted(IGNORED, key=str))
def test_ignored_moves_change_nothing(state, move):
    assert advance(state, move) is state


@pytest.mark.parametrize("seed", range(20))
def test_random_moves_advance_or_are_refused_by_name(seed):
    dice = random.Random(seed)
    state = State.NEW
    for _ in range(200):
        move = dice.choice(list(Move))
        if (state, move) in TABLE or (state, move) in IGNORED:
            state = advance(state, move)
        else:
            with pytest.raises(UnexpectedMove, match=f"leg 7: {move.name} .* {state.name}"):
                advance(state, move, "7")
        if dice.random() < 0.1:
            state = State.NEW


def test_each_causes_number_is_that_of_q850():
    """ITU-T Q.850 (05/2018) Table 1: those a wrong number of would mislead other exchanges."""
    assert (Cause.NORMAL, Cause.USER_BUSY, Cause.NO_ANSWER, Cause.NO_CIRCUIT) == (16, 17, 19, 34)
    assert (Cause.UNALLOCATED, Cause.CONGESTION, Cause.REJECTED) == (1, 42, 21)


def test_events_wait_for_a_listener_and_keep_their_order():
    leg, told = core(), []
    leg._emit(Progress())
    leg._emit(Answered())
    leg.listener = told.append
    leg._emit(Progress(early_media=True))
    assert told == [Progress(), Answered(), Progress(early_media=True)]


def test_a_listener_that_is_taken_away_leaves_events_waiting():
    leg, told = core(), []
    leg.listener = told.append
    leg.listener = None
    leg._emit(Answered())
    assert told == []
    leg.listener = told.append
    assert told == [Answered()]


def test_move_says_whether_the_state_changed():
    leg = core()
    assert leg._move(Move.OFFER)
    assert leg._move(Move.ALERT)
    assert not leg._move(Move.ALERT)
    assert leg.state is State.ALERTED


def test_leg_ids_never_repeat():
    ids = [next_leg_id("sip") for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(leg.startswith("sip-") for leg in ids)
