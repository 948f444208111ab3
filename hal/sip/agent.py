"""The user agent: octets from the wire to registrar, calls and answers; the way out for new calls.

RFC 3261 clauses 8.2, 10, 11, 13. Pure: wire, timers and switch are injected. Requests are judged in
the order of clause 8.2: readable, method, address, Require, body, then who it is. A new call
must be signed by a user of ours. Left out: forwarding, REFER, MESSAGE (405).
Shell: phones_task.py. Tests: tests/hal/sip/test_agent.py, test_calls.py, test_torture.py.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hal.leg import Cause, Leg, Party
from hal.sip.auto_answer import AUTO_ANSWER
from hal.sip.call import SipCall
from hal.sip.calls import Calls
from hal.sip.digest import Doorkeeper
from hal.sip.errors import BadMessage, NoCommonMedia
from hal.sip.fill import Fill
from hal.sip.flow import Flow, Wire
from hal.sip.incoming import IncomingCall
from hal.sip.lag import LATE_S, Lag
from hal.sip.media import Media
from hal.sip.message import (
    Headers,
    Message,
    Request,
    Response,
    check,
    parse,
    refusal,
    respond,
    with_top_via,
)
from hal.sip.outgoing import OutgoingCall
from hal.sip.qualify import INTERVAL_S, Qualifier
from hal.sip.rates import Rates
from hal.sip.registrar import Binding, Bound, Registrar, RegistrarEvent, SignInFailed, Unbound
from hal.sip.replaces import Replaces
from hal.sip.session import MIN_SE, too_brief
from hal.sip.stack import ACCEPT, ALLOW, EXTENSIONS, Stack
from hal.sip.subscriptions import (
    ALLOW_EVENTS,
    MAX_IN_ALL,
    Subscriptions,
    SubscriptionsSnapshot,
)
from hal.sip.timers import Timers
from hal.sip.transactions import MAX_TRANSACTIONS, Transaction, Transactions
from hal.sip.watch import Nothing, Source, Talker
from hal.switch.errors import SwitchError
from hal.switch.face import AudioSwitch

logger = logging.getLogger(__name__)

MAX_CALLS: Final = 2000
"""Legs, those just over included; the switch's ports end far earlier."""
REFUSALS_PER_S: Final = 50.0
FAILURES_PER_S: Final = 1 / 60
FAILURES_AT_ONCE: Final = 5.0
"""Failed sign-ins that are told, for each source: a phone with a wrong password tries for ever, and
whoever guesses passwords must not fill the records. All are counted."""
"""Answers to broken messages, per source: enough for every test of a phone, too few to reflect."""


LATE_NEWS_PER_S: Final = 1 / 60
AGAIN_S: Final = (3, 10)
"""Who is refused because the box is late may come again after so many seconds."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One phone signed in, for people and for the queue."""

    extension: str
    contact: str
    """Address it gave."""
    address: str
    """Where it is really reached: transport, address, port."""
    user_agent: str
    transport: str
    expires_in_s: float
    reachable: bool
    watches: int = 0
    """How many lamps it has: subscriptions made from the same address."""


@dataclass(frozen=True, slots=True)
class AgentSnapshot:
    """The stack at a glance."""

    registrations: tuple[Registration, ...]
    calls: tuple[str, ...]
    """`sip-7 extension 201 answered`."""
    transactions: int
    messages_in: int
    messages_refused: int
    """Not readable, or not answerable."""
    sign_ins_failed: int
    calls_refused_late: int
    """New calls that were too many for the processor."""
    subscriptions: SubscriptionsSnapshot


