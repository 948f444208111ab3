"""One call on its way: answered, greeted, queued, joined, ended. Driven by its legs' events.

Shell: puts together the menu, the queue, the switch and the recorder for one call. What it
decides is decided elsewhere (ivr.menu, acd.queue, route.numbers); what is true about the call is
in call.Call, who hears whom in call.Bridge. A visit has no task of its own: its timers end with
it. Whatever goes wrong in a step of a visit ends that call alone: it is logged with its traceback
and told, and neither the carrier that reported the event nor any other call notices.

Two seats, `call.caller` and `call.other`; a third is taken for a while by who transfers the call or
made a conference of it: transfer_task.py. Left out: what a number means and where a call goes that
nobody takes (`House`, `Otherwise`).

Tests: tests/firmware/route/test_attend.py, test_visit.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Concatenate, Final, ParamSpec, Protocol, assert_never

from firmware.acd.messages import Left
from firmware.acd.queue_task import Queues
from firmware.call.bridge import Bridge
from firmware.call.call import Call, Stage, who_hung_up
from firmware.config.schema import HANG_UP, Destination
from firmware.ivr.menu_task import MenuVisit
from firmware.route.desk import Desk as Desk
from firmware.route.desk import Otherwise, Unreached, extension_of
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

P = ParamSpec("P")

WAYS: Final = 20
"""Most places a caller is led through without a key: the configuration has no loops, so more is a
fault, and the caller is let go rather than led round for ever."""
HOLD_TOLD_S: Final = 180.0
"""A party on hold for so long is likely forgotten: the story tells."""
OUTSIDE_LIMIT_S: Final = 1800.0
"""Longest call between two outside lines, which nobody of the office hears or can end."""


class House(Protocol):
    """What a visit needs of who leads all calls (attend_task.Attendant)."""

    def changed(self, visit: Visit) -> None:
        """A visit rings somebody, lets somebody go, or ended."""
        ...

    def lead(self, visit: Visit, dialled: str, by: str) -> None:
        """Lead the visit's caller to what `dialled` means for extension `by`: as if dialled."""
        ...

    def ring(self, visit: Visit, extension: str) -> None:
        """Ring a person for the visit's caller, or go where that person forwards calls to."""
        ...

    def visit_of(self, leg: LegId) -> Visit | None:
        """The call in progress that has this leg."""
        ...

    def adopt(self, caller: Leg, other: Leg) -> None:
        """Make a call of their own of two who talk already."""
        ...


