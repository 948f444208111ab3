"""Messages that cross: the race conditions of RFC 5407, by its clauses, and forks and glare.

The phone's side is written out message by message where our own transaction layer would not let it
misbehave or be late.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from hal.leg import Answered, Cause, HangupBy, LegEvent, Party, Released, State
from hal.sip.call import SipCall
from hal.sip.message import Request, respond
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch, qualify_s=1e6)


@pytest.fixture
def phone(net: Net, box: Box) -> Phone:
    phone = Phone(net, "201", 5071)
    assert phone.register().status == 200
    return phone


def heard_from(leg: SipCall) -> list[LegEvent]:
    events: list[LegEvent] = []
    leg.listener = events.append
    return events


def offered(box: Box, phone: Phone, body: bytes | None = None) -> tuple[SipCall, list[LegEvent]]:
    """The phone calls."""
    phone.call("600", body)
    (leg,) = box.offered
    return leg, heard_from(leg)


def called(box: Box, phone: Phone, policy: str) -> tuple[SipCall, list[LegEvent]]:
    """The box calls the phone."""
    phone.policy = policy
    leg = box.agent.dial("201", Party("5551234"), timeout_s=20)
    events = heard_from(leg)
    box.net.run(1)
    return leg, events


def answers(phone: Phone, method: str) -> list[int]:
    return [r.status for r in phone.responses if r.cseq.method == method]


def send(phone: Phone, data: bytes) -> None:
    """Octets past the phone's own transactions."""
    phone.layer.wire.send(data, phone.flow)


def is_clean(box: Box) -> bool:
    """Nothing is left once everything has run out."""
    box.net.run(80)
    return not box.switch.ports and not box.agent.calls and not box.agent.snapshot().transactions


# -- RFC 5407 clause 3.1: the dialog is not there yet, or not for both --------------------------


def test_3_1_1_the_invite_again_while_it_rings(box: Box, phone: Phone) -> None:
    sent = phone.call("600")
    (leg,) = box.offered
    leg.alert()
    box.net.run(0.2)
    ringings = answers(phone, "INVITE").count(180)
    send(phone, bytes(sent.request))
    box.net.run(0.2)
    assert len(box.offered) == 1
    assert answers(phone, "INVITE").count(180) == ringings + 1


def test_3_1_2_cancel_crosses_our_200(box: Box, phone: Phone) -> None:
    """The call stands: the phone has to hang up with BYE."""
    sent = phone.call("600")
    (leg,) = box.offered
    events = heard_from(leg)
    leg.answer()
    sent.cancel()
    box.net.run(0.5)
    assert answers(phone, "INVITE")[-1] == 200
    assert events == []
    phone.ack()
    box.net.run(0.2)
    phone.within("BYE")
    box.net.run(0.2)
    assert events == [Released(Cause.NORMAL, HangupBy.PARTY, "BYE")]
    assert is_clean(box)


def test_3_1_3_bye_in_an_early_dialog(box: Box, phone: Phone) -> None:
    leg, events = offered(box, phone)
    leg.alert()
    box.net.run(0.2)
    phone.within("BYE")
    box.net.run(0.2)
    assert (answers(phone, "BYE"), answers(phone, "INVITE")[-1]) == ([200], 487)
    assert [type(e) for e in events] == [Released]


def test_3_1_4_re_invite_overtakes_the_ack(box: Box, phone: Phone) -> None:
    """Offer and answer were exchanged, so that another may begin."""
    leg, _ = offered(box, phone)
    leg.answer()
    box.net.run(0.2)
    phone.within("INVITE", body=phone.sdp(port=41_000))
    box.net.run(0.2)
    assert answers(phone, "INVITE")[-1] == 200
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("192.0.2.77", 41_000)


def test_3_1_4_re_invite_overtakes_the_ack_with_the_answer(box: Box, phone: Phone) -> None:
    """Our 200 carried the offer and its answer is still to come: 491."""
    leg, _ = offered(box, phone, b"")
    leg.answer()
    box.net.run(0.2)
    phone.within("INVITE", body=phone.sdp())
    box.net.run(0.2)
    assert answers(phone, "INVITE")[-1] == 491
    assert leg.state is State.ANSWERED


