"""Ringing with PRACK (RFC 3262), by a phone on a fake clock."""

from __future__ import annotations

import pytest

from hal.leg import Cause, HangupBy, LegEvent, Party, Released, State
from hal.sip.call import SipCall
from hal.sip.message import Response
from hal.switch.face import Codec
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

INSISTS = ("Require", "100rel")


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch)


@pytest.fixture
def phone(net: Net, box: Box) -> Phone:
    return Phone(net, "201", 5071)


def calling(
    box: Box, phone: Phone, *more: tuple[str, str], offer: bool = True
) -> tuple[SipCall, list[LegEvent]]:
    body = phone.sdp() if offer else b""
    phone.request("INVITE", "sip:600@192.0.2.1", body=body)
    box.net.run(1)
    auth = ("Authorization", phone.digest("INVITE", "sip:600@192.0.2.1"))
    phone.request("INVITE", "sip:600@192.0.2.1", auth, *more, body=body)
    box.net.run(1)
    (leg,) = box.offered
    events: list[LegEvent] = []
    leg.listener = events.append
    return leg, events


def ringings(phone: Phone) -> list[Response]:
    return [r for r in phone.responses if r.status == 180]


def prack(phone: Phone, rack: str) -> int:
    """Acknowledge the ringing; the status of the answer."""
    phone.within("PRACK", ("RAck", rack))
    phone.net.run(0.2)
    return next(r.status for r in reversed(phone.responses) if r.cseq.method == "PRACK")


def test_it_is_repeated_until_acknowledged(box: Box, phone: Phone) -> None:
    leg, _ = calling(box, phone, INSISTS)
    sent = len(box.net.sent("180"))
    leg.alert()
    box.net.run(7.6)  # at 0, 0.5, 1.5, 3.5 and 7.5 s: T1 doubled each time
    assert len(box.net.sent("180")) - sent == 5
    first = ringings(phone)[0]
    assert first.values("Require") == ["100rel"]
    assert 1 <= int(first.first("RSeq") or "") < 2**31
    assert first.first("Contact") == "<sip:callbox@192.0.2.1:5060>"
    assert len({r.first("RSeq") for r in ringings(phone)}) == 1
    assert prack(phone, f"{first.first('RSeq')} 2 INVITE") == 200
    box.net.run(30)
    assert len(box.net.sent("180")) - sent == 5
    leg.answer()
    box.net.run(0.2)
    phone.ack()
    box.net.run(1)
    assert leg.state is State.ANSWERED


@pytest.mark.parametrize("rack", ["{other} 2 INVITE", "{rseq} 1 INVITE", "{rseq} 2 BYE"])
def test_a_prack_for_something_else_gets_481(box: Box, phone: Phone, rack: str) -> None:
    leg, _ = calling(box, phone, INSISTS)
    leg.alert()
    box.net.run(0.2)
    rseq = int(ringings(phone)[0].first("RSeq") or "")
    assert prack(phone, rack.format(rseq=rseq, other=rseq + 1)) == 481
    before = len(box.net.sent("180"))
    box.net.run(2)
    assert len(box.net.sent("180")) > before


@pytest.mark.parametrize("rack", ["", "1", "x 2 INVITE", "1 2"])
def test_nonsense_gets_400(box: Box, phone: Phone, rack: str) -> None:
    leg, _ = calling(box, phone, INSISTS)
    leg.alert()
    box.net.run(0.2)
    assert prack(phone, rack) == 400


def test_without_prack_the_call_is_refused(box: Box, phone: Phone) -> None:
    leg, events = calling(box, phone, INSISTS)
    leg.alert()
    box.net.run(33)
    why = "the phone insists on PRACK and sent none"
    assert events == [Released(Cause.INTERWORKING, HangupBy.FAULT, why)]
    assert phone.responses[-1].status == 500
    assert not box.switch.ports
    assert not box.agent.calls


def test_the_answer_ends_the_repeats_and_a_late_prack_is_taken(box: Box, phone: Phone) -> None:
    leg, _ = calling(box, phone, INSISTS)
    leg.alert()
    box.net.run(0.2)
    rseq = ringings(phone)[0].first("RSeq")
    sent = len(box.net.sent("180"))
    leg.answer()
    box.net.run(0.2)
    assert phone.responses[-1].status == 200
    phone.ack()
    assert prack(phone, f"{rseq} 2 INVITE") == 200
    box.net.run(40)
    assert len(box.net.sent("180")) == sent
    assert leg.state is State.ANSWERED


def test_a_caller_who_gives_up_hears_no_more_ringing(box: Box, phone: Phone) -> None:
    leg, events = calling(box, phone, INSISTS)
    leg.alert()
    box.net.run(0.2)
    (transaction,) = [t for t in phone.layer._clients.values() if t.state.value == "proceeding"]
    transaction.cancel()
    box.net.run(0.2)
    sent = len(box.net.sent("180"))
    box.net.run(40)
    assert len(box.net.sent("180")) == sent
    assert [type(e) for e in events] == [Released]


