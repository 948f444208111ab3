"""One call on its way: answered, greeted, queued, joined, ended. Driven by its legs' events.

Shell: puts together the menu, the queue, the switch and the recorder for one call. What it
decides is decided elsewhere (ivr.menu, acd.queue, route.numbers); what is true about the call is
in call.Call. Its lower parts: who sits in it (seats_task.py), where a caller is without a person
(places_task.py), who is rung (ringing_task.py). A visit has no task of its own: its timers end with
it. Whatever goes wrong in a step of a visit ends that call alone: it is logged with its traceback
and told, and neither the carrier that reported the event nor any other call notices.

Two seats, `call.caller` and `call.other`; a third is taken for a while by who transfers the call or
made a conference of it: transfer_task.py. Left out: what a number means and where a call goes that
nobody takes (`House`, `Otherwise`).

Tests: tests/firmware/route/test_attend.py, test_visit.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Final, assert_never

from firmware.acd.messages import Left
from firmware.acd.queue_task import Queues
from firmware.call.call import Call, Stage, who_hung_up
from firmware.call.keys import Heard
from firmware.call.transfer import Event
from firmware.config.schema import Destination
from firmware.route import opinion_task, transfer_task
from firmware.route.desk import Desk as Desk
from firmware.route.desk import extension_of
from firmware.route.house import House
from firmware.route.keys_task import Keys
from firmware.route.late_number_task import known_late
from firmware.route.seats_task import bounded, let_go
from firmware.route.underway import Underway
from hal.leg import (
    Answered,
    Cause,
    Digit,
    Direction,
    Fault,
    HangupBy,
    Held,
    Identified,
    Leg,
    LegEvent,
    LegId,
    Party,
    Progress,
    Released,
    State,
    TransferAsked,
    TransferState,
)

logger = logging.getLogger(__name__)

OUTSIDE_LIMIT_S: Final = 1800.0
"""Longest call between two outside lines, which nobody of the office hears or can end."""


_TYPES: Final = frozenset({Stage.TALKING, Stage.TRANSFERRING, Stage.CONFERENCE})
"""When codes are listened to."""


class Visit(Underway):
    """A call in progress and everything that is done for it."""

    def __init__(self, desk: Desk, queues: Queues, call: Call, house: House[Visit]) -> None:
        super().__init__(desk, queues, call)
        self.house = house
        self._ended = ("box", Released(Cause.NORMAL, HangupBy.BOX))
        """Who hung up, and how, if somebody did."""
        self._keys: Keys | None = None
        """Once somebody types."""
        self.listen(call.caller)

    def listen(self, leg: Leg) -> None:
        """Hear what a leg says from now on."""
        leg.listener = partial(self._heard, leg)

    @bounded
    def take(self, leg: Leg, person: str, words: str = "") -> None:
        """A person takes the call: an agent who answered, or a leg of who picks it up. Whoever
        else is rung is let go."""
        if self.call.stage is Stage.ENDED:
            return let_go(leg, Cause.NORMAL)
        if self.transfer is not None and not self.is_ringing:
            self.tell("call.not_taken", f"{self.address(leg)} cannot take it: it is handed on")
            return let_go(leg, Cause.REJECTED)
        self.leave_place()
        if self.call.id in self.queues.core.waiting:
            self.queues.picked_up(self.call.id, person)
        if self.call.other is not None:
            self.dismiss(self.call.other, Cause.ANSWERED_ELSEWHERE)
        self.call.other = leg
        if self.queues.core.joined.get(self.call.id) == person:
            self.is_agents(leg)
        self.listen(leg)
        is_picked_up = leg.direction is Direction.INCOMING
        if is_picked_up:
            self._pick_up(leg)
        if self.transfer is not None:
            return self.transfer.feed(Event.ANSWERED)
        self.join(person, words)
        if is_picked_up:
            self.introduce(leg, self.call.caller)

    def _pick_up(self, leg: Leg) -> None:
        """Answer a phone that asked for this call."""
        leg.match(self.call.caller)
        if leg.state in (State.OFFERED, State.ALERTED):
            leg.answer()

    def moves_on(self) -> None:
        """The caller is led to a place without a person: that ends a transfer."""
        if self.transfer is not None:
            self.transfer.feed(Event.MOVED_ON)
        super().moves_on()

    def join(self, agent: str, words: str = "") -> None:
        """Caller and other talk from now on."""
        self.stop("ring")
        caller, other = self.call.caller, self.call.other
        if other is None or other.port is None:
            return self.hang_up("there is no audio path", Cause.TEMPORARY_FAILURE)
        other.match(caller)
        caller.match(other)
        self.answer()
        if caller.port is None:
            return self.hang_up("there is no audio path", Cause.TEMPORARY_FAILURE)
        person = self.desk.person(agent)
        self.call.join(agent, person.name if person else "", self.now)
        self.arrived()
        self.bridge.talk(caller, other)
        self.record()
        self.tell(
            "call.joined",
            words or f"talks with {person.name if person else self.address(other)}",
            agent=agent,
            agent_name=self.call.agent_name,
        )
        self.settle_hold()
        self._watch_outside()
        self.changed()

    def _watch_outside(self) -> None:
        """Two outside lines are joined: end it some time, as nobody here would notice."""
        self.stop("outside")
        if not any(extension_of(leg) for leg in self.legs):
            self.after("outside", OUTSIDE_LIMIT_S, self._outside_too_long)

    @bounded
    def _outside_too_long(self) -> None:
        minutes = OUTSIDE_LIMIT_S / 60
        self.hang_up(f"two outside lines were joined for {minutes:.0f} minutes")

    # -- waiting without a person --------------------------------------------------------------

    @bounded
    def park(self, words: str) -> None:
        """The party from outside, else the caller, waits alone with music; others are let go."""
        self.moves_on()
        outside = [leg for leg in self.legs if not extension_of(leg)]
        self.leave_alone(outside[0] if outside else self.call.caller)
        self.call.enter(Stage.PARKED, self.now)
        self.bridge.talk()  # music that a transfer began has just been stopped: begin it anew
        self.bridge.talk(waiting=(self.call.caller,))
        self.tell("call.parked", words)
        self.changed()

    def unpark(self, leg: Leg, person: str, words: str = "") -> None:
        """A person takes the parked party."""
        self.take(leg, person, words or f"taken back by {self.address(leg)}")

    @bounded
    def replace(self, old: LegId, leg: Leg, words: str = "") -> None:
        """A leg takes the seat of another, which is let go (RFC 3891): a call picked up while it
        rings, or one that talks, moved to another phone of the same person. Lamp keys are told
        enough of a call to name it, so nobody else may take it from who talks (clause 8)."""
        gone = next((one for one in self.legs if one.id == old), None)
        person = extension_of(leg)
        if gone is not None and gone is self.call.other and self.is_ringing:
            return self.take(leg, person, words or f"picked up by {self.address(leg)}")
        is_talking = self.call.stage in (Stage.TALKING, Stage.HELD, Stage.CONFERENCE)
        if gone is None or not is_talking or not person or extension_of(gone) != person:
            self.tell("call.not_replaced", f"{self.address(leg)} may not take this call now")
            return let_go(leg, Cause.REJECTED)
        self.substitute(gone, leg, words or f"{self.address(leg)} goes on at another phone")

    def substitute(self, gone: Leg, leg: Leg, words: str = "") -> None:
        """`leg` talks in the place of `gone`, which is let go."""
        call = self.call
        self.stands_for(leg, gone)
        seats = tuple(leg if one is gone else one for one in (call.caller, call.other, call.third))
        self.listen(leg)
        if leg.direction is Direction.INCOMING:
            self._pick_up(leg)
        self.bridge.talk(*(one for one in seats if one is not None))
        caller, other, third = seats
        assert caller is not None  # `gone` was one of the three, and `leg` has its place
        self.seat(caller, other, third)
        self.dismiss(gone)
        if other is not None and third is None:
            self.introduce(caller, other)
            self.join(extension_of(other) or extension_of(caller), words)

    # -- what the legs say ---------------------------------------------------------------------

    @bounded
    def _heard(self, leg: Leg, event: LegEvent) -> None:
        if leg not in self.legs:
            return logger.debug("! call=%s: %s says %s afterwards", self.call.id, leg.id, event)
        match event:
            case Identified(party):
                self._identified(leg, party)
            case Digit(digit):
                self._pressed(leg, digit)
            case Held(is_held):
                self.hold(leg, is_held)
                if self.transfer is not None:
                    self.transfer.held(leg, is_held)
            case Progress():
                self._progress(leg, event)
            case Answered():
                self._answered(leg)
            case TransferAsked():
                transfer_task.asked(self, leg, event)
            case Released():
                self._released(leg, event)
            case Fault(what):
                self.tell("leg.fault", what)
            case _:
                assert_never(event)

    def _identified(self, leg: Leg, party: Party) -> None:
        if leg is not self.call.caller:
            return
        before, self.call.party = self.call.party.number, party
        self.tell(
            "call.identified",
            f"caller is {party.number or 'unknown'} {party.name}".rstrip()
            + (f" ({party.why_unknown})" if party.why_unknown else ""),
            caller_number=party.number,
            caller_name=party.name,
            caller_why_unknown=party.why_unknown,
        )
        known_late(self, before)

    def _progress(self, leg: Leg, event: Progress) -> None:
        """On a line the network's own tones are the progress: let the caller hear them."""
        if leg is not self.call.other or leg.port is None or self.confirming is not None:
            return
        if self.transfer is not None:
            self.transfer.rings(leg, event.early_media)
        elif event.early_media:
            leg.match(self.call.caller)
            if event.is_answer_guessed or not self.call.caller.progress():
                self.answer()
            self.bridge.talk(self.call.caller, leg)

    def _answered(self, leg: Leg) -> None:
        if leg is not self.call.other:
            return
        if self.transfer is not None:
            self.transfer.feed(Event.ANSWERED)
        elif self.confirming is not None:
            self.confirming.ask(leg)
        else:
            self.reached(leg)

    def reached(self, leg: Leg) -> None:
        """Who was rung has the call."""
        self.join(extension_of(leg) or extension_of(self.call.caller))

    def _pressed(self, leg: Leg, digit: str) -> None:
        if leg is self.call.caller and self.is_in_menu:
            self.press_in_menu(digit)
        elif extension_of(leg) and self.call.stage in _TYPES:
            if self.transfer is not None:
                self.transfer.key(leg)
            self._keys = self._keys or Keys(self, self._asked)
            self._keys.press(leg, digit)

    @bounded
    def _asked(self, leg: Leg, heard: Heard) -> None:
        """A person of the office typed a code. Also by a pause: their timer calls."""
        transfer_task.typed(self, leg, heard)

    def _released(self, leg: Leg, event: Released) -> None:
        typed = self._keys.hung_up(leg) if self._keys is not None else None
        if self.call.stage is Stage.SURVEY:
            self.close()
        elif self.transfer is not None:
            self.transfer.released(leg, event, typed)
        elif self.call.stage is Stage.CONFERENCE:
            transfer_task.leave_conference(self, leg, event)
        elif leg is self.call.other and self.call.stage is Stage.DIALLING:
            self.not_taken(leg, event)
        else:
            self._ended = self.ended_by(leg, event), event
            if not opinion_task.asked(self, leg, event):
                self.close()

    def close(self) -> None:
        """The call ends as somebody ended it, even if the caller was asked something since."""
        self.finish(*self._ended)

    def ended_by(self, leg: Leg, event: Released) -> str:
        """Whom the records name, if the call ends with this leg."""
        return who_hung_up(event, self.role(leg))

    def hand_over(self, leg: Leg, words: str) -> Leg:
        """The call ends for `leg`; who talks with it, or is rung, goes on in another call."""
        party = transfer_task.party_of(self, leg)
        assert party is not None  # who asks has seen that there is one
        self.send_elsewhere(party)
        self.finish("transfer", Released(Cause.NORMAL, HangupBy.BOX, words))
        return party

    # -- who leads all calls -------------------------------------------------------------------

    def changed(self) -> None:
        """It should know: somebody is rung, was let go, or this call ended."""
        self.house.changed(self)

    def lead(self, dialled: str, by: str) -> None:
        """Lead the caller to what `dialled` means for extension `by`: as if dialled."""
        self.house.lead(self, dialled, by)

    def call_with(self, leg: LegId) -> Visit | None:
        """The call in progress that has this leg."""
        return self.house.visit_of(leg)

    def adopt(self, caller: Leg, other: Leg) -> None:
        """Make a call of their own of two who talk already."""
        self.house.adopt(caller, other)

    # -- the end -------------------------------------------------------------------------------

    def ring_person(self, extension: str) -> None:
        """Ring somebody, or go where they forward calls to."""
        self.house.ring(self, extension)

    def hang_up(self, why: str, cause: Cause = Cause.NORMAL) -> None:
        """End the call from our side."""
        self.finish("box", Released(cause, HangupBy.BOX, why))

    def fail(self) -> None:
        """End the call because of a fault of ours, which is logged already."""
        if self.call.stage is Stage.ENDED:
            return  # it happened in the ending, which goes on
        why = "a fault in Callbox; the log of the core says where"
        self.tell("call.fault", f"the call cannot go on: {why}")
        self.finish("fault", Released(Cause.TEMPORARY_FAILURE, HangupBy.FAULT, why))

    def finish(self, by: str, released: Released) -> None:
        """The end, once. Each step is done whatever becomes of the others: a recording that
        cannot be closed must not keep a line off hook, nor an agent on a call."""
        call, queues, cause = self.call, self.queues, released.cause
        if call.stage is Stage.ENDED:
            return
        is_waiting = call.stage in (Stage.WAITING, Stage.OFFERING)
        row = call.end(by, released, self.now)
        self.stop_all()
        transfer, self.transfer = self.transfer, None
        if transfer is not None:
            self._attempt(partial(transfer.asker.report_transfer, TransferState.FAILED))
        self._attempt(self.leave_menu)
        self._attempt(self.stop_confirming)
        if is_waiting:
            self._attempt(partial(queues.abandon, call.id))
        self.tell(
            "call.ended",
            f"ended by {by}{': ' + released.why if released.why else ''}",
            by=by,
            cause=int(cause),
        )
        self._attempt(partial(self.desk.tapes.end, call))
        for leg in self.legs:
            self._attempt(partial(self.hush, leg))
            self._attempt(partial(let_go, leg, cause))
        self._attempt(partial(queues.ended, call.id))
        self._attempt(partial(self.desk.keep, row))
        self._attempt(self.changed)
        # No way from here back to here: the last reference frees the call and all its parts.
        self._keys = self._otherwise = None

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:  # supervision boundary of one step of the end
            logger.exception("! call=%s: a step of its end failed", self.call.id)

    # -- what the queue says -------------------------------------------------------------------

    @bounded
    def offered(self) -> None:
        """An agent's phone rings for this call."""
        self.call.enter(Stage.OFFERING, self.now)

    @bounded
    def withdrawn(self) -> None:
        """It does not ring any more; the caller still waits."""
        if self.call.stage is Stage.OFFERING:
            self.call.enter(Stage.WAITING, self.now)

    @bounded
    def left(self, reason: Left, to: Destination) -> None:
        """The queue sends the caller on."""
        self.call.unqueue(self.now)
        self.call.overflowed = True
        self.call.enter(Stage.MESSAGE, self.now)
        self.go(to, f"left the queue: {reason.value}")