class Agent:
    """One SIP user agent and registrar."""

    def __init__(
        self,
        wire: Wire,
        timers: Timers,
        switch: AudioSwitch,
        doorkeeper: Doorkeeper,
        on_offered: Callable[[SipCall], None],
        on_registered: Callable[[str, bool], None],
        on_sign_in_failed: Callable[[SignInFailed], None] = lambda event: None,
        qualify_s: float = INTERVAL_S,
        watched: Source | None = None,
        lag: Lag | None = None,
    ) -> None:
        """`watched`: what there is to watch beside the calls of phones; `lag`: how old messages
        are when they are read, None: never."""
        self._wire, self._timers, self._switch = wire, timers, switch
        self._on_offered, self._on_registered = on_offered, on_registered
        self._on_sign_in_failed = on_sign_in_failed
        self._transactions = Transactions(wire, timers, self._serve)
        self._calls = Calls()
        self._stack = Stack(
            wire,
            timers,
            self._transactions,
            switch,
            self._calls.forget,
            self._unreachable,
            self._calls.leg_of,
            self._moved,
        )
        self.registrar = Registrar(doorkeeper, timers, self._registrar_event)
        self.subscriptions = Subscriptions(
            self._stack, self.registrar.authenticate, watched or Nothing()
        )
        self._qualifier = Qualifier(self._stack, self._verdict, qualify_s)
        self._reachable: set[str] = set()
        self._refusals = Rates(REFUSALS_PER_S, 2 * REFUSALS_PER_S)
        self._failures = Rates(FAILURES_PER_S, FAILURES_AT_ONCE)
        self._lag = lag or Lag()
        self._late_news = Rates(LATE_NEWS_PER_S, 1.0)
        self._in = self._refused = self._failed = self._too_late = 0

    # -- from the wire --------------------------------------------------------------------------

    def receive(self, data: bytes, flow: Flow) -> None:
        """One datagram or framed message; nothing is raised for what it contains."""
        self._in += 1
        try:
            message = parse(data)
            check(message)
            if logger.isEnabledFor(logging.DEBUG):
                logger.debug("< %s: %s [%s]", flow, message, message.call_id)
            self._transactions.receive(_stamped(message, flow), flow)
        except BadMessage as error:
            self._refuse(data, flow, error)

    def _refuse(self, data: bytes, flow: Flow, error: BadMessage) -> None:
        self._refused += 1
        logger.debug("! %s: %s", flow, error)
        answer = refusal(data, error)
        if answer is not None and self._refusals.allow(flow.ip, self._timers.clock()):
            self._wire.send(answer, flow)

    def flow_closed(self, flow: Flow) -> None:
        """A TCP connection is gone: the phones that came over it cannot be reached."""
        self.subscriptions.flow_closed(flow)
        for binding in self.registrar.all():
            if binding.flow == flow:
                self._verdict(binding, False)

    def _serve(self, transaction: Transaction) -> None:
        try:
            self._dispatch(transaction)
        except BadMessage as error:
            logger.debug("! %s: %s: %s", transaction.flow, transaction.request, error)
            transaction.answer(error.status)

    def _dispatch(self, transaction: Transaction) -> None:
        request = transaction.request
        if request.uri.scheme == "sips" and transaction.flow.transport != "tls":
            # The address promises TLS on every hop (RFC 5630 clause 3.1.3): here it was not so.
            transaction.respond(respond(request, 416, reason="sips needs TLS"))
        elif (unknown := _unknown(request)) and request.method != "CANCEL":
            transaction.answer(420, ("Unsupported", ", ".join(unknown)))
        elif request.count("Replaces") and request.method != "INVITE":
            transaction.answer(400)  # RFC 3891 clause 3
        elif call := self._calls.get(request.call_id, request.to.tag):
            call.receive(transaction)
        elif request.method == "SUBSCRIBE":
            self.subscriptions.receive(transaction)
        elif request.to.tag:
            transaction.answer(481)
        elif request.method == "REGISTER":
            self._reply(transaction, self.registrar.register(request, transaction.flow))
        elif request.method == "OPTIONS":
            supported = ("Supported", ", ".join(EXTENSIONS))
            transaction.answer(200, ALLOW, ALLOW_EVENTS, ACCEPT, supported)
        elif request.method == "INVITE":
            self._serve_invite(transaction)
        elif request.method in ("BYE", "PRACK", "UPDATE"):
            transaction.answer(481)
        elif request.method == "REFER":
            transaction.respond(respond(request, 403, reason="REFER only within a call"))
        else:
            transaction.answer(405, ALLOW)

    def _reply(self, transaction: Transaction, response: Response) -> None:
        if response.status not in (401, 403):
            transaction.respond(response)
            return
        source, now = transaction.flow.ip, self._timers.clock()
        delay_s = self.registrar.shut_out.delay_s(source, now) if response.status == 403 else 0.0
        if delay_s:
            self._timers.start(delay_s, lambda: transaction.refuse(response))
        else:
            transaction.refuse(response)

    def _serve_invite(self, transaction: Transaction) -> None:
        if self._is_too_late(transaction):
            return
        user = self._admitted(transaction)
        if user is None:
            return
        request = transaction.request
        replaced = None
        if (claim := Replaces.of(request)) is not None:
            replaced, stage = self._calls.named(claim)
            if (status := claim.refusal(stage)) is not None:
                transaction.answer(status)
                return
        if len(self._calls) >= MAX_CALLS:
            transaction.answer(503, ("Retry-After", "10"))
            return
        try:
            call = IncomingCall(self._stack, transaction, user)
        except NoCommonMedia as error:
            logger.info("extension %s cannot call: %s", user, error)
            transaction.respond(respond(request, 488))
            return
        except SwitchError as error:
            logger.warning("extension %s cannot call: %s", user, error)
            transaction.respond(respond(request, 503))
            return
        if replaced is not None:
            call.replaces = replaced.id
        self._calls.add(call)
        self._on_offered(call)
        if transaction.last_response is None:
            # It stops the phone's repeats; whoever is answered at once needs none (17.2.1).
            transaction.answer(100)

    def _is_too_late(self, transaction: Transaction) -> bool:
        """Refuse a new call while the box is late; not who takes over one that is there. Not all
        are to come again in the same second."""
        now = self._timers.clock()
        if not self._lag.is_late(now) or transaction.request.count("Replaces"):
            return False
        self._too_late += 1
        if self._late_news.allow("", now):
            logger.warning("! messages wait %g s and more: new calls are refused", LATE_S)
        again = ("Retry-After", str(random.randint(*AGAIN_S)))
        transaction.refuse(respond(transaction.request, 503, again))
        return True

    def _admitted(self, transaction: Transaction) -> str | None:
        """The extension that may place this call; None when it was refused."""
        request = transaction.request
        if (request.first("Max-Forwards") or "70").strip("0 ") == "":
            transaction.answer(483)
            return None
        if request.body and (
            request.content_type != "application/sdp"
            or (request.first("Content-Encoding") or "identity") != "identity"
        ):
            transaction.answer(415, ACCEPT)
            return None
        user = self.registrar.authenticate(request, transaction.flow)
        if isinstance(user, Response):
            self._reply(transaction, user)
            return None
        if too_brief(request):
            transaction.answer(422, MIN_SE)
            return None
        return user

    # -- new calls ------------------------------------------------------------------------------

    def dial(
        self,
        extension: str,
        caller: Party,
        *,
        timeout_s: float,
        headers: Headers = (),
        like: Leg | None = None,
        is_auto_answer: bool = False,
    ) -> SipCall:
        """Ring every reachable phone of an extension; the outcome comes as events. `like`: who
        they will talk with, so that both speak one codec; `is_auto_answer`: paging, the phone
        is asked to answer by itself."""
        bindings = tuple(b for b in self.registrar.of(extension) if b.is_reachable)
        if not bindings:
            is_known = bool(self.registrar.of(extension))
            why = f"extension {extension} {'does not answer' if is_known else 'is not signed in'}"
            return self._failed_call(extension, caller, Cause.SUBSCRIBER_ABSENT, why)
        try:
            talks_with = like.media if isinstance(like, SipCall) else None
            media = Media(self._switch, self._wire.local(bindings[0].flow)[0], talks_with)
        except SwitchError as error:
            return self._failed_call(extension, caller, Cause.NO_CIRCUIT, str(error))
        call = OutgoingCall(self._stack, extension, caller, media)
        self._calls.add(call)
        wishes = AUTO_ANSWER if is_auto_answer else ()
        call.ring(bindings, timeout_s, (*wishes, *headers))
        return call

    def _failed_call(self, extension: str, caller: Party, cause: Cause, why: str) -> SipCall:
        call = OutgoingCall(self._stack, extension, caller, None)
        call.fail(cause, why)
        return call

    def _moved(self, talker: Talker) -> None:
        self.subscriptions.moved(talker)

    @property
    def calls(self) -> tuple[SipCall, ...]:
        """Calls that are not released."""
        return tuple(self._calls)

    # -- who is there -----------------------------------------------------------------------------

    def is_reachable(self, extension: str) -> bool:
        """At least one phone is signed in and answers."""
        return extension in self._reachable

    def _registrar_event(self, event: RegistrarEvent) -> None:
        match event:
            case Bound(binding):
                self._qualifier.watch(binding)
                self._review(binding.extension)
            case Unbound(binding, why):
                logger.info("extension %s: %s at %s", binding.extension, why, binding.flow)
                self._qualifier.forget(binding)
                self.subscriptions.forget(binding)
                self._review(binding.extension)
            case SignInFailed(user, ip, why):
                self._failed += 1
                if self._failures.allow(ip, self._timers.clock()):
                    logger.warning("sign-in of %r from %s refused: %s", user[:32], ip, why)
                    self._on_sign_in_failed(event)

    def _verdict(self, binding: Binding, is_reachable: bool) -> None:
        if self.registrar.mark(binding, is_reachable):
            word = "answers again" if is_reachable else "does not answer"
            if not is_reachable:
                self.subscriptions.forget(binding)
            logger.info("extension %s at %s %s", binding.extension, binding.flow, word)
            self._review(binding.extension)

    def _unreachable(self, binding: Binding) -> None:
        self._verdict(binding, False)

    def _review(self, extension: str) -> None:
        is_reachable = any(b.is_reachable for b in self.registrar.of(extension))
        if is_reachable is (extension in self._reachable):
            return
        if is_reachable:
            self._reachable.add(extension)
        else:
            self._reachable.discard(extension)
        self._on_registered(extension, is_reachable)
        self.subscriptions.changed(extension)

    def registrations(self) -> tuple[Registration, ...]:
        """Every phone signed in."""
        now = self._timers.clock()
        return tuple(
            Registration(
                b.extension,
                str(b.contact),
                str(b.flow),
                b.user_agent,
                b.flow.transport,
                max(0.0, b.expires_at - now),
                b.is_reachable,
                self.subscriptions.made_by(b),
            )
            for b in self.registrar.all()
        )

    def fills(self) -> tuple[Fill, ...]:
        """How full the tables are that strangers can fill, and the calls."""
        return (
            Fill("transactions", len(self._transactions), MAX_TRANSACTIONS),
            Fill("calls", len(self._calls), MAX_CALLS),
            *self.registrar.fills(),
            Fill("subscriptions", len(self.subscriptions), MAX_IN_ALL),
            Fill("sources of broken messages", len(self._refusals), self._refusals.max_sources),
            Fill("sources of failed sign-ins", len(self._failures), self._failures.max_sources),
        )

    def snapshot(self) -> AgentSnapshot:
        """For console, API and tests."""
        return AgentSnapshot(
            self.registrations(),
            tuple(f"{c.id} {c.address} {c.state.value}" for c in self.calls),
            len(self._transactions),
            self._in,
            self._refused,
            self._failed,
            self._too_late,
            self.subscriptions.snapshot(),
        )


def _unknown(request: Request) -> list[str]:
    """The extensions a request insists on and we do not have (8.2.2.3)."""
    return [option for option in request.values("Require") if option.lower() not in EXTENSIONS]


def _stamped(message: Message, flow: Flow) -> Message:
    """A request with received and rport filled into its top Via (18.2.1, RFC 3581)."""
    if not isinstance(message, Request):
        return message
    stamped = message.via.stamped(flow.ip, flow.port)
    return message if stamped is message.via else with_top_via(message, stamped)
