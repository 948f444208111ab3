"""Secure addresses: a Contact that keeps the promise of TLS, and a refusal where it is broken."""

from __future__ import annotations

import pytest

from hal.leg import Party
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch)


@pytest.mark.parametrize(
    ("scheme", "transport", "contact"),
    [
        ("sip", "udp", "<sip:callbox@192.0.2.1:5060>"),
        ("sip", "tcp", "<sip:callbox@192.0.2.1:5060;transport=tcp>"),
        ("sip", "tls", "<sip:callbox@192.0.2.1:5060;transport=tls>"),
        ("sips", "tls", "<sips:callbox@192.0.2.1:5060>"),  # RFC 3261 clauses 8.1.1.8, 12.1.1
    ],
)
def test_our_contact(net: Net, box: Box, scheme: str, transport: str, contact: str) -> None:
    called = Phone(net, "201", 5071, transport=transport)
    called.scheme, called.policy = scheme, "answer"
    assert called.register().status == 200
    leg = box.agent.dial("201", Party("5551234"), timeout_s=5)
    net.run(1)
    assert called.invites[-1].request.first("Contact") == contact
    assert str(called.invites[-1].request.uri) == called.contact.strip("<>")
    leg.hold()
    net.run(1)
    assert [i.request.first("Contact") for i in called.invites] == [contact] * 2

    caller = Phone(net, "202", 5072, transport=transport)
    caller.scheme = scheme
    caller.call("600")
    box.offered[0].alert()
    net.run(0.1)
    box.offered[0].answer()
    net.run(0.1)
    assert [r.first("Contact") for r in caller.responses[-2:]] == [contact] * 2


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_secure_address_without_tls_is_refused(net: Net, box: Box, transport: str) -> None:
    phone = Phone(net, "201", 5071, transport=transport)
    phone.request("INVITE", "sips:600@192.0.2.1", body=phone.sdp())
    net.run(1)
    assert (phone.responses[-1].status, phone.responses[-1].reason) == (416, "sips needs TLS")
    assert not box.offered
