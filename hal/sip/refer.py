"""REFER: a phone asks us to connect its other party with somebody else, and is told how it goes.

RFC 3515 with RFC 4488 (no NOTIFY wanted) and RFC 5589 (how phones transfer). Pure. Whoever accepts
a REFER owes NOTIFYs: "100 Trying" at once, then what became of it, as the first line of a SIP
answer (RFC 3420). They go one at a time, the latest news only, and live longer than the call: many
phones hang up as soon as they are told 202, and ours is hung up only behind the last NOTIFY. A
phone that refuses a NOTIFY or does not answer it gets no more of them; nothing else follows.

Left out: REFER outside a call, methods other than INVITE, Referred-By (kept by nobody), several
targets (RFC 5368). Called by call.py. Tests: tests/hal/sip/test_refer.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hal.leg import Cause, TransferState
from hal.sip.causes import STATUS_FOR
from hal.sip.dialog import Dialog
from hal.sip.errors import BadMessage
from hal.sip.headers import NameAddr
from hal.sip.lex import param
from hal.sip.message import REASONS, Headers, Request, Response
from hal.sip.replaces import Replaces
from hal.sip.stack import Stack
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received
from hal.sip.uri import SipUri, unescape

NO_SUBSCRIPTION: Final = "norefersub"
"""Option tag of RFC 4488."""
EXPIRES_S: Final = 300
"""How long news is promised: longer than any phone rings. The far end must not wait for ever should
nobody report how it ended."""
_NUMBER: Final = re.compile(r"[0-9A-Za-z+*#._-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class ReferTo:
    """Whom the phone wants called, or which of its own calls is meant."""

    number: str
    replaces: Replaces | None = None

    @staticmethod
    def of(request: Request) -> ReferTo:
        """Read the one Refer-To of a request (clause 2.4.2); `BadMessage` says what is wrong."""
        if (count := request.count("Refer-To")) != 1:
            raise BadMessage("Refer-To", f"{count} headers", "one")
        return ReferTo.parse(request.first("Refer-To") or "")

    @staticmethod
    def parse(text: str) -> ReferTo:
        """Read the header's value. Without <> as some phones write it, `?` belongs to the address:
        it can belong to nothing else."""
        if "<" not in text and "?" in text:
            text = f"<{text.strip()}>"
        uri = NameAddr.parse(text, "Refer-To").uri
        claim = None
        if isinstance(uri, SipUri):
            method = param(uri.params, "method") or "INVITE"
            if method.upper() != "INVITE":
                raise BadMessage("Refer-To method", method, "INVITE", 403)
            claim = _claim(uri.headers)
        elif uri.scheme != "tel":
            raise BadMessage("Refer-To scheme", uri.scheme, "sip, sips or tel", 416)
        if claim is None and not _NUMBER.match(uri.number):
            raise BadMessage("Refer-To", uri.number, "a number to call", 404)
        return ReferTo(uri.number, claim)


def _claim(headers: str) -> Replaces | None:
    """Replaces behind the `?`; whatever else stands there is not ours to send (RFC 3261 19.1.5)."""
    pairs = [piece.partition("=") for piece in headers.split("&")]
    found = [value for name, _, value in pairs if unescape(name).lower() == "replaces"]
    if len(found) > 1:
        raise BadMessage("Refer-To", f"{len(found)} Replaces", "one")
    return Replaces.parse(unescape(found[0])) if found else None


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


def wants_silence(request: Request) -> bool:
    """`Refer-Sub: false` (RFC 4488 clause 4)."""
    return (request.first("Refer-Sub") or "").partition(";")[0].strip().lower() == "false"


def acceptance(request: Request) -> tuple[int, Headers]:
    """Status and headers that accept a REFER (RFC 4488 clause 4: 200 where no NOTIFY follows)."""
    return (200, (("Refer-Sub", "false"),)) if wants_silence(request) else (202, ())
