"""How a call with a phone stands: its dialog, audio, hold, whom the phone shows, and its end.

The lower half of a `SipCall`: what both sides ask is served in call.py. A released call stays known
to the stack while its BYE waits for a NOTIFY. Pure apart from the stack it is given.
Tests: tests/hal/sip/test_calls.py, test_refer.py, test_identity.py.
"""

from __future__ import annotations

from typing import Final

from hal.leg import (
    Cause,
    Direction,
    Fault,
    HangupBy,
    Held,
    Kind,
    LegCore,
    Move,
    Party,
    Quality,
    Released,
    State,
    next_leg_id,
)
from hal.sip.causes import reason_header
from hal.sip.dialog import Dialog
from hal.sip.flow import Flow
from hal.sip.identity import asserted
from hal.sip.media import Media
from hal.sip.message import Headers, Response
from hal.sip.probe import Probe
from hal.sip.referral import Transfers
from hal.sip.renegotiation import Renegotiation
from hal.sip.replaces import Stage
from hal.sip.session import Session
from hal.sip.stack import ALLOW, Stack, unheard
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received
from hal.sip.watch import Talk, TalkState

TALKING: Final = (State.ANSWERED, State.HELD)
NEWS_S: Final = 2.0
"""How long a BYE waits for the answer to the last NOTIFY of a transfer."""


