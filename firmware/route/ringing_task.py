"""Ringing people for a caller: phones of the office, numbers outside, and what if nobody answers.

The third part of a `Visit`, on `Places`. Left out: who is rung (attend_task.py leads there), being
handed on (`Handing`), and what follows from an answer: visit_task.py.

Tests: tests/firmware/route/test_attend.py, test_visit.py, test_forwarded_calls.py.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from firmware.acd.queue_task import Queues
from firmware.call.call import Call, Stage, who_hung_up
from firmware.route.confirm_task import Confirmation
from firmware.route.desk import Desk, Otherwise, Unreached
from firmware.route.handing import Handing
from firmware.route.places_task import Places
from firmware.route.seats_task import bounded
from hal.leg import Cause, HangupBy, Leg, Party, Released, State

OUTSIDE_RING_S: Final = 60.0
"""Longest an outside number is rung for somebody who did not dial it themselves."""


class Ringing(Places):
    """Who is rung for the caller."""

    def __init__(self, desk: Desk, queues: Queues, call: Call) -> None:
        super().__init__(desk, queues, call)
        self.transfer: Handing | None = None
        """While the call is being handed on."""
        self.display: Party | None = None
        """What phones rung now show instead of the caller."""
        self.confirming: Confirmation | None = None
        """While a party outside is rung that must take the call by a key."""
        self._otherwise: Otherwise | None = None
        """For the party that is being rung."""

    @abstractmethod
    def listen(self, leg: Leg) -> None:
        """Hear what a leg says from now on."""

    @abstractmethod
    def changed(self) -> None:
        """Tell who leads all calls that somebody is rung, was let go, or that this call ended."""

    @abstractmethod
    def reached(self, leg: Leg) -> None:
        """Who was rung has the call."""

    @abstractmethod
    def finish(self, by: str, released: Released) -> None:
        """The end, once."""

    @bounded
    def ring_extension(
        self,
        extension: str,
        otherwise: Otherwise | None = None,
        *,
        is_auto_answer: bool = False,
    ) -> None:
        """Call a person of the office. `otherwise`: decides what then, if they do not take it."""
        person = self.desk.person(extension)
        if person is None:
            why = f"extension {extension} is not there any more"
            return self.turn_away(why, Cause.UNALLOCATED)
        self.tell("call.dialling", f"rings {person.name} ({extension})", agent=extension)
        shown = self.display or self.shown(self.call.caller)
        self.after("ring", person.ring_s, self._no_answer)
        leg = self.desk.phones.dial(
            extension, shown, like=self.call.caller, is_auto_answer=is_auto_answer
        )
        self._dial(leg, otherwise)

    @bounded
    def ring_outside(
        self, digits: str, otherwise: Otherwise | None = None, *, must_confirm: bool = False
    ) -> None:
        """Dial a number on a free line, the highest first: incoming calls come from the lowest.
        `must_confirm`: whoever answers takes the call by a key."""
        if not (free := self.desk.outgoing_lines()):
            return self.turn_away("no line is free", Cause.NO_CIRCUIT)
        line = max(free)
        self.call.line = self.call.line or line
        self.tell("call.dialling", f"dials {digits} on line {line}", line=self.call.line)
        shown = self.display or self.who(self.call.caller)
        if self.transfer is not None or otherwise is not None:
            self.after("ring", OUTSIDE_RING_S, self._no_answer)
        self.confirming = (
            Confirmation(self, self._confirmed, self.not_taken) if must_confirm else None
        )
        self._dial(self.desk.lines.dial(line, digits, shown), otherwise)

    def ring_on(self, leg: Leg, seconds: float | None) -> None:
        """Wait for the answer of a leg that is rung already."""
        self.after("ring", seconds or OUTSIDE_RING_S, self._no_answer)
        self._dial(leg, None)

    def _dial(self, leg: Leg, otherwise: Otherwise | None) -> None:
        if self.transfer is None:
            self.call.enter(Stage.DIALLING, self.now)
        self.call.other, self._otherwise = leg, otherwise
        caller = self.call.caller
        if caller.state is State.OFFERED:
            caller.alert()
        elif caller.state in (State.ANSWERED, State.HELD):
            self.bridge.talk(waiting=(caller,))
        self.changed()
        self.listen(leg)

    @bounded
    def _no_answer(self) -> None:
        other = self.call.other
        if other is not None:
            self.tell("call.unanswered", "nobody answered")
            self.not_taken(other, Released(Cause.NO_ANSWER, HangupBy.BOX, "nobody answered"))

    def _confirmed(self, leg: Leg) -> None:
        self.confirming = None
        self.reached(leg)

    def not_taken(self, leg: Leg, released: Released) -> None:
        """Who was rung does not take the call."""
        by = who_hung_up(released, self.role(leg))
        otherwise, self._otherwise = self._otherwise, None
        self.stop_confirming()
        self.dismiss(leg, released.cause)
        cause, why = released.cause, released.why
        number = leg.called.number
        if otherwise is None or not otherwise(Unreached(number, cause, why, released.redirect)):
            self._turned_away(by, released)

    def turn_away(self, why: str, cause: Cause) -> None:
        """The call cannot go where it was led to."""
        self._turned_away("box", Released(cause, HangupBy.BOX, why))

    def _turned_away(self, by: str, released: Released) -> None:
        if self.transfer is not None:
            self.transfer.failed(released)
        else:
            self.finish(by, released)

    def leave_place(self) -> None:
        """Out of a menu or away from a sound, and whoever is rung will not be waited for."""
        self.stop("ring")
        self._otherwise = None
        self.stop_confirming()
        super().leave_place()

    def stop_confirming(self) -> None:
        """Nobody is asked to take the call by a key any more."""
        confirming, self.confirming = self.confirming, None
        if confirming is not None:
            confirming.leave()
