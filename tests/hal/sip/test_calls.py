"""Calls between the agent and telephones of our own stack, over a net on a fake clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hal.leg import (
    Answered,
    Cause,
    Digit,
    Fault,
    HangupBy,
    Held,
    LegEvent,
    Party,
    Progress,
    Released,
    State,
    UnexpectedMove,
)
from hal.sip.call import SipCall
from hal.switch.face import Codec, DigitHeard, MediaLost, PortCounters
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

ANN = Party("5551234", "Ann")


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


def listened(leg: SipCall) -> list[LegEvent]:
    events: list[LegEvent] = []
    leg.listener = events.append
    return events


def dialled(
    box: Box, extension: str = "201", timeout_s: float = 20
) -> tuple[SipCall, list[LegEvent]]:
    leg = box.agent.dial(extension, ANN, timeout_s=timeout_s)
    events = listened(leg)
    box.net.run(1)
    return leg, events


def answered(box: Box, phone: Phone) -> tuple[SipCall, list[LegEvent]]:
    phone.policy = "answer"
    leg, events = dialled(box)
    assert events == [Answered()]
    events.clear()
    return leg, events


def offered(box: Box, phone: Phone, body: bytes | None = None) -> tuple[SipCall, list[LegEvent]]:
    phone.call("600", body)
    (leg,) = box.offered
    return leg, listened(leg)


# -- outgoing ---------------------------------------------------------------------------------


def test_rings_then_answers_then_hangs_up(box: Box, phone: Phone) -> None:
    leg, events = dialled(box)
    assert leg.state is State.RINGING
    assert events == [Progress()]
    phone.pick_up()
    box.net.run(1)
    assert events == [Progress(), Answered()]
    assert len(phone.acks) == 1
    assert leg.port is not None
    assert box.switch.rtp[leg.port] == {
        "remote": ("192.0.2.77", 40_000),
        "codec": Codec.PCMA,
        "dtmf_payload": 101,
        "send": True,
        "receive": True,
        "payload": None,
        "srtp": None,
        "rtcp": None,
    }
    leg.release(Cause.NORMAL)
    box.net.run(1)
    assert events[-1] == Released(Cause.NORMAL, HangupBy.BOX, "released")
    (bye,) = [r for r in phone.requests if r.method == "BYE"]
    assert bye.first("Reason") == "Q.850;cause=16"
    assert not box.switch.ports
    assert not box.agent.calls


def test_phone_hangs_up(box: Box, phone: Phone) -> None:
    leg, events = answered(box, phone)
    phone.within("BYE", ("Reason", "Q.850;cause=17"))
    box.net.run(1)
    assert events == [Released(Cause.USER_BUSY, HangupBy.PARTY, "BYE")]
    assert leg.state is State.RELEASED
    assert phone.responses[-1].status == 200


@pytest.mark.parametrize(
    ("policy", "cause"), [("busy", Cause.USER_BUSY), ("decline", Cause.REJECTED)]
)
def test_refused(box: Box, phone: Phone, policy: str, cause: Cause) -> None:
    phone.policy = policy
    _, events = dialled(box)
    (released,) = events
    assert isinstance(released, Released)
    assert (released.cause, released.by) == (cause, HangupBy.PARTY)
    assert not box.switch.ports


def test_no_answer_in_time_is_cancelled(box: Box, phone: Phone) -> None:
    leg, events = dialled(box, timeout_s=5)
    box.net.run(5)
    assert events[-1] == Released(Cause.NO_ANSWER, HangupBy.BOX, "no answer in 5 s")
    assert phone.cancelled == 1
    assert leg.state is State.RELEASED


def test_release_while_ringing_cancels(box: Box, phone: Phone) -> None:
    leg, events = dialled(box)
    leg.release(Cause.ANSWERED_ELSEWHERE)
    box.net.run(1)
    (cancel,) = box.net.sent("CANCEL")
    assert 'Reason: SIP;cause=200;text="Call completed elsewhere"' in cancel
    assert phone.cancelled == 1
    assert [type(e) for e in events] == [Progress, Released]


def test_cancel_waits_for_a_provisional(box: Box, phone: Phone) -> None:
    phone.policy = "later"
    leg = box.agent.dial("201", ANN, timeout_s=20)
    leg.release()
    assert box.net.sent("CANCEL") == []
    box.net.run(1)
    assert len(box.net.sent("CANCEL")) == 1  # the phone's 100 allowed it
    assert phone.cancelled == 1


def test_late_200_after_cancel_is_acknowledged_and_hung_up(box: Box, phone: Phone) -> None:
    phone.policy = "late"
    leg, events = dialled(box)
    leg.release()
    phone.pick_up()
    box.net.run(2)
    assert len(phone.acks) == 1
    assert [r.method for r in phone.requests if r.method == "BYE"] == ["BYE"]
    assert [type(e) for e in events] == [Released]


def test_early_media(box: Box, phone: Phone) -> None:
    phone.policy = "early"
    leg, events = dialled(box)
    assert events == [Progress(early_media=True)]
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("192.0.2.77", 40_000)


def test_lost_ack_is_sent_again(box: Box, phone: Phone) -> None:
    phone.policy = "ring"
    _leg, events = dialled(box)
    down = box.net.endpoints.pop(phone.address)
    phone.pick_up()
    box.net.run(0.2)
    box.net.endpoints[phone.address] = down
    box.net.run(2)
    assert phone.acks
    assert events == [Progress(), Answered()]


def test_extension_without_phone(box: Box) -> None:
    leg, events = dialled(box, "202")
    assert events == [
        Released(Cause.SUBSCRIBER_ABSENT, HangupBy.FAULT, "extension 202 is not signed in")
    ]
    assert leg.state is State.RELEASED


def test_dead_phone_becomes_unreachable(box: Box, phone: Phone) -> None:
    del box.net.endpoints[phone.address]
    _leg, events = dialled(box, timeout_s=60)
    box.net.run(40)
    assert isinstance(events[-1], Released)
    assert events[-1].cause is Cause.SUBSCRIBER_ABSENT
    assert box.registered == [("201", True), ("201", False)]
    assert not box.agent.is_reachable("201")


def test_all_phones_ring_and_the_first_wins(net: Net, box: Box, phone: Phone) -> None:
    other = Phone(net, "201", 5072)
    other.register()
    leg, events = dialled(box)
    assert len(phone.invites) == len(other.invites) == 1
    other.pick_up()
    box.net.run(1)
    assert events == [Progress(), Answered()]
    assert phone.cancelled == 1
    (cancel,) = box.net.sent("CANCEL", phone.address)
    assert 'text="Call completed elsewhere"' in cancel
    leg.release()
    box.net.run(1)
    assert [r.method for r in other.requests].count("BYE") == 1
    assert [r.method for r in phone.requests].count("BYE") == 0


def test_two_phones_answer_at_once(net: Net, box: Box, phone: Phone) -> None:
    other = Phone(net, "201", 5072)
    other.register()
    phone.policy = other.policy = "late"
    leg, events = dialled(box)
    phone.pick_up()
    other.pick_up()
    box.net.run(2)
    assert events == [Answered()]
    assert len(phone.acks) >= 1
    assert len(other.acks) >= 1
    byes = [[r.method for r in p.requests].count("BYE") for p in (phone, other)]
    assert sorted(byes) == [0, 1]
    assert leg.state is State.ANSWERED


def test_one_busy_phone_does_not_end_the_others(net: Net, box: Box, phone: Phone) -> None:
    other = Phone(net, "201", 5072)
    other.register()
    other.policy = "busy"
    leg, events = dialled(box)
    assert leg.state is State.RINGING
    assert events == [Progress()]


def test_a_caller_who_gives_up_is_a_missed_call(box: Box, phone: Phone) -> None:
    leg, _ = dialled(box)
    leg.release(Cause.NORMAL)
    box.net.run(1)
    (cancel,) = box.net.sent("CANCEL")
    assert "Reason" not in cancel


def test_declined_at_one_phone_is_no_missed_call_at_the_others(
    net: Net, box: Box, phone: Phone
) -> None:
    """RFC 3261 clause 16.7 step 5."""
    other = Phone(net, "201", 5072)
    other.register()
    other.policy = "decline"
    _, events = dialled(box)
    assert isinstance(events[-1], Released)
    (cancel,) = box.net.sent("CANCEL", phone.address)
    assert 'Reason: SIP;cause=603;text="Declined elsewhere"' in cancel


def test_outgoing_leg_cannot_be_answered_by_us(box: Box, phone: Phone) -> None:
    leg, _ = dialled(box)
    with pytest.raises(UnexpectedMove):
        leg.answer()


# -- incoming ---------------------------------------------------------------------------------


def test_phone_calls(box: Box, phone: Phone) -> None:
    leg, events = offered(box, phone)
    assert leg.state is State.OFFERED
    assert (leg.caller.number, leg.called.number) == ("201", "600")
    leg.alert()
    leg.alert()
    box.net.run(1)
    assert [r.status for r in phone.responses].count(180) == 1
    leg.answer()
    box.net.run(0.2)
    assert phone.responses[-1].status == 200
    phone.ack()
    box.net.run(1)
    assert leg.state is State.ANSWERED
    assert events == []
    leg.release()
    box.net.run(1)
    assert [r.method for r in phone.requests] == ["BYE"]
    assert not box.switch.ports


@pytest.mark.parametrize(
    ("at_once", "expected"),
    [
        (lambda call: None, [100]),
        (lambda call: call.alert(), [180]),
        (lambda call: call.answer(), [200]),
        (lambda call: call.release(), [480]),
    ],
    ids=["waits", "rings", "is answered", "is refused"],
)
def test_only_who_has_to_wait_hears_100(
    box: Box, phone: Phone, at_once: Callable[[SipCall], None], expected: list[int]
) -> None:
    """RFC 3261 clause 17.2.1: unless a response will follow within 200 ms."""
    box.at_once = at_once
    phone.call("600")
    heard = [r.status for r in phone.responses if r.cseq.method == "INVITE"]
    assert list(dict.fromkeys(heard))[-len(expected) - 1 :] == [401, *expected]


def test_wrong_password_gets_403(net: Net, box: Box) -> None:
    thief = Phone(net, "201", 5073, secret="guess")
    thief.call("600")
    assert thief.responses[-1].status == 403
    assert box.offered == []
    assert box.agent.snapshot().sign_ins_failed == 1


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (Cause.USER_BUSY, 486),
        (Cause.UNALLOCATED, 404),
        (Cause.NO_ANSWER, 480),
        (Cause.REJECTED, 403),
        (Cause.INVALID_NUMBER, 484),
        (Cause.NO_CIRCUIT, 503),
    ],
)  # RFC 3398 clause 8.2.6.1
def test_refusing_maps_the_cause(box: Box, phone: Phone, cause: Cause, status: int) -> None:
    leg, events = offered(box, phone)
    leg.release(cause)
    box.net.run(1)
    assert phone.responses[-1].status == status
    assert phone.responses[-1].first("Reason") == f"Q.850;cause={int(cause)}"
    assert events == [Released(cause, HangupBy.BOX, "released")]


def test_caller_gives_up(box: Box, phone: Phone) -> None:
    phone.call("600")
    (leg,) = box.offered
    events = listened(leg)
    invite = phone.layer._clients  # the running INVITE is the only client left
    (transaction,) = [t for t in invite.values() if t.state.value == "proceeding"]
    transaction.cancel()
    box.net.run(1)
    assert events == [Released(Cause.NORMAL, HangupBy.PARTY, "CANCEL")]
    assert phone.responses[-1].status == 487
    assert not box.switch.ports


def test_bye_of_a_caller_before_our_answer_ends_the_invite_too(box: Box, phone: Phone) -> None:
    """RFC 3261 clause 15.1.2: what is pending in the dialog gets 487."""
    leg, events = offered(box, phone)
    leg.alert()
    box.net.run(0.2)
    phone.within("BYE")
    box.net.run(1)
    assert events == [Released(Cause.NORMAL, HangupBy.PARTY, "BYE")]
    assert {(r.cseq.method, r.status) for r in phone.responses[-2:]} == {
        ("BYE", 200),
        ("INVITE", 487),
    }
    box.net.run(40)
    assert box.agent.snapshot().transactions == 0


def test_bye_waits_for_the_ack(box: Box, phone: Phone) -> None:
    leg, _ = offered(box, phone)
    leg.answer()
    leg.release()
    box.net.run(0.3)
    assert phone.requests == []
    phone.ack()
    box.net.run(1)
    assert [r.method for r in phone.requests] == ["BYE"]


def test_answer_never_acknowledged(box: Box, phone: Phone) -> None:
    leg, events = offered(box, phone)
    leg.answer()
    box.net.run(40)
    assert [type(e) for e in events] == [Released]
    assert leg.state is State.RELEASED
    assert [r.method for r in phone.requests] == ["BYE"] or "BYE" in [
        r.method for r in phone.requests
    ]


def test_offerless_invite(box: Box, phone: Phone) -> None:
    leg, events = offered(box, phone, b"")
    leg.answer()
    box.net.run(0.2)
    assert b"m=audio" in phone.responses[-1].body
    phone.ack(phone.sdp())
    box.net.run(1)
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("192.0.2.77", 40_000)
    assert events == []


def test_no_common_codec_gets_488(box: Box, phone: Phone) -> None:
    phone.call("600", phone.sdp().replace(b"0 8 101", b"18 101"))
    assert phone.responses[-1].status == 488
    assert not box.switch.ports


# -- within a call ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "c", "send", "receive"),
    [
        ("sendonly", "", False, True),
        ("inactive", "", False, False),
        ("sendrecv", "0.0.0.0", False, True),  # RFC 2543 hold
    ],
)
def test_phone_holds_and_takes_back(
    box: Box, phone: Phone, direction: str, c: str, send: bool, receive: bool
) -> None:
    leg, events = answered(box, phone)
    phone.within("INVITE", body=phone.sdp(direction, c=c))
    box.net.run(0.2)
    phone.ack()
    assert leg.state is State.HELD
    assert leg.port is not None
    assert (box.switch.rtp[leg.port]["send"], box.switch.rtp[leg.port]["receive"]) == (
        send,
        receive,
    )
    phone.within("INVITE", body=phone.sdp("sendrecv"))
    box.net.run(0.2)
    phone.ack()
    assert events == [Held(True), Held(False)]
    assert leg.state is State.ANSWERED


def test_phone_moves_its_audio(box: Box, phone: Phone) -> None:
    leg, events = answered(box, phone)
    phone.within("INVITE", body=phone.sdp(port=41_000))
    box.net.run(1)
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["remote"] == ("192.0.2.77", 41_000)
    assert events == []


def test_we_hold_and_resume(box: Box, phone: Phone) -> None:
    leg, events = answered(box, phone)
    phone.direction = "recvonly"
    leg.hold()
    box.net.run(1)
    assert leg.state is State.HELD
    assert b"a=sendonly" in phone.invites[-1].request.body
    assert leg.port is not None
    assert box.switch.rtp[leg.port]["send"] is True
    assert box.switch.rtp[leg.port]["receive"] is False
    phone.direction = "sendrecv"
    leg.resume()
    box.net.run(1)
    assert leg.state is State.ANSWERED
    assert b"a=sendrecv" in phone.invites[-1].request.body
    assert box.switch.rtp[leg.port]["receive"] is True
    assert events == []


def test_hold_then_resume_at_once_is_joined(box: Box, phone: Phone) -> None:
    leg, _ = answered(box, phone)
    leg.hold()
    leg.resume()
    box.net.run(3)
    assert b"a=sendrecv" in phone.invites[-1].request.body
    assert leg.state is State.ANSWERED


def test_glare_is_retried(box: Box, phone: Phone) -> None:
    leg, _ = answered(box, phone)
    phone.policy = "glare"
    leg.hold()
    box.net.run(1)
    assert len(phone.invites) == 2
    phone.policy = "answer"
    box.net.run(1)
    assert len(phone.invites) == 2  # RFC 3261 clause 14.1: not before 2.1 s for our Call-ID
    box.net.run(3)
    assert len(phone.invites) == 3


def test_their_offer_during_ours_gets_491(box: Box, phone: Phone) -> None:
    leg, _ = answered(box, phone)
    phone.policy = "silent"
    leg.hold()
    phone.within("INVITE", body=phone.sdp())
    box.net.run(0.5)
    assert phone.responses[-1].status == 491


def test_digits_by_info_and_switch(box: Box, phone: Phone) -> None:
    leg, events = answered(box, phone)
    relay = ("Content-Type", "application/dtmf-relay")
    phone.within("INFO", relay, body=b"Signal=5\r\nDuration=160\r\n")
    box.net.run(1)
    phone.within("INFO", relay, body=b"Signal= 11\r\n")
    box.net.run(1)
    assert leg.port is not None
    leg.digit_heard(DigitHeard(leg.port, "7", "rfc4733"))
    assert events == [Digit("5", "info"), Digit("#", "info"), Digit("7", "rfc4733")]
    leg.send_digits("12#")
    assert box.switch.named("send_digits") == [(leg.port, "12#")]


def test_audio_lost_and_phone_gone(box: Box, phone: Phone) -> None:
    leg, events = answered(box, phone)
    del box.net.endpoints[phone.address]
    assert leg.port is not None
    leg.media_lost(MediaLost(leg.port, 5000))
    box.net.run(10)  # the caller listens to silence meanwhile
    assert isinstance(events[0], Fault)
    assert isinstance(events[-1], Released)
    assert events[-1].by is HangupBy.FAULT


def test_audio_lost_but_phone_there(box: Box, phone: Phone) -> None:
    leg, events = answered(box, phone)
    assert leg.port is not None
    leg.media_lost(MediaLost(leg.port, 5000))
    box.net.run(40)
    assert [type(e) for e in events] == [Fault]
    assert leg.state is State.ANSWERED


def asked_within(leg: SipCall, phone: Phone) -> int:
    asked = [request for request in phone.requests if request.method == "OPTIONS"]
    return sum(request.call_id == leg.call_id for request in asked)


@pytest.mark.parametrize("by_phone", [True, False], ids=["by the phone", "by us"])
def test_a_phone_that_dies_while_the_call_is_held(box: Box, phone: Phone, by_phone: bool) -> None:
    leg, events = answered(box, phone)
    if by_phone:
        phone.within("INVITE", body=phone.sdp(direction="inactive"))
    else:
        leg.hold()
    box.net.run(20)
    assert leg.state is State.HELD
    assert asked_within(leg, phone) == 1
    del box.net.endpoints[phone.address]
    box.net.run(30)
    assert isinstance(events[-1], Released)
    assert (events[-1].by, leg.state) == (HangupBy.FAULT, State.RELEASED)


def test_a_phone_that_has_forgotten_a_held_call(box: Box, phone: Phone) -> None:
    leg, events = answered(box, phone)
    phone.within("INVITE", body=phone.sdp(direction="inactive"))
    phone.refusals["OPTIONS"] = 481  # it was started anew
    box.net.run(16)
    assert isinstance(events[-1], Released)
    assert leg.state is State.RELEASED


def test_a_phone_that_is_heard_again_is_asked_no_more(box: Box, phone: Phone) -> None:
    leg, _ = answered(box, phone)
    assert leg.port is not None
    phone.within("INVITE", body=phone.sdp(direction="inactive"))
    box.net.run(20)
    phone.within("INVITE", body=phone.sdp())
    box.switch.measured[leg.port] = PortCounters(
        leg.port, "rtp", 500, 500, 0, 0, 0, 0, 1.5, -21.0, -22.0, 0.0, codec=Codec.PCMA
    )
    box.net.run(60)
    assert asked_within(leg, phone) == 1


def test_old_cseq_is_refused(box: Box, phone: Phone) -> None:
    answered(box, phone)
    phone.cseq = 50
    phone.within("INFO", ("Content-Type", "application/dtmf"), body=b"5")
    box.net.run(1)
    phone.cseq = 10
    phone.within("INFO", ("Content-Type", "application/dtmf"), body=b"5")
    box.net.run(1)
    assert [r.status for r in phone.responses[-2:]] == [200, 500]


def test_unknown_dialog_gets_481(box: Box, phone: Phone) -> None:
    leg, _ = answered(box, phone)
    leg.release()
    box.net.run(1)
    phone.within("INFO", ("Content-Type", "application/dtmf"), body=b"5")
    box.net.run(1)
    assert phone.responses[-1].status == 481


# -- a bad wire -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_calls_survive_loss_repeats_and_reordering(switch: FakeSwitch, seed: int) -> None:
    """One call out and one in, 20 % lost and 20 % doubled: both end clean, each event once."""
    net = Net(seed)
    box = Box(net, switch, qualify_s=1e6)
    phone = Phone(net, "201", 5071)
    phone.register()
    net.loss = net.repeat = 0.2
    phone.policy = "answer"
    leg = box.agent.dial("201", ANN, timeout_s=60)
    events = listened(leg)
    net.run(20)
    assert events == [Answered()]
    leg.release()
    net.run(40)
    assert [r.method for r in phone.requests].count("BYE") == 1
    assert [type(e) for e in events] == [Answered, Released]
    net.run(70)
    assert box.agent.snapshot().transactions == 0
    assert not switch.ports
