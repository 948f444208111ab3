"""The transaction layer: repeats, time-outs and matching, for both sides of every request.

RFC 3261 clause 17, RFC 6026, the tables in tables.py. Pure: octets go to the injected wire, time
comes from the injected timers. Users give a callback per transaction and get `Received`,
`Cancelled`, `TimedOut` or `Broken`. A request is known again by branch, sent-by and method
(17.2.3); one without the magic cookie by what RFC 2543 compared. A 2xx is acknowledged outside
its transaction, so its ACK is found by Call-ID, our tag and CSeq.

Left out: forwarding (we are an end of every call). Shell: phones_task.py.
Tests: tests/hal/sip/test_transactions.py (pairs over a wire that loses, repeats and reorders).
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Final

from hal.sip.flow import Flow, Wire
from hal.sip.headers import Via
from hal.sip.message import Message, Request, Response, respond, with_to_tag
from hal.sip.tables import CLOCKWORK, FIRST, RUNNING, Do, Event, Kind, State, advance
from hal.sip.timers import Timer, Timers

logger = logging.getLogger(__name__)

COOKIE: Final = "z9hG4bK"
"""RFC 3261 clause 8.1.1.7."""
MAX_TRANSACTIONS: Final = 20_000
"""More than 200 calls a second leave behind in 32 s; beyond it new requests are dropped."""
CROWDED: Final = MAX_TRANSACTIONS // 2
"""From here on a request that was answered for good is forgotten at once: it would be answered
again if it came again (RFC 3261 clause 8.2.7), and a flood of them leaves room for calls."""
_CLIENTS: Final = (Kind.CLIENT, Kind.INVITE_CLIENT)
_ANSWERED: Final = (State.ACCEPTED, State.COMPLETED)
_NAMING: Final = ("Via", "From", "To", "Call-ID", "CSeq")
"""What every response repeats of its request (RFC 3261 clause 8.2.6.2)."""


@dataclass(frozen=True, slots=True)
class Received:
    """A response for a client, an ACK for a server that sent 2xx."""

    message: Message
    flow: Flow


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The peer cancelled the INVITE of this server transaction (already answered with 200)."""

    request: Request


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Client: no final response. Server: the 2xx was never acknowledged."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The transport could not send."""


Outcome = Received | Cancelled | TimedOut | Broken
User = Callable[[Outcome], None]
MergeKey = tuple[str, str, int]
"""Call-ID, their tag, CSeq: the same for one request that came by two ways."""


