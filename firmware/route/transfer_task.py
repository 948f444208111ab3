"""Hands a call on: carries out firmware.call.transfer for one visit, and joins two visits in one.

While it lasts the party sits in the caller's seat, the target in the other and the asker in the
third. The way to the target is the house's, as if the party had dialled the number itself, so that
whatever a number means and whoever stands in for somebody holds for transfers as well.

Shell of call.transfer. Tests: tests/firmware/route/test_transfer.py.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Final, assert_never

from firmware.call import keys
from firmware.call.audio import Tone
from firmware.call.call import Stage
from firmware.call.transfer import RETURNED_S, Command, Event, State, advance
from firmware.route.desk import extension_of
from firmware.route.underway import Underway
from hal.leg import Cause, HangupBy, Leg, LegId, Party, Released, TransferAsked, TransferState
from hal.leg import State as LegState

logger = logging.getLogger(__name__)

NOBODY: Final = "box-nobody-there"
"""What a party hears that nobody took, in the end."""
FAREWELL_S: Final = 20.0
"""Longest that may take."""


class Transfer:
    """One party being handed on, of one visit."""

    def __init__(self, visit: Underway, asker: Leg, party: Leg, number: str | None) -> None:
        """`number`: None if it will be typed."""
        self.state = State.ASKING if number is None else State.CALLING
        self.asker, self.party, self.number = asker, party, number or ""
        self._visit = visit
        self._before = (visit.call.caller, visit.call.other)
        self._by = extension_of(asker)
        self._name = visit.address(asker)
        self._released = Released(Cause.NORMAL, HangupBy.BOX)
        """What brought the present event about."""
        self._ended_by = "box"
        self._failure = ""
        """Why the target did not take the call."""
        visit.transfer = self
        visit.call.enter(Stage.TRANSFERRING, visit.now)

    def start(self) -> None:
        """Lead the party to the number, or have one typed."""
        if self.state is State.CALLING:
            self._do(Command.LEAD)
        else:
            self._visit.bridge.talk(waiting=(self.party,))
            self._tone(Tone.DIAL)

    def start_with(self, target: Leg) -> None:
        """The asker has the target rung already."""
        visit = self._visit
        self._seat(target)
        person = visit.desk.person(extension_of(target))
        visit.tell("call.transferring", f"{self._name} transfers to {visit.address(target)}")
        visit.ring_on(target, person.ring_s if person is not None else None)

    def feed(self, event: Event) -> None:
        """Something happened."""
        rule = advance(self.state, event)
        logger.debug("= call=%s transfer %s: %s", self._visit.call.id, event.value, rule.to.value)
        self.state = rule.to
        if rule.to is State.OVER:
            self._visit.transfer = None
        for command in rule.do:
            self._do(command)
        self._visit.changed()

    # -- what the visit says -------------------------------------------------------------------

    def released(self, leg: Leg, event: Released, typed: keys.Heard | None) -> None:
        """A leg is gone; `typed`: what it asked for by hanging up."""
        visit = self._visit
        self._released, self._ended_by = event, visit.ended_by(leg, event)
        if leg is self.asker:
            if self.state is State.RETURNED:
                visit.call.enter(Stage.TRANSFERRING, visit.now)
                self._seat(None)
                self.feed(Event.ASKER_GONE)
            elif self.state is not State.ASKING:
                visit.dismiss(leg)
                self.feed(Event.ASKER_GONE)
            elif isinstance(typed, keys.Asked):
                self.number = typed.number
                self.feed(Event.NUMBER_LEFT)
            else:
                self.feed(Event.ASKER_GONE)
        elif leg is self.party:
            self.feed(Event.PARTY_GONE)
        elif self.state is State.CONSULTING:
            visit.dismiss(leg)
            self.feed(Event.TARGET_GONE)
        else:
            visit.not_taken(leg, event)

    def failed(self, released: Released) -> None:
        """The way to the target ends in nothing."""
        self._released = released
        self._failure = released.why or "no answer"
        self.feed(Event.FAILED)

    def settle(self) -> None:
        """The asker and the party are together again, and it is known that they are."""
        if self.state is State.RETURNED:
            self.feed(Event.SETTLED)

    def held(self, leg: Leg, is_held: bool) -> None:
        """Who comes back to listen while the target is rung hears that it is."""
        is_rung = self.state in (State.CALLING, State.CALLING_FIRST)
        if leg is self.asker and is_rung and not is_held:
            self._tone(Tone.RINGING)

    def rings(self, leg: Leg, early_media: bool) -> None:
        """The target's phone rings. On a line the network's own tones tell who waits for it."""
        self.asker.report_transfer(TransferState.RINGING)
        if not early_media:
            return
        if self.state is State.CALLING_FIRST:
            self._visit.bridge.talk(self.asker, leg, waiting=(self.party,))
        else:
            self._visit.bridge.talk(self.party, leg)

    def typed(self, heard: keys.Heard) -> None:
        """The asker typed something."""
        match heard:
            case keys.Asked(keys.Code.TRANSFER | keys.Code.CONSULT as code, number):
                if self.state is State.ASKING:
                    self.number = number
                    is_first = code is keys.Code.CONSULT
                    self.feed(Event.NUMBER_FIRST if is_first else Event.NUMBER)
            case keys.Asked(keys.Code.BACK) | keys.NeverMind():
                self._released = Released(Cause.NORMAL, HangupBy.PARTY)
                self.feed(Event.NEVER_MIND)
            case keys.Asked(keys.Code.CONFERENCE):
                self.feed(Event.CONFERENCE)
            case keys.Begun():
                pass  # one at a time

    def key(self, leg: Leg) -> None:
        """Any key: the dial tone has done its work."""
        if leg is self.asker and self.state is State.ASKING and leg.port is not None:
            self._visit.desk.audio.quiet(leg.port)

    # -- what is to be done --------------------------------------------------------------------

    def _do(self, command: Command) -> None:
        match command:
            case Command.LEAD:
                self._lead()
            case Command.GIVE_BACK:
                self._give_back()
            case Command.JOIN:
                self._join()
            case Command.CONSULT:
                self._consult()
            case Command.RING_BACK:
                self._ring_back()
            case Command.GIVE_UP:
                self._give_up()
            case Command.LET_GO:
                self._let_go()
            case Command.CONFER:
                self._confer()
            case Command.PART:
                self._part()
            case Command.END:
                self.asker.report_transfer(TransferState.FAILED)  # nobody is left to be handed on
                self._visit.finish(self._ended_by, self._released)
            case _:
                assert_never(command)

    def _seat(self, target: Leg | None) -> None:
        visit, asker = self._visit, self.asker
        is_there = asker.state is not LegState.RELEASED
        visit.seat(self.party, target, asker if is_there else None)
        if not is_there:
            visit.hush(asker)
            visit.is_out(asker)
        visit.bridge.talk(waiting=(self.party,))
        asker.report_transfer(TransferState.TRYING)
        if is_there and not visit.bridge.is_held_by(asker):
            self._tone(Tone.RINGING)

    def _lead(self) -> None:
        visit = self._visit
        self._seat(None)
        is_first = self.state is State.CALLING_FIRST
        visit.display = visit.who(self.asker) if is_first else None
        doing = "asks" if is_first else "transfers to"
        visit.tell("call.transferring", f"{self._name} {doing} {self.number}", to=self.number)
        visit.lead(self.number, self._by)

    def _give_back(self) -> None:
        visit, call, cause = self._visit, self._visit.call, self._released.cause
        if call.other not in (None, *self._before):
            visit.dismiss(call.other)
        visit.display = None
        visit.seat(*self._before)
        self.asker.report_transfer(TransferState.FAILED, cause)
        self.asker.identify(visit.who(self.party))
        why = f": {self._released.why}" if self._released.why else ""
        visit.join(call.agent, f"not transferred{why}; back with {self._name}")
        if self._released.by is not HangupBy.PARTY or cause is not Cause.NORMAL:
            self._tone(Tone.BUSY, is_short=True)
        if self.state is State.RETURNED:
            visit.after("returned", RETURNED_S, self.settle)

    def _join(self) -> None:
        visit, call = self._visit, self._visit.call
        other = call.other
        self.asker.report_transfer(TransferState.DONE)
        if self.asker in visit.legs:
            visit.dismiss(self.asker)
        visit.display = None
        if other is None:
            return visit.finish("fault", Released(Cause.TEMPORARY_FAILURE, HangupBy.FAULT))
        visit.stands_for(other, self.asker)
        visit.introduce(self.party, other)
        agent = extension_of(other) or extension_of(self.party)
        if extension_of(other) == self._by:
            return visit.join(agent, f"{self._name} has it back")
        self._tell_done(visit.address(other))
        visit.join(agent)

    def _tell_done(self, to: str) -> None:
        """One event for each transfer that succeeded, whatever its kind: reports count them."""
        text = f"{self._name} has transferred it to {to}"
        self._visit.tell("call.transferred", text, transferred_by=self._by, to=to)

    def _consult(self) -> None:
        visit, target = self._visit, self._visit.call.other
        assert target is not None  # it has just answered
        visit.stop("ring")
        self.asker.match(target)
        target.match(self.asker)
        visit.bridge.talk(self.asker, target, waiting=(self.party,))
        self.asker.identify(visit.who(target))
        visit.tell("call.consulting", f"{self._name} asks {visit.address(target)}; the party waits")

    def _ring_back(self) -> None:
        visit = self._visit
        party = visit.who(self.party)
        words = f"back from {self.number}: {party.name or party.number}"
        visit.display = Party(party.number, words, party.why_unknown)
        visit.tell(
            "call.ringing_back",
            f"{self._name} is rung back with the call: {self.number} {self._failure}",
        )
        visit.lead(self._by, self._by)

    def _give_up(self) -> None:
        visit, port = self._visit, self.party.port
        visit.tell("call.given_up", f"{self._name} is not there either: told so and let go")
        visit.call.enter(Stage.MESSAGE, visit.now)
        visit.bridge.talk()
        ended = partial(visit.hang_up, "nobody took the transferred call", Cause.NO_ANSWER)
        visit.after("farewell", FAREWELL_S, ended)
        audio = visit.desk.audio
        if port is not None and not audio.play(port, NOBODY, visit.call.language, ended):
            audio.tone(port, Tone.BUSY, ended)

    def _let_go(self) -> None:
        self._visit.display = None
        self.asker.report_transfer(TransferState.DONE)
        if self.asker in self._visit.legs:
            self._visit.dismiss(self.asker)
        self._tell_done(self.number)

    def _confer(self) -> None:
        visit, call = self._visit, self._visit.call
        visit.display = None
        call.enter(Stage.CONFERENCE, visit.now)
        visit.bridge.talk(*visit.legs)
        names = ", ".join(visit.address(leg) for leg in visit.legs)
        visit.tell("call.conference", f"{self._name} has all three talk: {names}")

    def _part(self) -> None:
        target = self._visit.call.other
        assert target is not None  # consulted
        part(self._visit, self.asker, target, self._ended_by, self._released)

    def _tone(self, tone: Tone, is_short: bool = False) -> None:
        if self.asker.port is not None:
            self._visit.desk.audio.tone(
                self.asker.port, tone, at_end=_nothing if is_short else None
            )


def _nothing() -> None:
    """Nobody waits for the end of a short tone."""


def part(visit: Underway, one: Leg, other: Leg, ended_by: str, released: Released) -> None:
    """The call ends with its party; the two who are left make a call of their own."""
    for leg in (one, other):
        visit.send_elsewhere(leg)
    visit.finish(ended_by, released)
    visit.adopt(one, other)


def leave_conference(visit: Underway, leg: Leg, event: Released) -> None:
    """One of three is gone. Who made the conference sits in the third seat."""
    call, maker = visit.call, visit.call.third
    ended_by = visit.ended_by(leg, event)
    words = f"{visit.address(leg)} leaves the conference"
    if maker is None or call.other is None:
        return visit.finish(ended_by, event)
    if leg is call.caller:
        visit.tell("call.left", words)
        return part(visit, maker, call.other, ended_by, event)
    if leg is maker and not any(extension_of(x) for x in (call.caller, call.other)):
        return visit.finish(ended_by, event)  # two outside lines with nobody of the office
    if leg is maker:
        visit.stands_for(call.other, maker)
    stays = call.other if leg is maker else maker
    visit.seat(call.caller, stays, leg)
    visit.dismiss(leg)
    visit.introduce(call.caller, stays)
    visit.join(extension_of(stays) or extension_of(call.caller), words)


def asked(visit: Underway, leg: Leg, event: TransferAsked) -> None:
    """A phone asks for a transfer."""
    call = visit.call
    if visit.transfer is not None:
        visit.transfer.settle()
    may = extension_of(leg) and visit.transfer is None
    if not may or call.other is None or call.stage not in (Stage.TALKING, Stage.HELD):
        visit.tell("call.not_transferred", "a transfer was asked for that is not possible now")
        return leg.report_transfer(TransferState.FAILED, Cause.NOT_IMPLEMENTED)
    if event.with_leg is not None:
        return connect(visit, leg, event.with_leg, event.to)
    begin(visit, leg, event.to)


def begin(visit: Underway, asker: Leg, number: str | None = None) -> None:
    """Hand on who talks with the asker: to a number, or to one that will be typed."""
    party = party_of(visit, asker)
    if party is None:
        return asker.report_transfer(TransferState.FAILED, Cause.NORMAL_UNSPECIFIED)
    Transfer(visit, asker, party, number).start()


def party_of(visit: Underway, asker: Leg) -> Leg | None:
    """The one of two who talks with the asker."""
    return visit.call.other if asker is visit.call.caller else visit.call.caller


def connect(visit: Underway, asker: Leg, with_leg: LegId, to: str) -> None:
    """Join who talks with the asker in this call and in another one of the asker's."""
    other = visit.call_with(with_leg)
    theirs = next((x for x in other.legs if x.id == with_leg), None) if other else None
    is_theirs = theirs is not None and extension_of(theirs) == extension_of(asker)
    if other is None or other is visit or theirs is None or not is_theirs or other.transfer:
        visit.tell("call.not_transferred", "there is no other call of theirs to join it with")
        return asker.report_transfer(TransferState.FAILED, Cause.NORMAL_UNSPECIFIED)
    if other.call.stage in (Stage.TALKING, Stage.HELD):
        return _join_calls(visit, asker, other, theirs)
    if other.is_ringing and theirs is other.call.caller:
        party = party_of(visit, asker)
        assert party is not None  # asked() has looked
        transfer = Transfer(visit, asker, party, to or other.call.called)
        return transfer.start_with(other.hand_over(theirs, f"transferred into {visit.call.id}"))
    begin(visit, asker, to)  # in a queue or a menu: the party goes there itself


