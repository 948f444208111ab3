"""A call from a phone: INVITE received, until we answer or refuse it, or it is cancelled.

RFC 3261 clause 13.3; ringing and early audio as RFC 3262 wants them where the phone insists. Pure.
The rest of the call is call.py. Left out: early audio for a phone whose INVITE has no offer.
Tests: tests/hal/sip/test_calls.py, test_reliable.py.
"""

from __future__ import annotations

from hal.leg import Cause, Direction, HangupBy, Move, Party, State
from hal.sip.audio import find_audio
from hal.sip.call import SipCall
from hal.sip.causes import STATUS_FOR, reason_header, stated_cause
from hal.sip.dialog import Dialog
from hal.sip.media import SDP, Media, has_sdp, keeps_rate
from hal.sip.message import Headers
from hal.sip.reliable import Reliable, insists
from hal.sip.sdp import Sdp
from hal.sip.secrecy import Encryption
from hal.sip.stack import ALLOW, Stack, new_tag
from hal.sip.transactions import Cancelled, Outcome, Received, Transaction


class IncomingCall(SipCall):
    """The phone called us."""

    def __init__(self, stack: Stack, invite: Transaction, extension: str) -> None:
        """`NoCommonMedia` or `BadMessage` when its offer cannot be taken (nothing is opened)."""
        request = invite.request
        theirs = find_audio(Sdp.parse(request.body)) if has_sdp(request) else None
        media = Media(stack.switch, stack.wire.local(invite.flow)[0])
        if theirs is not None:
            media.know(theirs)
            media.keeps_rate = keeps_rate(request.first("User-Agent"))
            stack.secrecy.learn(extension, invite.flow, Encryption.of(theirs))
        caller = Party(extension, request.from_.display)
        super().__init__(
            stack,
            Direction.INCOMING,
            extension,
            caller,
            Party(request.uri.number, request.to.display),
            media,
            request.call_id,
            new_tag(),
        )
        self._invite, self._request = invite, request
        self._audio = media
        self._reliable = Reliable(stack.timers, self._unheard)
        self._described = b""
        """Our answer to the offer, once it was sent."""
        self._is_answer_due = False
        self._is_acknowledged = False
        self._establish(Dialog.from_invite(request, self.tag, invite.flow))
        invite.user = self._heard
        self._move(Move.OFFER)

    def alert(self) -> None:
        """180 Ringing, once. Who insists on PRACK and sent no offer hears no ringing: the response
        would have to carry our offer (RFC 3262 clause 5)."""
        if self._move(Move.ALERT) and (has_sdp(self._request) or not insists(self._request)):
            self._provisional(180)

    def progress(self) -> bool:
        """183 with our description, once: what the port is given can be heard from now on."""
        if not has_sdp(self._request) or self.state not in (State.OFFERED, State.ALERTED):
            return False
        self._move(Move.ALERT)
        if not self._described:
            self._described = self._audio.answer(self._request.body)
            self._provisional(183, SDP, body=self._described)
        return True

    def _provisional(self, status: int, *more: tuple[str, str], body: bytes = b"") -> None:
        contact = self._stack.contact(self._invite.flow, self._request.uri)

        def send(again: Headers) -> None:
            headers = (contact, ALLOW, *self._shown(), *again, *more)
            self._invite.answer(status, *headers, tag=self.tag, body=body)

        if insists(self._request):
            self._reliable.send(send)
        else:
            send(())

    def _shown(self) -> Headers:
        """Who will be at the other side, as far as that is known."""
        return self._asserted(self._invite.flow) if self._other != Party() else ()

    def _unheard(self) -> None:
        self._invite.answer(500, tag=self.tag)
        why = "the phone insists on PRACK and sent none"
        self._end(Cause.INTERWORKING, HangupBy.FAULT, why)

    def _serve_prack(self, transaction: Transaction) -> None:
        """Also behind our final response: the phone may have sent it before it had that."""
        if not self._reliable.acknowledges(transaction.request, self._request):
            transaction.answer(481)
            return
        transaction.answer(488 if has_sdp(transaction.request) else 200)  # no offers in PRACK
        if self._is_answer_due and not self._reliable.is_out:
            self._accept()

    def answer(self) -> None:
        """200; not before the phone has acknowledged a description that it insists on having
        (RFC 3262 clause 3)."""
        self._move(Move.ANSWER)
        if self._described and self._reliable.is_out:
            self._is_answer_due = True
        else:
            self._accept()

    def _accept(self) -> None:
        """200 with our description: the answer to theirs, or our offer if they sent none."""
        self._is_answer_due = False
        self._reliable.stop()
        request, audio = self._request, self._audio
        self._awaits_answer = not has_sdp(request)
        if not self._described:
            self._described = audio.offer() if self._awaits_answer else audio.answer(request.body)
        contact = self._stack.contact(self._invite.flow, request.uri)
        headers = (contact, ALLOW, *self._session.granting(request), *self._shown(), SDP)
        self._other_told = self._other
        self._invite.answer(200, *headers, tag=self.tag, body=self._described)
        self._sync_hold()

    def release(self, cause: Cause = Cause.NORMAL) -> None:
        """A final response before the answer, BYE behind it."""
        if self.state in (State.OFFERED, State.ALERTED):
            self._invite.answer(STATUS_FOR[cause], reason_header(cause), tag=self.tag)
        super().release(cause)

    def _hang_up(self, cause: Cause) -> None:
        """Not before the ACK: until then the phone may not know the dialog (clause 15)."""
        if self._is_acknowledged:
            super()._hang_up(cause)
        elif not self._invite.is_pending:  # else 487 will do
            self._bye_due = cause

    def _heard(self, outcome: Outcome) -> None:
        match outcome:
            case Cancelled(request):
                if self.state in (State.OFFERED, State.ALERTED):
                    self._invite.answer(487, tag=self.tag)
                    cause = stated_cause(request) or Cause.NORMAL
                    self._end(cause, HangupBy.PARTY, "CANCEL")
            case Received():
                self._is_acknowledged = True
                self._send_due_bye()
                self._acknowledged(outcome, not has_sdp(self._request))
                self._offer_wish()  # found meanwhile, when the answer had been given already
                self._tell_other()
            case _:
                self._is_acknowledged = True
                self._send_due_bye()
                self._acknowledged(outcome, False)

    def _tell_other(self) -> None:
        if self._is_acknowledged:
            super()._tell_other()

    def _retire(self) -> None:
        super()._retire()
        self._reliable.close()
        self._invite.user = None

    def _end(self, cause: Cause, by: HangupBy, why: str, redirect: str = "") -> None:
        self._reliable.stop()
        if self._invite.is_pending:  # ended by BYE, or given up: 15.1.2
            self._invite.answer(487, tag=self.tag)
        super()._end(cause, by, why, redirect)