class Transaction:
    """One request and its responses, on either side."""

    __slots__ = (
        "_ack", "_cancel_headers", "_last", "_layer", "_timers", "flow", "key", "kind",
        "last_response", "request", "state", "user",
    )  # fmt: skip

    def __init__(
        self, layer: Transactions, kind: Kind, request: Request, flow: Flow, key: Hashable
    ) -> None:
        self.kind, self.request, self.flow, self.key = kind, request, flow, key
        self.state = FIRST[kind]
        self.user: User | None = None
        self._layer = layer
        self.last_response: Response | None = None
        self._last: bytes = b""
        self._ack: bytes = b""
        self._cancel_headers: tuple[tuple[str, str], ...] = ()
        self._timers: dict[Event, Timer] = {}

    def respond(self, response: Response) -> None:
        """Server: send a response. 100 is the user's too: only for who will wait (8.2.6.1)."""
        if response.status > 100 and not response.to.tag:
            # RFC 3261 clause 8.2.6.2: every response but 100 has a To tag, the same each time.
            response = with_to_tag(response, _tag_of(self.key))
        self.last_response, self._last = response, bytes(response)
        self._layer.remember_ack(self, response)
        self.step(_class_of(response))

    def refuse(self, response: Response) -> None:
        """Server: send a response and forget the request. Strangers get their challenge this way
        (RFC 3261 clause 8.2.7), so that asking costs us nothing for longer than it takes; the
        same request again is simply answered again."""
        self.respond(response)
        self.give_up()

    def give_up(self) -> None:
        """Forget all about it now."""
        self._leave(State.TERMINATED)
        self._enter(State.TERMINATED)
        self.user = None

    def answer(self, status: int, *more: tuple[str, str], tag: str = "", body: bytes = b"") -> None:
        """Server: make and send a response in one go."""
        self.respond(respond(self.request, status, *more, tag=tag, body=body))

    @property
    def is_pending(self) -> bool:
        """Server: a final response is still due."""
        return self.state in (State.TRYING, State.PROCEEDING)

    def cancel(self, *headers: tuple[str, str]) -> None:
        """Client: stop the INVITE, now or as soon as that is allowed; nothing once it is over."""
        self._cancel_headers = headers
        self.step(Event.CANCEL)

    def start(self) -> None:
        """Client: send the request."""
        self._last = bytes(self.request)
        self._enter(self.state)
        self._send(self._last)

    def step(self, event: Event, message: Message | None = None, flow: Flow | None = None) -> None:
        """Advance by the table."""
        if (rule := advance(self.kind, self.state, event)) is None:
            return
        if rule.to is not self.state:
            self._leave(rule.to)
            self._enter(rule.to)
        for do in rule.do:
            self._act(do, message, flow or self.flow)
        if rule.to is State.TERMINATED:
            self.user = None

    def retire(self) -> float:
        """Server: whoever keeps a note of it takes over. Returns for how many seconds."""
        ends_at = max((timer.at for timer in self._timers.values()), default=0.0)
        for timer in self._timers.values():
            timer.stop()
        self._timers.clear()
        self.user = None
        return max(0.0, ends_at - self._layer.timers.clock())

    @property
    def last_sent(self) -> bytes:
        """What was sent last: the request, or the response."""
        return self._last

    def _leave(self, to: State) -> None:
        keep = RUNNING.get((self.kind, to), ())
        for letter in [letter for letter in self._timers if letter not in keep]:
            self._timers.pop(letter).stop()

    def _enter(self, state: State) -> None:
        self.state = state
        if state in _ANSWERED and self.kind in _CLIENTS:
            self._lighten()
        for letter in RUNNING.get((self.kind, state), ()):
            if letter not in self._timers:
                works = CLOCKWORK[letter]
                first_s = works.reliable_s if self.flow.is_reliable else works.first_s
                if first_s is not None:
                    self._run(letter, first_s)
        if state is State.TERMINATED:
            self._layer.forget(self)

    def _lighten(self) -> None:
        """Client: an answered request is not sent again. Of an INVITE that was accepted there is
        left what makes the dialog of a further answer (12.1.2): thousands are remembered for half
        a minute."""
        self._last = b""
        if self.state is State.ACCEPTED:
            request = self.request
            named = tuple(header for header in request.headers if header[0] in _NAMING)
            self.request = Request(request.method, request.uri, named)

    def _run(self, letter: Event, delay_s: float) -> None:
        self._timers[letter] = self._layer.timers.start(delay_s, self._fired, letter, delay_s)

    def _fired(self, letter: Event, ran_s: float) -> None:
        longest_s = CLOCKWORK[letter].longest_s
        if longest_s:
            self._run(letter, min(2 * ran_s, longest_s))
        else:
            self._timers.pop(letter, None)
        self.step(letter)

    def _act(self, do: Do, message: Message | None, flow: Flow) -> None:
        match do:
            case Do.SEND:
                self._send(self._last)
            case Do.PASS:
                if message is not None:
                    self._tell(Received(message, flow))
            case Do.ACK:
                if isinstance(message, Response):
                    self._ack = self._ack or bytes(_ack_failure(self.request, message))
                self._layer.wire.send(self._ack, self.flow)
            case Do.CANCEL:
                self._layer.send_cancel(self, self._cancel_headers)
            case Do.TIMED_OUT:
                self._tell(TimedOut())
            case Do.BROKEN:
                self._tell(Broken())

    def _send(self, data: bytes) -> None:
        if data and not self._layer.wire.send(data, self.flow):
            # Not at once: the user may still be inside the call that made us.
            self._layer.timers.start(0.0, self.step, Event.BROKEN)

    def _tell(self, outcome: Outcome) -> None:
        if self.user is not None:
            self.user(outcome)


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of a server transaction when nobody has anything to do with it any more: its
    request may still come again."""

    answer: bytes
    """Empty: there is nothing to say to that."""
    flow: Flow
    wire: Wire

    def step(self, event: Event, message: Message | None = None, flow: Flow | None = None) -> None:
        """As of a transaction."""
        if event is Event.REQUEST and self.answer:
            self.wire.send(self.answer, self.flow)


class Transactions:
    """All transactions of one stack."""

    def __init__(
        self,
        wire: Wire,
        timers: Timers,
        on_request: Callable[[Transaction], None],
        new_branch: Callable[[], str] = lambda: COOKIE + secrets.token_hex(8),
    ) -> None:
        self.wire, self.timers = wire, timers
        self._on_request = on_request
        self._new_branch = new_branch
        self._clients: dict[Hashable, Transaction] = {}
        self._servers: dict[Hashable, Transaction | Settled] = {}
        self._awaiting_ack: dict[tuple[str, str, int], Transaction] = {}
        self._merged: dict[MergeKey, Hashable] = {}

    def __len__(self) -> int:
        return len(self._clients) + len(self._servers)

    def request(self, request: Request, flow: Flow, user: User | None) -> Transaction:
        """Send a request (without Via: it is added here) and follow it to its end."""
        branch = self._new_branch()
        request = self.with_via(request, flow, branch)
        kind = Kind.INVITE_CLIENT if request.method == "INVITE" else Kind.CLIENT
        transaction = Transaction(self, kind, request, flow, (branch, request.method))
        transaction.user = user
        self._clients[transaction.key] = transaction
        transaction.start()
        return transaction

    def with_via(self, request: Request, flow: Flow, branch: str = "") -> Request:
        """The request with our Via on top; also for the ACK of a 2xx, which is sent as it is."""
        ip, port = self.wire.local(flow)
        host = f"[{ip}]" if ":" in ip else ip
        params = (("branch", branch or self._new_branch()), ("rport", None))
        via = Via(flow.transport.upper(), host, port, params)
        headers = (("Via", str(via)), *request.headers)
        return Request(request.method, request.uri, headers, request.body)

    def send_cancel(self, invite: Transaction, headers: tuple[tuple[str, str], ...]) -> None:
        """CANCEL has the INVITE's own Via branch (9.1) and is a transaction of its own."""
        source = invite.request
        copied = tuple(
            (name, value)
            for name, value in source.headers
            if name in ("Via", "From", "To", "Call-ID", "Max-Forwards", "Route")
        )
        cseq = ("CSeq", f"{source.cseq.number} CANCEL")
        request = Request("CANCEL", source.uri, (*copied, cseq, *headers))
        key = (source.via.branch, "CANCEL")
        cancel = Transaction(self, Kind.CLIENT, request, invite.flow, key)
        self._clients[key] = cancel
        cancel.start()

    def receive(self, message: Message, flow: Flow) -> None:
        """Take a checked message. The top Via of a request is already stamped."""
        if isinstance(message, Response):
            self._receive_response(message, flow)
        elif message.method == "ACK":
            self._receive_ack(message, flow)
        elif (known := self._servers.get(_server_key(message))) is not None:
            known.step(Event.REQUEST)
        elif message.method == "CANCEL":
            self._receive_cancel(message, flow)
        else:
            self._receive_new(message, flow)

    def _receive_response(self, response: Response, flow: Flow) -> None:
        client = self._clients.get((response.via.branch, response.cseq.method))
        if client is None:
            logger.debug("! %s: response %s belongs to nothing", flow, response)
            return
        client.step(_class_of(response), response, flow)

    def _receive_ack(self, request: Request, flow: Flow) -> None:
        invite = self._servers.get(_server_key(request))
        if invite is None:
            by_dialog = (request.call_id, request.to.tag, request.cseq.number)
            invite = self._awaiting_ack.get(by_dialog)
        if invite is None:
            logger.debug("! %s: ACK belongs to nothing", flow)
            return
        invite.step(Event.ACK, request, flow)
        if isinstance(invite, Transaction) and invite.state is State.ACKED:
            self._settle(invite)

    def _receive_cancel(self, request: Request, flow: Flow) -> None:
        invite = self._servers.get(_server_key(request, "INVITE"))
        cancel = self._new_server(Kind.SERVER, request, flow)
        cancel.answer(481 if invite is None else 200)
        self._settle(cancel)
        if not isinstance(invite, Transaction):
            return
        if invite.state is State.PROCEEDING and invite.user is not None:
            invite.user(Cancelled(request))

    def _receive_new(self, request: Request, flow: Flow) -> None:
        if len(self) >= MAX_TRANSACTIONS:
            logger.warning("! %s: %s dropped, %d transactions open", flow, request, len(self))
            return
        if request.method != "INVITE":
            server = self._new_server(Kind.SERVER, request, flow)
            self._on_request(server)
            if server.state is State.COMPLETED and len(self) >= CROWDED:
                server.give_up()
            elif server.state is State.COMPLETED:
                self._settle(server)
            return
        merged = _merge_key(request)
        server = self._new_server(Kind.INVITE_SERVER, request, flow)
        if not request.to.tag:
            if merged in self._merged:
                server.answer(482)  # RFC 3261 clause 8.2.2.2: the same request by two ways
                return
            self._merged[merged] = server.key
        self._on_request(server)

    def _new_server(self, kind: Kind, request: Request, flow: Flow) -> Transaction:
        key = _server_key(request)
        server = Transaction(self, kind, request, reply_flow(request.via, flow), key)
        self._servers[key] = server
        return server

    def remember_ack(self, server: Transaction, response: Response) -> None:
        """A 2xx to INVITE went out: its ACK will be looked for by dialog."""
        if server.kind is Kind.INVITE_SERVER and 200 <= response.status < 300:
            self._awaiting_ack[_ack_key(response)] = server

    def _settle(self, server: Transaction) -> None:
        """Keep for the rest of its time only what a repeat needs: at a hundred calls a second
        thousands linger, and whole messages of them would fill the memory."""
        left_s = server.retire()
        if server.key not in self._servers:
            return  # over already: on TCP nothing comes again
        is_answered = server.kind is Kind.SERVER
        answer = server.last_sent if is_answered else b""
        self._servers[server.key] = Settled(answer, server.flow, self.wire)
        merged = None if is_answered else _merge_key(server.request)
        if server.last_response is not None and not is_answered:
            self._awaiting_ack.pop(_ack_key(server.last_response), None)
        self.timers.start(left_s, self._forget_settled, server.key, merged)

    def _forget_settled(self, key: Hashable, merged: MergeKey | None) -> None:
        self._servers.pop(key, None)
        if merged is not None:
            self._forget_merged(merged, key)

    def _forget_merged(self, merged: MergeKey, key: Hashable) -> None:
        if self._merged.get(merged) == key:
            del self._merged[merged]

    def forget(self, transaction: Transaction) -> None:
        """It is over: drop every trace."""
        if transaction.kind in (Kind.CLIENT, Kind.INVITE_CLIENT):
            self._clients.pop(transaction.key, None)
            return
        self._servers.pop(transaction.key, None)
        if transaction.kind is Kind.INVITE_SERVER:
            self._forget_merged(_merge_key(transaction.request), transaction.key)
            if (response := transaction.last_response) is not None:
                self._awaiting_ack.pop(_ack_key(response), None)