def _bounded(step: Callable[Concatenate[Visit, P], None]) -> Callable[Concatenate[Visit, P], None]:
    """The supervision boundary of one call, around each way into it."""

    @wraps(step)
    def bounded(visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            step(visit, *args, **kwargs)
        except Exception:
            logger.exception("! call=%s: a fault of ours ends it", visit.call.id)
            visit.fail()

    return bounded


class Visit:
    """A call in progress and everything that is done for it."""

    def __init__(self, desk: Desk, queues: Queues, call: Call, house: House) -> None:
        self.call = call
        self.desk, self._queues, self.house = desk, queues, house
        self.bridge = Bridge(desk.audio)
        self._menu: MenuVisit | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._otherwise: Otherwise | None = None
        """For the party that is being rung."""
        self._agent: Leg | None = None
        """The leg of the queue's agent, while the call is the queue's."""
        self._roles: dict[LegId, str] = {}
        self._ways = 0
        self.display: Party | None = None
        """What phones rung now show instead of the caller."""
        self.listen(call.caller)

    @property
    def now(self) -> float:
        return self.desk.loop.time()

    def tell(self, kind: str, text: str, **data: str | int | float | None) -> None:
        """Tell the story of this call."""
        self.desk.story.tell(kind, text, call=self.call.id, **data)

    def listen(self, leg: Leg) -> None:
        """Hear what a leg says from now on."""
        leg.listener = partial(self._heard, leg)

    # -- who is there --------------------------------------------------------------------------

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Everybody of this call, whoever is only rung among them."""
        call = self.call
        return tuple(leg for leg in (call.caller, call.other, call.third) if leg is not None)

    @property
    def is_ringing(self) -> bool:
        """Somebody is being rung for the caller."""
        other = self.call.other
        return (
            other is not None
            and other.direction is Direction.OUTGOING
            and other.state in (State.NEW, State.CALLING, State.RINGING)
        )

    @property
    def party_on_hold(self) -> Leg | None:
        """The party that hears music because the other has put it on hold."""
        seats = (self.call.caller, self.call.other)
        if self.call.stage is not Stage.HELD or None in seats:
            return None
        return next((x for x in seats if x is not None and not self.bridge.is_held_by(x)), None)

    def who(self, leg: Leg) -> Party:
        """The party at a leg, as others should see it."""
        if extension := extension_of(leg):
            return self.desk.known(extension)
        if leg.direction is Direction.OUTGOING:
            return self.desk.known(leg.called.number)
        return self.call.party if leg is self.call.caller else leg.caller

    def address(self, leg: Leg) -> str:
        """The party at a leg, for the story."""
        party = self.who(leg)
        if party.name and party.number:
            return f"{party.name} ({party.number})"
        return party.name or party.number or leg.address

    def phones_in_use(self) -> Iterator[str]:
        """Extensions at a phone of this call; not the agent's, of whom the queue knows."""
        for leg in self.legs:
            if leg is not self._agent and (extension := extension_of(leg)):
                yield extension

    # -- where the caller goes -----------------------------------------------------------------

    @_bounded
    def go(self, to: Destination, why: str) -> None:
        """Lead the caller to a destination."""
        if self.call.stage is Stage.ENDED:
            return
        self._menu = None
        self._ways += 1
        if self._ways > WAYS:
            self.tell("route.loop", f"led through {WAYS} places without end: let go")
            to = HANG_UP
        place = self.desk.name_of(to)
        self.tell("route.to", f"{why}: goes to {place}", to=to.to, id=to.id)
        match to.to:
            case "menu":
                self._enter_menu(to.id)
            case "queue":
                self._enter_queue(to.id)
            case "message":
                self._hear_message(to.id)
            case "extension":
                self.house.ring(self, to.id)
            case "hangup":
                self.turn_away("the way ends here", Cause.NORMAL)

    def _answer(self) -> None:
        if self.call.caller.state in (State.OFFERED, State.ALERTED):
            self.call.caller.answer()
            self.call.answer(self.now)
            self.tell("call.answered", "the box answered")
            if self.desk.office.recording.scope == "whole_call":
                self._record()

    def _record(self) -> None:
        if self.desk.office.recording.is_enabled:
            self.desk.tapes.start(self.call, self.now)

    def _enter_menu(self, menu_id: str) -> None:
        self._answer()
        menu = next((m for m in self.desk.office.menus if m.id == menu_id), None)
        port = self.call.caller.port
        if menu is None or port is None:
            return self.turn_away(f"menu {menu_id} is not there any more", Cause.UNALLOCATED)
        self.call.enter(Stage.MENU, self.now)
        self.tell("menu.entered", f"hears the menu {menu.name}", menu=menu.id)
        self._menu = MenuVisit(
            menu, port, self.call.language, self.desk.audio, self.desk.loop, self.go, self.fail
        )
        self._menu.begin()

    def _enter_queue(self, queue_id: str) -> None:
        self._answer()
        queue = next((q for q in self.desk.office.queues if q.id == queue_id), None)
        port = self.call.caller.port
        if queue is None or port is None:
            return self.turn_away(f"queue {queue_id} is not there any more", Cause.UNALLOCATED)
        self.call.queue_up(queue_id, self.now)
        audio, language = self.desk.audio, self.call.language
        music = partial(audio.music, port, queue.music, language)
        if not (queue.welcome and audio.play(port, queue.welcome, language, music)):
            music()
        self._queues.offer(self.call.id, queue_id)

    def _hear_message(self, prompt: str) -> None:
        self._answer()
        port = self.call.caller.port
        self.call.enter(Stage.MESSAGE, self.now)
        ended = partial(self.hang_up, "the message has ended")
        if port is None or not self.desk.audio.play(port, prompt, self.call.language, ended):
            ended()

    # -- calling another party -----------------------------------------------------------------

    @_bounded
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
        shown = self.display or self.who(self.call.caller)
        self._after("ring", person.ring_s, self._no_answer)
        leg = self.desk.phones.dial(
            extension, shown, like=self.call.caller, is_auto_answer=is_auto_answer
        )
        self._dial(leg, otherwise)

    @_bounded
    def ring_outside(self, digits: str, otherwise: Otherwise | None = None) -> None:
        """Dial a number on a free line, the highest first: incoming calls come from the lowest."""
        allowed = {x.number for x in self.desk.office.lines if x.may_dial_out and x.is_enabled}
        free = [n for n in self.desk.lines.free_lines() if n in allowed]
        if not free:
            return self.turn_away("no line is free", Cause.NO_CIRCUIT)
        line = max(free)
        self.call.line = self.call.line or line
        self.tell("call.dialling", f"dials {digits} on line {line}", line=self.call.line)
        shown = self.display or self.who(self.call.caller)
        self._dial(self.desk.lines.dial(line, digits, shown), otherwise)

    def _dial(self, leg: Leg, otherwise: Otherwise | None) -> None:
        self.call.enter(Stage.DIALLING, self.now)
        self.call.other, self._otherwise = leg, otherwise
        caller = self.call.caller
        if caller.state is State.OFFERED:
            caller.alert()
        elif caller.state in (State.ANSWERED, State.HELD):
            self.bridge.talk(waiting=(caller,))
        self.house.changed(self)
        self.listen(leg)

    @_bounded
    def _no_answer(self) -> None:
        other = self.call.other
        if other is not None:
            self.tell("call.unanswered", "nobody answered")
            self._not_taken(other, Released(Cause.NO_ANSWER, HangupBy.BOX, "nobody answered"))

    def _not_taken(self, leg: Leg, released: Released) -> None:
        """Who was rung does not take the call."""
        by = who_hung_up(released, self._role(leg))
        otherwise, self._otherwise = self._otherwise, None
        self.dismiss(leg, released.cause)
        cause, why = released.cause, released.why
        number = leg.called.number
        if otherwise is None or not otherwise(Unreached(number, cause, why, released.redirect)):
            self._turned_away(by, released)

    def turn_away(self, why: str, cause: Cause) -> None:
        """The call cannot go where it was led to."""
        self._turned_away("box", Released(cause, HangupBy.BOX, why))

    def _turned_away(self, by: str, released: Released) -> None:
        self._finish(by, released)

    @_bounded
    def take(self, leg: Leg, person: str, words: str = "") -> None:
        """A person takes the call: an agent who answered, or a leg of who picks it up. Whoever
        else is rung is let go."""
        if self.call.stage is Stage.ENDED:
            return _let_go(leg, Cause.NORMAL)
        self._leave_place()
        if self.call.id in self._queues.core.waiting:
            self._queues.picked_up(self.call.id, person)
        if self.call.other is not None:
            self.dismiss(self.call.other, Cause.ANSWERED_ELSEWHERE)
        self.call.other = leg
        if self.call.id in self._queues.core.joined:
            self._agent = leg
        self.listen(leg)
        is_picked_up = leg.direction is Direction.INCOMING
        if is_picked_up:
            self._pick_up(leg)
        self.join(person, words)
        if is_picked_up:
            self.introduce(leg, self.call.caller)

    def _pick_up(self, leg: Leg) -> None:
        """Answer a phone that asked for this call."""
        leg.match(self.call.caller)
        if leg.state in (State.OFFERED, State.ALERTED):
            leg.answer()

    def _leave_place(self) -> None:
        """Out of a menu, or away from a sound: its end must not lead the call on."""
        self._stop("ring")
        self._otherwise = None
        if self._menu is not None:
            self._menu.leave()
            self._menu = None
        if self.call.caller.port is not None:
            self.desk.audio.quiet(self.call.caller.port)

    def introduce(self, one: Leg, other: Leg) -> None:
        """Each is shown who the other is."""
        one.identify(self.who(other))
        other.identify(self.who(one))

    def join(self, agent: str, words: str = "") -> None:
        """Caller and other talk from now on."""
        self._stop("ring")
        caller, other = self.call.caller, self.call.other
        if other is None or other.port is None:
            return self.hang_up("there is no audio path", Cause.TEMPORARY_FAILURE)
        other.match(caller)
        caller.match(other)
        self._answer()
        if caller.port is None:
            return self.hang_up("there is no audio path", Cause.TEMPORARY_FAILURE)
        person = self.desk.person(agent)
        self.call.join(agent, person.name if person else "", self.now)
        self.bridge.talk(caller, other)
        self._record()
        self.tell(
            "call.joined",
            words or f"talks with {person.name if person else self.address(other)}",
            agent=agent,
            agent_name=self.call.agent_name,
        )
        self._settle_hold()
        self._watch_outside()
        self.house.changed(self)

    def _watch_outside(self) -> None:
        """Two outside lines are joined: end it some time, as nobody here would notice."""
        self._stop("outside")
        if not any(extension_of(leg) for leg in self.legs):
            self._after("outside", OUTSIDE_LIMIT_S, self._outside_too_long)

    @_bounded
    def _outside_too_long(self) -> None:
        minutes = OUTSIDE_LIMIT_S / 60
        self.hang_up(f"two outside lines were joined for {minutes:.0f} minutes")

    # -- waiting without a person --------------------------------------------------------------

    @_bounded
    def park(self, words: str) -> None:
        """The party from outside, else the caller, waits alone with music; others are let go."""
        self._leave_place()
        self._answer()
        outside = [leg for leg in self.legs if not extension_of(leg)]
        self.leave_alone(outside[0] if outside else self.call.caller)
        self.call.enter(Stage.PARKED, self.now)
        self.bridge.talk(waiting=(self.call.caller,))
        self.tell("call.parked", words)
        self.house.changed(self)

    def unpark(self, leg: Leg, person: str, words: str = "") -> None:
        """A person takes the parked party."""
        self.take(leg, person, words or f"taken back by {self.address(leg)}")

    @_bounded
    def replace(self, old: LegId, leg: Leg, words: str = "") -> None:
        """A leg takes the seat of another, which is let go: a call picked up while it rings, or
        handed on by phones among themselves (RFC 3891)."""
        gone = next((one for one in self.legs if one.id == old), None)
        stages = (Stage.TALKING, Stage.HELD, Stage.CONFERENCE)
        if gone is None or not (self.is_ringing or self.call.stage in stages):
            self.tell("call.not_replaced", f"{self.address(leg)} cannot take this call now")
            return _let_go(leg, Cause.TEMPORARY_FAILURE)
        if gone is self.call.other and self.is_ringing:
            person = extension_of(leg)
            return self.take(leg, person, words or f"picked up by {self.address(leg)}")
        self.substitute(gone, leg, words or f"{self.address(leg)} takes over")

    def substitute(self, gone: Leg, leg: Leg, words: str) -> None:
        """`leg` talks in the place of `gone`, which is let go."""
        call = self.call
        self._roles[leg.id] = self._role(gone)
        seats = tuple(leg if one is gone else one for one in (call.caller, call.other, call.third))
        self.listen(leg)
        if leg.direction is Direction.INCOMING:
            self._pick_up(leg)
        self.bridge.talk(*(one for one in seats if one is not None))
        self.dismiss(gone)
        caller, other, third = seats
        assert caller is not None  # `gone` was one of the three, and `leg` has its place
        self.seat(caller, other, third)
        if other is not None and third is None:
            self.introduce(caller, other)
            self.join(extension_of(other) or extension_of(caller), words)

    def leave_alone(self, party: Leg) -> None:
        """Let everybody go but this party, which is the caller from now on."""
        for leg in self.legs:
            if leg is not party:
                self.dismiss(leg)
        self.seat(party, None)

    def seat(self, caller: Leg, other: Leg | None, third: Leg | None = None) -> None:
        """These are the parties from now on; the recording follows."""
        call = self.call
        has_moved = caller is not call.caller
        if has_moved and call.caller.id not in self._roles:
            self._roles[call.caller.id] = self._role(call.caller)
            self._roles[caller.id] = self._role(caller)
        call.caller, call.other, call.third = caller, other, third
        if has_moved:
            self.desk.tapes.move(call)

    def dismiss(self, leg: Leg, cause: Cause = Cause.NORMAL) -> None:
        """Let one party go; the call goes on."""
        self.bridge.leave(leg)
        if leg is self.call.other:
            self.call.other = None
            self._stop("ring")
        if leg is self.call.third:
            self.call.third = None
        self._is_out(leg)
        _let_go(leg, cause)

    def _is_out(self, leg: Leg) -> None:
        if leg is self._agent:
            self._agent = None
            self._queues.ended(self.call.id)

    # -- what the legs say ---------------------------------------------------------------------

    @_bounded
    def _heard(self, leg: Leg, event: LegEvent) -> None:
        if leg not in self.legs:
            return logger.debug("! call=%s: %s says %s afterwards", self.call.id, leg.id, event)
        match event:
            case Identified(party):
                self._identified(leg, party)
            case Digit(digit):
                self._pressed(leg, digit)
            case Held(is_held):
                self._hold(leg, is_held)
            case Progress(early_media):
                self._progress(leg, early_media)
            case Answered():
                self._answered(leg)
            case TransferAsked():
                self._transfer_asked(leg, event)
            case Released():
                self._released(leg, event)
            case Fault(what):
                self.tell("leg.fault", what)
            case _:
                assert_never(event)

    def _identified(self, leg: Leg, party: Party) -> None:
        if leg is not self.call.caller:
            return
        self.call.party = party
        self.tell(
            "call.identified",
            f"caller is {party.number or 'unknown'} {party.name}".rstrip()
            + (f" ({party.why_unknown})" if party.why_unknown else ""),
            caller_number=party.number,
            caller_name=party.name,
            caller_why_unknown=party.why_unknown,
        )

    def _pressed(self, leg: Leg, digit: str) -> None:
        if self._menu is not None and leg is self.call.caller:
            self.call.digits += digit
            self.tell("menu.key", f"pressed {digit}", digit=digit, digits=self.call.digits)
            self._menu.pressed(digit)

    def _progress(self, leg: Leg, early_media: bool) -> None:
        """On a line the network's own tones are the progress: let the caller hear them."""
        if leg is self.call.other and early_media and leg.port is not None:
            self._answer()
            self.bridge.talk(self.call.caller, leg)

    def _answered(self, leg: Leg) -> None:
        if leg is self.call.other:
            self.join(extension_of(leg) or extension_of(self.call.caller))

    def _transfer_asked(self, leg: Leg, event: TransferAsked) -> None:
        leg.report_transfer(TransferState.FAILED, Cause.NOT_IMPLEMENTED)

    def _hold(self, leg: Leg, is_held: bool) -> None:
        self.bridge.hold(leg, is_held)
        if self.call.stage in (Stage.TALKING, Stage.HELD):
            self._settle_hold(f" by {self.address(leg)}")

    def _settle_hold(self, by: str = "") -> None:
        """The stage follows who holds."""
        is_on_hold = self.bridge.is_on_hold
        if is_on_hold and self.call.stage is Stage.TALKING:
            self.call.enter(Stage.HELD, self.now)
            self.tell("call.held", f"put on hold{by}")
            self._after("hold", HOLD_TOLD_S, self._held_long)
        elif not is_on_hold and self.call.stage is Stage.HELD:
            self._stop("hold")
            self.call.enter(Stage.TALKING, self.now)
            self.tell("call.resumed", f"taken back{by}")

    @_bounded
    def _held_long(self) -> None:
        if self.call.stage is Stage.HELD:
            minutes = HOLD_TOLD_S / 60
            self.tell("call.held_long", f"still on hold after {minutes:.0f} minutes")

    def _released(self, leg: Leg, event: Released) -> None:
        if leg is self.call.other and self.call.stage is Stage.DIALLING:
            self._not_taken(leg, event)
        else:
            self._finish(who_hung_up(event, self._role(leg)), event)

    def _role(self, leg: Leg) -> str:
        """What the records call this party."""
        if (role := self._roles.get(leg.id)) is not None:
            return role
        if leg is self.call.caller:
            return "caller"
        return "called" if self.call.direction == "outgoing" else "agent"

    # -- the end -------------------------------------------------------------------------------

    def hang_up(self, why: str, cause: Cause = Cause.NORMAL) -> None:
        """End the call from our side."""
        self._finish("box", Released(cause, HangupBy.BOX, why))

    def fail(self) -> None:
        """End the call because of a fault of ours, which is logged already."""
        if self.call.stage is Stage.ENDED:
            return  # it happened in the ending, which goes on
        why = "a fault in Callbox; the log of the core says where"
        self.tell("call.fault", f"the call cannot go on: {why}")
        self._finish("fault", Released(Cause.TEMPORARY_FAILURE, HangupBy.FAULT, why))

    def _finish(self, by: str, released: Released) -> None:
        """The end, once. Each step is done whatever becomes of the others: a recording that
        cannot be closed must not keep a line off hook, nor an agent on a call."""
        call, queues, cause = self.call, self._queues, released.cause
        if call.stage is Stage.ENDED:
            return
        is_waiting = call.stage in (Stage.WAITING, Stage.OFFERING)
        row = call.end(by, released, self.now)
        for name in list(self._timers):
            self._stop(name)
        if self._menu is not None:
            self._attempt(self._menu.leave)
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
            self._attempt(partial(self._leave_quietly, leg))
            self._attempt(partial(_let_go, leg, cause))
        self._attempt(partial(queues.ended, call.id))
        self._attempt(partial(self.desk.keep, row))
        self._attempt(partial(self.house.changed, self))

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:  # supervision boundary of one step of the end
            logger.exception("! call=%s: a step of its end failed", self.call.id)

    def _leave_quietly(self, leg: Leg) -> None:
        if leg.port is not None:
            self.desk.audio.forget(leg.port)
            if leg.state is not State.RELEASED:
                self.desk.audio.quiet(leg.port)
        self.bridge.leave(leg)

    # -- timers --------------------------------------------------------------------------------

    def _after(self, name: str, seconds: float, step: Callable[[], None]) -> None:
        self._stop(name)
        self._timers[name] = self.desk.loop.call_later(seconds, step)

    def _stop(self, name: str) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()

    # -- what the queue says -------------------------------------------------------------------

    @_bounded
    def offered(self) -> None:
        """An agent's phone rings for this call."""
        self.call.enter(Stage.OFFERING, self.now)

    @_bounded
    def withdrawn(self) -> None:
        """It does not ring any more; the caller still waits."""
        if self.call.stage is Stage.OFFERING:
            self.call.enter(Stage.WAITING, self.now)

    @_bounded
    def left(self, reason: Left, to: Destination) -> None:
        """The queue sends the caller on."""
        self.call.unqueue(self.now)
        self.call.overflowed = True
        self.call.enter(Stage.MESSAGE, self.now)
        self.go(to, f"left the queue: {reason.value}")


def _let_go(leg: Leg, cause: Cause) -> None:
    leg.listener = _ignore
    if leg.state is not State.RELEASED:
        leg.release(cause)


def _ignore(event: LegEvent) -> None:
    """Nothing a leg says after the call has ended changes anything."""
