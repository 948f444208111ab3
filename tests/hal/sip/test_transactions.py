"""Two transaction layers back to back, and over a wire that loses, repeats and reorders."""

from __future__ import annotations

import weakref

import pytest

from hal.sip.dialog import Dialog
from hal.sip.flow import Flow
from hal.sip.headers import Via
from hal.sip.message import Request, Response, check, parse, respond
from hal.sip.transactions import (
    Broken,
    Outcome,
    Received,
    TimedOut,
    Transaction,
    Transactions,
    reply_flow,
)
from hal.sip.uri import SipUri
from tests.hal.sip.wire import Net, NetWire

A, B = ("192.0.2.1", 5060), ("192.0.2.2", 5060)


class End:
    """One layer on the net; keeps what its users hear."""

    def __init__(self, net: Net, address: tuple[str, int], transport: str = "udp") -> None:
        self.wire: NetWire = net.wire(address, transport)
        self.served: list[Transaction] = []
        self.heard: list[Outcome] = []
        self.answers: dict[str, int] = {}
        self.layer = Transactions(self.wire, net.timers, self._serve)
        net.endpoints[address] = self._receive

    def _receive(self, data: bytes, flow: Flow) -> None:
        message = parse(data)
        check(message)
        self.layer.receive(message, flow)

    def _serve(self, transaction: Transaction) -> None:
        self.served.append(transaction)
        transaction.user = self.heard.append
        if transaction.request.method == "INVITE":
            transaction.answer(100)
        status = self.answers.get(transaction.request.method)
        if status is not None:
            transaction.answer(status)

    def ask(self, method: str, transport: str = "udp") -> Transaction:
        headers = (
            ("From", "<sip:a@h>;tag=a"), ("To", "<sip:b@h>"), ("Call-ID", "c"),
            ("CSeq", f"1 {method}"), ("Contact", "<sip:a@h>"),
        )  # fmt: skip
        request = Request(method, SipUri("h"), headers)
        return self.layer.request(request, Flow(transport, *B), self.heard.append)

    @property
    def statuses(self) -> list[int]:
        return [getattr(o.message, "status", 0) for o in self.heard if isinstance(o, Received)]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("INVITE", 486)])
def test_served_once_and_answered_on_a_bad_wire(seed: int, method: str, status: int) -> None:
    net = Net(seed, loss=0.3, repeat=0.3)
    a, b = End(net, A), End(net, B)
    b.answers[method] = status
    a.ask(method)
    net.run(120)
    assert len(b.served) == 1
    assert a.statuses[-1] == status
    assert a.statuses.count(status) == 1
    assert len(a.layer) == len(b.layer) == 0


def test_retransmissions_double_as_in_the_standard() -> None:
    """RFC 3261 clause 17.1.1.2: INVITE at 0, 500, 1500, 3500, 7500, 15500, 31500 ms, then B."""
    net = Net()
    a = End(net, A)
    start = net.clock()
    sent_at: list[float] = []
    net.endpoints[B] = lambda data, flow: sent_at.append(round(net.clock() - start, 1))
    a.ask("INVITE")
    net.run(60)
    assert sent_at == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert a.heard == [TimedOut()]
    assert len(a.layer) == 0


def test_other_requests_reach_t2() -> None:
    """Clause 17.1.2.2: 500 ms, 1 s, 2 s, then every 4 s."""
    net = Net()
    a = End(net, A)
    start = net.clock()
    sent_at: list[float] = []
    net.endpoints[B] = lambda data, flow: sent_at.append(round(net.clock() - start, 1))
    a.ask("OPTIONS")
    net.run(60)
    assert sent_at == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]


def test_tcp_sends_once() -> None:
    net = Net()
    a = End(net, A, "tcp")
    sent: list[bytes] = []
    net.endpoints[B] = lambda data, flow: sent.append(data)
    a.ask("OPTIONS", "tcp")
    net.run(60)
    assert len(sent) == 1
    assert a.heard == [TimedOut()]


def test_broken_wire_is_reported_after_the_call_returns() -> None:
    net = Net()
    a = End(net, A)
    a.wire.is_up = False
    a.ask("INVITE")
    assert a.heard == []
    net.run(0.1)
    assert a.heard == [Broken()]


def test_cancel_before_and_after_the_provisional() -> None:
    net = Net()
    a, b = End(net, A), End(net, B)
    invite = a.ask("INVITE")
    invite.cancel()
    assert net.sent("CANCEL") == []
    net.run(0.2)
    assert len(net.sent("CANCEL")) == 1
    assert len(b.heard) == 1
    b.served[0].answer(487)
    net.run(0.2)
    assert a.statuses[-1] == 487


def test_cancel_that_nobody_answers_ends() -> None:
    net = Net()
    a, b = End(net, A), End(net, B)
    b.answers["INVITE"] = 180
    invite = a.ask("INVITE")
    net.run(0.2)
    invite.cancel()
    net.run(40)
    assert a.heard[-1] == TimedOut()


