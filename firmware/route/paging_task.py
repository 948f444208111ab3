"""Announcements: one person speaks, the idle phones of a group say it aloud.

Shell over the switch, without tasks. The phones are asked to answer by themselves (auto-answer
headers, hal.sip); one that has not within ANSWER_S is let go. Members hear the caller and nobody
else, and are heard by nobody. Left alone are members on a call, those with do not disturb, and the
caller's own phone. The announcement ends with the caller, with its last listener, or after the
group's time; a caller whom nobody can hear is told so.

Tests: tests/firmware/route/test_paging_task.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from firmware.call.call import Stage
from firmware.config.schema import PageGroup
from firmware.route.seats_task import bounded
from firmware.route.spoken_task import speak
from firmware.route.visit_task import Visit
from firmware.voice.built_in import BEEP
from hal.leg import Answered, Cause, Leg, LegEvent, LegId, Released, State

ANSWER_S: Final = 6.0
"""A phone that answers by itself does so at once; this one rings at a person who is not asked."""


class Announcement:
    """One announcement from its first beep to its end."""

    def __init__(self, visit: Visit, group: PageGroup, busy: Collection[str]) -> None:
        """`busy`: extensions left alone."""
        self.visit, self._group, self._busy = visit, group, busy
        self._legs: dict[str, Leg] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._hearing: set[LegId] = set()
        self._was_heard = False

    @property
    def is_over(self) -> bool:
        """The caller has gone."""
        return self.visit.call.stage is Stage.ENDED

    @property
    def members(self) -> frozenset[str]:
        """Extensions whose phone it uses now."""
        return frozenset(self._legs)

    def begin(self) -> None:
        """Answer the caller and call the members."""
        visit, desk = self.visit, self.visit.desk
        caller = visit.call.caller
        caller.answer()
        visit.call.answer(visit.now)
        visit.call.enter(Stage.MESSAGE, visit.now)
        visit.call.is_served = True
        for number in self._group.members:
            if self._is_to_hear(number):
                shown = visit.who(caller)
                leg = desk.phones.dial(number, shown, like=caller, is_auto_answer=True)
                self._legs[number] = leg
        names = ", ".join(self._legs) or "nobody"
        visit.tell("page.began", f"announces to {self._group.name}: {names}")
        for number, leg in list(self._legs.items()):
            leg.listener = partial(self._within, self._heard, number, leg)
        visit.house.changed(visit)
        if not self._legs:
            return self._nobody()
        self._timers = [
            desk.loop.call_later(ANSWER_S, self._within, self._too_late),
            desk.loop.call_later(self._group.limit_s, self._within, self._too_long),
        ]

    def end(self) -> None:
        """Let every phone go: the caller's side is over, or is told that nobody hears."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        for number in list(self._legs):
            self._drop(number)

    def _is_to_hear(self, number: str) -> bool:
        person = self.visit.desk.person(number)
        if person is None or person.do_not_disturb or number in self._busy:
            return False
        return number != self.visit.call.caller.caller.number

    def _within(self, step: Callable[..., None], *given: object) -> None:
        """A step within the supervision boundary of the caller's call."""
        bounded(lambda visit: step(*given))(self.visit)

    def _heard(self, number: str, leg: Leg, event: LegEvent) -> None:
        if self._legs.get(number) is not leg:
            return
        match event:
            case Answered():
                self._listens(leg)
            case Released():
                self._deafen(self._legs.pop(number))
                if not self._legs:
                    self._nobody()
                else:
                    self.visit.house.changed(self.visit)

    def _listens(self, leg: Leg) -> None:
        audio, caller = self.visit.desk.audio, self.visit.call.caller
        if leg.port is None or caller.port is None:
            return
        audio.hear(leg.port, caller.port)
        self._hearing.add(leg.id)
        if len(self._hearing) == 1 and not self._was_heard:
            self._was_heard = True
            audio.play(caller.port, BEEP, self.visit.call.language)

    def _too_late(self) -> None:
        for number, leg in list(self._legs.items()):
            if leg.state not in (State.ANSWERED, State.HELD):
                self._drop(number)
        if not self._legs:
            self._nobody()

    def _too_long(self) -> None:
        self.visit.hang_up(f"an announcement lasts {self._group.limit_s} s at most")

    def _nobody(self) -> None:
        """Nobody listens (any more)."""
        if self.visit.call.stage is Stage.ENDED:
            return
        if self._was_heard:
            self.visit.hang_up("the last phone has left the announcement")
        else:
            self.end()
            speak(self.visit, ["box-nobody-hears"], "no phone of the group could be reached")

    def _drop(self, number: str) -> None:
        leg = self._legs.pop(number)
        leg.listener = _ignore
        self._deafen(leg)
        if leg.state is not State.RELEASED:
            leg.release(Cause.NORMAL)

    def _deafen(self, leg: Leg) -> None:
        caller = self.visit.call.caller
        if leg.id in self._hearing and leg.port is not None and caller.port is not None:
            self.visit.desk.audio.unhear(leg.port, caller.port)
        self._hearing.discard(leg.id)


def _ignore(event: LegEvent) -> None:
    """Nothing a phone says after the announcement changes anything."""
