"""What a phone asked for by REFER: handed to the call layer, and told by NOTIFY how it goes.

RFC 3515 clauses 2.4.4 to 2.4.6 with RFC 4488 and RFC 6665. Pure. Whoever accepts a REFER owes
NOTIFYs: "100 Trying" at once, then what became of it, as the first line of a SIP answer (RFC 3420).
They go one at a time, the latest news only, and live longer than the call: many phones hang up as
soon as they are told 202, and ours is hung up only behind the last NOTIFY. A phone that refuses a
NOTIFY or does not answer it gets no more of them; nothing else follows.

Left out: REFER outside a call. Used by call.py. Tests: tests/hal/sip/test_refer.py,
test_transfer_clients.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hal.leg import Cause, Fault, LegEvent, LegId, TransferAsked, TransferState
from hal.sip.causes import STATUS_FOR
from hal.sip.dialog import Dialog
from hal.sip.lex import number
from hal.sip.message import REASONS, Request, Response
from hal.sip.refer import ReferTo, acceptance, wants_silence
from hal.sip.stack import ALLOW, Stack, unheard
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received, Transaction

EXPIRES_S: Final = 300
"""How long news is promised: longer than any phone rings. The far end must not wait for ever should
nobody report how it ended."""


class Standing(Enum):
    """What the phone has been told."""

    TRYING = "trying"
    RINGING = "ringing"
    OVER = "over"


TABLE: Final[Mapping[tuple[Standing, TransferState], Standing]] = {
    (Standing.TRYING, TransferState.RINGING): Standing.RINGING,
    (Standing.TRYING, TransferState.DONE): Standing.OVER,
    (Standing.TRYING, TransferState.FAILED): Standing.OVER,
    (Standing.RINGING, TransferState.DONE): Standing.OVER,
    (Standing.RINGING, TransferState.FAILED): Standing.OVER,
}
"""Reports that are news; all others tell the phone nothing it does not know."""


@dataclass(frozen=True, slots=True)
class News:
    """One NOTIFY to be sent."""

    status: int
    subscription: str
    """Value of Subscription-State."""


class Referral:
    """One accepted REFER, until its last NOTIFY is answered."""

    def __init__(
        self,
        stack: Stack,
        dialog: Dialog,
        event: str,
        is_silent: bool,
        on_told: Callable[[], None],
    ) -> None:
        """`event`: value of Event in each NOTIFY. `is_silent`: the phone wants none. `on_told`:
        nothing is due any more; may come more than once."""
        self._stack, self._dialog, self._event = stack, dialog, event
        self._is_silent, self._on_told = is_silent, on_told
        self._is_unwanted = False
        self._standing = Standing.TRYING
        self._status = 100
        """What was told last."""
        self._waiting: News | None = None
        self._is_out = False
        self._ends_at = stack.timers.clock() + EXPIRES_S
        self._timer: Timer = stack.timers.start(EXPIRES_S, self._expire)
        self._tell(100)

    @property
    def is_open(self) -> bool:
        """How it ends is not yet known, or not yet told."""
        return self._standing is not Standing.OVER or self.is_due

    @property
    def is_due(self) -> bool:
        """A NOTIFY is unanswered or waits to be sent."""
        return self._is_out or self._waiting is not None

    def report(self, state: TransferState, cause: Cause = Cause.NORMAL) -> None:
        """News from the call layer; what the phone knows already is not told again."""
        after = TABLE.get((self._standing, state))
        if after is None:
            return
        self._standing = after
        if state is TransferState.RINGING:
            self._tell(180)
        else:
            self._settle(200 if state is TransferState.DONE else STATUS_FOR[cause])

    def fail(self, status: int) -> None:
        """It cannot even be tried."""
        self._standing = Standing.OVER
        self._settle(status)

    def renew(self, wanted_s: int) -> int | None:
        """The phone asks for news again, or with 0 for no more of them (RFC 6665 clause 4.1.2); how
        long they are promised now, None if there are none to come. `resume` says so by NOTIFY."""
        if self._is_silent or self._standing is Standing.OVER:
            return None
        self._is_unwanted = wanted_s == 0
        return min(wanted_s, self._left_s)

    def resume(self) -> None:
        """The NOTIFY that is due behind our answer to `renew`."""
        if not self._is_unwanted:
            self._tell(self._status)
            return
        self._tell(self._status, "terminated;reason=timeout")
        self._is_silent = True

    @property
    def _left_s(self) -> int:
        return max(1, round(self._ends_at - self._stack.timers.clock()))

    def close(self) -> None:
        """The call is over, though its news may not be: nobody waits for them to be told."""
        self._on_told = unheard

    def _settle(self, status: int, why: str = "noresource") -> None:
        self._timer.stop()
        self._tell(status, f"terminated;reason={why}")

    def _expire(self) -> None:
        self._standing = Standing.OVER
        self._settle(408, "timeout")

    def _tell(self, status: int, subscription: str = "") -> None:
        if self._is_silent:
            return
        self._status = status
        self._waiting = News(status, subscription or f"active;expires={self._left_s}")
        self._send()

    def _send(self) -> None:
        """Not before the one out is answered: over UDP the second could be there first."""
        if self._is_out or self._waiting is None:
            return
        news, self._waiting = self._waiting, None
        self._is_out = True
        flow, target = self._dialog.flow, self._dialog.target
        more = (
            self._stack.contact(flow, target),
            ("Event", self._event),
            ("Subscription-State", news.subscription),
            ("Content-Type", "message/sipfrag;version=2.0"),
        )
        body = f"SIP/2.0 {news.status} {REASONS.get(news.status, 'Refused')}\r\n".encode()
        notify = self._dialog.request("NOTIFY", *more, body=body)
        self._stack.transactions.request(notify, flow, self._answered)

    def _answered(self, outcome: Outcome) -> None:
        if isinstance(outcome, Received) and isinstance(outcome.message, Response):
            if outcome.message.status < 200:
                return
            is_taken = outcome.message.status < 300
        else:
            is_taken = False
        self._is_out = False
        if is_taken:
            self._send()
        else:  # RFC 6665 clause 4.2.2: the subscription is gone; the call is not
            self._is_silent, self._waiting = True, None
        if not self.is_due:
            self._on_told()


class Transfers:
    """The transfers that one phone asks for within one call: one at a time."""

    def __init__(
        self,
        stack: Stack,
        leg: LegId,
        extension: str,
        emit: Callable[[LegEvent], None],
        on_told: Callable[[], None],
    ) -> None:
        """`on_told`: no NOTIFY is due any more; may come more than once."""
        self._stack, self._leg, self._extension = stack, leg, extension
        self._emit, self._on_told = emit, on_told
        self._referral: Referral | None = None
        self._count = 0

    @property
    def is_due(self) -> bool:
        """The phone has yet to be told something."""
        return self._referral is not None and self._referral.is_due

    def report(self, state: TransferState, cause: Cause) -> None:
        """News from the call layer; also of a call that is over."""
        if self._referral is not None:
            self._referral.report(state, cause)

    def close(self) -> None:
        """The call is over. News of its transfer can still be reported."""
        self._emit, self._on_told = unheard, unheard
        if self._referral is not None:
            self._referral.close()

    def serve(self, transaction: Transaction, dialog: Dialog) -> None:
        """A REFER. Accepted before it is known whether it can be done: that is what the NOTIFYs
        say. 481 would end the whole call (RFC 5057), so a Replaces in vain is told by NOTIFY as
        well."""
        request = transaction.request
        wish = ReferTo.of(request)
        if self._referral is not None and self._referral.is_open:
            transaction.answer(491)
            return
        with_leg = self._stack.leg_of(wish.replaces, self._extension) if wish.replaces else None
        status, more = acceptance(request)
        contact = self._stack.contact(transaction.flow, request.uri)
        transaction.answer(status, contact, ALLOW, *more)
        self._referral = Referral(
            self._stack, dialog, self._event(request), wants_silence(request), self._on_told
        )
        if wish.replaces is not None and with_leg in (None, self._leg):
            self._referral.fail(481)
            self._emit(Fault("the phone asked for a transfer to a call that is over"))
        else:
            self._emit(TransferAsked(wish.number, with_leg))

    def _event(self, request: Request) -> str:
        """From the second REFER of a dialog on, NOTIFYs say which one they mean (2.4.6)."""
        self._count += 1
        return "refer" if self._count == 1 else f"refer;id={request.cseq.number}"

    def serve_subscribe(self, transaction: Transaction) -> None:
        """The phone wants the news again, or no more of them. Nothing else can be subscribed to
        within a call; 481 would end it with some phones."""
        request, referral = transaction.request, self._referral
        event = (request.first("Event") or "").partition(";")[0].strip().lower()
        wanted_s = number(request.first("Expires") or "60", "Expires", 0, 2**32 - 1)
        granted_s = referral.renew(wanted_s) if referral is not None and event == "refer" else None
        if referral is None or granted_s is None:
            transaction.answer(489)
            return
        contact = self._stack.contact(transaction.flow, request.uri)
        transaction.answer(200, contact, ("Expires", str(granted_s)))
        referral.resume()
