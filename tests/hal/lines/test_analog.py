"""The table of an analog line: complete, consistent, and never left off hook."""

import random

import pytest

from hal.lines.analog import (
    HEARD,
    HEARING,
    IGNORED,
    MEASURED,
    OFF_HOOK,
    RUNS_IN,
    STARTS,
    TABLE,
    Command,
    Event,
    State,
    Timer,
    UnexpectedEvent,
    advance,
    event_of,
)


def reached_from(start):
    reached = {start}
    for _ in State:
        reached |= {rule.to for (before, _), rule in TABLE.items() if before in reached}
    return reached


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached_from_the_start_and_comes_back_to_free(state):
    assert state in reached_from(State.DOWN)
    assert State.IDLE in reached_from(state)


def test_no_pair_is_both_in_the_table_and_ignored():
    assert IGNORED.isdisjoint(TABLE)


@pytest.mark.parametrize("event", sorted(MEASURED | HEARD, key=lambda event: event.name))
def test_whatever_the_world_does_is_legal_everywhere(event):
    for state in State:
        assert advance(state, event).to in State


@pytest.mark.parametrize("state", sorted(set(State) - {State.DOWN}, key=lambda s: s.name))
def test_a_lost_board_is_noticed_in_every_state(state):
    assert advance(state, Event.LINK_DOWN).to in (State.DOWN, State.BLIND)


@pytest.mark.parametrize("state", sorted(STARTS, key=lambda s: s.name))
def test_a_timer_that_starts_with_a_state_leads_out_of_it(state):
    rule = TABLE[state, event_of(STARTS[state])]
    assert rule.to is not state or Command.HANG_UP_AGAIN in rule.do


@pytest.mark.parametrize("timer", Timer)
def test_a_timer_may_fire_wherever_it_runs(timer):
    concluded = {(State.TALKING, Event.DROP_OVER), (State.CLAIMED, Event.DROP_OVER)}
    for state in RUNS_IN[timer]:
        pair = (state, event_of(timer))
        assert pair in TABLE or pair in concluded  # these are judged as CLEARED


@pytest.mark.parametrize("row", sorted(TABLE, key=str), ids=lambda row: f"{row[0].name}")
def test_a_call_is_never_left_without_its_end(row):
    """A row from a state with a call to one without must end it."""
    with_call = (OFF_HOOK | {State.OFFERED}) - {State.LEARNING, State.TESTING}
    rule = TABLE[row]
    has_end = any(command.name.startswith("END_") for command in rule.do)
    if row[0] in with_call and rule.to not in with_call:
        assert has_end
    if rule.to in with_call and has_end:
        assert Command.OFFER in rule.do


def test_every_line_that_is_taken_is_listened_to_or_waits_for_current():
    assert OFF_HOOK - set(HEARING) == {State.SEIZING}


def test_every_command_is_used():
    used = {command for rule in TABLE.values() for command in rule.do}
    assert used == set(Command)


@pytest.mark.parametrize("seed", range(30))
def test_random_events_advance_or_are_refused_by_name(seed):
    dice = random.Random(seed)
    state = State.DOWN
    for _ in range(500):
        event = dice.choice(list(Event))
        if (state, event) in TABLE or (state, event) in IGNORED:
            state = advance(state, event).to
            continue
        with pytest.raises(UnexpectedEvent, match=f"{event.name} is not possible"):
            advance(state, event)