def _join_calls(visit: Underway, asker: Leg, other: Underway, theirs: Leg) -> None:
    """The call with somebody outside goes on, or the older one; the other one ends."""
    mine = {visit.call.id: asker, other.call.id: theirs}
    stays, ends = sorted(
        (visit, other), key=lambda v: (v.call.direction == "internal", v.call.began)
    )
    asker.report_transfer(TransferState.DONE)
    name = stays.address(asker)
    leg = ends.hand_over(mine[ends.call.id], f"{name} joined it with call {stays.call.id}")
    stays.tell("call.transferring", f"{name} joins it with call {ends.call.id}")
    to = stays.address(leg)
    text = f"{name} has transferred it to {to}"
    stays.tell("call.transferred", text, transferred_by=extension_of(asker), to=to)
    stays.substitute(mine[stays.call.id], leg)


def typed(visit: Underway, leg: Leg, heard: keys.Heard) -> None:
    """Somebody of the office typed a code in a call."""
    if visit.transfer is not None:
        visit.transfer.settle()
    call, transfer = visit.call, visit.transfer
    if transfer is not None and transfer.asker is leg:
        return transfer.typed(heard)
    match heard:
        case keys.Begun() if transfer is None and call.stage is Stage.TALKING:
            begin(visit, leg)
        case keys.Asked(keys.Code.BACK) if call.stage is Stage.CONFERENCE and leg is call.third:
            if call.other is not None:
                leave_conference(visit, call.other, Released(Cause.NORMAL, HangupBy.BOX))
        case keys.NeverMind():
            pass
        case _:
            logger.debug("! call=%s: %s typed %s, not possible now", call.id, leg.id, heard)
