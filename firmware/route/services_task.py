"""What the box itself does for people at its phones: codes, pick-up, parking, announcements,
intercom. The attendant asks here for every number that is no person, line, queue or menu.

Shell: joins codes_task, blacklist_task, pick_up, parking_task and paging_task to the calls in
progress. Two who pick up the same call at once: the first has it, the second is told that nothing
rings.

Tests: tests/firmware/route/test_services.py, test_parked_calls.py, test_paging_task.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Final

from firmware.acd.queue_task import Queues
from firmware.config.codes import Action, Dialled
from firmware.config.schema import Office, PageGroup
from firmware.records.messages import CallId
from firmware.route.blacklist_task import Blacklist
from firmware.route.codes_task import Codes, Wishing
from firmware.route.desk import Desk, Failure, Unreached, extension_of
from firmware.route.numbers import ToCode, ToPage, ToPark, ToSlot, Way
from firmware.route.paging_task import Announcement
from firmware.route.parking_task import ParkedCalls, say_slot
from firmware.route.pick_up import Nothing, Ringing, choose, may_take
from firmware.route.seats_task import bounded
from firmware.route.spoken_task import speak
from firmware.route.visit_task import Visit
from firmware.voice.built_in import digits
from hal.leg import Cause, Kind, Leg, LegId

Service = ToCode | ToPage | ToPark | ToSlot
_UNREACHED: Final[Mapping[Failure, str]] = {
    Failure.BUSY: "box-colleague-busy",
    Failure.NO_ANSWER: "box-colleague-away",
    Failure.UNREACHABLE: "box-colleague-away",
}


class Services:
    """Everything that is dialled for the box itself."""

    def __init__(
        self,
        desk: Desk,
        queues: Queues,
        visits: Mapping[CallId, Visit],
        in_use: Callable[[Visit], Collection[str]],
        wishes: Wishing | None,
        take_in: Callable[[Leg, str], Visit],
    ) -> None:
        """`in_use`: extensions on any call but this one; `wishes`: None if nothing can be set;
        `take_in`: makes a call of its own of a phone that is left over, and why."""
        self.parked = ParkedCalls(desk, self._tell_slot)
        self._take_in = take_in
        self._desk, self._queues, self._visits, self._in_use = desk, queues, visits, in_use
        self._codes = Codes(queues, wishes)
        self._blacklist = Blacklist(desk, wishes)
        self._pages: dict[CallId, Announcement] = {}

    def configure(self, office: Office) -> None:
        """Use a new configuration from the next call on."""
        self.parked.configure(office)
        self._blacklist.configure(office)

    def changed(self, visit: Visit) -> None:
        """A call has gone on or ended."""
        self.parked.changed(visit)
        self._blacklist.changed(visit)
        page = self._pages.get(visit.call.id)
        if page is not None and page.is_over:
            del self._pages[visit.call.id]
            page.end()

    def _tell_slot(self, leg: Leg, slot: str) -> None:
        say_slot(self._take_in(leg, self._desk.office.parking.number), slot)

    def phones_in_use(self) -> Iterator[str]:
        """Extensions that hear an announcement."""
        for page in self._pages.values():
            yield from page.members

    # -- phones that join a call that is there already -----------------------------------------

    def connect(self, leg: Leg, way: Way) -> bool:
        """Connect a phone that dials with a call that rings or is parked. False: there is none,
        or that is not what it dialled; the phone gets a call of its own then, and is told."""
        by = extension_of(leg)
        match way:
            case ToSlot(slot):
                return self.parked.take(slot, leg)
            case ToCode(Dialled(code, argument)) if code.action in _PICK_UP:
                if argument in self.parked.lot.slots:
                    return self.parked.take(argument, leg)
                return self._pick_up(leg, self._choose(by, argument))
        return False

    def replace(self, leg: Leg, old: LegId) -> bool:
        """A phone wants to stand in for a leg: picks up what rings, by a lamp key, or takes what
        phones handed on among themselves. False: there is no such leg any more."""
        by = extension_of(leg)
        found = next((r for r in self._ringing() if r.leg == old), None)
        if found is not None:
            if may_take(self._desk.office, by, found.extension):
                return self._pick_up(leg, found)
            words = f"{leg.address} may not pick it up: {found.extension} is in another group"
            self._desk.story.tell("call.not_picked_up", words, call=found.call)
            leg.release(Cause.REJECTED)
            return True
        for visit in self._visits.values():
            if any(one.id == old for one in visit.legs):
                visit.replace(old, leg)
                return True
        return False

    def _choose(self, by: str, extension: str) -> Ringing | Nothing:
        own = {v.call.id for v in self._visits.values() if extension_of(v.call.caller) == by}
        ringing = [r for r in self._ringing() if r.call not in own]
        return choose(self._desk.office, by, extension, ringing)

    def _ringing(self) -> Iterator[Ringing]:
        """Every phone of the office that rings now."""
        for visit in self._visits.values():
            other = visit.call.other
            if other is not None and other.kind is Kind.PHONE and visit.is_ringing:
                extension = extension_of(other)
                yield Ringing(visit.call.id, extension, visit.call.since, other.id)
        for call, agent, leg in self._queues.ringing():
            yield Ringing(call, agent, self._queues.core.agents[agent].since, leg)

    def _pick_up(self, leg: Leg, found: Ringing | Nothing) -> bool:
        if isinstance(found, Nothing):
            return False
        by, there = extension_of(leg), self._desk.known(found.extension)
        name = self._desk.known(by).name or leg.address
        words = f"picked up by {name} ({by}) while it rang at {there.name} ({there.number})"
        self._visits[found.call].take(leg, by, words)
        return True

    # -- calls of their own --------------------------------------------------------------------

    def serve(self, visit: Visit, way: Service, by: str) -> None:
        """The caller of a visit dialled a service, or is transferred to one by extension `by`."""
        bounded(self._serve)(visit, way, by)

    def _serve(self, visit: Visit, way: Service, by: str) -> None:
        is_dialled = visit.transfer is None and extension_of(visit.call.caller) == by
        match way:
            case ToPark() | ToSlot() if not is_dialled:
                self.parked.park(visit, by, way.slot if isinstance(way, ToSlot) else "")
            case _ if not is_dialled:
                visit.turn_away("no call can be transferred to a code", Cause.INVALID_NUMBER)
            case ToPark():
                speak(visit, ["box-transfer-here"], "dialled the number of parking itself")
            case ToSlot(slot):
                speak(visit, ["box-slot-empty"], f"no call is parked in slot {slot}")
            case ToPage(group):
                self._page(visit, group)
            case ToCode(dialled):
                self._code(visit, by, dialled)

    def _page(self, visit: Visit, group: PageGroup) -> None:
        page = self._pages[visit.call.id] = Announcement(visit, group, self._in_use(visit))
        page.begin()

    def _code(self, visit: Visit, by: str, dialled: Dialled) -> None:
        match dialled.code.action:
            case Action.INTERCOM:
                self._intercom(visit, by, dialled.argument)
            case Action.PICK_UP | Action.PICK_UP_GROUP:
                found = self._choose(by, dialled.argument)
                if isinstance(found, Nothing):
                    speak(visit, [found.prompt], found.why)
                else:  # it began to ring this very moment
                    speak(visit, ["box-nothing-rings"], "nothing rang when it was dialled")
            case Action.MESSAGES:
                self._messages(visit, by)
            case Action.PROPOSE_BLOCK:
                self._blacklist.propose(visit, by)
            case Action.DAY_NIGHT:
                self._day_night(visit, by, dialled.argument)
            case _:
                self._codes.dial(visit, by, dialled)

    def _day_night(self, visit: Visit, by: str, argument: str) -> None:
        days = self._desk.days
        name = self._desk.known(by).name or by
        is_by_hand = days.toggle(argument, name) if days is not None else None
        if days is None or is_by_hand is None:
            return speak(visit, ["box-no-such-code"], f"no opening hours behind *28{argument}")
        if not is_by_hand:
            return speak(visit, ["box-by-the-hours"], "the office follows its hours again")
        is_open = days.is_open(argument)
        words = "opened" if is_open else "closed"
        speak(visit, ["box-day" if is_open else "box-night"], f"{words} by hand by {name}")

    def _messages(self, visit: Visit, by: str) -> None:
        mailboxes = self._desk.mailboxes
        boxes = mailboxes.of_person(by) if mailboxes is not None else []
        if mailboxes is None or not boxes:
            return speak(visit, ["box-mailbox-not-yours"], f"extension {by} has no mailbox")
        messages = [one for box in boxes for one in mailboxes.of(box.id)]
        if not messages:
            return speak(visit, ["box-mailbox-none"], "there are no voice messages")
        visit.hear_messages(messages)

    def _intercom(self, visit: Visit, by: str, extension: str) -> None:
        person = self._desk.person(extension)
        if not extension:
            speak(visit, ["box-number-missing"], "intercom without an extension")
        elif person is None or extension == by:
            why = f"intercom to {extension}, which is no colleague's extension"
            speak(visit, ["box-number-wrong", *digits(extension)], why)
        elif person.do_not_disturb:
            speak(visit, ["box-do-not-disturb"], f"{person.name} is not to be disturbed")
        elif extension in self._in_use(visit):
            speak(visit, ["box-colleague-busy"], f"{person.name} is on a call")
        else:
            otherwise = partial(_intercom_failed, visit)
            visit.ring_extension(extension, otherwise, is_auto_answer=True)


_PICK_UP: Final = (Action.PICK_UP, Action.PICK_UP_GROUP)


def _intercom_failed(visit: Visit, unreached: Unreached) -> bool:
    prompt = _UNREACHED[unreached.failure]
    speak(visit, [prompt], f"{unreached.number}: {unreached.why or unreached.failure.value}")
    return True
