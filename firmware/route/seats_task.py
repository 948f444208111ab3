"""Who sits in a call: its legs, what each is to the others, who hears whom, and its timers.

The lower half of a `Visit`: nothing here decides where a call goes or when it ends. Two seats,
`call.caller` and `call.other`; the third is taken for a while by who hands the call on or made a
conference of it. Shell on the switch, the tapes and the event loop.

Tests: tests/firmware/route/test_visit.py, test_transfer.py.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from firmware.acd.queue_task import Queues
from firmware.call import quality
from firmware.call.bridge import Bridge
from firmware.call.call import Call, Stage
from firmware.route.desk import Desk, extension_of
from hal.leg import Cause, Direction, Leg, LegEvent, LegId, Party, State

logger = logging.getLogger(__name__)

P = ParamSpec("P")
S = TypeVar("S", bound="Seats")

HOLD_TOLD_S: Final = 180.0
"""A party on hold for so long is likely forgotten: the story tells."""


def bounded(step: Callable[Concatenate[S, P], None]) -> Callable[Concatenate[S, P], None]:
    """The supervision boundary of one call, around each way into it."""

    @wraps(step)
    def within(visit: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            step(visit, *args, **kwargs)
        except Exception:
            logger.exception("! call=%s: a fault of ours ends it", visit.call.id)
            visit.fail()

    return within


class Seats(ABC):
    """The parties of one call."""

    def __init__(self, desk: Desk, queues: Queues, call: Call) -> None:
        self.call, self.desk, self.queues = call, desk, queues
        self.bridge = Bridge(desk.audio)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._agent: Leg | None = None
        """The leg of the queue's agent, while the call is the queue's."""
        self._roles: dict[LegId, str] = {}
        self._judged: set[LegId] = set()
        """Legs whose quality was told."""
        self._elsewhere: set[LegId] = set()
        """Legs that sit in another call by now."""

    @abstractmethod
    def fail(self) -> None:
        """End the call because of a fault of ours, which is logged already."""

    @property
    def now(self) -> float:
        """The event loop's clock, as all times of a call."""
        return self.desk.loop.time()

    def tell(self, kind: str, text: str, **data: str | int | float | None) -> None:
        """Tell the story of this call."""
        self.desk.story.tell(kind, text, call=self.call.id, **data)

    # -- who is there --------------------------------------------------------------------------

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Everybody of this call, whoever is only rung among them."""
        call = self.call
        seats = [x for x in (call.caller, call.other, call.third) if x is not None]
        if self._elsewhere:
            seats = [x for x in seats if x.id not in self._elsewhere]
        return tuple(seats)

    @property
    def agent(self) -> Leg | None:
        """The leg of the queue's agent, while the call is the queue's."""
        return self._agent

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
        return self.call.party if self.role(leg) == "caller" else leg.caller

    def shown(self, leg: Leg) -> Party:
        """The same for the displays of phones: a caller with what they were asked for, which is
        for who takes the call, not for the story."""
        party = self.who(leg)
        return self.call.shown if party == self.call.party else party

    def address(self, leg: Leg) -> str:
        """The party at a leg, for the story."""
        party = self.who(leg)
        if party.name and party.number:
            return f"{party.name} ({party.number})"
        return party.name or party.number or leg.address

    def role(self, leg: Leg) -> str:
        """What the records call this party."""
        if (role := self._roles.get(leg.id)) is not None:
            return role
        if leg is self.call.caller:
            return "caller"
        return "called" if self.call.direction == "outgoing" else "agent"

    def stands_for(self, leg: Leg, former: Leg) -> None:
        """In the records this leg is what the former one was."""
        self._roles[leg.id] = self.role(former)

    def plays(self, leg: Leg, role: str) -> None:
        """In the records this leg is `called` or the `agent`, whatever seat it has."""
        self._roles[leg.id] = role

    def phones_in_use(self) -> Iterator[str]:
        """Extensions at a phone of this call; not the agent's, of whom the queue knows."""
        for leg in self.legs:
            if leg is not self._agent and (extension := extension_of(leg)):
                yield extension

    # -- who sits where ------------------------------------------------------------------------

    def seat(self, caller: Leg, other: Leg | None, third: Leg | None = None) -> None:
        """These are the parties from now on; the recording follows."""
        call = self.call
        has_moved = caller is not call.caller
        if has_moved:
            for leg in (call.caller, caller):
                self._roles.setdefault(leg.id, self.role(leg))
        call.caller, call.other, call.third = caller, other, third
        if has_moved:
            self.desk.tapes.move(call)

    def dismiss(self, leg: Leg, cause: Cause = Cause.NORMAL) -> None:
        """Let one party go; the call goes on. Who has the caller's seat leaves it first."""
        self._leave(leg)
        let_go(leg, cause)

    def leave_alone(self, party: Leg) -> None:
        """Let everybody go but this party, which is the caller from now on."""
        others = [leg for leg in self.legs if leg is not party]
        self.seat(party, None)
        for leg in others:
            self.dismiss(leg)

    def send_elsewhere(self, leg: Leg) -> Leg:
        """A party leaves this call for another one, without being let go."""
        self._leave(leg)
        self._elsewhere.add(leg.id)
        leg.listener = _ignore
        return leg

    def _leave(self, leg: Leg) -> None:
        self.hush(leg)
        if leg is self.call.other:
            self.call.other = None
            self.stop("ring")
        if leg is self.call.third:
            self.call.third = None
        self.is_out(leg)

    def hush(self, leg: Leg) -> None:
        """A party hears nothing of this call any more, nor is it heard."""
        self._judge(leg)
        if leg.port is not None:
            self.desk.audio.forget(leg.port)
            if leg.state is not State.RELEASED:
                self.desk.audio.quiet(leg.port)
        self.bridge.leave(leg)

    def _judge(self, leg: Leg) -> None:
        """Tell how its audio was, if there was any, once."""
        found = leg.quality()
        if found is not None and leg.id not in self._judged:
            self._judged.add(leg.id)
            who, kept = self.address(leg), quality.figures(found)
            text = f"{who}: {quality.words(found)}"
            self.tell(quality.EVENT, text, who=who, sound=quality.details(found), **kept)

    def is_agents(self, leg: Leg) -> None:
        """This is the queue's agent: the call is theirs until this leg is out."""
        self._agent = leg

    def is_out(self, leg: Leg) -> None:
        """If this is the queue's agent, the call is no longer theirs: wrap-up begins."""
        if leg is self._agent:
            self.is_nobodys()

    def is_nobodys(self) -> None:
        """The call is no agent's: before it waits in a queue again, which the agent may even do
        themselves, handed on by whom they talked with."""
        leg, self._agent = self._agent, None
        if leg is not None:
            words = f"{self.address(leg)} has done their part of it"
            self.tell("queue.ended", words, agent=extension_of(leg))
            self.queues.ended(self.call.id)

    def introduce(self, one: Leg, other: Leg) -> None:
        """Each is shown who the other is."""
        one.identify(self.shown(other))
        other.identify(self.shown(one))

    # -- hold ----------------------------------------------------------------------------------

    def hold(self, leg: Leg, is_held: bool) -> None:
        """A party puts the call on hold or takes it back."""
        self.bridge.hold(leg, is_held)
        if self.call.stage in (Stage.TALKING, Stage.HELD):
            self.settle_hold(f" by {self.address(leg)}")

    def settle_hold(self, by: str = "") -> None:
        """The stage follows who holds."""
        is_on_hold = self.bridge.is_on_hold
        if is_on_hold and self.call.stage is Stage.TALKING:
            self.call.enter(Stage.HELD, self.now)
            self.tell("call.held", f"put on hold{by}")
            self.after("hold", HOLD_TOLD_S, self._held_long)
        elif not is_on_hold and self.call.stage is Stage.HELD:
            self.stop("hold")
            self.call.enter(Stage.TALKING, self.now)
            self.tell("call.resumed", f"taken back{by}")

    @bounded
    def _held_long(self) -> None:
        if self.call.stage is Stage.HELD:
            minutes = HOLD_TOLD_S / 60
            self.tell("call.held_long", f"still on hold after {minutes:.0f} minutes")

    # -- timers --------------------------------------------------------------------------------

    def after(self, name: str, seconds: float, step: Callable[[], None]) -> None:
        """Do something in a while, unless it is stopped, named anew, or the call ends."""
        self.stop(name)
        self._timers[name] = self.desk.loop.call_later(seconds, step)

    def stop(self, name: str) -> None:
        """Do it not."""
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()

    def stop_all(self) -> None:
        """The call ends."""
        for name in list(self._timers):
            self.stop(name)


def let_go(leg: Leg, cause: Cause) -> None:
    """Release a leg, and hear no more of it."""
    leg.listener = _ignore
    if leg.state is not State.RELEASED:
        leg.release(cause)


def _ignore(event: LegEvent) -> None:
    """Nothing a leg says after its call has ended changes anything."""