def test_2xx_is_repeated_until_its_ack() -> None:
    net = Net()
    a, b = End(net, A), End(net, B)
    b.answers["INVITE"] = 200
    a.ask("INVITE")
    net.run(10)
    repeats = len(net.sent("200 OK"))
    assert repeats >= 5
    response = next(o.message for o in reversed(a.heard) if isinstance(o, Received))
    ack = Request(
        "ACK", SipUri("h"),
        (("From", "<sip:a@h>;tag=a"), ("To", response.first("To") or ""), ("Call-ID", "c"),
         ("CSeq", "1 ACK")),
    )  # fmt: skip
    flow = Flow("udp", *B)
    a.wire.send(bytes(a.layer.with_via(ack, flow)), flow)
    net.run(0.1)
    net.log.clear()
    net.run(60)
    assert net.sent("200 OK") == []
    assert [type(o) for o in b.heard] == [Received]


def test_what_is_answered_is_kept_as_octets_alone_and_answered_again() -> None:
    """RFC 3261 clause 17.2.2: COMPLETED repeats the answer for 64 x T1, and needs no more."""
    net = Net()
    asking, b = End(net, A), End(net, B)
    b.answers["BYE"] = 200
    answers: list[bytes] = []
    net.endpoints[A] = lambda data, flow: answers.append(data)
    asking.ask("BYE")  # never hears the answer
    net.run(1)
    request = weakref.ref(b.served.pop().request)
    assert request() is None
    net.run(20)
    assert len(b.served) == 0
    assert len(answers) > 3
    assert len(set(answers)) == 1
    assert len(b.layer) == 1
    net.run(60)
    assert len(b.layer) == 0


def test_an_acknowledged_invite_is_forgotten_but_for_its_name() -> None:
    """RFC 6026 clause 7.1: its repeats are absorbed until timer L, its ACKs as well."""
    net = Net()
    a, b = End(net, A), End(net, B)
    b.answers["INVITE"] = 200
    invite = a.ask("INVITE")
    net.run(1)
    ok, *_ = (o.message for o in a.heard if isinstance(o, Received) and o.message.to.tag)
    to = ("To", str(ok.to))
    from_, call_id = ("From", "<sip:a@h>;tag=a"), ("Call-ID", "c")
    ack = Request("ACK", SipUri("h"), (from_, to, call_id, ("CSeq", "1 ACK")))
    for _ in range(2):
        a.wire.send(bytes(a.layer.with_via(ack, invite.flow)), invite.flow)
        net.run(1)
    request = weakref.ref(b.served.pop().request)
    b.heard.clear()
    assert request() is None
    a.wire.send(bytes(invite.request), invite.flow)
    net.run(1)
    assert b.served == []
    net.run(60)
    assert len(a.layer) == len(b.layer) == 0


def test_an_accepted_invite_keeps_what_makes_a_dialog_of_a_second_answer() -> None:
    """RFC 6026 clause 7.2: further 2xx are passed on until timer M; RFC 3261 clause 12.1.2."""
    net = Net()
    a = End(net, A)
    sent: list[Request] = []
    net.endpoints[B] = lambda data, flow: sent.append(asked(data))
    head = (("From", "<sip:a@h>;tag=a"), ("To", "<sip:b@h>"), ("Call-ID", "c"))
    more = (("CSeq", "7 INVITE"), ("Contact", "<sip:a@h>"), ("Content-Type", "application/sdp"))
    invite = Request("INVITE", SipUri("h"), (*head, *more), b"v=0\r\n")
    client = a.layer.request(invite, Flow("udp", *B), a.heard.append)
    net.run(0.1)
    for tag in ("first", "second"):
        a.layer.receive(respond(sent[0], 200, tag=tag), client.flow)
    answer = a.heard[-1]
    assert isinstance(answer, Received)
    assert isinstance(answer.message, Response)
    dialog = Dialog.from_response(client.request, answer.message, answer.flow)
    assert (dialog.id, dialog.local_cseq) == (("c", "a", "second"), 7)
    assert (client.last_sent, client.request.body) == (b"", b"")
    net.run(40)
    assert len(sent) == 1
    assert len(a.layer) == 0


def asked(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


def test_2xx_never_acknowledged() -> None:
    net = Net()
    a, b = End(net, A), End(net, B)
    b.answers["INVITE"] = 200
    a.ask("INVITE")
    net.run(40)
    assert b.heard == [TimedOut()]


def test_same_request_by_two_ways_is_482() -> None:
    """RFC 3261 clause 8.2.2.2."""
    net = Net()
    a, b = End(net, A), End(net, B)
    a.ask("INVITE")
    a.ask("INVITE")
    net.run(1)
    assert len(b.served) == 1
    assert 482 in a.statuses


@pytest.mark.parametrize(
    ("via", "port"),
    [
        ("SIP/2.0/UDP h:4000;rport=9;branch=x", 7777),
        ("SIP/2.0/UDP h:4000;branch=x", 4000),
        ("SIP/2.0/UDP h;branch=x", 5060),
    ],
)
def test_where_answers_go(via: str, port: int) -> None:
    """RFC 3261 clause 18.2.2, RFC 3581 clause 4."""
    assert reply_flow(Via.parse(via), Flow("udp", "192.0.2.9", 7777)).port == port
