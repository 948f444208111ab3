"""A call to an extension: every phone signed in to it rings, the first to answer has it.

RFC 3261 clauses 13.2 and 16.7 (choosing among answers), as one leg. Pure. All branches share
Call-ID and From tag, so that one phone reached twice sees the same call (8.2.2.2). The losers
are cancelled with "Call completed elsewhere" and keep no missed call; a 200 that crosses a CANCEL
is acknowledged and hung up. A phone that diverts (3xx) ends the call like any that refuses, and
Released says where to: whether to follow is for the call layer. Left out: credentials towards
phones, several targets of a diversion. Tests: tests/hal/sip/test_calls.py.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from hal.leg import Answered, Cause, Direction, HangupBy, Move, Party, Progress, State
from hal.sip.call import SipCall
from hal.sip.causes import ELSEWHERE, cause_for, stated_cause
from hal.sip.dialog import MAX_FORWARDS, Dialog, DialogId
from hal.sip.errors import BadMessage, NoCommonMedia
from hal.sip.flow import Flow
from hal.sip.headers import NameAddr, Reason
from hal.sip.media import SDP, Media, has_sdp, keeps_rate, require_sdp
from hal.sip.message import Headers, Request, Response
from hal.sip.registrar import Binding
from hal.sip.replaces import Stage
from hal.sip.secrecy import Encryption
from hal.sip.stack import ALLOW, USER_AGENT, Stack, new_tag
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received, Transaction
from hal.sip.uri import SipUri, escape_user
from hal.sip.watch import Talk

UNFIT: Final = (488, 606)
"""Answers to an offer that cannot be taken as it is."""
CHANGED: Final = ("Via", "CSeq", "Supported", "Session-Expires", "Min-SE")
"""Headers that are new when an INVITE is sent again."""
DIVERSIONS: Final = (300, 301, 302)
"""Not 305, which names a proxy, nor 380, which names another service."""
_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,40}\Z")
BEFORE_ANSWER: Final = (State.CALLING, State.RINGING)


class Standing(Enum):
    """Where one phone of the fork stands."""

    CALLED = "called"
    RINGING = "ringing"
    FAILED = "failed"
    WON = "won"
    DROPPED = "dropped"  # cancelled, or hung up after a late answer


@dataclass(slots=True)
class Branch:
    """One phone that is called."""

    binding: Binding
    transaction: Transaction
    standing: Standing = Standing.CALLED
    encryption: Encryption = Encryption.NEVER
    """How audio was offered to it."""
    refused: tuple[Encryption, ...] = ()
    """Ways in which it did not want it; then it is asked another way."""
    has_audio: bool = False
    """An answer came already, with a provisional response."""
    tag: str = ""
    """The phone's, of its early dialog."""


