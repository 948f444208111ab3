"""Takes every new call and leads it: from a line by its destination, from a phone by its number.

Shell. Holds the calls in progress; each is a `Visit`. Callers' side of the queue as well: what
the queue says about a call is passed to its visit.

Tests: tests/firmware/route/test_attend.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from firmware.acd.agent import Work
from firmware.acd.messages import Left
from firmware.acd.queue_task import Queues
from firmware.call.call import Call, Stage, new_call_id
from firmware.call.story import legible
from firmware.config.schema import Destination, Extension, Office
from firmware.ivr.briefing import for_agent
from firmware.ivr.briefing_task import Briefing
from firmware.records.messages import CallId
from firmware.route.asking import BY_NUMBER
from firmware.route.callback_task import CallingBack
from firmware.route.codes_task import Wishing
from firmware.route.day_night_task import DayNight
from firmware.route.decide import Start, start
from firmware.route.desk import Desk, Unreached, extension_of
from firmware.route.dispositions_task import Dispositions
from firmware.route.forwarding import Forward, Ring, Stop, after, before
from firmware.route.hot_desk import without_pin
from firmware.route.in_use import PhonesInUse
from firmware.route.numbers import (
    Nowhere,
    ToCode,
    ToExtension,
    ToLine,
    ToMenu,
    ToPage,
    ToPark,
    ToQueue,
    ToSlot,
    resolve,
)
from firmware.route.services_task import Services
from firmware.route.spoken_task import speak
from firmware.route.visit_task import Visit
from hal.leg import Cause, Kind, Leg, LegId, Party, State

REVIEW_S: Final = 0.25
"""How long after a change of one call the phones of all are looked at."""
PAGES: Final = "announcements"
"""Stands for all of them among the calls."""


class NoSuchCall(Exception):
    """A call that is not in progress."""


class Attendant:
    """All calls in progress."""

    def __init__(
        self,
        desk: Desk,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        wishes: Wishing | None = None,
    ) -> None:
        """`wishes`: takes what people set by their phones; None: nothing can be set so."""
        self.desk = desk
        self.queues = Queues(desk.phones, self, desk.story, desk.loop)
        self.queues.confirmation = self._brief
        self.visits: dict[CallId, Visit] = {}
        self._clock = clock
        self.days = desk.days = DayNight(desk.office, desk.story, desk.loop, clock)
        self.queues.is_open = lambda schedule: self.days.opening(schedule).is_open
        self.days.listeners.append(self.queues.see_hours)
        self._in_use = PhonesInUse()
        """The phones on calls that are not the queue's."""
        self._review_timer: asyncio.TimerHandle | None = None
        self.dispositions = desk.dispositions = Dispositions(
            lambda: desk.office, desk.story, self.queues
        )
        self.services = Services(
            desk, self.queues, self.visits, self._phones_in_use, wishes, self._take_in
        )
        self.callbacks = desk.callbacks = CallingBack(
            desk, self.queues, self.visits, self._new, self._add, clock
        )
        self.configure(desk.office)

    def configure(self, office: Office) -> None:
        """Use a new configuration from the next decision on; calls go on."""
        self.desk.office = office
        self.queues.configure(office)
        self.services.configure(office)
        self.days.configure(office)
        self.dispositions.configure(office)
        self.callbacks.configure(office)

    # -- new calls -----------------------------------------------------------------------------

    def line_offered(self, leg: Leg, number: int) -> None:
        """A line rings."""
        line = next((x for x in self.desk.office.lines if x.number == number), None)
        call = self._new("incoming", leg)
        call.line = number
        call.language = self.desk.office.site.language
        visit = self._add(call)
        who = f"{leg.caller.number or 'unknown number'} {leg.caller.name}".rstrip()
        why = f" ({leg.caller.why_unknown})" if leg.caller.why_unknown else ""
        self._tell_started(call, f"line {number} rings: {who}{why}")
        if line is None or not line.is_enabled:
            visit.hang_up(f"line {number} is not set up", Cause.DESTINATION_OUT_OF_ORDER)
        else:
            self._begin(visit, start(self.desk.office, line, leg.caller.number, self._clock()))

    def _begin(self, visit: Visit, found: Start) -> None:
        """The caller goes where callers like them begin."""
        call = visit.call
        call.language, call.priority, call.owner = found.language, found.priority, found.owner
        call.asks[BY_NUMBER] = found.skills
        if found.is_blocked:
            visit.tell("call.blocked", f"{call.party.number or 'a withheld number'}: {found.why}")
        visit.go(found.to, found.why)

    def _tell_started(self, call: Call, text: str) -> None:
        """With all that is known: after a power cut the call's row is made from its events."""
        self.desk.story.tell(
            "call.started",
            text,
            call=call.id,
            direction=call.direction,
            line=call.line,
            called=call.called,
            caller_number=call.party.number,
            caller_name=call.party.name,
            caller_why_unknown=call.party.why_unknown,
        )

    def phone_offered(self, leg: Leg) -> None:
        """A phone dials."""
        dialled, by = legible(leg.called.number), leg.caller.number
        way = resolve(self.desk.office, dialled, by)
        if leg.replaces is not None and self.services.replace(leg, leg.replaces):
            return
        if self.services.connect(leg, way):
            return
        call = self._new("outgoing" if isinstance(way, ToLine) else "internal", leg)
        call.called = way.digits if isinstance(way, ToLine) else without_pin(dialled)
        call.language = self.desk.office.site.language
        visit = self._add(call)
        self.changed(visit)
        self._tell_started(call, f"extension {by} dials {without_pin(dialled)}")
        self.lead(visit, dialled, by)

    def lead(self, visit: Visit, dialled: str, by: str) -> None:
        """Lead a visit's caller to what `dialled` means for extension `by`: who dialled it, or
        who transfers the call there."""
        match resolve(self.desk.office, dialled, by):
            case ToPark() | ToSlot() | ToPage() | ToCode() as service:
                self.services.serve(visit, service, by)
            case ToExtension(person):
                self._ring(visit, person)
            case ToLine(digits):
                visit.ring_outside(digits)
            case ToQueue(queue):
                visit.go(Destination(to="queue", id=queue.id), f"dialled {dialled}")
            case ToMenu(menu):
                visit.go(Destination(to="menu", id=menu.id), f"dialled {dialled}")
            case Nowhere(why) if dialled.startswith("*") and visit.transfer is None:
                speak(visit, ["box-no-such-code"], why)
            case Nowhere(why):
                visit.turn_away(why, Cause.UNALLOCATED)

    def ring(self, visit: Visit, extension: str) -> None:
        """Ring a person for the visit's caller, or go where that person forwards calls to."""
        if (person := self.desk.person(extension)) is not None:
            self._ring(visit, person)
        else:
            why = f"extension {extension} is not there any more"
            visit.turn_away(why, Cause.UNALLOCATED)

    def _ring(self, visit: Visit, person: Extension, trail: tuple[str, ...] = ()) -> None:
        """`trail`: who the call came to before."""
        trail = (*trail, person.number)
        is_busy = person.number in self._phones_in_use(without=visit)
        match before(self.desk.office, person, is_busy, trail):
            case Ring():
                otherwise = partial(self._not_taken, visit, person, trail)
                visit.ring_extension(person.number, otherwise)
            case Forward() as forward:
                self._forward(visit, forward, trail)
            case Stop(cause, words):
                if not self._to_mailbox(visit, trail, words):
                    self._give_up(visit, words, cause)

    def _not_taken(
        self, visit: Visit, person: Extension, trail: tuple[str, ...], unreached: Unreached
    ) -> bool:
        """Who was rung does not take the call: whether it goes somewhere else."""
        match after(self.desk.office, person, unreached, trail):
            case Forward() as forward:
                self._forward(visit, forward, trail)
                return True
            case Stop(_, words, target) if target:
                visit.tell("call.not_forwarded", words, agent=person.number, to=target)
        why = unreached.why or unreached.failure.value
        return self._to_mailbox(visit, trail, why) or self._says_sorry(visit, why)

    def _to_mailbox(self, visit: Visit, trail: tuple[str, ...], why: str) -> bool:
        """Nobody of `trail` took the call: the first of them who has a mailbox gets a message.
        Not of who can still be put through, nor of oneself."""
        mailboxes = self.desk.mailboxes
        if visit.transfer is not None or mailboxes is None:
            return False
        boxes = (mailboxes.box(number) for number in trail)
        box = next((b for b in boxes if b is not None and b.takes_unanswered), None)
        if box is None or box.id == extension_of(visit.call.caller):
            return False
        visit.call.overflowed = True
        visit.go(Destination(to="voicemail", id=box.id), why)
        return True

    def _is_a_line_free(self) -> bool:
        return bool(self.desk.outgoing_lines())

    def _give_up(self, visit: Visit, why: str, cause: Cause) -> None:
        if not self._says_sorry(visit, why):
            visit.turn_away(why, cause)

    def _says_sorry(self, visit: Visit, why: str) -> bool:
        """A caller whom the box has answered hears no busy tone from anybody: tell them. Not who
        can still be put through (a cause is enough), nor who somebody waits to have back."""
        if visit.transfer is not None or visit.call.caller.state is not State.ANSWERED:
            return False
        visit.call.overflowed = True
        speak(visit, ["box-nobody-there"], why)
        return True

    def _forward(self, visit: Visit, forward: Forward, trail: tuple[str, ...]) -> None:
        visit.tell("call.forwarded", forward.words, agent=trail[-1], to=forward.number)
        match forward.to:
            case ToExtension(person):
                self._ring(visit, person, trail)
            case ToLine(digits) if self._is_a_line_free():
                self._ring_outside(visit, digits, trail)
            case ToLine():
                self._give_up(visit, "no line is free to forward it outside", Cause.NO_CIRCUIT)
            case ToQueue(queue):
                visit.go(Destination(to="queue", id=queue.id), "forwarded")
            case ToMenu(menu):
                visit.go(Destination(to="menu", id=menu.id), "forwarded")

    def _ring_outside(self, visit: Visit, digits: str, trail: tuple[str, ...]) -> None:
        """For the last of `trail`; who wants a key pressed is not reached without."""
        person = self.desk.person(trail[-1])
        if visit.transfer is not None or person is None or not person.forward_confirm:
            return visit.ring_outside(digits)

        def otherwise(unreached: Unreached) -> bool:
            why = unreached.why or unreached.failure.value
            return self._to_mailbox(visit, trail, why) or self._says_sorry(visit, why)

        visit.ring_outside(digits, otherwise, must_confirm=True)

    def visit_of(self, leg: LegId) -> Visit | None:
        """The call in progress that has this leg."""
        return next((v for v in self.visits.values() if any(one.id == leg for one in v.legs)), None)

    def adopt(self, caller: Leg, other: Leg) -> None:
        """Make a call of their own of two who talk already: the party that had brought them
        together is gone."""
        is_inside = bool(extension_of(other))
        call = self._new("internal" if is_inside else "outgoing", caller)
        call.party = self.desk.known(extension_of(caller))
        call.called = other.called.number
        call.language = self.desk.office.site.language
        visit = self._add(call)
        self._tell_started(call, f"goes on with {other.called.number} alone")
        visit.take(other, extension_of(other) or extension_of(caller))

    def _take_in(self, leg: Leg, called: str) -> Visit:
        """Make a call of its own of a phone that is left over: it asked for `called`."""
        call = self._new("internal", leg)
        call.party = self.desk.known(extension_of(leg))
        call.called = called
        call.language = self.desk.office.site.language
        visit = self._add(call)
        self._tell_started(call, f"extension {call.party.number} asked for {called}")
        self.changed(visit)
        return visit

    def _new(self, direction: str, leg: Leg) -> Call:
        at, now = self._clock(), self.desk.loop.time()
        call = Call(new_call_id(at), direction, leg, at, now, since=now)
        call.party = leg.caller
        person = self.desk.person(leg.caller.number) if leg.kind is Kind.PHONE else None
        if person is not None:
            call.party = Party(person.number, person.name)
        return call

    def _add(self, call: Call) -> Visit:
        visit = self.visits[call.id] = Visit(self.desk, self.queues, call, self)
        return visit

    def changed(self, visit: Visit) -> None:
        """A visit rings somebody, lets somebody go, or ended."""
        if visit.call.stage is Stage.ENDED:
            self.visits.pop(visit.call.id, None)
        self.services.changed(visit)
        self.callbacks.changed(visit)
        self._note(visit.call)
        if self._review_timer is None:
            self._review_timer = self.desk.loop.call_later(REVIEW_S, self._review)

    def _note(self, call: Call) -> None:
        """Whose phones this call has now; and who hears an announcement."""
        visit = self.visits.get(call.id)
        extensions = visit.phones_in_use() if visit is not None else ()
        news = self._in_use.note(call.id, call.direction, extensions)
        news += self._in_use.note(PAGES, "internal", self.services.phones_in_use())
        for extension in news:
            kind = self._in_use.kind(extension)
            self.queues.phone_busy(extension, kind is not None, kind or "internal")

    def _review(self) -> None:
        """All calls: a party may have come from one to another, of which only one said so."""
        self._review_timer = None
        for visit in list(self.visits.values()):
            self._note(visit.call)

    def _phones_in_use(self, without: Visit) -> set[str]:
        """Extensions on any call but this one, or rung for one; the queues' agents among them."""
        in_use = {e for v in self.visits.values() if v is not without for e in v.phones_in_use()}
        at_work = (Work.OFFERED, Work.ON_CALL)
        in_use |= set(self.services.phones_in_use())
        return in_use | {
            a.rings_at
            for a in self.queues.core.agents.values()
            if a.work in at_work and a.call != without.call.id
        }

    def hang_up(self, call: str) -> None:
        """End a call by order of a person; `NoSuchCall` if it is not in progress."""
        visit = self.visits.get(CallId(call))
        if visit is None:
            raise NoSuchCall(f"call {call!r} is not in progress")
        visit.hang_up("ended by order")

    def end_all(self, why: str) -> None:
        """End every call: the box is being stopped and no line may stay taken."""
        self.callbacks.stop()
        for visit in list(self.visits.values()):
            visit.hang_up(why, Cause.TEMPORARY_FAILURE)

    # -- the callers' side of the queue (Waiters) ----------------------------------------------

    def party(self, call: CallId) -> Party:
        visit = self.visits.get(call)
        return visit.call.shown if visit is not None else Party()

    def leg(self, call: CallId) -> Leg | None:
        visit = self.visits.get(call)
        return visit.call.caller if visit is not None else None

    def _brief(self, call: CallId, agent: str, leg: Leg, decided: Callable[[bool], None]) -> bool:
        """An agent has answered: whether they are told, or asked, something first."""
        entry = self.queues.core.waiting.get(call)
        queue = self.queues.core.queues.get(entry.queue) if entry is not None else None
        if entry is None or queue is None or leg.port is None:
            return False
        waited_s = self.desk.loop.time() - entry.since
        visit = self.visits.get(call)
        is_callback = visit is not None and visit.call.is_callback
        if (run := for_agent(queue, waited_s, is_callback)) is None:
            return False
        self.desk.story.tell(
            "queue.briefed", f"{self.queues.core.who(agent)} hears what call it is", call=call
        )
        language = self.desk.office.site.language
        told = Briefing(run, leg, language, self.desk.audio, self.desk.loop, decided)
        self.desk.loop.call_soon(told.begin)
        return True

    def offered(self, call: CallId, agent: str) -> None:
        if (visit := self.visits.get(call)) is not None:
            visit.offered()
        else:
            self.queues.abandon(call)

    def withdrawn(self, call: CallId) -> None:
        if (visit := self.visits.get(call)) is not None:
            visit.withdrawn()

    def joined(self, call: CallId, leg: Leg, agent: str) -> None:
        if (visit := self.visits.get(call)) is None:
            leg.release(Cause.NORMAL)
            self.queues.ended(call)
        else:
            visit.take(leg, agent)

    def left(self, call: CallId, reason: Left, to: Destination) -> None:
        if (visit := self.visits.get(call)) is None:
            return
        if reason is Left.CALLBACK:
            self.callbacks.let_go(visit)
        else:
            visit.left(reason, to)
