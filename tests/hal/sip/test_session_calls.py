"""Calls with session timers (RFC 4028) between the agent and telephones of our own stack."""

from __future__ import annotations

import pytest

from hal.leg import Cause, Fault, HangupBy, LegEvent, Party, Released, State
from hal.sip.call import SipCall
from hal.sip.message import Request
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

TIMER = ("Supported", "timer")


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch)


@pytest.fixture
def phone(net: Net, box: Box) -> Phone:
    phone = Phone(net, "201", 5071)
    phone.policy = "answer"
    assert phone.register(7200).status == 200
    return phone


def expires(text: str) -> tuple[str, str]:
    return "Session-Expires", text


def dialled(box: Box, seconds: float = 1) -> tuple[SipCall, list[LegEvent]]:
    leg = box.agent.dial("201", Party("5551234"), timeout_s=20)
    events: list[LegEvent] = []
    leg.listener = events.append
    box.net.run(seconds)
    assert leg.state is State.ANSWERED
    events.clear()
    return leg, events


def called(box: Box, phone: Phone, *more: tuple[str, str]) -> tuple[SipCall, list[LegEvent]]:
    """The phone calls with these headers and is answered."""
    phone.request("INVITE", "sip:600@192.0.2.1", body=phone.sdp())
    box.net.run(1)
    auth = ("Authorization", phone.digest("INVITE", "sip:600@192.0.2.1"))
    phone.request("INVITE", "sip:600@192.0.2.1", auth, *more, body=phone.sdp())
    box.net.run(1)
    (leg,) = box.offered
    events: list[LegEvent] = []
    leg.listener = events.append
    leg.answer()
    box.net.run(0.2)
    assert phone.responses[-1].status == 200
    phone.ack()
    box.net.run(1)
    return leg, events


def updates(phone: Phone) -> list[Request]:
    return [r for r in phone.requests if r.method == "UPDATE"]


# -- we call ----------------------------------------------------------------------------------


def test_the_call_of_clause_13(box: Box, phone: Phone) -> None:
    """Two hops find the interval too small; the caller renews by UPDATE at half of 4000 s."""
    phone.too_brief = [3600, 4000]
    phone.extra = (expires("4000;refresher=uac"), ("Allow", "INVITE, UPDATE"))
    leg, events = dialled(box)
    asked = [i.request for i in phone.invites]
    assert [(i.first("Session-Expires"), i.first("Min-SE")) for i in asked] == [
        ("1800", None),
        ("3600", "3600"),
        ("4000", "4000"),
    ]
    assert [i.cseq.number for i in asked] == [1, 2, 3]
    assert len({(i.call_id, i.from_.tag) for i in asked}) == 1
    assert all(i.values("Supported")[0] == "timer" for i in asked)
    box.net.run(2000)
    (update,) = updates(phone)
    assert update.first("Session-Expires") == "4000;refresher=uac"
    assert update.first("Min-SE") == "4000"
    assert update.body == b""
    assert update.cseq.number == 4
    box.net.run(6000)
    assert len(updates(phone)) == 4
    assert events == []
    assert leg.state is State.ANSWERED


def test_without_update_it_renews_by_an_offer_that_changes_nothing(box: Box, phone: Phone) -> None:
    phone.extra = (expires("90;refresher=uac"), ("Allow", "INVITE, ACK, BYE"))
    leg, events = dialled(box)
    first = phone.invites[0].request
    box.net.run(45)
    again = phone.invites[1].request
    assert again.first("Session-Expires") == "90;refresher=uac"
    # The same description to the letter: no new version (RFC 3264 clause 8).
    assert again.body == first.body
    box.net.run(200)
    assert len(phone.invites) >= 5
    assert events == []
    assert leg.state is State.ANSWERED


def test_a_phone_without_timers_is_left_alone(box: Box, phone: Phone) -> None:
    leg, events = dialled(box)
    box.net.run(7000)
    assert (len(phone.invites), updates(phone), events) == (1, [], [])
    assert leg.state is State.ANSWERED


def test_a_phone_that_should_renew_and_does_not_loses_the_call(box: Box, phone: Phone) -> None:
    phone.extra = (expires("90;refresher=uas"),)
    leg, events = dialled(box)
    box.net.run(70)
    why = "the phone did not renew the call within 90 s"
    assert events == [Released(Cause.TEMPORARY_FAILURE, HangupBy.FAULT, why)]
    assert [r.method for r in phone.requests if r.method != "OPTIONS"] == ["INVITE", "BYE"]
    assert leg.state is State.RELEASED
    assert not box.switch.ports
    box.net.run(2000)
    assert updates(phone) == []


def test_the_phone_renews_in_time(box: Box, phone: Phone) -> None:
    phone.extra = (expires("90;refresher=uas"),)
    leg, events = dialled(box)
    for _ in range(4):
        box.net.run(45)
        phone.within("UPDATE", TIMER, expires("90;refresher=uac"))
        box.net.run(1)
        assert phone.responses[-1].first("Session-Expires") == "90;refresher=uac"
        assert phone.responses[-1].first("Require") == "timer"
    assert events == []
    assert leg.state is State.ANSWERED