def test_3_1_5_bye_overtakes_the_ack(box: Box, phone: Phone) -> None:
    leg, events = offered(box, phone)
    leg.answer()
    box.net.run(0.2)
    phone.within("BYE")
    box.net.run(0.2)
    assert answers(phone, "BYE") == [200]
    assert events == [Released(Cause.NORMAL, HangupBy.PARTY, "BYE")]
    phone.ack()
    assert is_clean(box)
    assert phone.requests == []  # and no BYE of ours behind it


# -- clause 3.2: one side has hung up -----------------------------------------------------------


def test_3_2_1_both_hang_up(box: Box, phone: Phone) -> None:
    leg, events = called(box, phone, "answer")
    phone.within("BYE")
    leg.release()
    box.net.run(1)
    assert answers(phone, "BYE")[0] in (200, 481)
    assert [type(e) for e in events] == [Answered, Released]
    assert [r.method for r in phone.requests].count("BYE") == 1
    assert is_clean(box)


def test_3_2_2_re_invite_behind_our_bye(box: Box, phone: Phone) -> None:
    leg, _ = called(box, phone, "answer")
    phone.within("INVITE", body=phone.sdp("sendonly"))
    leg.release()
    box.net.run(1)
    assert answers(phone, "INVITE") == [481]
    assert is_clean(box)


def test_3_2_3_the_answer_to_our_re_invite_behind_their_bye(box: Box, phone: Phone) -> None:
    """It is acknowledged although the call is over."""
    leg, events = called(box, phone, "answer")
    phone.policy = "later"
    leg.hold()
    box.net.run(0.2)
    phone.within("BYE")
    box.net.run(0.2)
    acks = len(phone.acks)
    phone.pick_up()
    box.net.run(1)
    assert len(phone.acks) > acks
    assert [type(e) for e in events] == [Answered, Released]
    assert is_clean(box)


def test_3_2_4_bye_behind_a_re_invite_that_is_not_answered(box: Box, phone: Phone) -> None:
    leg, _ = called(box, phone, "answer")
    phone.policy = "later"
    leg.hold()
    leg.release()
    box.net.run(1)
    assert [r.method for r in phone.requests][-1] == "BYE"
    phone.reply(487)
    assert is_clean(box)


# -- clause 3.3: other crossings ----------------------------------------------------------------


def test_3_3_both_change_the_audio_at_once(box: Box, phone: Phone) -> None:
    """491 both ways, and ours is repeated after the longer wait: we chose the Call-ID (14.1)."""
    leg, _ = called(box, phone, "answer")
    phone.policy = "later"
    leg.hold()
    phone.within("INVITE", body=phone.sdp("sendonly"))
    box.net.run(0.2)
    assert answers(phone, "INVITE") == [491]
    phone.reply(491)
    phone.policy, phone.direction = "answer", "recvonly"
    box.net.run(1)
    asked = len(phone.invites)
    phone.within("INVITE", body=phone.sdp())  # the phone's turn comes first
    box.net.run(0.2)
    phone.ack()
    assert answers(phone, "INVITE")[-1] == 200
    box.net.run(3)
    assert len(phone.invites) == asked + 1
    assert leg.state is State.HELD


def test_3_3_refer_while_our_re_invite_is_out(box: Box, phone: Phone) -> None:
    """REFER has nothing to do with the audio: it is taken."""
    leg, events = called(box, phone, "answer")
    phone.policy = "later"
    leg.hold()
    box.net.run(0.2)
    phone.within("REFER", ("Refer-To", "<sip:305@192.0.2.1>"))
    box.net.run(0.3)
    assert answers(phone, "REFER") == [202]
    assert [r.method for r in phone.requests].count("NOTIFY") == 1
    assert len(events) == 2


def test_notify_crosses_their_bye(box: Box, phone: Phone) -> None:
    leg, _ = called(box, phone, "answer")
    phone.within("REFER", ("Refer-To", "<sip:305@192.0.2.1>"))
    phone.within("BYE")
    phone.refusals["NOTIFY"] = 481  # it has forgotten the call
    box.net.run(1)
    assert [r.method for r in phone.requests].count("NOTIFY") <= 1
    assert leg.state is State.RELEASED
    box.net.run(400)
    assert is_clean(box)


