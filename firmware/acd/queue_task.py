"""Carries out what the queue core decides: rings phones, keeps the timers, tells the story.

Shell of `queue.Acd`. Events are taken one after the other even when carrying out a command
brings the next one at once (a phone that refuses while it is being dialled). A command that fails
is logged, told, and costs none of the others; a phone that could not be rung counts as one that
did not answer. Several phones may ring for one call: the first to answer has it.

Tests: tests/firmware/acd/test_queue_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import partial
from random import Random
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from firmware.acd import messages
from firmware.acd.agent import Presence
from firmware.acd.fitness import merged
from firmware.acd.queue import Acd, NotNow, UnknownAgent, UnknownQueue
from firmware.acd.resume import Clock, resumed
from firmware.acd.words import about, for_whom, listed, measured
from firmware.call.story import Story
from firmware.config.schema import Destination, Office
from firmware.records.before_start import BeforeStart
from firmware.records.messages import CallId
from hal.leg import Answered, Cause, Leg, LegEvent, LegId, Party, Released

logger = logging.getLogger(__name__)

CHECK_S: Final = 20.0
"""How often the invariants are checked in service: what went wrong is right in half a minute."""
LEAST_S: Final = 0.01
"""To the next tick at least: a deadline that stays due, by a fault, must not keep the loop busy."""


class Phones(Protocol):
    """What the queue needs of hal.sip."""

    def dial(self, extension: str, caller: Party, *, like: Leg | None = None) -> Leg: ...


Confirmation = Callable[[CallId, str, Leg, Callable[[bool], None]], bool]
"""Told of a call, its agent, the agent's leg that has just answered, and what to call once with
whether they take the call: tells the agent what call it is, or asks them. Says whether it will;
if not, the agent has the call at once. Who hangs up, or the core's time limit, ends it as well:
then it is called in vain."""


class Waiters(Protocol):
    """The callers' side: told what becomes of each waiting call."""

    def party(self, call: CallId) -> Party:
        """Who waits, for the agent's display."""
        ...

    def leg(self, call: CallId) -> Leg | None:
        """What they wait at: the agent's phone is offered what that can speak."""
        ...

    def offered(self, call: CallId, agent: str) -> None:
        """A phone rings for it; others may ring already."""
        ...

    def withdrawn(self, call: CallId) -> None:
        """No phone rings for it any more; it still waits."""
        ...

    def joined(self, call: CallId, leg: Leg, agent: str) -> None: ...
    def left(self, call: CallId, reason: messages.Left, to: Destination) -> None: ...


