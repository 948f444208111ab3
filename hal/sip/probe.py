"""Is the phone still there? Asked when nothing is heard of it, by OPTIONS within the call.

RFC 3261 clauses 11 and 12.2.1.2. Pure. Any answer but "no such call" is a sign of life. Who does
not answer is given up sooner than the transaction would (32 s): somebody listens to silence
meanwhile. A phone that stays silent, as most do that hold a call, is asked again and again: it may
lose its power then, or come back without knowing the call.
Left out: phones that are in no call (qualify.py). Tests: tests/hal/sip/test_calls.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from hal.sip.dialog import Dialog
from hal.sip.message import Response
from hal.sip.qualify import PATIENCE_S
from hal.sip.stack import ACCEPT, Stack, unheard
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received

AGAIN_S: Final = 15.0
"""Between a sign of life and the next question; with `PATIENCE_S` a phone that dies while it holds
a call is known within 30 s."""


class Probe:
    """One call's questions, one at a time."""

    def __init__(
        self, stack: Stack, on_gone: Callable[[str], None], packets: Callable[[], int]
    ) -> None:
        """`packets`: how many of audio have come from the phone."""
        self._stack, self._on_gone, self._packets = stack, on_gone, packets
        self._timer: Timer | None = None
        """Until the phone is asked, or until it has to have answered."""
        self._is_over = False

    def watch(self, dialog: Dialog) -> None:
        """It will be silent for a while: ask now and then, until it is heard again."""
        if self._timer is None and not self._is_over:
            ask = partial(self._ask_again, dialog, self._packets())
            self._timer = self._stack.timers.start(AGAIN_S, ask)

    def ask(self, dialog: Dialog) -> None:
        """The phone fell silent."""
        self._stop()
        self._timer = self._stack.timers.start(PATIENCE_S, self._unanswered)
        probe = dialog.request("OPTIONS", ACCEPT)
        self._stack.transactions.request(probe, dialog.flow, partial(self._heard, dialog))

    def close(self) -> None:
        """The call is over."""
        self._stop()
        self._is_over = True
        self._on_gone, self._packets = unheard, _nothing

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _ask_again(self, dialog: Dialog, before: int) -> None:
        self._timer = None
        if self._packets() == before:
            self.ask(dialog)

    def _unanswered(self) -> None:
        self._on_gone("the phone sends no audio and does not answer")

    def _heard(self, dialog: Dialog, outcome: Outcome) -> None:
        self._stop()
        if isinstance(outcome, Received):
            is_gone = isinstance(outcome.message, Response) and outcome.message.status in (408, 481)
            if not is_gone:
                return self.watch(dialog)
        self._on_gone("the phone no longer knows this call or does not answer")


def _nothing() -> int:
    """Nobody is asked any more how much was heard."""
    return 0