# -- forks ---------------------------------------------------------------------------------------


def test_two_answers_behind_one_address(box: Box, phone: Phone) -> None:
    """A proxy forked our INVITE: each 200 makes a dialog; the second is hung up (13.2.2.4)."""
    leg, events = called(box, phone, "later")
    phone.pick_up()
    box.net.run(0.2)
    invite = phone.invites[-1].request
    second = respond(
        invite, 200, ("Contact", phone.contact), ("Content-Type", "application/sdp"),
        tag="fork", body=phone.sdp(port=42_000),
    )  # fmt: skip
    send(phone, bytes(second))
    box.net.run(0.5)
    assert events == [Answered()]
    byes = [r for r in phone.requests if r.method == "BYE"]
    assert [bye.to.tag for bye in byes] == ["fork"]
    assert {ack.to.tag for ack in phone.acks} == {phone.tag, "fork"}
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("192.0.2.77", 40_000)


def test_rings_with_one_tag_and_answers_with_another(box: Box, phone: Phone) -> None:
    leg, events = called(box, phone, "later")
    phone.reply(180)
    box.net.run(0.2)
    phone.tag = "another"
    phone.pick_up()
    box.net.run(0.2)
    assert isinstance(events[-1], Answered)
    leg.release()
    box.net.run(0.5)
    assert [r.to.tag for r in phone.requests if r.method == "BYE"] == ["another"]


def test_ringing_behind_the_answer_changes_nothing(box: Box, phone: Phone) -> None:
    leg, events = called(box, phone, "later")
    invite = phone.invites[-1].request
    phone.pick_up()
    box.net.run(0.2)
    send(phone, bytes(respond(invite, 180, ("Contact", phone.contact), tag=phone.tag)))
    box.net.run(0.2)
    assert events == [Answered()]
    assert leg.state is State.ANSWERED


# -- a phone that moves --------------------------------------------------------------------------


def moved(net: Net, phone: Phone) -> Phone:
    """The same telephone in the same call, behind another address (Wi-Fi changed)."""
    new = Phone(net, phone.user, 5099)
    phone._know_the_dialog()
    new.tag, new.cseq, new.policy = phone.tag, phone.cseq, phone.policy
    new.dialog_headers, new.target = phone.dialog_headers, phone.target
    del net.endpoints[phone.address]
    return new


def test_re_invite_from_another_address(net: Net, box: Box, phone: Phone) -> None:
    """RFC 3261 clause 12.2.2: the target is refreshed; audio and BYE follow it."""
    leg, events = called(box, phone, "answer")
    new = moved(net, phone)
    offer = new.sdp(port=43_000, c="192.0.2.99")
    new.within("INVITE", body=offer)
    box.net.run(0.3)
    assert answers(new, "INVITE") == [200]
    new.ack()
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("192.0.2.99", 43_000)
    leg.hold()
    box.net.run(0.5)
    assert str(new.invites[-1].request.uri) == "sip:201@192.0.2.77:5099"
    leg.release()
    box.net.run(0.5)
    assert new.requests[-1].method == "BYE"
    assert [type(e) for e in events] == [Answered, Released]


def test_an_old_packet_of_the_old_address_does_not_move_it_back(
    net: Net, box: Box, phone: Phone
) -> None:
    leg, _ = called(box, phone, "answer")
    old = phone.within("INVITE", body=phone.sdp())
    box.net.run(0.3)
    phone.ack()
    new = moved(net, phone)
    new.within("INVITE", body=new.sdp(port=43_000))
    box.net.run(0.3)
    new.ack()
    late = Request(old.request.method, old.request.uri, _another_branch(old.request))
    send(phone, bytes(replace(late, body=phone.sdp(port=44_000))))
    box.net.run(0.3)
    leg.release()
    box.net.run(0.5)
    assert new.requests[-1].method == "BYE"


def _another_branch(request: Request) -> tuple[tuple[str, str], ...]:
    via = ("Via", "SIP/2.0/UDP 192.0.2.77:5071;branch=z9hG4bKlate;rport")
    return (via, *(h for h in request.headers if h[0] != "Via"))
