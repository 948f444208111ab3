"""SipCall: one phone's leg from its answer to its end; how it gets there is in incoming.py and
outgoing.py.

Implements hal.leg.Leg over a dialog (RFC 3261 clauses 12 to 15), one audio stream, hold both ways,
digits by INFO, session timers (RFC 4028), transfer by REFER (referral.py): what the box wants, and
what the phone asks for. How the call stands meanwhile is call_core.py. Pure apart from the stack it
is given.
Tests: tests/hal/sip/test_calls.py, test_refer.py, test_baresip.py, test_sipp.py.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from typing import Final

from hal.leg import (
    Cause,
    Digit,
    Fault,
    HangupBy,
    Leg,
    Move,
    Party,
    State,
    TransferState,
    UnexpectedMove,
)
from hal.sip.call_core import TALKING, CallCore
from hal.sip.causes import stated_cause
from hal.sip.errors import BadMessage, NoCommonMedia, OutOfOrder
from hal.sip.info import digit_in
from hal.sip.media import SDP, has_sdp, match, require_sdp
from hal.sip.message import Message
from hal.sip.session import MIN_SE, too_brief
from hal.sip.stack import ACCEPT, ALLOW, SUPPORTED
from hal.sip.transactions import Broken, Cancelled, Outcome, Received, TimedOut, Transaction
from hal.switch.face import DigitHeard, MediaLost

logger = logging.getLogger(__name__)

REFRESHING: Final = ("INVITE", "UPDATE")
"""Requests that renew a session (RFC 4028 clause 3)."""


class SipCall(CallCore):
    """A leg to one extension."""

    # -- commands (hal.leg.Leg) ---------------------------------------------------------------

    def alert(self) -> None:
        """Incoming only."""
        raise UnexpectedMove(self.id, self.state, Move.ALERT)

    def answer(self) -> None:
        """Incoming only."""
        raise UnexpectedMove(self.id, self.state, Move.ANSWER)

    def hold(self) -> None:
        """Tell the phone that we do not listen (sendonly: music may be sent)."""
        self._move(Move.HOLD)
        self._want_hold(True)

    def resume(self) -> None:
        """Take our hold back; a hold of the party's stays, and the state with it."""
        if self._was_held_by_party and self.state is State.HELD:
            self._want_hold(False)
            return
        self._move(Move.RESUME)
        self._want_hold(False)

    def send_digits(self, digits: str) -> None:
        """RFC 4733 or tones, as negotiated; nothing once the audio is gone."""
        if self._media is not None and self.state is not State.RELEASED:
            self._stack.switch.send_digits(self._media.port, digits)

    def flash(self) -> None:
        """A SIP phone has no hook to flash: reported, nothing done."""
        self._emit(Fault(f"{self.address} has no hook flash"))

    def release(self, cause: Cause = Cause.NORMAL) -> None:
        """End it from our side, whatever state it is in."""
        if self.state in TALKING:
            self._hang_up(cause)
        self._end(cause, HangupBy.BOX, "released")

    def report_transfer(self, state: TransferState, cause: Cause = Cause.NORMAL) -> None:
        """NOTIFY for the REFER under way, also on a leg that is released meanwhile."""
        self._transfers.report(state, cause)

    def identify(self, other: Party) -> None:
        """At once where the phone takes an UPDATE; before the answer, together with it."""
        self._other = other
        self._tell_other()
        self._stack.on_moved(self)

    # -- its audio ----------------------------------------------------------------------------

    def match(self, other: Leg) -> None:
        """Both sides come to one codec, so that packets can be passed on as they are; a phone that
        speaks another one now is asked to change."""
        if self._media is not None:
            self._media.is_plain = not isinstance(other, SipCall)
        if isinstance(other, SipCall) and self._media is not None and other.media is not None:
            match(self._media, other.media)
            self._offer_wish()
            other._offer_wish()

    def _offer_wish(self) -> None:
        if self._media is None or self._renegotiation is None or self.state not in TALKING:
            return
        if self._media.is_to_offer and not self._awaits_answer:
            self._renegotiation.offer()

    # -- events from the switch ---------------------------------------------------------------

    def digit_heard(self, heard: DigitHeard) -> None:
        """The switch heard a digit on our port."""
        if self.state is not State.RELEASED:
            self._emit(Digit(heard.digit, heard.how))

    def media_lost(self, lost: MediaLost) -> None:
        """Audio stopped: ask the phone whether it is still there."""
        if self.state not in TALKING or self.dialog is None:
            return
        self._emit(Fault(f"no audio from {self.address} for {lost.ms} ms"))
        self._probe.ask(self.dialog)

    # -- requests within the dialog -------------------------------------------------------------

    def receive(self, transaction: Transaction) -> None:
        """A request that carries this call's tags."""
        request, dialog = transaction.request, self.dialog
        if dialog is None or dialog.remote.tag != request.from_.tag:
            transaction.answer(481)
            return
        try:
            dialog.accept(request, transaction.flow)
        except OutOfOrder as error:
            logger.debug("! %s: %s: %s", self.id, request, error)
            transaction.answer(500)
            return
        if self.state is State.RELEASED:
            self._serve_late(transaction)
            return
        serve = self._SERVE.get(request.method)
        if serve is None:
            transaction.answer(405, ALLOW)
        elif request.method in REFRESHING and too_brief(request):
            transaction.answer(422, MIN_SE)
        else:
            serve(self, transaction)

    def _serve_bye(self, transaction: Transaction) -> None:
        transaction.answer(200)
        cause = stated_cause(transaction.request) or Cause.NORMAL
        self._end(cause, HangupBy.PARTY, "BYE")

    def _serve_late(self, transaction: Transaction) -> None:
        """Our BYE is due: theirs spares us that, anything else comes too late."""
        is_bye = transaction.request.method == "BYE"
        transaction.answer(200 if is_bye else 481)
        if is_bye:
            self._close_dialog()

    def _serve_refer(self, transaction: Transaction) -> None:
        if self.dialog is None or self.state not in TALKING:
            transaction.answer(491)
        else:
            self._transfers.serve(transaction, self.dialog)

    def _serve_options(self, transaction: Transaction) -> None:
        transaction.answer(200, ALLOW, ACCEPT, SUPPORTED)

    def _serve_info(self, transaction: Transaction) -> None:
        request = transaction.request
        digit = digit_in(request)
        if (
            digit is None
            and request.body
            and not request.content_type.startswith("application/dtmf")
        ):
            transaction.answer(415, ("Accept", "application/dtmf-relay, application/dtmf"))
            return
        transaction.answer(200)
        if digit is not None:
            self._emit(Digit(digit, "info"))

    def _serve_prack(self, transaction: Transaction) -> None:
        """Only a call that was offered to us has something to acknowledge."""
        transaction.answer(481)

    def _serve_reinvite(self, transaction: Transaction) -> None:
        request = transaction.request
        if self._media is None or self.state not in TALKING or self._is_offering:
            transaction.answer(491)
            return
        is_offer = not has_sdp(request)
        body = self._media.offer() if is_offer else self._answer_to(transaction)
        if body is None:
            return
        self._awaits_answer = is_offer
        transaction.user = lambda outcome: self._acknowledged(outcome, is_offer)
        contact = self._stack.contact(transaction.flow, request.uri)
        session = self._session.granting(request)
        transaction.answer(200, contact, ALLOW, *session, SDP, body=body)
        self._sync_hold()

    def _serve_update(self, transaction: Transaction) -> None:
        """RFC 3311 clause 5.2: as a re-INVITE, but answered at once and without an ACK."""
        request = transaction.request
        contact = self._stack.contact(transaction.flow, request.uri)
        if not has_sdp(request):
            session = self._session.granting(request) if self.state in TALKING else ()
            transaction.answer(200, contact, ALLOW, *session)
        elif self.state not in TALKING:
            # Their first offer has no answer yet: they may come again, after a random wait.
            transaction.answer(500, ("Retry-After", str(random.randint(1, 10))))
        elif self._is_offering:
            transaction.answer(491)
        elif (body := self._answer_to(transaction)) is not None:
            session = self._session.granting(request)
            transaction.answer(200, contact, ALLOW, *session, SDP, body=body)
            self._sync_hold()

    @property
    def _is_offering(self) -> bool:
        """An offer of ours is unanswered, so theirs cannot be taken."""
        renegotiation = self._renegotiation
        return self._awaits_answer or (renegotiation is not None and renegotiation.is_offering)

    def _answer_to(self, transaction: Transaction) -> bytes | None:
        """Our answer to the offer in a request; None when it was refused with 488."""
        if self._media is None:
            transaction.answer(488)
            return None
        try:
            return self._media.answer(transaction.request.body)
        except NoCommonMedia as error:
            logger.debug("! %s: %s", self.id, error)
            transaction.answer(488)
            return None

    _SERVE: Mapping[str, Callable[[SipCall, Transaction], None]] = {
        "BYE": _serve_bye,
        "OPTIONS": _serve_options,
        "INFO": _serve_info,
        "INVITE": _serve_reinvite,
        "UPDATE": _serve_update,
        "REFER": _serve_refer,
        "SUBSCRIBE": lambda self, transaction: self._transfers.serve_subscribe(transaction),
        "PRACK": lambda self, transaction: self._serve_prack(transaction),
    }

    def _acknowledged(self, outcome: Outcome, is_offer: bool) -> None:
        """The ACK of a 2xx of ours, or its absence for 32 s (13.3.1.4)."""
        if not isinstance(outcome, Cancelled):
            self._awaits_answer = False
        match outcome:
            case Received(message):
                if is_offer:
                    self._take_answer(message)
            case Cancelled():
                return  # too late to cancel: the 2xx has gone (9.2)
            case TimedOut():
                self._lost("our answer was never acknowledged")
            case Broken():
                self._lost("the phone's connection is gone")

    def _take_answer(self, ack: Message) -> None:
        if self._media is None or self.state not in TALKING:
            return
        try:
            self._media.take_answer(require_sdp(ack))
        except (BadMessage, NoCommonMedia) as error:
            self._hang_up(Cause.INTERWORKING)
            self._end(Cause.INTERWORKING, HangupBy.FAULT, f"answer in ACK: {error}")
            return
        self._sync_hold()
