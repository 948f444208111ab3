"""Who answers outside for somebody of the office takes the call by a key: no machine does.

Shell of firmware.ivr.briefing for one `Visit` and the number outside that it rings. Until the key
the caller hears what they heard before, and nobody hears them. Who times out: the question, after
its rounds; the ringing, by the visit.

Tests: tests/firmware/route/test_forwarded_calls.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from firmware.ivr.briefing import for_forwarded
from firmware.ivr.briefing_task import Briefing
from firmware.route.seats_task import Seats, bounded
from hal.leg import Cause, HangupBy, Leg, Released


class Confirmation:
    """One party outside that is rung, and must confirm."""

    def __init__(
        self,
        visit: Seats,
        taken: Callable[[Leg], None],
        not_taken: Callable[[Leg, Released], None],
    ) -> None:
        """`taken`, `not_taken`: by who was rung."""
        self._visit, self._taken, self._not_taken = visit, taken, not_taken
        self._asking: Briefing | None = None

    def ask(self, leg: Leg) -> None:
        """Somebody or something has answered."""
        visit, desk = self._visit, self._visit.desk
        visit.stop("ring")
        visit.tell("call.confirming", f"{visit.address(leg)} answered: is asked to press 1")
        decided = partial(bounded(self._decided), visit, leg)
        language = desk.office.site.language
        self._asking = Briefing(for_forwarded(), leg, language, desk.audio, desk.loop, decided)
        self._asking.begin()

    def leave(self) -> None:
        """The call is over, or somebody else has it."""
        if self._asking is not None:
            self._asking.leave()

    def _decided(self, visit: Seats, leg: Leg, takes_it: bool) -> None:
        if leg is not visit.call.other:
            return
        if takes_it:
            visit.tell("call.confirmed", "pressed 1")
            return self._taken(leg)
        why = "somebody or something answered, and nobody pressed 1"
        visit.tell("call.unanswered", why)
        self._not_taken(leg, Released(Cause.NO_ANSWER, HangupBy.BOX, why))
