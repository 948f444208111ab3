"""Changing the audio of a running call, and renewing it: our re-INVITEs, one at a time (RFC 3261
clause 14), and our UPDATEs (RFC 3311), which carry no audio and only tell that we are there.

Pure. Wishes that come while one is out are joined into the next. Glare (491) is retried after the
standard's random wait: 2.1 to 4 s for who chose the Call-ID, 0 to 2 s for the other (14.1).
Tests: tests/hal/sip/test_calls.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import Enum
from typing import Final

from hal.sip.dialog import Dialog
from hal.sip.errors import BadMessage, NoCommonMedia
from hal.sip.media import SDP, Media, require_sdp
from hal.sip.message import Response
from hal.sip.session import Session
from hal.sip.stack import ALLOW, Stack, unheard
from hal.sip.tables import T1_S
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received, Transaction

LATE_S: Final = 64 * T1_S
"""How long an answer may still come when the call is over: as long as any request is repeated. A
phone that said "ringing" and no more would else be waited for without end."""


class Standing(Enum):
    """Where our own offers stand."""

    SETTLED = "settled"
    OFFERED = "offered"  # a re-INVITE is out
    OFFERED_STALE = "offered_stale"  # as OFFERED, and the wish has changed since
    WAITING = "waiting"  # glare: the timer runs, then again


class Renegotiation:
    """Offers the media's wanted state until the peer has it."""

    def __init__(
        self,
        stack: Stack,
        dialog: Dialog,
        media: Media,
        session: Session,
        on_changed: Callable[[], None],
        on_refused: Callable[[str], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._stack, self._dialog, self._media, self._session = stack, dialog, media, session
        self._on_changed, self._on_refused, self._on_lost = on_changed, on_refused, on_lost
        self._standing = Standing.SETTLED
        self._timer: Timer | None = None
        self._is_over = False
        self._sent: Transaction | None = None
        """The last offer."""

    @property
    def is_offering(self) -> bool:
        """An offer of ours is unanswered: theirs must be refused with 491 (14.2)."""
        return self._standing in (Standing.OFFERED, Standing.OFFERED_STALE)

    def offer(self) -> None:
        """Make the peer follow what the media wants now."""
        if self.is_offering:
            self._standing = Standing.OFFERED_STALE
            return
        self._stop_waiting()
        self._standing = Standing.OFFERED
        contact = self._stack.contact(self._dialog.flow, self._dialog.target)
        more = (contact, ALLOW, *self._session.asking(), SDP)
        request = self._dialog.request("INVITE", *more, body=self._media.offer())
        sent = self._stack.transactions.request(request, self._dialog.flow, None)
        sent.user = lambda outcome: self._heard(sent, outcome)
        self._sent = sent

    def renew(self) -> None:
        """Tell the peer that the call goes on: by UPDATE if it takes that, which cannot disturb
        the audio (RFC 4028 clause 7.4), else by an offer of what there is."""
        if "UPDATE" not in self._dialog.allows:
            self.offer()
            return
        contact = self._stack.contact(self._dialog.flow, self._dialog.target)
        request = self._dialog.request("UPDATE", contact, ALLOW, *self._session.asking())
        self._stack.transactions.request(request, self._dialog.flow, self._renewed)

    def _renewed(self, outcome: Outcome) -> None:
        if self._is_over:
            return
        if not isinstance(outcome, Received) or not isinstance(outcome.message, Response):
            self._on_lost("UPDATE was not answered")
            return
        response = outcome.message
        if 200 <= response.status < 300:
            self._dialog.refresh(response)
            self._session.agreed(response)
        elif response.status == 422:
            if self._session.raised(response):
                self.renew()
        elif response.status in (408, 481):
            self._on_lost(f"UPDATE: {response}")
        elif response.status in (405, 501):
            self.offer()  # it says it takes UPDATE, and does not
        # Anything else may pass: the session's timer asks again while there is time.

    def stop(self) -> None:
        """The call is over: nothing more is offered, and an offer that the phone has not taken or
        refused yet is not waited for without end."""
        if self._sent is not None and self.is_offering:
            self._stack.timers.start(LATE_S, self._sent.cancel)
        self._sent = None
        self._is_over = True
        self._stop_waiting()
        self._on_changed, self._on_refused, self._on_lost = unheard, unheard, unheard

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._standing = Standing.SETTLED

    def _heard(self, sent: Transaction, outcome: Outcome) -> None:
        if not isinstance(outcome, Received) or not isinstance(outcome.message, Response):
            self._on_lost("re-INVITE was not answered")
            return
        response = outcome.message
        if response.status < 200:
            return
        if response.status < 300:
            self._stack.send_ack(self._dialog, sent.request.cseq.number)
            if self.is_offering:  # else it is a repeat
                self._dialog.refresh(response)
                self._session.agreed(response)
                self._take(response)
        elif response.status == 491:
            self._wait()
        elif response.status == 422 and self._session.raised(response):
            self._stop_waiting()
            self.offer()
        elif response.status in (408, 481):
            self._on_lost(f"re-INVITE: {response}")
        else:
            self._media.refused()
            self._settle()
            self._on_refused(f"the phone refused a change of audio: {response}")

    def _take(self, response: Response) -> None:
        try:
            self._media.take_answer(require_sdp(response))
        except (BadMessage, NoCommonMedia) as error:
            self._media.refused()
            self._settle()
            self._on_refused(f"answer to re-INVITE: {error}")
            return
        self._settle()
        self._on_changed()

    def _settle(self) -> None:
        was, self._standing = self._standing, Standing.SETTLED
        if was is Standing.OFFERED_STALE:
            self.offer()

    def _wait(self) -> None:
        low_s, high_s = (2.1, 4.0) if self._dialog.is_ours else (0.0, 2.0)
        self._standing = Standing.WAITING
        self._timer = self._stack.timers.start(random.uniform(low_s, high_s), self._again)

    def _again(self) -> None:
        if self._standing is Standing.WAITING:
            self._standing = Standing.SETTLED
            self.offer()
