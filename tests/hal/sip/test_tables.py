"""The four transaction tables: whole, reachable, and with a timer out of every waiting state."""

from __future__ import annotations

import pytest

from hal.sip.tables import CLOCKWORK, FIRST, RUNNING, TABLES, Event, Kind, State, advance

KINDS = list(Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_can_be_reached_and_left(kind: Kind) -> None:
    table = TABLES[kind]
    named = {state for state, _ in table} | {rule.to for rule in table.values()}
    reached = {FIRST[kind]}
    while more := {rule.to for (s, _), rule in table.items() if s in reached} - reached:
        reached |= more
    assert reached == named
    assert {state for state, _ in table} == named - {State.TERMINATED}


@pytest.mark.parametrize("kind", KINDS)
def test_a_timer_that_runs_has_a_row(kind: Kind) -> None:
    rows = {
        (state, letter)
        for (k, state), letters in RUNNING.items()
        for letter in letters
        if k is kind
    }
    assert all(advance(kind, state, letter) is not None for state, letter in rows)
    timers = {(s, e) for s, e in TABLES[kind] if e in CLOCKWORK}
    assert timers <= rows


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_lasts_for_ever_on_its_own(kind: Kind) -> None:
    """Only states in which the user or the peer's user decides may have no timer to the end."""
    waiting = {State.PROCEEDING, State.TRYING} if kind is not Kind.CLIENT else set()
    if kind is Kind.INVITE_CLIENT:
        waiting = {State.PROCEEDING}
    for state in {s for s, _ in TABLES[kind]} - waiting:
        ends = [
            letter
            for letter in RUNNING[kind, state]
            if TABLES[kind][state, letter].to is State.TERMINATED
        ]
        assert ends, state


def test_times_are_the_standards() -> None:
    """RFC 3261 table 4; RFC 6026 clause 7.1 (L, M)."""
    first_s = {letter.value: works.first_s for letter, works in CLOCKWORK.items()}
    assert {k: first_s[k] for k in "ABDEFGHIJKLM"} == {
        "A": 0.5, "B": 32, "D": 32, "E": 0.5, "F": 32, "G": 0.5, "H": 32, "I": 5, "J": 32, "K": 5,
        "L": 32, "M": 32,
    }  # fmt: skip
    assert {k for k, w in CLOCKWORK.items() if w.reliable_s == 0} == {
        Event.D, Event.I, Event.J, Event.K,
    }  # fmt: skip