class Queues:
    """All queues and agents of the office, in service."""

    def __init__(
        self,
        phones: Phones,
        waiters: Waiters,
        story: Story,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.core = Acd(Random())
        self.confirmation: Confirmation | None = None
        self.is_open: Callable[[str], bool] = lambda schedule: True
        """Whether opening hours of the office are open now."""
        self._phones, self._waiters, self._story, self._loop = phones, waiters, story, loop
        self._clock, self._zone, self._day = clock, ZoneInfo("UTC"), date.min
        self._offers: dict[tuple[CallId, str], Leg] = {}
        self._events: deque[messages.Event] = deque()
        self._is_feeding = False
        self._skill_words: Mapping[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    # -- what others do ------------------------------------------------------------------------

    def configure(self, office: Office) -> None:
        """Take over the queues and names of a configuration; calls and agents stay."""
        self._zone = ZoneInfo(office.site.timezone)
        self._skill_words = office.skills.words
        names = {e.number: e.name for e in office.extensions}
        quiet = frozenset(e.number for e in office.extensions if e.do_not_disturb)
        skills = {e.number: e.skills for e in office.extensions if e.skills}
        self._feed(messages.Configured(office.queues, names, quiet, skills))

    def offer(
        self,
        call: CallId,
        queue: str,
        *,
        number: str = "",
        priority: int = 0,
        skills: Mapping[str, int] | None = None,
        owner: str = "",
        place: float | None = None,
    ) -> None:
        """A caller joins a queue. What may be said about them: messages.Offered."""
        self.see_hours()
        asked = skills or {}
        rule = self.core.queues.get(queue)
        demanded = merged(rule, asked) if rule is not None else {}
        self._story.tell(
            "queue.joined",
            f"waits in {self._name(queue)}{for_whom(demanded, self._skill_words)}",
            call=call,
            queue=queue,
            **listed(demanded),
        )
        self._feed(messages.Offered(call, queue, number, priority, asked, owner, place))

    def leave(self, call: CallId, reason: messages.Left, to: Destination) -> None:
        """A waiting caller leaves by choice or by the hour; `Waiters.left` is told."""
        self._feed(messages.Leaving(call, reason, to))

    def see_hours(self) -> None:
        """Queues may have opened or closed: by the clock, or by hand."""
        with_hours = [q for q in self.core.queues.values() if q.hours is not None]
        closed = frozenset(q.id for q in with_hours if q.hours and not self.is_open(q.hours))
        if closed != self.core.closed:
            self._feed(messages.ClosedNow(closed))

    def abandon(self, call: CallId) -> None:
        """The caller hung up while waiting."""
        if (entry := self.core.waiting.get(call)) is not None:
            waited_s = round(self._loop.time() - entry.since, 3)
            self._story.tell(
                "queue.abandoned",
                "gave up waiting",
                call=call,
                queue=entry.queue,
                waited_s=waited_s,
            )
        self._feed(messages.Abandoned(call))  # its joining may be among the events not yet taken

    def picked_up(self, call: CallId, by: str) -> None:
        """Somebody of the office takes this waiting call; they are on the line already."""
        self._feed(messages.PickedUp(call, by))

    def ringing(self) -> Iterator[tuple[CallId, str, LegId]]:
        """Every agent's phone that rings: for which call, whose, and its leg."""
        for (call, agent), leg in self._offers.items():
            yield call, agent, leg.id

    def ended(self, call: CallId) -> None:
        """A joined call is over."""
        self._feed(messages.CallEnded(call))

    def log_in(self, agent: str, phone: str = "") -> None:
        """`phone`: extension whose phone rings for them; empty: their own."""
        self._feed(messages.LoggedIn(agent, phone))

    def log_out(self, agent: str) -> None:
        self._feed(messages.LoggedOut(agent))

    def pause(self, agent: str, reason: str) -> None:
        self._feed(messages.Paused(agent, reason))

    def ready(self, agent: str) -> None:
        """End of pause or wrap-up; a logged-out agent is logged in."""
        known = self.core.agents.get(agent)
        if known is not None and known.presence is Presence.OUT:
            self._feed(messages.LoggedIn(agent))
        self._feed(messages.Readied(agent))

    def extend_wrap_up(self, agent: str) -> None:
        """The agent needs longer for their notes; `NotNow` if they may not."""
        self._feed(messages.WrapUpExtended(agent))

    def end_wrap_up(self, agent: str) -> None:
        """The agent's notes are made. No wrap-up: nothing changes."""
        self._feed(messages.WrapUpEnded(agent))

    def day_began(self) -> None:
        """Midnight of the office."""
        self._feed(messages.DayBegan())

    def reachable(self, extension: str, is_reachable: bool) -> None:
        """The phone of an extension can be reached, or not."""
        self._feed(messages.Reachable(extension, is_reachable))

    def phone_busy(self, extension: str, is_busy: bool, what: str = "") -> None:
        """The phone of an extension is on a call that is not the queue's: `what` kind of call."""
        self._feed(messages.PhoneBusy(extension, is_busy, what))

    def resume(self, before: BeforeStart | None, presences: Mapping[str, str]) -> None:
        """Go on where the core before this one was when it ended. `before`: from the records;
        None: they cannot be read. `presences`: as once given, for who is not in the records."""
        if before is None:
            return self.restore(presences)
        today = self._clock().astimezone(self._zone)
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        told = {wish.agent for wish in before.wishes}
        self.restore({who: kept for who, kept in presences.items() if who not in told})
        repeat_s = {queue.id: queue.repeat_caller_s for queue in self.core.queues.values()}
        clock = Clock(today, self._loop.time())
        self._feed(resumed(before, midnight, clock, repeat_s))

    def presences(self) -> dict[str, str]:
        """Who is logged in or paused, and at whose phone, to be remembered across a restart."""
        return {
            a.extension: f"{a.presence.value}@{a.phone}" if a.phone else a.presence.value
            for a in self.core.agents.values()
            if a.presence is not Presence.OUT
        }

    def restore(self, presences: Mapping[str, str]) -> None:
        """Take up what `presences` gave before the restart."""
        for extension, kept in presences.items():
            presence, _, phone = kept.partition("@")
            if extension in self.core.agents:
                self._feed(messages.LoggedIn(extension, phone))
                if presence == Presence.PAUSED.value:
                    self._feed(messages.Paused(extension, "before restart"))

    async def run(self) -> None:
        """Check the invariants for ever; what is broken is repaired and told."""
        while True:
            await asyncio.sleep(CHECK_S)
            self.check()

    def check(self) -> None:
        """What is looked at from time to time."""
        self._see_midnight()
        self.see_hours()
        self._forget_ghosts()
        self._repair()

    def _see_midnight(self) -> None:
        before, self._day = self._day, self._clock().astimezone(self._zone).date()
        if date.min < before < self._day:
            self.day_began()

    def _forget_ghosts(self) -> None:
        """Calls that the callers' side knows no more: a fault there must not keep an agent."""
        core = self.core
        for call in [c for c in core.waiting if self._waiters.leg(c) is None]:
            self._story.tell("acd.repaired", "put right by itself: waited without a caller")
            self.abandon(call)
        for call in [c for c in (*core.joined, *core.taken) if self._waiters.leg(c) is None]:
            self._story.tell("acd.repaired", "put right by itself: talked without a caller")
            self.ended(call)

    # -- the core ------------------------------------------------------------------------------

    def _repair(self) -> None:
        self._is_feeding = True  # what comes of the commands is taken behind them
        try:
            self._carry_out(self.core.repair(self._loop.time()))
        finally:
            self._is_feeding = False
        self._feed(messages.Tick())

    def _feed(self, event: messages.Event) -> None:
        """Take an event; `UnknownAgent`, `UnknownQueue`, `NotNow` are for who asked for it."""
        self._events.append(event)
        if self._is_feeding:
            return
        self._is_feeding = True
        try:
            while self._events:
                self._carry_out(self._advance(self._events.popleft()))
        finally:
            self._is_feeding = False
            self._set_timer()

    def _advance(self, event: messages.Event) -> list[messages.Command]:
        try:
            return self.core.advance(event, self._loop.time())
        except (UnknownAgent, UnknownQueue, NotNow):
            raise
        except Exception:  # supervision boundary: one event must not stop all queues
            logger.exception("! queue core: %s", event)
            return self.core.repair(self._loop.time(), is_suspect=True)

    def _carry_out(self, commands: Iterable[messages.Command]) -> None:
        for command in commands:
            try:
                self._do(command)
            except Exception:  # supervision boundary: the other commands are other people's calls
                logger.exception("! queue: not carried out: %s", command)
                if isinstance(command, messages.Offer):
                    self._could_not_ring(command)

    def _could_not_ring(self, offer: messages.Offer) -> None:
        why = "a fault in Callbox; the log of the core says where"
        if (leg := self._offers.pop((offer.call, offer.agent), None)) is not None:
            leg.release(Cause.TEMPORARY_FAILURE)
        self._story.tell(
            "queue.unanswered",
            f"{self.core.who(offer.agent)} could not be rung: {why}",
            call=offer.call,
        )
        self._rings_no_more(offer.call)
        self._events.append(messages.OfferFailed(offer.call, offer.agent, why))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (deadline := self.core.next_deadline()) is not None:
            # a hair late rather than early: the core must find the deadline reached
            at = max(deadline + 0.001, self._loop.time() + LEAST_S)
            self._timer = self._loop.call_at(at, self._feed, messages.Tick())

    def _do(self, command: messages.Command) -> None:
        match command:
            case messages.Offer():
                self._ring(command)
            case messages.Withdraw():
                self._stop_ringing(command)
            case messages.Taken():
                self._tell_taken(command)
            case messages.Join():
                self._join(command)
            case messages.Drop(call, agent):
                if (leg := self._offers.pop((call, agent), None)) is not None:
                    leg.release(Cause.NORMAL)
            case messages.Leave(call, queue, reason, to, waited_s):
                self._story.tell(
                    "queue.left",
                    f"leaves {self._name(queue)} after {waited_s:.0f} s: {_LEFT[reason]}",
                    call=call,
                    queue=queue,
                    reason=reason.value,
                    waited_s=round(waited_s, 3),
                )
                self._waiters.left(call, reason, to)
            case messages.Repaired(what):
                self._story.tell("acd.repaired", f"put right by itself: {what}")
            case _:
                self._tell_of_agent(command)

    def _ring(self, offer: messages.Offer) -> None:
        self._story.tell(
            "queue.offered", offer.why, call=offer.call, agent=offer.agent, queue=offer.queue
        )
        self._waiters.offered(offer.call, offer.agent)
        party, waits = self._waiters.party(offer.call), self._waiters.leg(offer.call)
        leg = self._phones.dial(offer.phone or offer.agent, party, like=waits)
        self._offers[offer.call, offer.agent] = leg
        leg.listener = partial(self._heard, offer.call, offer.agent, leg)

    def _heard(self, call: CallId, agent: str, leg: Leg, event: LegEvent) -> None:
        if self._offers.get((call, agent)) is not leg:
            return
        match event:
            case Answered():
                self._picked_up_phone(call, agent, leg)
            case Released(_, _, why):
                del self._offers[call, agent]
                words = why or "no answer"
                self._story.tell(
                    "queue.unanswered",
                    f"{self.core.who(agent)} did not take the call: {words}",
                    call=call,
                )
                self._rings_no_more(call)
                self._feed(messages.OfferFailed(call, agent, words))

    def _picked_up_phone(self, call: CallId, agent: str, leg: Leg) -> None:
        done = partial(self._confirmed, call, agent, leg)
        if self.confirmation is not None and self.confirmation(call, agent, leg, done):
            self._feed(messages.Confirming(call, agent))
        else:
            self._feed(messages.OfferAnswered(call, agent))

    def _confirmed(self, call: CallId, agent: str, leg: Leg, takes_it: bool) -> None:
        """The agent has heard what call it is."""
        if self._offers.get((call, agent)) is not leg:
            return
        if takes_it:
            return self._feed(messages.OfferAnswered(call, agent))
        del self._offers[call, agent]
        words = "did not confirm the call"
        self._story.tell("queue.unanswered", f"{self.core.who(agent)} {words}", call=call)
        leg.release(Cause.NORMAL)
        self._rings_no_more(call)
        self._feed(messages.OfferFailed(call, agent, words))

    def _rings_no_more(self, call: CallId) -> None:
        """One phone less rings; the callers' side hears of the last."""
        if not any(one == call for one, _ in self._offers):
            self._waiters.withdrawn(call)

    def _stop_ringing(self, command: messages.Withdraw) -> None:
        call, agent, why = command.call, command.agent, command.why
        leg = self._offers.pop((call, agent), None)
        if leg is None:
            return
        self._story.tell(
            "queue.withdrawn", f"stopped ringing {self.core.who(agent)}: {why}", call=call
        )
        if call in self.core.waiting:
            self._rings_no_more(call)
        leg.release(Cause.ANSWERED_ELSEWHERE if command.is_answered_elsewhere else Cause.NO_ANSWER)

    def _tell_taken(self, taken: messages.Taken) -> None:
        self._tell_answered("picked it up", taken.by, taken)

    def _join(self, join: messages.Join) -> None:
        leg = self._offers.pop((join.call, join.agent))
        self._tell_answered("answered", join.agent, join)
        self._waiters.joined(join.call, leg, join.agent)

    def _tell_answered(self, how: str, by: str, one: messages.Taken | messages.Join) -> None:
        self._story.tell(
            "queue.answered",
            f"{self.core.who(by)} {how} after {one.waited_s:.1f} s in {self._name(one.queue)}",
            call=one.call,
            agent=by,
            queue=one.queue,
            waited_s=round(one.waited_s, 3),
            **measured(one.told),
        )

    def _tell_of_agent(self, command: messages.AboutAgent) -> None:
        told = about(command, self.core.who(command.agent), self._loop.time())
        self._story.tell(told.kind, told.text, call=None, **told.data)

    def _name(self, queue: str) -> str:
        rule = self.core.queues.get(queue)
        return f"the queue {rule.name}" if rule is not None else f"queue {queue}"


_LEFT: Final = {
    messages.Left.TIMEOUT: "longest waiting time reached",
    messages.Left.FULL: "the queue is full",
    messages.Left.EMPTY: "nobody is logged in",
    messages.Left.PAUSED: "everybody is paused",
    messages.Left.UNREACHABLE: "no agent's phone can be reached",
    messages.Left.REMOVED: "the queue was taken out of the settings",
    messages.Left.CLOSED: "closed at this hour",
    messages.Left.KEY: "the caller pressed the way out",
    messages.Left.CALLBACK: "the caller will be called back",
}
