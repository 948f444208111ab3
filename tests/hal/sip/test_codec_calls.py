"""Codecs and keys in whole calls: which offers go out, who is asked to change, who refuses."""

from __future__ import annotations

import pytest

from hal.leg import Answered, Fault, LegEvent, Party, Released, State
from hal.sip.call import SipCall
from hal.sip.sdes import Crypto
from hal.sip.sdp import Sdp
from hal.switch.face import Codec
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

ANN = Party("5551234", "Ann")
KEY = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 {str(Crypto(1, 'x', bytes(30))).split()[2]}\r\n"


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch)


def signed_in(net: Net, user: str, port: int) -> Phone:
    phone = Phone(net, user, port)
    assert phone.register().status == 200
    return phone


@pytest.fixture
def phone(net: Net, box: Box) -> Phone:
    return signed_in(net, "201", 5071)


@pytest.fixture
def other(net: Net, box: Box) -> Phone:
    return signed_in(net, "202", 5072)


def sdp(phone: Phone, *formats: int, proto: str = "RTP/AVP", more: str = "") -> bytes:
    """What the phone can do, dynamic types being Opus."""
    listed = " ".join(map(str, formats))
    opus = "".join(f"a=rtpmap:{n} opus/48000/2\r\n" for n in formats if n > 95)
    ip = phone.address[0]
    return (
        f"v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
        f"m=audio {phone.address[1] + 10_000} {proto} {listed}\r\n{opus}{more}"
    ).encode()


def offers(phone: Phone) -> list[str]:
    """The m= lines of the INVITEs it got, without the port."""
    heads = [Sdp.parse(i.request.body).streams[0].head.split() for i in phone.invites]
    return [" ".join((proto, *formats)) for _, _, proto, *formats in heads]


def listened(leg: SipCall) -> list[LegEvent]:
    events: list[LegEvent] = []
    leg.listener = events.append
    return events


def spoken(box: Box, leg: SipCall) -> Codec:
    assert leg.port is not None
    codec: Codec = box.switch.rtp[leg.port]["codec"]
    return codec


def answer(box: Box, phone: Phone, leg: SipCall) -> None:
    leg.answer()
    box.net.run(0.2)
    phone.ack()
    box.net.run(0.2)


def test_two_phones_come_to_one_codec_before_the_answer(
    box: Box, phone: Phone, other: Phone
) -> None:
    phone.call("202", sdp(phone, 0, 111, 9))
    (caller,) = box.offered
    called = box.agent.dial("202", ANN, timeout_s=20, like=caller)
    events = listened(called)
    box.net.run(1)
    assert offers(other) == ["RTP/AVP 107 9 0 8 101"]
    other.reply(200, sdp(other, 9, 0))
    box.net.run(1)
    assert events[-1] == Answered()
    caller.match(called)
    called.match(caller)
    answer(box, phone, caller)
    assert spoken(box, caller) is spoken(box, called) is Codec.G722
    assert len(other.invites) == 1  # nobody was asked twice


def talking_plainly(box: Box, phone: Phone, other: Phone) -> tuple[SipCall, SipCall]:
    """Two calls, answered in A-law because they talked with lines."""
    calls = []
    for one in (phone, other):
        one.call("600", sdp(one, 8, 9))
        leg = box.offered[-1]
        leg.match(NotAPhone())  # type: ignore[arg-type] # a leg of another kind is all that counts
        answer(box, one, leg)
        one.policy = "hold"  # nothing by itself
        calls.append(leg)
    assert {spoken(box, leg) for leg in calls} == {Codec.PCMA}
    return calls[0], calls[1]


class NotAPhone:
    """A line's leg."""


def test_in_the_middle_of_a_call_both_are_asked_to_change(
    box: Box, phone: Phone, other: Phone
) -> None:
    one, two = talking_plainly(box, phone, other)
    one.match(two)
    two.match(one)
    box.net.run(0.5)
    assert offers(phone) == offers(other) == ["RTP/AVP 9 101"]
    for each in (phone, other):
        each.reply(200, sdp(each, 9))
    box.net.run(0.5)
    assert spoken(box, one) is spoken(box, two) is Codec.G722
    assert (one.state, two.state) == (State.ANSWERED, State.ANSWERED)


def test_a_phone_that_refuses_to_change_goes_on_as_before(
    box: Box, phone: Phone, other: Phone
) -> None:
    one, two = talking_plainly(box, phone, other)
    events = listened(one)
    one.match(two)
    box.net.run(0.5)
    phone.reply(488)
    other.reply(200, sdp(other, 9))
    box.net.run(0.5)
    assert [type(event) for event in events] == [Fault]
    assert (spoken(box, one), one.state) == (Codec.PCMA, State.ANSWERED)
    one.match(two)
    box.net.run(0.5)
    assert len(phone.invites) == 1  # not again


def test_a_hold_does_not_change_the_codec(box: Box, phone: Phone, other: Phone) -> None:
    one, _ = talking_plainly(box, phone, other)
    one.hold()
    box.net.run(0.5)
    assert offers(phone) == ["RTP/AVP 8 101"]


