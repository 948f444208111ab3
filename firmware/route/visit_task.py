"""One call on its way: answered, greeted, queued, joined, ended. Driven by its legs' events.

Shell: puts together the menu, the queue, the switch and the recorder for one call. What it
decides is decided elsewhere (ivr.menu, acd.queue, route.numbers); what is true about the call is
in call.Call. A visit has no task of its own: its timers end with it. Whatever goes wrong in a step
of a visit ends that call alone: it is logged with its traceback and told, and neither the carrier
that reported the event nor any other call notices.

Tests: tests/firmware/route/test_attend.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Concatenate, Final, ParamSpec, Protocol

from firmware.acd.messages import Left
from firmware.acd.queue_task import Queues
from firmware.call.audio import Audio
from firmware.call.call import Call, Stage, who_hung_up
from firmware.call.story import Story
from firmware.call.tape_task import Tapes
from firmware.config.schema import HANG_UP, Destination, Extension, Office
from firmware.ivr.menu_task import MenuVisit
from firmware.records.messages import CallRow
from hal.leg import (
    Answered,
    Cause,
    Digit,
    Fault,
    HangupBy,
    Held,
    Identified,
    Leg,
    LegEvent,
    Party,
    Progress,
    Released,
    State,
)

logger = logging.getLogger(__name__)

P = ParamSpec("P")

WAYS: Final = 20
"""Most places a caller is led through without a key: the configuration has no loops, so more is a
fault, and the caller is let go rather than led round for ever."""


class PhoneCarrier(Protocol):
    """What is needed of hal.sip."""

    def dial(
        self,
        extension: str,
        caller: Party,
        *,
        like: Leg | None = None,
        is_auto_answer: bool = False,
    ) -> Leg: ...


class LineCarrier(Protocol):
    """What is needed of hal.lines."""

    def dial(self, line: int, digits: str, caller: Party) -> Leg: ...
    def free_lines(self) -> list[int]: ...


@dataclass(slots=True)
class Desk:
    """What every visit works with. `office` is replaced when the configuration changes."""

    office: Office
    audio: Audio
    tapes: Tapes
    story: Story
    phones: PhoneCarrier
    lines: LineCarrier
    loop: asyncio.AbstractEventLoop
    keep: Callable[[CallRow], None]
    """Writes the row of an ended call."""

    def name_of(self, to: Destination) -> str:
        """A destination as people call it."""
        office = self.office
        names = {
            "menu": {m.id: f"the menu {m.name}" for m in office.menus},
            "queue": {q.id: f"the queue {q.name}" for q in office.queues},
            "message": {p.id: f"the message {p.name}" for p in office.prompts},
            "extension": {e.number: f"{e.name} ({e.number})" for e in office.extensions},
            "hangup": {"": "the end of the call"},
        }
        return names[to.to].get(to.id, f"{to.to} {to.id}")

    def person(self, extension: str) -> Extension | None:
        """The person of an extension."""
        return next((e for e in self.office.extensions if e.number == extension), None)


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

    def __init__(
        self, desk: Desk, queues: Queues, call: Call, changed: Callable[[Visit], None]
    ) -> None:
        self.call = call
        self._desk, self._queues, self._changed = desk, queues, changed
        self._menu: MenuVisit | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._on_hold: set[str] = set()
        """Legs that hold the call."""
        self._ways = 0
        call.caller.listener = self._caller_event

    @property
    def _now(self) -> float:
        return self._desk.loop.time()

    def _tell(self, kind: str, text: str, **data: str | int | float | None) -> None:
        self._desk.story.tell(kind, text, call=self.call.id, **data)

    # -- where the caller goes -----------------------------------------------------------------

    @_bounded
    def go(self, to: Destination, why: str) -> None:
        """Lead the caller to a destination."""
        if self.call.stage is Stage.ENDED:
            return
        self._menu = None
        self._ways += 1
        if self._ways > WAYS:
            self._tell("route.loop", f"led through {WAYS} places without end: let go")
            to = HANG_UP
        place = self._desk.name_of(to)
        self._tell("route.to", f"{why}: goes to {place}", to=to.to, id=to.id)
        match to.to:
            case "menu":
                self._enter_menu(to.id)
            case "queue":
                self._enter_queue(to.id)
            case "message":
                self._hear_message(to.id)
            case "extension":
                self.ring_extension(to.id)
            case "hangup":
                self.hang_up("the way ends here")

    def _answer(self) -> None:
        if self.call.caller.state in (State.OFFERED, State.ALERTED):
            self.call.caller.answer()
            self.call.answer(self._now)
            self._tell("call.answered", "the box answered")
            if self._desk.office.recording.scope == "whole_call":
                self._record()

    def _record(self) -> None:
        if self._desk.office.recording.is_enabled:
            self._desk.tapes.start(self.call, self._now)

    def _enter_menu(self, menu_id: str) -> None:
        self._answer()
        menu = next((m for m in self._desk.office.menus if m.id == menu_id), None)
        port = self.call.caller.port
        if menu is None or port is None:
            return self.hang_up(f"menu {menu_id} is not there any more")
        self.call.enter(Stage.MENU, self._now)
        self._tell("menu.entered", f"hears the menu {menu.name}", menu=menu.id)
        self._menu = MenuVisit(
            menu, port, self.call.language, self._desk.audio, self._desk.loop, self.go, self.fail
        )
        self._menu.begin()

    def _enter_queue(self, queue_id: str) -> None:
        self._answer()
        queue = next((q for q in self._desk.office.queues if q.id == queue_id), None)
        port = self.call.caller.port
        if queue is None or port is None:
            return self.hang_up(f"queue {queue_id} is not there any more")
        self.call.queue_up(queue_id, self._now)
        audio, language = self._desk.audio, self.call.language
        music = partial(audio.music, port, queue.music, language)
        if not (queue.welcome and audio.play(port, queue.welcome, language, music)):
            music()
        self._queues.offer(self.call.id, queue_id)

    def _hear_message(self, prompt: str) -> None:
        self._answer()
        port = self.call.caller.port
        self.call.enter(Stage.MESSAGE, self._now)
        ended = partial(self.hang_up, "the message has ended")
        if port is None or not self._desk.audio.play(port, prompt, self.call.language, ended):
            ended()

    # -- calling another party -----------------------------------------------------------------

    @_bounded
    def ring_extension(self, extension: str) -> None:
        """Call a person of the office."""
        person = self._desk.person(extension)
        if person is None:
            return self.hang_up(f"extension {extension} is not there any more", Cause.UNALLOCATED)
        self._tell("call.dialling", f"rings {person.name} ({extension})", agent=extension)
        self._dial(self._desk.phones.dial(extension, self.call.party))
        self._timer = self._desk.loop.call_later(person.ring_s, self._no_answer)

    @_bounded
    def ring_outside(self, digits: str) -> None:
        """Dial a number on a free line, the highest first: incoming calls come from the lowest."""
        allowed = {x.number for x in self._desk.office.lines if x.may_dial_out and x.is_enabled}
        free = [n for n in self._desk.lines.free_lines() if n in allowed]
        if not free:
            return self.hang_up("no line is free", Cause.NO_CIRCUIT)
        self.call.line = max(free)
        self._tell("call.dialling", f"dials {digits} on line {self.call.line}", line=max(free))
        self._dial(self._desk.lines.dial(self.call.line, digits, self.call.party))

    def _dial(self, leg: Leg) -> None:
        self.call.enter(Stage.DIALLING, self._now)
        self.call.other = leg
        if self.call.caller.state is State.OFFERED:
            self.call.caller.alert()
        self._changed(self)
        leg.listener = self._other_event

    @_bounded
    def _no_answer(self) -> None:
        self._timer = None
        self._tell("call.unanswered", "nobody answered")
        self.hang_up("nobody answered", Cause.NO_ANSWER)

    @_bounded
    def take(self, leg: Leg, agent: str) -> None:
        """An agent of a queue answered: join them with the caller."""
        self.call.other = leg
        leg.listener = self._other_event
        self._join(agent)

    def _join(self, agent: str) -> None:
        self._answer()
        self._stop_timer()
        caller, other = self.call.caller, self.call.other
        if other is None or caller.port is None or other.port is None:
            return self.hang_up("there is no audio path", Cause.TEMPORARY_FAILURE)
        person = self._desk.person(agent)
        self.call.join(agent, person.name if person else "", self._now)
        self._desk.audio.join(caller.port, other.port)
        self._record()
        self._tell(
            "call.joined",
            f"talks with {person.name if person else other.address}",
            agent=agent,
            agent_name=self.call.agent_name,
        )

    # -- what the legs say ---------------------------------------------------------------------

    @_bounded
    def _caller_event(self, event: LegEvent) -> None:
        match event:
            case Identified(party):
                self.call.party = party
                self._tell(
                    "call.identified",
                    f"caller is {party.number or 'unknown'} {party.name}".rstrip()
                    + (f" ({party.why_unknown})" if party.why_unknown else ""),
                    caller_number=party.number,
                    caller_name=party.name,
                    caller_why_unknown=party.why_unknown,
                )
            case Digit(digit):
                self._pressed(digit)
            case Held(is_held):
                self._hold(self.call.caller, is_held)
            case Released():
                self._finish(who_hung_up(event, "caller"), event)
            case Fault(what):
                self._tell("leg.fault", what)
            case Progress() | Answered():
                logger.warning("call=%s caller leg sent %s", self.call.id, event)

    @_bounded
    def _other_event(self, event: LegEvent) -> None:
        match event:
            case Progress(early_media):
                self._progress(early_media)
            case Answered():
                self._join(self._extension_of(self.call.other))
            case Held(is_held):
                if self.call.other is not None:
                    self._hold(self.call.other, is_held)
            case Released():
                role = "called" if self.call.direction == "outgoing" else "agent"
                self._finish(who_hung_up(event, role), event)
            case Fault(what):
                self._tell("leg.fault", what)
            case Identified() | Digit():
                pass  # an agent's keys are for transfers, not for the caller's menu

    def _pressed(self, digit: str) -> None:
        if self._menu is not None:
            self.call.digits += digit
            self._tell("menu.key", f"pressed {digit}", digit=digit, digits=self.call.digits)
            self._menu.pressed(digit)

    def _progress(self, early_media: bool) -> None:
        """On a line the network's own tones are the progress: let the phone hear them."""
        other, caller = self.call.other, self.call.caller
        if early_media and other is not None and other.port is not None:
            self._answer()
            if caller.port is not None:
                self._desk.audio.join(caller.port, other.port)

    def _extension_of(self, leg: Leg | None) -> str:
        number = leg.called.number if leg is not None else ""
        if self.call.direction == "outgoing":
            return self.call.party.number  # the person at the phone is the one who talks
        return number

    def _hold(self, holder: Leg, is_held: bool) -> None:
        caller, other = self.call.caller, self.call.other
        if other is None or caller.port is None or other.port is None:
            return
        listener = other if holder is caller else caller
        if is_held:
            self._on_hold.add(holder.id)
        else:
            self._on_hold.discard(holder.id)
        if self.call.stage is Stage.TALKING and self._on_hold:
            self.call.enter(Stage.HELD, self._now)
            self._desk.audio.part(caller.port, other.port)
            if listener.port is not None:
                self._desk.audio.music(listener.port)
            self._tell("call.held", f"put on hold by {holder.address}")
        elif self.call.stage is Stage.HELD and not self._on_hold:
            self.call.enter(Stage.TALKING, self._now)
            self._desk.audio.join(caller.port, other.port)
            self._tell("call.resumed", f"taken back by {holder.address}")

    # -- the end -------------------------------------------------------------------------------

    def hang_up(self, why: str, cause: Cause = Cause.NORMAL) -> None:
        """End the call from our side."""
        self._finish("box", Released(cause, HangupBy.BOX, why))

    def fail(self) -> None:
        """End the call because of a fault of ours, which is logged already."""
        if self.call.stage is Stage.ENDED:
            return  # it happened in the ending, which goes on
        why = "a fault in Callbox; the log of the core says where"
        self._tell("call.fault", f"the call cannot go on: {why}")
        self._finish("fault", Released(Cause.TEMPORARY_FAILURE, HangupBy.FAULT, why))

    def _finish(self, by: str, released: Released) -> None:
        """The end, once. Each step is done whatever becomes of the others: a recording that
        cannot be closed must not keep a line off hook, nor an agent on a call."""
        call, queues, cause = self.call, self._queues, released.cause
        if call.stage is Stage.ENDED:
            return
        is_waiting = call.stage in (Stage.WAITING, Stage.OFFERING)
        row = call.end(by, released, self._now)
        self._stop_timer()
        if self._menu is not None:
            self._attempt(self._menu.leave)
        if is_waiting:
            self._attempt(partial(queues.abandon, call.id))
        self._tell(
            "call.ended",
            f"ended by {by}{': ' + released.why if released.why else ''}",
            by=by,
            cause=int(cause),
        )
        self._attempt(partial(self._desk.tapes.end, call))
        self._attempt(self._part)
        for leg in (call.caller, call.other):
            if leg is not None:
                self._attempt(partial(_let_go, leg, cause))
        self._attempt(partial(queues.ended, call.id))
        self._attempt(partial(self._desk.keep, row))
        self._attempt(partial(self._changed, self))

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:  # supervision boundary of one step of the end
            logger.exception("! call=%s: a step of its end failed", self.call.id)

    def _part(self) -> None:
        caller, other = self.call.caller, self.call.other
        if caller.port is not None:
            self._desk.audio.forget(caller.port)
            if caller.state is not State.RELEASED:
                self._desk.audio.quiet(caller.port)
        if other is not None and caller.port is not None and other.port is not None:
            self._desk.audio.part(caller.port, other.port)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- what the queue says -------------------------------------------------------------------

    @_bounded
    def offered(self) -> None:
        """An agent's phone rings for this call."""
        self.call.enter(Stage.OFFERING, self._now)

    @_bounded
    def withdrawn(self) -> None:
        """It does not ring any more; the caller still waits."""
        if self.call.stage is Stage.OFFERING:
            self.call.enter(Stage.WAITING, self._now)

    @_bounded
    def left(self, reason: Left, to: Destination) -> None:
        """The queue sends the caller on."""
        self.call.unqueue(self._now)
        self.call.overflowed = True
        self.call.enter(Stage.MESSAGE, self._now)
        self.go(to, f"left the queue: {reason.value}")


def _let_go(leg: Leg, cause: Cause) -> None:
    leg.listener = _ignore
    if leg.state is not State.RELEASED:
        leg.release(cause)


def _ignore(event: LegEvent) -> None:
    """Nothing a leg says after the call has ended changes anything."""