def test_without_an_offer_there_is_no_ringing_but_an_answer(box: Box, phone: Phone) -> None:
    """RFC 3262 clause 5: such a 180 would have to carry our offer."""
    leg, _ = calling(box, phone, INSISTS, offer=False)
    leg.alert()
    box.net.run(5)
    assert ringings(phone) == []
    leg.answer()
    box.net.run(0.2)
    phone.ack(phone.sdp())
    box.net.run(1)
    assert leg.state is State.ANSWERED


def test_who_only_could_gets_the_plain_ringing(box: Box, phone: Phone) -> None:
    leg, _ = calling(box, phone, ("Supported", "100rel"))
    leg.alert()
    box.net.run(5)
    (ringing,) = ringings(phone)
    assert (ringing.first("Require"), ringing.first("RSeq")) == (None, None)


def test_a_prack_in_a_call_of_ours_gets_481(box: Box, phone: Phone) -> None:
    phone.policy = "answer"
    phone.register()
    box.agent.dial("201", Party("5551234"), timeout_s=5)
    box.net.run(1)
    assert prack(phone, "1 1 INVITE") == 481


# -- early audio --------------------------------------------------------------------------------


def progresses(phone: Phone) -> list[Response]:
    return [r for r in phone.responses if r.status == 183]


def test_the_networks_tones_before_the_answer(box: Box, phone: Phone) -> None:
    leg, events = calling(box, phone)
    leg.alert()
    assert leg.progress()
    assert leg.progress()
    box.net.run(0.2)
    (progress,) = progresses(phone)
    assert b"m=audio" in progress.body
    assert progress.first("Require") is None
    assert leg.state is State.ALERTED
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("192.0.2.77", 40_000)
    leg.answer()
    box.net.run(0.2)
    assert phone.responses[-1].status == 200
    assert phone.responses[-1].body == progress.body  # RFC 3261 clause 13.2.1: one answer
    phone.ack()
    box.net.run(1)
    assert leg.state is State.ANSWERED
    assert events == []


def test_early_audio_for_who_insists_on_prack(box: Box, phone: Phone) -> None:
    """RFC 3262 clause 3: one after the other, and no 200 before the description is known."""
    leg, _ = calling(box, phone, INSISTS)
    leg.alert()
    leg.progress()
    box.net.run(0.2)
    assert progresses(phone) == []
    first = int(ringings(phone)[0].first("RSeq") or "")
    assert prack(phone, f"{first} 2 INVITE") == 200
    assert progresses(phone)[0].first("RSeq") == str(first + 1)
    leg.answer()
    box.net.run(0.2)
    assert not [r for r in phone.responses if (r.status, r.cseq.method) == (200, "INVITE")]
    assert prack(phone, f"{first + 1} 2 INVITE") == 200
    answers = [r for r in phone.responses if (r.status, r.cseq.method) == (200, "INVITE")]
    assert [a.body for a in answers] == [progresses(phone)[0].body]
    phone.ack()
    box.net.run(1)
    assert leg.state is State.ANSWERED


def test_a_call_given_up_while_its_answer_waits_for_prack(box: Box, phone: Phone) -> None:
    leg, events = calling(box, phone, INSISTS)
    leg.progress()
    leg.answer()
    leg.release()
    box.net.run(0.5)
    assert phone.responses[-1].status == 487
    assert [type(e) for e in events] == [Released]
    box.net.run(40)
    assert phone.requests == []
    assert not box.agent.calls
    assert not box.switch.ports


def test_early_audio_never_acknowledged(box: Box, phone: Phone) -> None:
    leg, events = calling(box, phone, INSISTS)
    leg.progress()
    leg.answer()
    box.net.run(33)
    assert phone.responses[-1].status == 500
    assert [type(e) for e in events] == [Released]
    assert not box.switch.ports


def test_no_early_audio_without_an_offer(box: Box, phone: Phone) -> None:
    leg, _ = calling(box, phone, offer=False)
    assert not leg.progress()
    box.net.run(0.2)
    assert progresses(phone) == []
    assert leg.state is State.OFFERED


def test_another_codec_wished_after_the_early_answer_is_offered_behind_the_ack(
    box: Box, phone: Phone
) -> None:
    wide = phone.sdp().replace(b"AVP 0 8 101", b"AVP 0 8 9 101")
    phone.call("600", wide)
    (leg,) = box.offered
    assert leg.progress()
    assert leg.media is not None
    assert leg.media.codec is not Codec.PCMU
    leg.media.wish(Codec.PCMU)
    leg.answer()
    box.net.run(0.2)
    assert phone.invites == []
    phone.ack()
    box.net.run(0.2)
    (again,) = phone.invites
    assert b"RTP/AVP 0 " in again.request.body
