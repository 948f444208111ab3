"""A call from a phone: INVITE received, until we answer or refuse it, or it is cancelled.

RFC 3261 clause 13.3. Pure. The rest of the call is call.py. Left out: early audio to the phone
(it plays its own ringing on 180). Tests: tests/hal/sip/test_calls.py.
"""

from __future__ import annotations

from hal.leg import Cause, Direction, HangupBy, Move, Party, State
from hal.sip.call import SipCall
from hal.sip.causes import STATUS_FOR, reason_header, stated_cause
from hal.sip.dialog import Dialog
from hal.sip.media import SDP, Media, has_sdp
from hal.sip.sdp import Sdp, find_audio
from hal.sip.stack import ALLOW, Stack, new_tag
from hal.sip.transactions import Cancelled, Outcome, Received, Transaction


class IncomingCall(SipCall):
    """The phone called us."""

    def __init__(self, stack: Stack, invite: Transaction, extension: str) -> None:
        """`NoCommonMedia` or `BadMessage` when its offer cannot be taken (nothing is opened)."""
        request = invite.request
        if has_sdp(request):
            find_audio(Sdp.parse(request.body))
        media = Media(stack.switch, stack.wire.local(invite.flow)[0])
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
        self._is_acknowledged = False
        self._bye_due: Cause | None = None
        self._establish(Dialog.from_invite(request, self.tag, invite.flow))
        invite.user = self._heard
        self._move(Move.OFFER)

    def alert(self) -> None:
        """180 Ringing, once."""
        if self._move(Move.ALERT):
            contact = self._stack.contact(self._invite.flow, self._invite.request.uri)
            self._invite.answer(180, contact, ALLOW, tag=self.tag)

    def answer(self) -> None:
        """200 with our description: the answer to theirs, or our offer if they sent none."""
        self._move(Move.ANSWER)
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

    def _send_due_bye(self) -> None:
        if self._bye_due is not None:
            cause, self._bye_due = self._bye_due, None
            super()._hang_up(cause)