@dataclass(frozen=True, slots=True)
class Outturn:
    """Why a branch failed, and how much that says (RFC 3261 clause 16.7 step 6)."""

    cause: Cause
    by: HangupBy
    why: str
    weight: int
    redirect: str = ""


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Hears what a phone says to the INVITE of a call that is over: a 200 again, or too late. All
    that is left of the call for the half minute in which that may come."""

    stack: Stack
    binding: Binding
    invite: Transaction
    won: DialogId | None
    """Hung up already, if the call was answered."""

    def __call__(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Received) or not isinstance(outcome.message, Response):
            self.stack.on_unreachable(self.binding)
        elif 200 <= outcome.message.status < 300:
            invite = self.invite.request
            dialog = Dialog.from_response(invite, outcome.message, outcome.flow)
            self.stack.send_ack(dialog, invite.cseq.number)
            if dialog.id != self.won:
                self.stack.send_bye(dialog, ELSEWHERE)


class OutgoingCall(SipCall):
    """We call the phones of an extension."""

    def __init__(self, stack: Stack, extension: str, caller: Party, media: Media | None) -> None:
        super().__init__(
            stack,
            Direction.OUTGOING,
            extension,
            caller,
            Party(extension),
            media,
            secrets.token_hex(16),
            new_tag(),
        )
        self._branches: list[Branch] = []
        self._best: Outturn | None = None
        self._timer: Timer | None = None
        self._move(Move.CALL)

    def fail(self, cause: Cause, why: str) -> None:
        """It cannot even be tried."""
        self._end(cause, HangupBy.FAULT, why)

    def ring(self, bindings: tuple[Binding, ...], timeout_s: float, headers: Headers) -> None:
        """Send the INVITEs. The call gives up after `timeout_s` without an answer."""
        if self._media is None:
            return
        for binding in bindings:
            encryption = self._stack.secrecy.expects(self.extension, binding.flow)
            request = self._invite(binding, headers, self._media.offer(encryption))
            sent = self._stack.transactions.request(request, binding.flow, None)
            branch = Branch(binding, sent, encryption=encryption)
            sent.user = lambda outcome, branch=branch: self._heard(branch, outcome)
            self._branches.append(branch)
        self._timer = self._stack.timers.start(timeout_s, lambda: self._ring_out(timeout_s))

    def _invite(self, binding: Binding, headers: Headers, offer: bytes) -> Request:
        fields = (
            MAX_FORWARDS,
            ("From", str(self._from(binding.flow).with_tag(self.tag))),
            ("To", f"<sip:{escape_user(self.extension)}@{binding.contact.host}>"),
            ("Call-ID", self.call_id),
            ("CSeq", "1 INVITE"),
            self._stack.contact(binding.flow, binding.contact),
            ALLOW,
            USER_AGENT,
            *self._session.asking(),
            *headers,
            SDP,
        )
        return Request("INVITE", binding.contact, fields, offer)

    def _from(self, flow: Flow) -> NameAddr:
        """The caller; anonymous as RFC 3261 clause 8.1.1.3 writes it when unknown."""
        if not self.caller.number:
            uri = SipUri("anonymous.invalid", "anonymous")
            return NameAddr(uri, self.caller.name or "Anonymous")
        uri = SipUri(self._stack.host(flow), escape_user(self.caller.number))
        return NameAddr(uri, self.caller.name)

    def talks(self) -> tuple[Talk, ...]:
        """While it rings, one for every phone that does."""
        if self.dialog is not None or self.state not in BEFORE_ANSWER:
            return super().talks()
        ringing = (b for b in self._branches if b.standing is Standing.RINGING)
        return tuple(self._talk(branch.tag) for branch in ringing)

    def stage(self, their_tag: str) -> Stage | None:
        """Also of a phone that rings."""
        if self.dialog is None and self.state in BEFORE_ANSWER:
            rings = (b.tag for b in self._branches if b.standing is Standing.RINGING)
            return Stage.EARLY_OURS if their_tag in rings else None
        return super().stage(their_tag)

    def release(self, cause: Cause = Cause.NORMAL) -> None:
        """CANCEL to all that ring, or BYE."""
        self._drop_others(*((ELSEWHERE,) if cause is Cause.ANSWERED_ELSEWHERE else ()))
        super().release(cause)

    def _ring_out(self, timeout_s: float) -> None:
        if self.state in BEFORE_ANSWER:
            self._drop_others()
            self._end(Cause.NO_ANSWER, HangupBy.BOX, f"no answer in {timeout_s:g} s")

    def _drop_others(self, *reason: tuple[str, str]) -> None:
        """CANCEL says only what keeps the call out of the list of missed calls. A Q.850 cause does
        so too with some phones (linphone), for a caller who gave up like for any."""
        for branch in self._branches:
            if branch.standing in (Standing.CALLED, Standing.RINGING):
                branch.standing = Standing.DROPPED
                branch.transaction.cancel(*reason)

    def _heard(self, branch: Branch, outcome: Outcome) -> None:
        if not isinstance(outcome, Received) or not isinstance(outcome.message, Response):
            self._unheard(branch)
        elif outcome.message.status < 200:
            self._provisional(branch, outcome.message)
        elif outcome.message.status < 300:
            self._success(branch, outcome.message, outcome.flow)
        else:
            self._failure(branch, outcome.message)

    def _unheard(self, branch: Branch) -> None:
        self._stack.on_unreachable(branch.binding)
        why = f"{branch.binding.flow} does not answer"
        self._failed(branch, Outturn(Cause.SUBSCRIBER_ABSENT, HangupBy.FAULT, why, 0))

    def _provisional(self, branch: Branch, response: Response) -> None:
        if response.status == 100 or branch.standing not in (Standing.CALLED, Standing.RINGING):
            return
        branch.standing = Standing.RINGING
        branch.tag = response.to.tag
        self._stack.on_moved(self)  # also for a second phone that rings, which changes no state
        early = not branch.has_audio and has_sdp(response) and self._take(branch, response)
        if self._move(Move.PROGRESS) or early:
            self._emit(Progress(early_media=early))

    def _take(self, branch: Branch, response: Response) -> bool:
        """Follow the description in a response; False if it cannot be followed."""
        if self._media is None:
            return False
        try:
            self._media.take_answer(require_sdp(response))
        except (BadMessage, NoCommonMedia) as error:
            if response.status >= 200:
                raise
            self._report(f"early audio: {error}")
            return False
        branch.has_audio = True
        return True

    def _success(self, branch: Branch, response: Response, flow: Flow) -> None:
        dialog = Dialog.from_response(branch.transaction.request, response, flow)
        self._stack.send_ack(dialog, branch.transaction.request.cseq.number)
        if self.dialog is not None and self.dialog.id == dialog.id:
            return  # the 200 again: its ACK was lost
        if self.state not in BEFORE_ANSWER:
            self._too_late(branch, dialog)
            return
        branch.standing = Standing.WON
        self._drop_others(ELSEWHERE)
        if self._timer is not None:
            self._timer.stop()
        self._establish(dialog)
        self._answered(branch, response)

    def _answered(self, branch: Branch, response: Response) -> None:
        try:
            if has_sdp(response) or not branch.has_audio:
                self._take(branch, response)
        except (BadMessage, NoCommonMedia) as error:
            self._hang_up(Cause.INTERWORKING)
            self._end(Cause.INTERWORKING, HangupBy.FAULT, f"answer: {error}")
            return
        if self._media is not None:
            self._media.keeps_rate = keeps_rate(branch.binding.user_agent)
        if branch.refused:
            flow = branch.binding.flow
            self._stack.secrecy.learn(self.extension, flow, branch.encryption)
        self._session.agreed(response)
        self._move(Move.ANSWER)
        self._emit(Answered())
        self._sync_hold()
        self._tell_other()

    def _too_late(self, branch: Branch, dialog: Dialog) -> None:
        """Answered after we stopped calling, or by a second phone behind a proxy."""
        if branch.standing is not Standing.WON:
            branch.standing = Standing.DROPPED
        self._stack.send_bye(dialog, ELSEWHERE)

    def _failure(self, branch: Branch, response: Response) -> None:
        is_open = branch.standing in (Standing.CALLED, Standing.RINGING)
        if response.status == 422 and is_open and self._session.raised(response):
            self._ask_again(branch)
            return
        if response.status in UNFIT and is_open and self._offer_otherwise(branch):
            return
        rang = branch.standing is Standing.RINGING
        cause = stated_cause(response) or cause_for(response.status, rang)
        if response.status >= 600 and branch.standing in (Standing.CALLED, Standing.RINGING):
            branch.standing = Standing.FAILED
            declined = Reason("SIP", response.status, "Declined elsewhere")
            self._drop_others(("Reason", str(declined)))  # 16.7 step 5: nobody else need ring
        weight, redirect = _weight(response.status), _redirect(response)
        self._failed(branch, Outturn(cause, HangupBy.PARTY, str(response), weight, redirect))

    def _offer_otherwise(self, branch: Branch) -> bool:
        """The phone does not want audio as it was offered; False if there is no other way."""
        branch.refused = (*branch.refused, branch.encryption)
        other = Encryption.after(branch.refused)
        if self._media is None or other is None:
            return False
        branch.encryption = other
        self._ask_again(branch, self._media.offer(other))
        return True

    def _ask_again(self, branch: Branch, offer: bytes = b"") -> None:
        """The same INVITE with a longer session interval (RFC 4028 clause 7.3), or with another
        offer (RFC 3261 clause 8.1.3.5)."""
        old = branch.transaction.request
        kept = tuple((n, v) for n, v in old.headers if n not in CHANGED)
        cseq = ("CSeq", f"{old.cseq.number + 1} INVITE")
        headers = (*kept, cseq, *self._session.asking())
        request = replace(old, headers=headers, body=offer or old.body)
        sent = self._stack.transactions.request(request, branch.binding.flow, None)
        sent.user = lambda outcome: self._heard(branch, outcome)
        branch.transaction = sent

    def _failed(self, branch: Branch, outturn: Outturn) -> None:
        if branch.standing in (Standing.CALLED, Standing.RINGING):
            branch.standing = Standing.FAILED
        if self._best is None or outturn.weight > self._best.weight:
            self._best = outturn
        is_open = any(b.standing in (Standing.CALLED, Standing.RINGING) for b in self._branches)
        if self.state in BEFORE_ANSWER and not is_open:
            self._end(self._best.cause, self._best.by, self._best.why, self._best.redirect)

    def _retire(self) -> None:
        super()._retire()
        branches, self._branches = self._branches, []
        for branch in branches:
            won = self.dialog.id if self.dialog is not None else None
            branch.transaction.user = Afterwards(
                self._stack, branch.binding, branch.transaction, won
            )

    def _end(self, cause: Cause, by: HangupBy, why: str, redirect: str = "") -> None:
        if self._timer is not None:
            self._timer.stop()
        super()._end(cause, by, why, redirect)


def _weight(status: int) -> int:
    """Which failure tells the caller most: refused, diverted, busy, unavailable, the rest."""
    if status >= 600:
        return 5
    if status < 400:
        return 4
    return {486: 3, 480: 2}.get(status, 1)


def _redirect(response: Response) -> str:
    """The number a phone diverts to (RFC 3261 clause 8.1.3.4): the first of its contacts, if it is
    one. Which host it names does not matter: the number is dialled by this box."""
    if response.status not in DIVERSIONS or not response.contacts:
        return ""
    number = response.contacts[0].uri.number
    return number if _NUMBER.match(number) else ""
