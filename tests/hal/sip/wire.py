"""A network on a fake clock, and a telephone made of our own transaction layer.

`Net` carries octets between endpoints and may lose, repeat and reorder them, by a seeded random
generator. `Phone` signs in with a digest of its own making, rings, answers, refuses.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable
from dataclasses import replace

from hal.sip.agent import Agent
from hal.sip.call import SipCall
from hal.sip.digest import Doorkeeper
from hal.sip.flow import Flow
from hal.sip.lag import Lag
from hal.sip.message import Request, Response, check, parse, respond, with_top_via
from hal.sip.registrar import SignInFailed
from hal.sip.timers import Timers
from hal.sip.transactions import Cancelled, Outcome, Received, Transaction, Transactions
from hal.sip.uri import SipUri, parse_uri
from hal.sip.watch import Source
from tests.hal.fake_switch import FakeSwitch

BOX = ("192.0.2.1", 5060)
SECRETS = {"201": "secret", "202": "other", "203": "third"}


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Net:
    """Endpoints by address; one set of timers for the network and everybody on it."""

    def __init__(self, seed: int = 0, loss: float = 0.0, repeat: float = 0.0) -> None:
        self.clock = Clock()
        self.timers = Timers(self.clock)
        self.random = random.Random(seed)
        self.loss, self.repeat = loss, repeat
        self.endpoints: dict[tuple[str, int], Callable[[bytes, Flow], None]] = {}
        self.log: list[tuple[tuple[str, int], bytes]] = []
        """Everything sent: (to, octets)."""

    def wire(self, address: tuple[str, int], transport: str = "udp") -> NetWire:
        return NetWire(self, address, transport)

    def carry(self, data: bytes, source: tuple[str, int], flow: Flow) -> None:
        self.log.append(((flow.ip, flow.port), data))
        copies = 1 + (self.random.random() < self.repeat)
        for _ in range(copies):
            if flow.transport == "udp" and self.random.random() < self.loss:
                continue
            # TCP keeps order, UDP need not.
            delay_s = 0.005 if flow.transport == "tcp" else self.random.uniform(0.001, 0.030)
            self.timers.start(delay_s, lambda: self._arrive(data, source, flow))

    def _arrive(self, data: bytes, source: tuple[str, int], flow: Flow) -> None:
        endpoint = self.endpoints.get((flow.ip, flow.port))
        if endpoint is not None:
            endpoint(data, replace(flow, ip=source[0], port=source[1]))

    def run(self, seconds: float) -> None:
        """Let time pass, event by event."""
        end = self.clock.now + seconds
        while (at := self.timers.next_at) is not None and at <= end:
            self.clock.now = max(self.clock.now, at)
            self.timers.fire()
        self.clock.now = end

    def sent(self, word: str, to: tuple[str, int] | None = None) -> list[str]:
        """Messages sent whose first line contains `word`."""
        return [
            data.decode()
            for address, data in self.log
            if word in data.split(b"\r\n")[0].decode() and to in (None, address)
        ]


class NetWire:
    """flow.Wire of one endpoint."""

    def __init__(self, net: Net, address: tuple[str, int], transport: str) -> None:
        self._net, self._address = net, address
        self.is_up = True

    def send(self, data: bytes, flow: Flow) -> bool:
        if self.is_up:
            self._net.carry(data, self._address, flow)
        return self.is_up

    def local(self, flow: Flow) -> tuple[str, int]:
        return self._address


class Box:
    """The agent under test, on the net. Media ports are opened on loopback."""

    def __init__(
        self,
        net: Net,
        switch: FakeSwitch,
        qualify_s: float = 30.0,
        watched: Source | None = None,
    ) -> None:
        self.net, self.switch = net, switch
        self.offered: list[SipCall] = []
        self.at_once: Callable[[SipCall], None] = lambda call: None
        """What is done with a call in the moment it is offered."""
        self.registered: list[tuple[str, bool]] = []
        self.failed: list[SignInFailed] = []
        self.wire = net.wire(BOX)
        self.lag = Lag()
        opened = switch.open_rtp
        switch.open_rtp = lambda local_ip: opened("127.0.0.1")  # type: ignore[method-assign] # 192.0.2.1 is not ours
        self.agent = Agent(
            self.wire,
            net.timers,
            switch,
            Doorkeeper("callbox", SECRETS.get),
            self._offered,
            lambda who, there: self.registered.append((who, there)),
            self.failed.append,
            qualify_s=qualify_s,
            watched=watched,
            lag=self.lag,
        )
        net.endpoints[BOX] = self.agent.receive

    def _offered(self, call: SipCall) -> None:
        self.offered.append(call)
        self.at_once(call)


SDP = (
    "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {c}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
)


class Phone:
    """A telephone on the net."""

    def __init__(
        self, net: Net, user: str, port: int, *, secret: str | None = None, transport: str = "udp"
    ) -> None:
        self.net, self.user, self.address = net, user, ("192.0.2.77", port)
        self.secret = secret if secret is not None else SECRETS[user]
        self.flow = Flow(transport, *BOX)
        self.layer = Transactions(net.wire(self.address), net.timers, self._serve)
        net.endpoints[self.address] = self.receive
        self.scheme = "sip"
        """Of its Contact and of the numbers it dials."""
        self.tag = f"tag{port}"
        self.cseq = 0
        self.policy = "ring"
        """What an INVITE gets: ring, answer, busy, silent, decline, early."""
        self.invites: list[Transaction] = []
        self.requests: list[Request] = []
        self.responses: list[Response] = []
        self.cancelled = 0
        self.acks: list[Request] = []
        self.direction = "sendrecv"
        self.extra: tuple[tuple[str, str], ...] = ()
        """More headers of its answers to INVITE and UPDATE."""
        self.too_brief: list[int] = []
        """Session intervals it insists on before it takes an INVITE, one after the other."""
        self.refusals: dict[str, int] = {}
        """What it answers to a method within a call, other than 200; 0: nothing at all."""
        self.dialog_headers: tuple[tuple[str, str], ...] = ()
        self.target: SipUri | None = None

    # -- what it says ---------------------------------------------------------------------

    def sdp(self, direction: str = "sendrecv", port: int = 40_000, c: str = "") -> bytes:
        ip = self.address[0]
        return SDP.format(ip=ip, c=c or ip, port=port, direction=direction).encode()

    @property
    def contact(self) -> str:
        return f"<{self.scheme}:{self.user}@{self.address[0]}:{self.address[1]}>"

    def request(
        self, method: str, uri: str, *more: tuple[str, str], body: bytes = b"", to: str = ""
    ) -> Transaction:
        self.cseq += 1
        headers = (
            ("Max-Forwards", "70"),
            ("From", f"<sip:{self.user}@192.0.2.1>;tag={self.tag}"),
            ("To", to or f"<{uri}>"),
            ("Call-ID", f"call-{self.address[1]}"),
            ("CSeq", f"{self.cseq} {method}"),
            ("Contact", self.contact),
            *more,
        )
        if body:
            headers = (*headers, ("Content-Type", "application/sdp"))
        request = Request(method, parse_uri(uri), headers, body)
        return self.layer.request(request, self.flow, self._answered)

    def register(self, expires_s: int = 3600, **options: str) -> Response:
        """Sign in, with the challenge answered; the final response."""
        more = (("Expires", str(expires_s)),)
        self.request("REGISTER", "sip:192.0.2.1", *more, to=f"<sip:{self.user}@192.0.2.1>")
        self.net.run(1)
        if self.responses[-1].status == 401:
            auth = ("Authorization", self.digest("REGISTER", "sip:192.0.2.1", **options))
            to = f"<sip:{self.user}@192.0.2.1>"
            self.request("REGISTER", "sip:192.0.2.1", *more, auth, to=to)
            self.net.run(1)
        return self.responses[-1]

    def digest(self, method: str, uri: str, algorithm: str = "MD5") -> str:
        """Credentials for the last challenge (RFC 7616 clause 3.4, made here by hand)."""
        challenge = self.responses[-1].first("WWW-Authenticate") or ""
        nonce = re.findall('nonce="([^"]*)"', challenge)[0]
        make = hashlib.md5 if algorithm == "MD5" else hashlib.sha256
        ha1 = make(f"{self.user}:callbox:{self.secret}".encode()).hexdigest()
        ha2 = make(f"{method}:{uri}".encode()).hexdigest()
        response = make(f"{ha1}:{nonce}:00000001:c0:auth:{ha2}".encode()).hexdigest()
        return (
            f'Digest username="{self.user}", realm="callbox", nonce="{nonce}", uri="{uri}", '
            f'response="{response}", algorithm={algorithm}, qop=auth, nc=00000001, cnonce="c0"'
        )

    def call(
        self, number: str, body: bytes | None = None, more: tuple[tuple[str, str], ...] = ()
    ) -> Transaction:
        """INVITE, with the challenge answered; runs the net for a second."""
        uri = f"{self.scheme}:{number}@192.0.2.1"
        offer = self.sdp() if body is None else body
        self.request("INVITE", uri, *more, body=offer)
        self.net.run(1)
        assert self.responses[-1].status == 401
        auth = ("Authorization", self.digest("INVITE", uri))
        sent = self.request("INVITE", uri, auth, *more, body=offer)
        self.net.run(1)
        return sent

    def within(self, method: str, *more: tuple[str, str], body: bytes = b"") -> Transaction:
        """A request in the dialog of the last call, as caller or as called."""
        if self.target is None:
            self._know_the_dialog()
        assert self.target is not None
        self.cseq += 1
        fields = (
            ("Max-Forwards", "70"),
            *self.dialog_headers,
            ("CSeq", f"{self.cseq} {method}"),
            ("Contact", self.contact),
            *more,
        )
        if body and not any(name == "Content-Type" for name, _ in more):
            fields = (*fields, ("Content-Type", "application/sdp"))
        return self.layer.request(
            Request(method, self.target, fields, body), self.flow, self._answered
        )

    def _know_the_dialog(self) -> None:
        """From what has passed first: later answers need not carry a Contact."""
        if self.invites:
            invite = self.invites[-1].request
            self.target = invite.contacts[0].uri  # type: ignore[assignment] # ours is a SipUri
            local, remote, call_id = invite.to.with_tag(self.tag), invite.from_, invite.call_id
        else:
            answer = self.responses[-1]
            self.target = answer.contacts[0].uri  # type: ignore[assignment] # ours is a SipUri
            local, remote, call_id = answer.from_, answer.to, answer.call_id
        self.dialog_headers = (("From", str(local)), ("To", str(remote)), ("Call-ID", call_id))

    def ack(self, body: bytes = b"") -> None:
        """ACK of the last 2xx to our INVITE."""
        answers = (r for r in reversed(self.responses) if r.cseq.method == "INVITE")
        answer = next(r for r in answers if r.status == 200)
        fields = (
            ("Max-Forwards", "70"),
            ("From", str(answer.from_)),
            ("To", str(answer.to)),
            ("Call-ID", answer.call_id),
            ("CSeq", f"{answer.cseq.number} ACK"),
        )
        if body:
            fields = (*fields, ("Content-Type", "application/sdp"))
        ack = Request("ACK", answer.contacts[0].uri, fields, body)
        self.layer.wire.send(bytes(self.layer.with_via(ack, self.flow)), self.flow)

    # -- what it hears --------------------------------------------------------------------

    def receive(self, data: bytes, flow: Flow) -> None:
        message = parse(data)
        check(message)
        if isinstance(message, Request):
            message = with_top_via(message, message.via.stamped(flow.ip, flow.port))
            if message.method == "ACK":
                self.acks.append(message)
        self.layer.receive(message, flow)

    def _answered(self, outcome: Outcome) -> None:
        if isinstance(outcome, Received) and isinstance(outcome.message, Response):
            self.responses.append(outcome.message)

    def _serve(self, transaction: Transaction) -> None:
        self.requests.append(transaction.request)
        if transaction.request.method != "INVITE":
            method = transaction.request.method
            status = self.refusals.get(method, 200)
            if self.policy != "silent" and status:
                transaction.answer(status, *(self.extra if method == "UPDATE" else ()))
            return
        transaction.answer(100)
        self.invites.append(transaction)
        transaction.user = self._on_invite
        if self.too_brief:
            transaction.answer(422, ("Min-SE", str(self.too_brief.pop(0))), tag=self.tag)
            return
        match self.policy:
            case "answer":
                self.pick_up()
            case "busy":
                transaction.answer(486, tag=self.tag)
            case "decline":
                transaction.answer(603, tag=self.tag)
            case "early":
                self.reply(183, self.sdp())
            case "ring":
                self.reply(180)
            case "glare":
                transaction.answer(491, tag=self.tag)

    def _on_invite(self, outcome: Outcome) -> None:
        if isinstance(outcome, Cancelled):
            self.cancelled += 1
            if self.policy != "late":
                self.invites[-1].answer(487, tag=self.tag)

    def reply(self, status: int, body: bytes = b"") -> None:
        """A response to the last INVITE."""
        more = [("Contact", self.contact), *self.extra]
        if body:
            more.append(("Content-Type", "application/sdp"))
        invite = self.invites[-1]
        invite.respond(respond(invite.request, status, *more, tag=self.tag, body=body))

    def pick_up(self) -> None:
        """200 with our description."""
        self.reply(200, self.sdp(self.direction))
