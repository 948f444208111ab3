"""The parking lot."""

import pytest

from firmware.config.schema import Parking
from firmware.records.messages import CallId
from firmware.route.parking import Lot, NoSlot, Parked
from hal.leg import Party

A, B, C = CallId("a"), CallId("b"), CallId("c")
ALICE = Party("0215557788", "Alice Example")


@pytest.fixture
def lot() -> Lot:
    made = Lot()
    made.configure(Parking(first_slot="71", last_slot="72"))
    return made


def test_the_first_free_slot_and_none_when_all_are_taken(lot: Lot) -> None:
    assert lot.park(lot.free(), A, ALICE, "201", 5.0) == Parked("71", A, ALICE, "201", 5.0)
    lot.park(lot.free(), B, ALICE, "202", 6.0)
    with pytest.raises(NoSlot, match="all 2 slots are taken"):
        lot.free()
    lot.leave(A)
    assert lot.free() == "71"


def test_a_slot_asked_for(lot: Lot) -> None:
    lot.park(lot.free("72"), A, ALICE, "201", 5.0)
    with pytest.raises(NoSlot, match="slot 72 is taken"):
        lot.free("72")
    with pytest.raises(NoSlot, match="no slot 79: expected 71-72"):
        lot.free("79")


def test_what_is_where(lot: Lot) -> None:
    parked = lot.park("72", A, ALICE, "201", 5.0)
    assert (lot.at("72"), lot.at("71"), lot.of(A), lot.of(B)) == (parked, None, parked, None)
    assert (lot.slots, lot.parked) == (("71", "72"), (parked,))


def test_listeners_hear_of_every_change_once(lot: Lot) -> None:
    heard: list[tuple[str, bool]] = []
    lot.listeners.append(lambda slot, parked: heard.append((slot, parked is not None)))
    lot.park("71", A, ALICE, "201", 5.0)
    lot.leave(A)
    lot.leave(A)
    lot.leave(C)
    assert heard == [("71", True), ("71", False)]


def test_a_slot_taken_away_keeps_its_call(lot: Lot) -> None:
    lot.park("71", A, ALICE, "201", 5.0)
    lot.configure(Parking(is_enabled=False))
    with pytest.raises(NoSlot, match="switched off"):
        lot.free()
    assert lot.leave(A) is not None