def _ack_key(response: Response) -> tuple[str, str, int]:
    return response.call_id, response.to.tag, response.cseq.number


def _merge_key(request: Request) -> MergeKey:
    return request.call_id, request.from_.tag, request.cseq.number


def _tag_of(key: Hashable) -> str:
    """The To tag that all responses to one request have."""
    return hashlib.sha256(repr(key).encode("utf-8", "replace")).hexdigest()[:16]


def _class_of(response: Response) -> Event:
    if response.status < 200:
        return Event.PROVISIONAL
    return Event.SUCCESS if response.status < 300 else Event.FAILURE


def _server_key(request: Request, method: str = "") -> Hashable:
    """RFC 3261 clause 17.2.3; ACK is looked for under its INVITE."""
    via = request.via
    method = method or ("INVITE" if request.method == "ACK" else request.method)
    if via.branch.startswith(COOKIE) and len(via.branch) > len(COOKIE):
        return via.branch, via.host.lower(), via.port or 5060, method
    return (
        str(request.uri), request.from_.tag, request.call_id, request.cseq.number,
        str(via), method,
    )  # fmt: skip


def reply_flow(via: Via, flow: Flow) -> Flow:
    """Where responses go: the connection, the source (rport), or the port in Via (18.2.2)."""
    port = via.port or 5060
    if flow.is_reliable or flow.port == port or via.param("rport") is not None:
        return flow
    return replace(flow, port=port)


def _ack_failure(invite: Request, response: Response) -> Request:
    """RFC 3261 clause 17.1.1.3: the INVITE's Via and Route, the response's To."""
    copied = tuple(
        (name, value)
        for name, value in invite.headers
        if name in ("Via", "From", "Call-ID", "Max-Forwards", "Route")
    )
    to = response.first("To") or ""
    cseq = f"{invite.cseq.number} ACK"
    return Request("ACK", invite.uri, (*copied, ("To", to), ("CSeq", cseq)))
