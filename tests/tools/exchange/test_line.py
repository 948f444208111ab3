"""The line's table: every state can be reached and left, and nothing undeclared moves it."""

from __future__ import annotations

import random

import pytest

from tools.exchange.line import IGNORED, TABLE, Event, State, UnexpectedEvent, advance


def test_the_table_and_the_ignored_pairs_do_not_overlap() -> None:
    assert not IGNORED & TABLE.keys()


def test_every_state_can_be_reached_from_idle() -> None:
    reached, edge = {State.IDLE}, [State.IDLE]
    while edge:
        here = edge.pop()
        fresh = {rule.to for (state, _), rule in TABLE.items() if state is here} - reached
        reached |= fresh
        edge += fresh
    assert reached == set(State)


@pytest.mark.parametrize("state", list(State))
def test_every_state_leads_back_to_idle_by_hanging_up_or_mending(state: State) -> None:
    away = [Event.CALLER_LEAVES, Event.OTHER_ON_HOOK, Event.WIRE_MENDED, Event.ON_HOOK]
    ways = [TABLE[state, event].to for event in away if (state, event) in TABLE]
    assert state is State.IDLE or State.IDLE in ways


@pytest.mark.parametrize("state", [s for s in State if s is not State.CUT])
def test_a_cut_wire_ends_everything(state: State) -> None:
    assert advance(state, Event.WIRE_CUT).to is State.CUT


def test_random_events_only_advance_or_are_refused() -> None:
    chance = random.Random(7)
    state, refused = State.IDLE, 0
    for event in chance.choices(list(Event), k=20_000):
        try:
            state = advance(state, event).to
        except UnexpectedEvent:
            refused += 1
    assert refused > 0


def test_what_is_not_declared_is_refused_by_name() -> None:
    with pytest.raises(UnexpectedEvent, match="FAR_ANSWERS is not possible in state IDLE"):
        advance(State.IDLE, Event.FAR_ANSWERS)


def test_what_a_box_may_do_at_any_time_is_never_refused() -> None:
    # hook, wires and the other telephone belong to others: the exchange has to take them
    anytime = (Event.ON_HOOK, Event.WIRE_CUT, Event.WIRE_MENDED)
    anytime += (Event.OTHER_OFF_HOOK, Event.OTHER_ON_HOOK)
    after = {advance(state, event).to for state in State for event in anytime}
    assert after <= set(State)
    assert {advance(state, Event.WIRE_CUT).to for state in State} == {State.CUT}
