"""Is the phone still there? Asked when its audio stops, by OPTIONS within the call.

RFC 3261 clauses 11 and 12.2.1.2. Pure. Any answer but "no such call" is a sign of life. Who does
not answer is given up sooner than the transaction would (32 s): somebody listens to silence
meanwhile. Left out: phones that are in no call (qualify.py). Tests: tests/hal/sip/test_calls.py.
"""

from __future__ import annotations

from collections.abc import Callable

from hal.sip.dialog import Dialog
from hal.sip.message import Response
from hal.sip.qualify import PATIENCE_S
from hal.sip.stack import ACCEPT, Stack, unheard
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received


class Probe:
    """One call's questions, one at a time."""

    def __init__(self, stack: Stack, on_gone: Callable[[str], None]) -> None:
        self._stack, self._on_gone = stack, on_gone
        self._patience: Timer | None = None

    def ask(self, dialog: Dialog) -> None:
        """The phone fell silent."""
        self.stop()
        self._patience = self._stack.timers.start(PATIENCE_S, self._unanswered)
        probe = dialog.request("OPTIONS", ACCEPT)
        self._stack.transactions.request(probe, dialog.flow, self._heard)

    def stop(self) -> None:
        """It was heard, or the call is over."""
        if self._patience is not None:
            self._patience.stop()
            self._patience = None

    def close(self) -> None:
        """The call is over."""
        self.stop()
        self._on_gone = unheard

    def _unanswered(self) -> None:
        self._on_gone("the phone sends no audio and does not answer")

    def _heard(self, outcome: Outcome) -> None:
        self.stop()
        if isinstance(outcome, Received):
            is_gone = isinstance(outcome.message, Response) and outcome.message.status in (408, 481)
            if not is_gone:
                return
        self._on_gone("the phone no longer knows this call or does not answer")
