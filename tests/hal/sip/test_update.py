"""UPDATE within a call (RFC 3311): changes without an ACK, before and after the answer."""

from __future__ import annotations

import pytest

from hal.leg import Held, LegEvent, Party
from hal.sip.call import SipCall
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch)


@pytest.fixture
def phone(net: Net, box: Box) -> Phone:
    phone = Phone(net, "201", 5071)
    assert phone.register().status == 200
    return phone


def talking(box: Box, phone: Phone) -> tuple[SipCall, list[LegEvent]]:
    phone.policy = "answer"
    leg = box.agent.dial("201", Party("5551234"), timeout_s=20)
    box.net.run(1)
    events: list[LegEvent] = []
    leg.listener = events.append
    events.clear()
    return leg, events


def ringing(box: Box, phone: Phone, body: bytes | None = None) -> tuple[SipCall, str]:
    """The phone calls and hears ringing; the leg, and our tag."""
    phone.call("600", body)
    (leg,) = box.offered
    leg.alert()
    box.net.run(0.1)
    assert phone.responses[-1].status == 180
    return leg, phone.responses[-1].to.tag


def test_a_phone_holds_and_moves_by_update(box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    phone.within("UPDATE", body=phone.sdp("sendonly"))
    box.net.run(1)
    assert phone.responses[-1].status == 200
    assert b"a=recvonly" in phone.responses[-1].body
    phone.within("UPDATE", body=phone.sdp(port=40_002))
    box.net.run(1)
    assert events[-2:] == [Held(True), Held(False)]
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("192.0.2.77", 40_002)


def test_without_a_body_it_moves_the_contact_only(net: Net, box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    before = dict(box.switch.rtp)
    phone.within("UPDATE")
    box.net.run(1)
    answer = phone.responses[-1]
    assert (answer.status, answer.body) == (200, b"")
    assert answer.first("Contact") == "<sip:callbox@192.0.2.1:5060>"
    assert events == []
    assert dict(box.switch.rtp) == before
    assert leg.dialog is not None
    assert str(leg.dialog.target) == phone.contact.strip("<>")


def test_it_is_in_allow(box: Box, phone: Phone) -> None:
    talking(box, phone)
    assert "UPDATE" in (phone.invites[-1].request.first("Allow") or "")


def test_no_common_codec_leaves_the_call_as_it_was(box: Box, phone: Phone) -> None:
    leg, _ = talking(box, phone)
    assert leg.port is not None
    before = dict(box.switch.rtp[leg.port])
    phone.within("UPDATE", body=phone.sdp().replace(b"RTP/AVP 0 8 101", b"RTP/AVP 18"))
    box.net.run(1)
    assert phone.responses[-1].status == 488
    assert box.switch.rtp[leg.port] == before


def test_their_offer_during_ours_gets_491(box: Box, phone: Phone) -> None:
    leg, _ = talking(box, phone)
    phone.policy = "ring"  # our re-INVITE stays without a final response
    leg.hold()
    box.net.run(0.2)
    phone.within("UPDATE", body=phone.sdp())
    box.net.run(0.2)
    assert phone.responses[-1].status == 491


def test_an_offer_before_our_answer_comes_too_early(box: Box, phone: Phone) -> None:
    """RFC 3311 clause 5.2: 500 with a random Retry-After of 0 to 10 seconds."""
    _, tag = ringing(box, phone)
    phone.within("UPDATE", body=phone.sdp("sendonly"))
    box.net.run(0.2)
    assert phone.responses[-1].to.tag == tag
    assert phone.responses[-1].status == 500
    assert 0 <= int(phone.responses[-1].first("Retry-After") or "-1") <= 10


def test_an_offer_before_the_answer_to_ours_gets_491(box: Box, phone: Phone) -> None:
    leg, _ = ringing(box, phone, b"")
    leg.answer()
    box.net.run(0.2)
    assert phone.responses[-1].status == 200
    phone.within("UPDATE", body=phone.sdp("sendonly"))
    box.net.run(0.2)
    assert 491 in [r.status for r in phone.responses]
    phone.ack(phone.sdp())
    box.net.run(0.2)
    phone.within("UPDATE", body=phone.sdp("sendonly"))
    box.net.run(0.2)
    assert phone.responses[-1].status == 200
    assert phone.responses[-1].cseq.method == "UPDATE"


@pytest.mark.parametrize("to", ["<sip:box@192.0.2.1>", "<sip:box@192.0.2.1>;tag=gone"])
def test_without_a_call(box: Box, phone: Phone, to: str) -> None:
    phone.request("UPDATE", "sip:box@192.0.2.1", to=to)
    box.net.run(1)
    assert phone.responses[-1].status == 481
