"""A call from a phone: INVITE received, until we answer or refuse it, or it is cancelled.

RFC 3261 clause 13.3; ringing as RFC 3262 wants it where the phone insists. Pure. The rest of the
call is call.py. Left out: early audio to the phone (it plays its own ringing on 180).
Tests: tests/hal/sip/test_calls.py, test_reliable.py.
"""

from __future__ import annotations

from hal.leg import Cause, Direction, HangupBy, Move, Party, State
from hal.sip.audio import find_audio
from hal.sip.call import SipCall
from hal.sip.causes import STATUS_FOR, reason_header, stated_cause
from hal.sip.dialog import Dialog
from hal.sip.media import SDP, Media, has_sdp
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
        self._invite = invite
        self._audio = media
        self._ringing = Reliable(stack.timers, self._ring, self._ringing_unheard)
        self._is_acknowledged = False
        self._establish(Dialog.from_invite(request, self.tag, invite.flow))
        invite.user = self._heard
        self._move(Move.OFFER)

    def alert(self) -> None:
        """180 Ringing, once. Who insists on PRACK and sent no offer hears no ringing: the response
        would have to carry our offer (RFC 3262 clause 5)."""
        if not self._move(Move.ALERT):
            return
        request = self._invite.request
        if not insists(request):
            self._ring(())
        elif has_sdp(request):
            self._ringing.start()

    def _ring(self, more: Headers) -> None:
        contact = self._stack.contact(self._invite.flow, self._invite.request.uri)
        self._invite.answer(180, contact, ALLOW, *more, tag=self.tag)

    def _ringing_unheard(self) -> None:
        self._invite.answer(500, tag=self.tag)
        why = "the phone insists on PRACK and sent none"
        self._end(Cause.INTERWORKING, HangupBy.FAULT, why)

    def _serve_prack(self, transaction: Transaction) -> None:
        """Also behind our final response: the phone may have sent it before it had that."""
        if not self._ringing.acknowledges(transaction.request, self._invite.request):
            transaction.answer(481)
        elif has_sdp(transaction.request):
            transaction.answer(488)  # nothing was agreed yet that an offer could change
        else:
            transaction.answer(200)

    def answer(self) -> None:
        """200 with our description: the answer to theirs, or our offer if they sent none."""
        self._move(Move.ANSWER)
        self._ringing.stop()
        request = self._invite.request
        audio = self._audio
        self._awaits_answer = not has_sdp(request)
        body = audio.offer() if self._awaits_answer else audio.answer(request.body)
        contact = self._stack.contact(self._invite.flow, self._invite.request.uri)
        session = self._session.granting(request)
        self._invite.answer(200, contact, ALLOW, *session, SDP, tag=self.tag, body=body)
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
        else:
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
                self._acknowledged(outcome, not has_sdp(self._invite.request))
            case _:
                self._is_acknowledged = True
                self._send_due_bye()
                self._acknowledged(outcome, False)

    def _end(self, cause: Cause, by: HangupBy, why: str) -> None:
        self._ringing.stop()
        if self._invite.is_pending:  # ended by BYE, or given up: 15.1.2
            self._invite.answer(487, tag=self.tag)
        super()._end(cause, by, why)