def test_a_dead_phone_is_found_by_the_renewal(box: Box, phone: Phone) -> None:
    phone.extra = (expires("1800;refresher=uac"), ("Allow", "UPDATE"))
    _, events = dialled(box)
    box.net.run(800)
    del box.net.endpoints[phone.address]
    box.net.run(140)
    assert events == [Released(Cause.TEMPORARY_FAILURE, HangupBy.FAULT, "UPDATE was not answered")]


def test_a_hold_renews_as_well(box: Box, phone: Phone) -> None:
    phone.extra = (expires("90;refresher=uac"), ("Allow", "UPDATE"))
    leg, _ = dialled(box)
    box.net.run(40)
    leg.hold()
    box.net.run(40)
    assert phone.invites[-1].request.first("Session-Expires") == "90;refresher=uac"
    assert updates(phone) == []  # 45 s from the hold have not passed
    box.net.run(10)
    assert len(updates(phone)) == 1
    assert updates(phone)[0].first("Contact") == "<sip:callbox@192.0.2.1:5060>"


def test_nothing_is_renewed_behind_the_end(box: Box, phone: Phone) -> None:
    phone.extra = (expires("90;refresher=uac"), ("Allow", "UPDATE"))
    leg, events = dialled(box)
    leg.release()
    box.net.run(300)
    assert updates(phone) == []
    assert [type(e) for e in events] == [Released]


def test_422_without_end_is_a_refusal(box: Box, phone: Phone) -> None:
    phone.too_brief = [2000, 2001, 2002, 2003, 2004]
    leg = box.agent.dial("201", Party("5551234"), timeout_s=20)
    events: list[LegEvent] = []
    leg.listener = events.append
    box.net.run(3)
    (released,) = events
    assert isinstance(released, Released)
    assert "422" in released.why
    assert len(phone.invites) == 4


# -- the phone calls --------------------------------------------------------------------------


def test_too_brief_gets_422(box: Box, phone: Phone) -> None:
    phone.request("INVITE", "sip:600@192.0.2.1", body=phone.sdp())
    box.net.run(1)
    auth = ("Authorization", phone.digest("INVITE", "sip:600@192.0.2.1"))
    phone.request("INVITE", "sip:600@192.0.2.1", auth, TIMER, expires("50"), body=phone.sdp())
    box.net.run(1)
    assert (phone.responses[-1].status, phone.responses[-1].first("Min-SE")) == (422, "90")
    assert phone.responses[-1].reason == "Session Interval Too Small"
    assert box.offered == []


@pytest.mark.parametrize("bad", [expires("soon"), expires("90;refresher=me"), ("Min-SE", "x")])
def test_nonsense_gets_400_and_no_call(box: Box, phone: Phone, bad: tuple[str, str]) -> None:
    phone.request("INVITE", "sip:600@192.0.2.1", body=phone.sdp())
    box.net.run(1)
    auth = ("Authorization", phone.digest("INVITE", "sip:600@192.0.2.1"))
    phone.request("INVITE", "sip:600@192.0.2.1", auth, TIMER, bad, body=phone.sdp())
    box.net.run(1)
    assert phone.responses[-1].status == 400
    assert (box.offered, dict(box.switch.ports)) == ([], {})


def test_we_renew_when_the_caller_leaves_it_to_us(box: Box, phone: Phone) -> None:
    allow = ("Allow", "INVITE, UPDATE")
    phone.extra = (expires("120;refresher=uac"),)
    leg, events = called(box, phone, TIMER, allow, expires("120;refresher=uas"))
    assert phone.responses[-1].first("Session-Expires") == "120;refresher=uas"
    assert phone.responses[-1].first("Require") == "timer"
    box.net.run(60)
    (update,) = updates(phone)
    assert update.first("Session-Expires") == "120;refresher=uac"
    assert events == []
    assert leg.state is State.ANSWERED


def test_a_caller_that_does_not_renew_loses_the_call(box: Box, phone: Phone) -> None:
    _, events = called(box, phone, TIMER, expires("90;refresher=uac"))
    box.net.run(70)
    (released,) = events
    assert isinstance(released, Released)
    assert released.why == "the phone did not renew the call within 90 s"


def test_a_caller_without_timers_is_left_alone(box: Box, phone: Phone) -> None:
    leg, events = called(box, phone)
    assert phone.responses[-1].first("Session-Expires") is None
    assert phone.responses[-1].first("Require") is None
    box.net.run(7000)
    assert (updates(phone), events) == ([], [])
    assert leg.state is State.ANSWERED


def test_a_caller_may_insist_on_timers(box: Box, phone: Phone) -> None:
    leg, _ = called(box, phone, TIMER, ("Require", "timer"), expires("1800;refresher=uac"))
    assert leg.state is State.ANSWERED


def test_a_renewal_below_the_least_is_refused_and_the_call_goes_on(box: Box, phone: Phone) -> None:
    leg, events = called(box, phone, TIMER, expires("1800;refresher=uac"))
    phone.within("UPDATE", TIMER, expires("10;refresher=uac"))
    box.net.run(1)
    assert (phone.responses[-1].status, phone.responses[-1].first("Min-SE")) == (422, "90")
    box.net.run(100)
    assert not any(isinstance(e, Released | Fault) for e in events)
    assert leg.state is State.ANSWERED