class CallCore(LegCore):
    """What is true of a call from its beginning to its end."""

    def __init__(
        self,
        stack: Stack,
        direction: Direction,
        extension: str,
        caller: Party,
        called: Party,
        media: Media | None,
        call_id: str,
        tag: str,
    ) -> None:
        super().__init__(next_leg_id("sip"), Kind.PHONE, direction, caller, called)
        self.extension = extension
        self.call_id, self.tag = call_id, tag
        self.dialog: Dialog | None = None
        self._stack, self._media = stack, media
        self.port = media.port if media is not None else None
        self._renegotiation: Renegotiation | None = None
        self._session = Session(stack.timers, self._renew, self._lost)
        self._was_held_by_party = False
        self._awaits_answer = False
        """A 2xx of ours carried an offer; the answer comes with its ACK."""
        self._probe = Probe(stack, self._lost, self._packets)
        self._transfers = Transfers(stack, self.id, extension, self._emit, self._send_due_bye)
        self._bye_due: Cause | None = None
        self._bye_timer: Timer | None = None
        self._other = caller if direction is Direction.OUTGOING else Party()
        """Who the phone shows at the other side."""
        self._other_told = self._other

    @property
    def address(self) -> str:
        return f"extension {self.extension}"

    def stage(self, their_tag: str) -> Stage | None:
        """Where the dialog with this tag stands, for who wants to replace it."""
        if self.dialog is None or their_tag != (self.dialog.remote.tag or "0"):
            return None
        if self.state is State.RELEASED:
            return Stage.ENDED
        return Stage.CONFIRMED if self.state in TALKING else Stage.EARLY_THEIRS

    def talks(self) -> tuple[Talk, ...]:
        """As those see it who watch this phone; none before its dialog, or once it is over."""
        if self.dialog is None or self.state is State.RELEASED:
            return ()
        return (self._talk(self.dialog.remote.tag),)

    def _talk(self, phone_tag: str) -> Talk:
        is_initiator = self.direction is Direction.INCOMING
        before = TalkState.PROCEEDING if is_initiator else TalkState.EARLY
        return Talk(
            f"{self.id}-{phone_tag}",
            TalkState.CONFIRMED if self.state in TALKING else before,
            is_initiator,
            self.called if is_initiator and self._other == Party() else self._other,
            self.call_id,
            phone_tag,
            self.tag,
            self.state is State.HELD,
        )

    def _move(self, move: Move) -> bool:
        is_news = super()._move(move)
        if is_news:
            self._stack.on_moved(self)
            if self.state is State.HELD and self.dialog is not None:
                self._probe.watch(self.dialog)
        return is_news

    def _packets(self) -> int:
        """How many have come from the phone."""
        quality = self.quality()
        return quality.packets_in if quality is not None else 0

    @property
    def media(self) -> Media | None:
        """None for a call that could not even be tried."""
        return self._media

    def quality(self) -> Quality | None:
        """By what the switch counts, and the phone's own reports."""
        return self._media.quality() if self._media is not None else None

    def _establish(self, dialog: Dialog) -> None:
        """From here the dialog is confirmed and its audio can be changed."""
        self.dialog = dialog
        if self._media is not None:
            self._renegotiation = Renegotiation(
                self._stack,
                dialog,
                self._media,
                self._session,
                self._sync_hold,
                self._report,
                self._lost,
            )

    def _renew(self) -> None:
        """The session's timer wants a sign of life from the phone."""
        if self._renegotiation is not None and self.state in TALKING:
            self._renegotiation.renew()

    def _tell_other(self) -> None:
        """Only what is news. A phone that takes no UPDATE goes on showing what it had: a
        re-INVITE would touch its audio for the sake of a display."""
        dialog = self.dialog
        if dialog is None or self.state not in TALKING or self._other == self._other_told:
            return
        self._other_told = self._other
        if "UPDATE" in dialog.allows:
            contact = self._stack.contact(dialog.flow, dialog.target)
            more = (contact, ALLOW, *self._session.asking(), *self._asserted(dialog.flow))
            update = dialog.request("UPDATE", *more)
            self._stack.transactions.request(update, dialog.flow, self._other_shown)

    def _asserted(self, flow: Flow) -> Headers:
        return asserted(self._other, self._stack.host(flow))

    def _other_shown(self, outcome: Outcome) -> None:
        """It also renewed the session; that it was refused costs nothing but the display."""
        if self.dialog is None or self.state not in TALKING or not isinstance(outcome, Received):
            return
        response = outcome.message
        if isinstance(response, Response) and 200 <= response.status < 300:
            self.dialog.refresh(response)
            self._session.agreed(response)

    def _want_hold(self, is_held: bool) -> None:
        if self._media is None or self._renegotiation is None:
            return
        if self._media.is_held_by_us is not is_held:
            self._media.is_held_by_us = is_held
            self._renegotiation.offer()

    def _sync_hold(self) -> None:
        """Report a change of the party's hold, and bring the state in line with both holds."""
        if self._media is None or self.state not in TALKING:
            return
        by_party = self._media.is_held_by_party
        self._move(Move.HOLD if by_party or self._media.is_held_by_us else Move.RESUME)
        if by_party is not self._was_held_by_party:
            self._was_held_by_party = by_party
            self._emit(Held(by_party))

    def _report(self, what: str) -> None:
        self._emit(Fault(what))

    def _lost(self, why: str) -> None:
        """The phone is gone or has lost the call: end it on both sides."""
        if self.state in TALKING:
            self._hang_up(Cause.TEMPORARY_FAILURE)
        self._end(Cause.TEMPORARY_FAILURE, HangupBy.FAULT, why)

    def _hang_up(self, cause: Cause) -> None:
        """BYE; behind what the phone has yet to be told about its transfer, or it would think that
        this failed."""
        if self._transfers.is_due:
            self._bye_due = cause
            self._bye_timer = self._stack.timers.start(NEWS_S, self._send_due_bye)
        elif self.dialog is not None:
            self._stack.send_bye(self.dialog, reason_header(cause))

    def _send_due_bye(self) -> None:
        if self._bye_due is not None and self.dialog is not None:
            self._stack.send_bye(self.dialog, reason_header(self._bye_due))
            self._close_dialog()

    def _close_dialog(self) -> None:
        """No BYE is due any more."""
        self._bye_due = None
        if self._bye_timer is not None:
            self._bye_timer.stop()
        if self.state is State.RELEASED:
            self._retire()

    def _retire(self) -> None:
        """Nothing is due any more: given back to the stack, and no part knows the others."""
        self._stack.forget(self.call_id, self.tag)
        self._session.close()
        self._transfers.close()
        if self._listener is not None:
            self._listener = unheard

    def _end(self, cause: Cause, by: HangupBy, why: str, redirect: str = "") -> None:
        """Released, once; then the port and the dialog are given back."""
        if not self._move(Move.RELEASE):
            return
        self._probe.close()
        self._session.stop()
        if self._renegotiation is not None:
            self._renegotiation.stop()
        self._emit(Released(cause, by, why, redirect))
        if self._media is not None:
            self._media.close()
        if self._bye_due is None:
            self._retire()
