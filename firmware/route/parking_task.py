"""Calls put down in the parking lot, taken up, rung back and let go.

Shell: the slots are parking.Lot; one timer a parked call. Who times out: a call parked longer than
the office's time rings at the phone of who parked it (never forwarded from there: that person
knows the call), and if that phone is dead, busy or not answered, the caller goes to the
destination the office set. A parked caller who hangs up frees the slot at once.

Tests: tests/firmware/route/test_parked_calls.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from firmware.call.call import Stage
from firmware.config.schema import Office
from firmware.records.messages import CallId
from firmware.route.desk import Desk, Unreached, extension_of
from firmware.route.parking import Lot, NoSlot, Parked
from firmware.route.spoken_task import speak
from firmware.route.visit_task import Visit
from firmware.voice.built_in import digits
from hal.leg import Cause, Leg, Party, State


class ParkedCalls:
    """The parking lot in service."""

    def __init__(self, desk: Desk, tell: Callable[[Leg, str], None]) -> None:
        """`tell`: says to a phone that is still there in which slot its call is."""
        self.lot = Lot()
        self._desk, self._tell = desk, tell
        self._visits: dict[CallId, Visit] = {}
        self._timers: dict[CallId, asyncio.TimerHandle] = {}

    def configure(self, office: Office) -> None:
        """Use the slots of a new configuration; parked calls stay."""
        self.lot.configure(office.parking)

    def park(self, visit: Visit, by: str, wanted: str = "") -> None:
        """Park the caller of a visit for extension `by`; turn it away if there is no slot."""
        try:
            slot = self.lot.free(wanted)
        except NoSlot as error:
            return visit.turn_away(f"not parked: {error}", Cause.CONGESTION)
        who, asker = self._desk.known(by), _still_there(visit)
        if asker is not None:
            visit.send_elsewhere(asker)
        visit.park(f"parked in slot {slot} by {who.name or by or 'a line'}")
        call = visit.call
        if call.stage is not Stage.PARKED:
            return  # it ended meanwhile
        self._visits[call.id] = visit
        self.lot.park(slot, call.id, visit.who(call.caller), by, visit.now)
        self._timers[call.id] = self._desk.loop.call_later(
            self._desk.office.parking.timeout_s, self._ring_back, call.id
        )
        if asker is not None:
            self._tell(asker, slot)

    def take(self, slot: str, leg: Leg) -> bool:
        """Connect a phone with the call in a slot; False if there is none."""
        parked = self.lot.at(slot)
        visit = self._visits.get(parked.call) if parked is not None else None
        if visit is None:
            return False
        person = extension_of(leg)
        name = self._desk.known(person).name or leg.address
        visit.unpark(leg, person, f"taken from slot {slot} by {name}")
        return True

    def changed(self, visit: Visit) -> None:
        """A call has gone on or ended: if it was parked, it is not any more."""
        if visit.call.stage is not Stage.PARKED and visit.call.id in self._visits:
            self._forget(visit.call.id)

    def _forget(self, call: CallId) -> Parked | None:
        del self._visits[call]
        self._timers.pop(call).cancel()
        return self.lot.leave(call)

    def _ring_back(self, call: CallId) -> None:
        visit = self._visits[call]
        parked = self._forget(call)
        if parked is None:
            return
        minutes = self._desk.office.parking.timeout_s / 60
        why = f"nobody took the call from slot {parked.slot} for {minutes:.1f} minutes"
        if self._desk.person(parked.by) is None:
            return visit.go(self._desk.office.parking.otherwise, why)
        visit.tell("call.rung_back", f"{why}: rings back at {parked.by}", agent=parked.by)
        who = parked.party
        visit.display = Party(who.number, f"{parked.slot}: {who.name or who.number}")
        visit.ring_extension(parked.by, partial(self._not_taken_back, visit))

    def _not_taken_back(self, visit: Visit, unreached: Unreached) -> bool:
        visit.display = None
        why = f"{unreached.number} does not take the parked call back"
        visit.go(self._desk.office.parking.otherwise, why)
        return True


def _still_there(visit: Visit) -> Leg | None:
    """The phone that parks the call, if its user listens: not one that has put us on hold."""
    asker = visit.transfer.asker if visit.transfer is not None else None
    if asker is None or asker.state is not State.ANSWERED or visit.bridge.is_held_by(asker):
        return None
    return asker


def say_slot(visit: Visit, slot: str) -> None:
    """Tell who parked a call where it is."""
    speak(visit, ["box-parked-at", *digits(slot)], f"was told slot {slot}")