def test_a_change_and_a_hold_at_once_are_one_wish(box: Box, phone: Phone, other: Phone) -> None:
    one, two = talking_plainly(box, phone, other)
    one.match(two)
    one.hold()
    box.net.run(0.5)
    assert len(phone.invites) == 1
    phone.reply(200, sdp(phone, 9))
    box.net.run(0.5)
    assert offers(phone) == ["RTP/AVP 9 101"] * 2
    assert b"a=sendonly" in phone.invites[-1].request.body
    phone.reply(200, sdp(phone, 9, more="a=recvonly\r\n"))
    box.net.run(0.5)
    assert (spoken(box, one), one.state) == (Codec.G722, State.HELD)


def test_glare_does_not_lose_the_wish(box: Box, phone: Phone, other: Phone) -> None:
    one, two = talking_plainly(box, phone, other)
    one.match(two)
    box.net.run(0.1)
    phone.reply(491)
    box.net.run(4)
    assert offers(phone) == ["RTP/AVP 9 101"] * 2


def test_an_answer_without_an_offer_before(box: Box, phone: Phone, other: Phone) -> None:
    """INVITE without SDP: ours is offered, best first for whom it will talk with."""
    other.policy = "silent"
    called = box.agent.dial("202", ANN, timeout_s=20)
    box.net.run(1)
    other.reply(200, sdp(other, 9, 0))
    box.net.run(1)
    phone.call("202", b"")
    (caller,) = box.offered
    caller.match(called)
    caller.answer()
    box.net.run(0.2)
    head = Sdp.parse(phone.responses[-1].body).streams[0].formats
    assert head[0] == str(spoken(box, called).value)
    phone.ack(sdp(phone, int(head[0])))
    box.net.run(0.5)
    assert spoken(box, caller) is spoken(box, called)


@pytest.mark.parametrize("first", [8, 0, 9, 107])
def test_early_audio_in_any_codec(box: Box, phone: Phone, first: int) -> None:
    leg = box.agent.dial("201", ANN, timeout_s=20)
    box.net.run(0.5)
    phone.reply(183, sdp(phone, first))
    box.net.run(0.5)
    assert spoken(box, leg).value == first
    phone.reply(200, sdp(phone, 8))
    box.net.run(0.5)
    assert spoken(box, leg) is Codec.PCMA


def test_a_phone_that_moves_to_another_network(box: Box, phone: Phone) -> None:
    phone.call("600", sdp(phone, 9, 8))
    (leg,) = box.offered
    answer(box, phone, leg)
    moved = sdp(phone, 9, 8).replace(b"192.0.2.77", b"198.51.100.7")
    phone.within("INVITE", body=moved)
    box.net.run(0.3)
    phone.ack()
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("198.51.100.7", 15_071)
    assert spoken(box, leg) is Codec.G722


# -- keys -------------------------------------------------------------------------------------


def test_a_phone_that_encrypts_is_called_as_it_calls(box: Box, phone: Phone) -> None:
    phone.call("600", sdp(phone, 8, proto="RTP/SAVP", more=KEY))
    (leg,) = box.offered
    answer(box, phone, leg)
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["srtp"].theirs == bytes(30)
    box.agent.dial("201", ANN, timeout_s=20)
    box.net.run(0.5)
    assert offers(phone) == ["RTP/SAVP 8 0 9 107 101"]


@pytest.mark.parametrize(("proto", "asked"), [("RTP/SAVP", 2), ("RTP/SAVPF", 3)])
def test_a_phone_that_insists_is_asked_again_at_once(
    box: Box, phone: Phone, proto: str, asked: int
) -> None:
    """And the next time so from the beginning."""
    phone.policy = "hold"
    leg = box.agent.dial("201", ANN, timeout_s=20)
    events = listened(leg)
    for _ in range(asked - 1):
        box.net.run(0.5)
        phone.reply(488)
    box.net.run(0.5)
    assert [offer.split()[0] for offer in offers(phone)][-1] == proto
    phone.reply(200, sdp(phone, 8, proto=proto, more=KEY))
    box.net.run(0.5)
    assert events == [Answered()]
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["srtp"].theirs == bytes(30)
    leg.release()
    box.net.run(1)
    box.agent.dial("201", ANN, timeout_s=20)
    box.net.run(0.5)
    assert len(offers(phone)) == asked + 1
    assert offers(phone)[-1].startswith(proto)


def test_a_phone_that_wants_nothing_of_it_fails_once_all_was_tried(box: Box, phone: Phone) -> None:
    phone.policy = "hold"
    leg = box.agent.dial("201", ANN, timeout_s=20)
    events = listened(leg)
    for _ in range(3):
        box.net.run(0.5)
        phone.reply(488)
    box.net.run(0.5)
    assert [type(event) for event in events] == [Released]
    assert len(phone.invites) == 3
    assert not box.switch.ports


def test_a_plain_answer_to_an_encrypted_offer_ends_the_call(box: Box, phone: Phone) -> None:
    phone.call("600", sdp(phone, 8, proto="RTP/SAVP", more=KEY))
    box.offered[0].release()
    leg = box.agent.dial("201", ANN, timeout_s=20)
    events = listened(leg)
    box.net.run(0.5)
    phone.reply(200, sdp(phone, 8))
    box.net.run(0.5)
    assert isinstance(events[-1], Released)
    assert "RTP/AVP" in events[-1].why
    assert [request.method for request in phone.requests].count("BYE") == 1
