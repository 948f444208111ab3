"""The table of a transfer: whole, without dead ends, and nobody left with nobody."""

from __future__ import annotations

import random

import pytest

from firmware.call.transfer import (
    IGNORED,
    TABLE,
    Command,
    Event,
    State,
    UnexpectedEvent,
    advance,
)


def test_every_state_can_be_reached_and_left() -> None:
    assert {rule.to for rule in TABLE.values()} | {State.ASKING} == set(State)
    assert {state for state, _ in TABLE} == set(State) - {State.OVER}


def test_no_pair_is_both_a_row_and_ignored() -> None:
    assert not TABLE.keys() & IGNORED


def test_random_events_advance_or_are_refused_by_name() -> None:
    chance = random.Random(5359)
    for _ in range(200):
        state = State.ASKING
        for _ in range(20):
            event = chance.choice(list(Event))
            if (state, event) in TABLE.keys() | IGNORED:
                state = advance(state, event).to
            else:
                with pytest.raises(UnexpectedEvent, match=f"{event.name} .*{state.name}"):
                    advance(state, event)


def test_every_end_says_what_becomes_of_the_party() -> None:
    ends = {Command.GIVE_BACK, Command.JOIN, Command.GIVE_UP, Command.LET_GO}
    ends |= {Command.CONFER, Command.PART, Command.END}
    for (state, _), rule in TABLE.items():
        is_with_asker = state in (State.RETURNED, State.ASKING)
        if rule.to is State.OVER and not is_with_asker:
            assert ends & set(rule.do), rule
    assert Command.GIVE_BACK in TABLE[State.CALLING, Event.FAILED].do


@pytest.mark.parametrize("state", [s for s in State if s is not State.OVER])
def test_whoever_dies_in_whatever_state_is_provided_for(state: State) -> None:
    """Asker and target are not there in each state; the party is."""
    gone = {Event.PARTY_GONE}
    if state not in (State.ALONE, State.BACK):
        gone.add(Event.ASKER_GONE)
    if state is State.CONSULTING:
        gone.add(Event.TARGET_GONE)
    elif state not in (State.ASKING, State.RETURNED):
        gone.add(Event.FAILED)
    assert [event for event in gone if (state, event) not in TABLE] == []
