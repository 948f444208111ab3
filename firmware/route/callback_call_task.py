"""One call to somebody who asked to be called back: rung, answered, asked to press 1, led into the
queue with the place that was kept.

Shell of ivr.briefing for a `Visit` whose caller is the leg that was dialled; hears that leg in
front of the visit until it answers. From the queue on, it is a caller like all others.

Who times out: ringing after the rule's `ring_s`; the question after its rounds.

Tests: tests/firmware/route/test_callbacks.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from firmware.call.call import Stage
from firmware.call.story import Story
from firmware.config.callback import CallbackRule
from firmware.config.schema import Destination
from firmware.ivr.briefing import Run, for_called_back
from firmware.ivr.briefing_task import Briefing
from firmware.ivr.callback import Callback, State
from firmware.route.seats_task import bounded
from firmware.route.spoken_task import speak
from firmware.route.visit_task import Visit
from hal.leg import Answered, Cause, LegEvent, Released

_VAIN: Final = {
    State.DIALLING: "nobody answered",
    State.ASKED: "hung up without pressing 1",
    State.QUEUED: "hung up before an agent was free",
}


class CallbackCall:
    """One try."""

    def __init__(
        self,
        one: Callback,
        visit: Visit,
        rule: CallbackRule,
        answered: Callable[[], None],
        confirmed: Callable[[], None],
        refused: Callable[[], None],
    ) -> None:
        """Told in this order, each at most once: `answered`, then `confirmed` or `refused`, by the
        key for it. How the call ends, the visit tells."""
        self.one, self.visit, self._rule = one, visit, rule
        self._is_answered, self._is_confirmed, self._is_refused = answered, confirmed, refused
        self._before: Callable[[LegEvent], None] | None = None
        self._asking: Briefing | None = None
        self._why = ""

    def begin(self, story: Story) -> None:
        """The number is being dialled."""
        visit, call, one = self.visit, self.visit.call, self.one
        visit.plays(call.caller, "called")
        story.tell(
            "call.started",
            f"calls back {one.number} {one.name}".rstrip() + f" on line {call.line}",
            call=call.id,
            direction=call.direction,
            line=call.line,
            called=call.called,
            caller_number=call.party.number,
            caller_name=call.party.name,
            caller_why_unknown="",
        )
        call.enter(Stage.DIALLING, visit.now)
        visit.after("ring", self._rule.ring_s, partial(bounded(self._no_answer), visit))
        self._before = call.caller.listener
        call.caller.listener = self._heard

    @property
    def why_in_vain(self) -> str:
        """Why they were not reached, once the call is over."""
        return self._why or _VAIN.get(self.one.state, "")

    def leave(self) -> None:
        """The call is over: nobody is asked anything any more."""
        if self._asking is not None:
            self._asking.leave()

    def _heard(self, event: LegEvent) -> None:
        if isinstance(event, Answered):
            return bounded(self._answered)(self.visit)
        if isinstance(event, Released):
            self._why = event.why or event.cause.name.lower().replace("_", " ")
        if self._before is not None:
            self._before(event)

    def _no_answer(self, visit: Visit) -> None:
        visit.tell("call.unanswered", "nobody answered")
        visit.hang_up("nobody answered", Cause.NO_ANSWER)

    def _answered(self, visit: Visit) -> None:
        call, desk = visit.call, visit.desk
        visit.stop("ring")
        visit.listen(call.caller)
        self._is_answered()
        call.answer(visit.now)
        call.enter(Stage.MESSAGE, visit.now)
        visit.tell("callback.answered", "somebody answered: is asked to press 1")
        run = for_called_back(self._rule.greeting)
        decided = partial(bounded(self._decided), visit, run)
        self._asking = Briefing(run, call.caller, call.language, desk.audio, desk.loop, decided)
        self._asking.begin()

    def _decided(self, visit: Visit, run: Run, takes_it: bool) -> None:
        if visit.call.stage is Stage.ENDED:
            return
        if takes_it:
            self._is_confirmed()
            visit.tell("callback.confirmed", "pressed 1", queue=self.one.queue)
            to = Destination(to="queue", id=self.one.queue)
            visit.go(to, "called back, with the place that was kept")
        elif run.is_refused:
            self._is_refused()
            speak(visit, ["box-callback-ended"], "needs no callback any more")
        else:
            self._why = "somebody or something answered, and nobody pressed 1"
            visit.hang_up(self._why, Cause.NO_ANSWER)
