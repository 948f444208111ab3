"""Calls back who left a place in a queue for it: the shell of ivr.callback on lines and queues.

Looks once a second, while there is any, whose turn it is (ivr.callback_turn, on what
callback_scene.py sees): opening hours must be open, a line free, and the number not on the
telephone with the office already. While every line that may be used is taken, these lines are kept
back for it (`Desk.reserved_lines`). Then it is dialled (callback_call_task.py), as a `Visit` like
all others. However that ends, the callback rests, is done, or is given up.

Tests: tests/firmware/route/test_callbacks.py, tests/scenarios/test_callback.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from firmware.acd.messages import Left
from firmware.acd.queue_task import Queues
from firmware.call.call import Call, Stage
from firmware.config.schema import HANG_UP, Office, Queue
from firmware.config.subscriber import subscriber
from firmware.ivr.callback import UNDER_WAY, Callback, Callbacks, Event, Full, Rule, State
from firmware.ivr.callback_ask import LEAST_DIGITS, MOST_DIGITS
from firmware.ivr.callback_turn import line_for, why_now
from firmware.ivr.waiting_task import CallbackOffer
from firmware.records.messages import CallId
from firmware.route.asking import BY_NUMBER, highest
from firmware.route.callback_call_task import CallbackCall
from firmware.route.callback_memory import callback_from, callback_to
from firmware.route.callback_numbers import may_be_called, to_dial
from firmware.route.callback_scene import Surroundings, number_outside
from firmware.route.desk import Desk, extension_of
from firmware.route.spoken_task import speak
from firmware.route.visit_task import Visit
from hal.leg import Leg, Party
from hal.leg import State as LegState

logger = logging.getLogger(__name__)

LOOK_S: Final = 1.0


class NoSuchCallback(LookupError):
    """A number for which none is kept."""

    def __init__(self, number: str) -> None:
        super().__init__(f"no callback to {number[:40]!r}")


class CannotCallBack(ValueError):
    """A callback that cannot be kept, or not be changed now."""


class CallingBack:
    """All callbacks of the office."""

    def __init__(
        self,
        desk: Desk,
        queues: Queues,
        visits: Mapping[CallId, Visit],
        new: Callable[[str, Leg], Call],
        add: Callable[[Call], Visit],
        clock: Callable[[], datetime],
    ) -> None:
        """`new`, `add`: make a call and its visit, as for all other calls."""
        self.book = Callbacks(whose=lambda number: subscriber(number, self._country))
        self.on_change: Callable[[], None] = _nobody
        """Something is to be remembered."""
        self._desk, self._queues = desk, queues
        self._new, self._add, self._clock = new, add, clock
        self._around = Surroundings(desk, queues, visits, self.book)
        self._under_way: dict[CallId, CallbackCall] = {}
        self._without_line: set[str] = set()
        """Numbers whose turn has come and was told to wait for a line."""
        self._timer: asyncio.TimerHandle | None = None

    def configure(self, office: Office) -> None:
        """Use a new configuration. What was promised is kept where the queue is."""
        self.book.rules = {
            q.id: Rule(q.callback.tries, q.callback.rest_s, q.callback.expires_s)
            for q in office.queues
        }
        for one in list(self.book.open.values()):
            if one.queue not in self.book.rules and one.state not in UNDER_WAY:
                self._give_up(one, Event.CANCELLED, "its queue was taken out of the settings")
        self._set_timer()

    # -- the caller who waits ------------------------------------------------------------------

    def offer(self, call: Call, queue: Queue) -> CallbackOffer | None:
        """The callback a caller of a queue may have; None: none."""
        rule, number = queue.callback, call.party.number
        if not rule.is_offered or call.is_callback or extension_of(call.caller):
            return None
        is_good = partial(may_be_called, rule, self._country)
        own = number if is_good(number) else ""
        may_any = any(x.may_dial_out and x.is_enabled for x in self._desk.office.lines)
        if self.book.is_full or not may_any or not (own or rule.may_key_number):
            return None
        return CallbackOffer(rule, own, is_good, partial(self._take, call, queue))

    def place_of(self, number: str, queue: str) -> float | None:
        """Since when a caller has a place here who was to be called back and calls again."""
        one = self.book.find(number) if number else None
        return one.held_since if one is not None and one.queue == queue else None

    def _take(self, call: Call, queue: Queue, number: str) -> bool:
        entry = self._queues.core.waiting.get(call.id)
        if entry is None:
            return False
        try:
            one = self.book.take(number, queue.id, entry.held_since, self._now)
        except Full as full:
            logger.warning("callback to %s refused: %s", number, full)
            return False
        if self.book.whose(number) == self.book.whose(call.party.number):
            one.name = call.party.name
        one.language, one.priority, one.owner = call.language, call.priority, call.owner
        one.skills = highest(call.asks)
        one.collected, one.is_not_recorded = dict(call.collected), call.is_not_recorded
        words = f"will be called back at {one.number}, and keeps the place in {queue.name}"
        self._tell("callback.taken", words, one, call.id)
        self._changed()
        self._queues.leave(call.id, Left.CALLBACK, HANG_UP)
        return True

    def let_go(self, visit: Visit) -> None:
        """The caller has left the queue for a callback: a kind word, and the end."""
        visit.call.unqueue(visit.now)
        visit.call.overflowed = True
        visit.leave_menu()
        speak(visit, ["box-callback-taken"], "will be called back")

    # -- people --------------------------------------------------------------------------------

    def add(self, number: str, queue_id: str, name: str, who: str) -> Callback:
        """Somebody of the office wants a number to be called back; its place begins now."""
        queue = self._queue(queue_id)
        if queue is None or not queue.callback.is_offered:
            names = [q.id for q in self._desk.office.queues if q.callback.is_offered]
            expected = f"one of {', '.join(names)}" if names else "none offers any"
            raise CannotCallBack(f"queue {queue_id[:40]!r} has no callbacks: expected {expected}")
        if not may_be_called(queue.callback, self._country, number):
            raise CannotCallBack(
                f"number {number[:40]!r}: expected {LEAST_DIGITS} to {MOST_DIGITS} digits, and one "
                "that the queue calls back"
            )
        if (known := self.book.find(number)) is not None:
            return known
        try:
            one = self.book.take(number, queue_id, self._now, self._now)
        except Full as full:
            raise CannotCallBack(str(full)) from full
        one.name, one.by = name, who
        self._tell("callback.taken", f"{number} is to be called back, says {who}", one)
        self._changed()
        return one

    def cancel(self, number: str, who: str) -> None:
        """Nobody calls back any more."""
        if (one := self.book.find(number)) is None:
            if self.book.forget_missed(number) is None:
                raise NoSuchCallback(number)
            return self.on_change()
        if one.state is State.QUEUED:
            raise CannotCallBack(f"{one.number} has been called back and waits on the line")
        call = next((x for x in self._under_way.values() if x.one is one), None)
        if call is not None:
            self._let_be(call)
        self._give_up(one, Event.CANCELLED, f"cancelled by {who}")
        if call is not None:
            call.visit.hang_up("the callback was cancelled")

    def in_line(self) -> list[tuple[Callback, int | None]]:
        """All callbacks by queue and place, each with its place in line, counted with who waits on
        the line; 1 is next, None is that of a queue that is there no more. At the end those who
        were never reached."""
        core, found = self._queues.core, list[tuple[Callback, int | None]]()
        before: Counter[str] = Counter()
        for one in sorted(self.book.open.values(), key=lambda one: (one.queue, one.place)):
            position = None
            if one.queue in core.serving:
                here = core.position_since(one.queue, one.held_since, one.priority)
                position = here + before[one.queue]
            before[one.queue] += one.state is not State.QUEUED  # who is on the line is counted
            found.append((one, position))
        return [*found, *((one, None) for one in self.book.missed.values())]

    # -- whose turn it is ----------------------------------------------------------------------

    @property
    def _now(self) -> float:
        return self._desk.loop.time()

    @property
    def _country(self) -> str:
        return self._desk.office.site.country

    def _look(self) -> None:
        self._timer = None
        try:
            for one in self.book.tick(self._now):
                self._over(one, "callback.expired", "too late for it: it has expired")
            self._call_next()
        except Exception:  # supervision boundary: a timer called
            logger.exception("! callbacks: whose turn it is was not found out")
        self._set_timer()

    def _call_next(self) -> None:
        talking, reserved = self._around.on_the_phone(), set[int]()
        for queue in self._desk.office.queues:
            kept = [x for x in self.book.kept(queue.id) if x.number not in talking]
            if not kept or not self._around.is_open(queue):
                continue
            may_dial, keep_free = self._around.may_dial(queue), queue.callback.keep_lines_free
            for one in kept:
                if not (why := why_now(self._around.scene(queue, one))):
                    break
                free = self._around.free_lines()
                if (line := line_for(free, may_dial, keep_free)) is None:
                    reserved |= may_dial if free.isdisjoint(may_dial) else set()
                    self._tell_no_line(one)
                    break
                self._dial(one, queue, line, why)
        self._desk.reserved_lines = frozenset(reserved)

    # -- the call ------------------------------------------------------------------------------

    def _dial(self, one: Callback, queue: Queue, line: int, why: str) -> None:
        desk = self._desk
        self._without_line.discard(one.number)
        self._advance(one, Event.TURN_CAME)
        digits = to_dial(one.number, self._country)
        leg = desk.lines.dial(line, digits, Party(name=desk.office.site.name))
        if leg.state is LegState.RELEASED:
            return self._not_reached(one, f"line {line} did not dial {digits}", None)
        visit = self._visit(one, leg, line)
        made = self._under_way[visit.call.id] = CallbackCall(
            one,
            visit,
            queue.callback,
            partial(self._advance, one, Event.ANSWERED),
            partial(self._advance, one, Event.CONFIRMED),
            partial(self._refused, visit.call.id),
        )
        made.begin(desk.story)
        visit.tell("callback.dialled", f"calls back {one.number} for {queue.name}: {why}")

    def _visit(self, one: Callback, leg: Leg, line: int) -> Visit:
        call = self._new("outgoing", leg)
        call.party, call.called, call.line = Party(one.number, one.name), one.number, line
        call.language = one.language or self._desk.office.site.language
        call.priority, call.owner = one.priority, one.owner
        call.asks[BY_NUMBER] = one.skills
        call.place, call.is_callback = one.held_since, True
        call.collected, call.is_not_recorded = dict(one.collected), one.is_not_recorded
        return self._add(call)

    def _advance(self, one: Callback, event: Event) -> None:
        self.book.advance(one.number, event, self._now)

    def _refused(self, call: CallId) -> None:
        made = self._under_way[call]
        self._let_be(made)
        self._give_up(made.one, Event.CANCELLED, "says that it is not needed any more")

    def _let_be(self, call: CallbackCall) -> None:
        """What becomes of this call is not the callback's business any more."""
        del self._under_way[call.visit.call.id]
        call.leave()

    # -- what becomes of calls -----------------------------------------------------------------

    def changed(self, visit: Visit) -> None:
        """A visit rings somebody, joins them, or ended."""
        call = visit.call
        made = self._under_way.get(call.id)
        if made is None:
            if (self.book.open or self.book.missed) and call.joined is not None:
                self._talks_anyway(visit, call.joined)
        elif call.stage is Stage.ENDED:
            self._let_be(made)
            self._not_reached(made.one, made.why_in_vain, call.id)
        elif made.one.state is State.QUEUED and call.joined is not None:
            self._let_be(made)
            if call.other is not None:
                visit.plays(call.other, "agent")
            self._advance(made.one, Event.TALKED)
            words = f"called back, and talks with {call.agent_name}"
            self._over(made.one, "callback.done", words, call)

    def _talks_anyway(self, visit: Visit, since: float) -> None:
        """What is asked for during a call is for after it."""
        number = number_outside(visit.call)
        if number and self.book.forget_missed(number) is not None:
            self.on_change()
        one = self.book.find(number) if number else None
        waits = one is not None and one.state in (State.KEPT, State.RESTING)
        if one is not None and waits and one.asked_at < since:
            self._advance(one, Event.CALLED_THEMSELVES)
            words = f"{one.number} talks with the office: no callback is needed any more"
            self._over(one, "callback.done", words, visit.call)

    def _not_reached(self, one: Callback, why: str, call: CallId | None) -> None:
        state = self.book.advance(one.number, Event.NOT_REACHED, self._now)
        one.why = why
        if state is State.RESTING:
            minutes = max(1, round(self.book.rule_of(one).rest_s / 60))
            words = f"not reached ({why}): tried again in {minutes} min"
            self._tell("callback.rests", words, one, call)
            return self._changed()
        words = f"not reached in {one.tries} tries ({why}): given up"
        self._over(one, "callback.given_up", words)

    def _give_up(self, one: Callback, event: Event, why: str) -> None:
        self._advance(one, event)
        self._over(one, "callback.given_up", f"given up: {why}")

    def _over(self, one: Callback, kind: str, words: str, call: Call | None = None) -> None:
        self._without_line.discard(one.number)
        words = words if call is not None else f"callback to {one.number}: {words}"
        is_missed = self.book.missed.get(one.number) is one
        self._tell(kind, words, one, call.id if call is not None else None, is_missed=is_missed)
        self._changed()

    def _tell_no_line(self, one: Callback) -> None:
        if one.number not in self._without_line:
            self._without_line.add(one.number)
            self._tell("callback.no_line", f"callback to {one.number} waits for a free line", one)

    def _tell(
        self, kind: str, text: str, one: Callback, call: CallId | None = None, **more: bool
    ) -> None:
        self._desk.story.tell(
            kind, text, call=call, queue=one.queue, number=one.number, tries=one.tries, **more
        )

    def _queue(self, id: str) -> Queue | None:
        return next((q for q in self._desk.office.queues if q.id == id), None)

    # -- the timer, and what is remembered -----------------------------------------------------

    def _changed(self) -> None:
        self._set_timer()
        self.on_change()

    def _set_timer(self) -> None:
        if self.book.open and self._timer is None:
            self._timer = self._desk.loop.call_later(LOOK_S, self._look)
        elif not self.book.open:
            self._desk.reserved_lines = frozenset()
            self.close()

    def stop(self) -> None:
        """The box is being stopped: nobody is dialled any more, and calls under way are ended, as
        if they had not been made."""
        for call in self._under_way.values():
            self.book.put_back(call.one)
            call.leave()
        self._under_way.clear()
        self.close()
        self.on_change()

    def close(self) -> None:
        """No timer any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def as_json(self) -> list[dict[str, object]]:
        """All callbacks as they are remembered across a restart."""
        at, now = self._clock(), self._now
        kept = (*self.book.open.values(), *self.book.missed.values())
        return [callback_to(one, at, now) for one in kept]

    def restore(self, remembered: object) -> None:
        """Inverse of `as_json`. What is not understood is left out, and logged."""
        at, now = self._clock(), self._now
        for entry in remembered if isinstance(remembered, list) else []:
            if (one := callback_from(entry, at, now)) is not None:
                self.book.restore(one)
        self.configure(self._desk.office)


def _nobody() -> None:
    """Nobody remembers callbacks."""
