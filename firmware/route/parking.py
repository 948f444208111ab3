"""The parking lot: calls put down in numbered slots, to be taken up from any phone.

Pure: times are given. Who listens is told of every slot that is filled or emptied (lamp keys do).
A slot taken out of the configuration keeps its call until it is taken up, rung back or hung up.
Shell: parking_task.py. Tests: tests/firmware/route/test_parking.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firmware.config.schema import Parking
from firmware.records.messages import CallId
from hal.leg import Party


@dataclass(frozen=True, slots=True)
class Parked:
    """A call in a slot."""

    slot: str
    call: CallId
    party: Party
    """Who waits there."""
    by: str
    """Extension that parked it; empty if none did."""
    since: float


class NoSlot(Exception):
    """A call cannot be parked; the text says why, for people."""


Listener = Callable[[str, Parked | None], None]
"""Told the slot, and the call now in it or None."""


class Lot:
    """All slots of the office."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self._slots: tuple[str, ...] = ()
        self._parked: dict[str, Parked] = {}

    def configure(self, parking: Parking) -> None:
        """The slots there are from now on."""
        self._slots = parking.slots

    @property
    def slots(self) -> tuple[str, ...]:
        """Every slot of the configuration, in order."""
        return self._slots

    @property
    def parked(self) -> tuple[Parked, ...]:
        """The calls in the lot."""
        return tuple(self._parked.values())

    def at(self, slot: str) -> Parked | None:
        """The call in a slot."""
        return self._parked.get(slot)

    def of(self, call: CallId) -> Parked | None:
        """Where a call is parked."""
        return next((p for p in self._parked.values() if p.call == call), None)

    def free(self, wanted: str = "") -> str:
        """A free slot: the wanted one, or the first; raise `NoSlot` if it cannot be had."""
        if not self._slots:
            raise NoSlot("parking is switched off")
        if wanted and wanted not in self._slots:
            raise NoSlot(f"there is no slot {wanted}: expected {self._slots[0]}-{self._slots[-1]}")
        if wanted and wanted in self._parked:
            raise NoSlot(f"slot {wanted} is taken")
        if wanted:
            return wanted
        for slot in self._slots:
            if slot not in self._parked:
                return slot
        raise NoSlot(f"all {len(self._slots)} slots are taken")

    def park(self, slot: str, call: CallId, party: Party, by: str, now: float) -> Parked:
        """Put a call into a free slot (`free`)."""
        parked = self._parked[slot] = Parked(slot, call, party, by, now)
        self._tell(slot, parked)
        return parked

    def leave(self, call: CallId) -> Parked | None:
        """The call is not parked any more: taken up, rung back, hung up."""
        parked = self.of(call)
        if parked is not None:
            del self._parked[parked.slot]
            self._tell(parked.slot, None)
        return parked

    def _tell(self, slot: str, parked: Parked | None) -> None:
        for listener in self.listeners:
            listener(slot, parked)
