"""Transfer asked for by phones: REFER, its NOTIFYs, and what may go wrong with them.

Headers as in the examples of RFC 3515 clause 4, RFC 3891 clause 6.1 and RFC 5589 clause 6.
"""

from __future__ import annotations

import random

import pytest

from hal.leg import (
    Answered,
    Cause,
    HangupBy,
    LegEvent,
    Party,
    Released,
    State,
    TransferAsked,
    TransferState,
)
from hal.sip.call import SipCall
from hal.sip.errors import BadMessage
from hal.sip.message import Request
from hal.sip.refer import ReferTo
from hal.sip.referral import EXPIRES_S, TABLE, Standing
from hal.sip.replaces import Replaces
from hal.sip.uri import SipUri
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

BLIND = ("Refer-To", "<sip:305@192.0.2.1>")


@pytest.fixture
def box(switch: FakeSwitch) -> Box:
    return Box(Net(), switch, qualify_s=1e6)


@pytest.fixture
def phone(box: Box) -> Phone:
    phone = Phone(box.net, "201", 5071)
    assert phone.register().status == 200
    return phone


def talking(box: Box, phone: Phone) -> tuple[SipCall, list[LegEvent]]:
    """The box has called the phone, which answered."""
    phone.policy = "answer"
    leg = box.agent.dial(phone.user, Party("5551234", "Ann"), timeout_s=20)
    events: list[LegEvent] = []
    leg.listener = events.append
    box.net.run(1)
    assert events == [Answered()]
    events.clear()
    return leg, events


def refer(box: Box, phone: Phone, *headers: tuple[str, str]) -> int:
    """A REFER within that call; how it was answered."""
    sent = phone.within("REFER", *headers)
    box.net.run(0.3)
    (status,) = (r.status for r in phone.responses if r.cseq.number == sent.request.cseq.number)
    return status


def notifies(phone: Phone) -> list[tuple[str, str]]:
    """What the phone was told: first line of the body, state of the subscription."""
    return [
        (r.body.decode().strip(), (r.first("Subscription-State") or "").partition(";expires")[0])
        for r in phone.requests
        if r.method == "NOTIFY"
    ]


def consult(box: Box, phone: Phone) -> SipCall:
    """A second call of the same phone, as the caller, answered by the box."""
    second = Phone(box.net, phone.user, phone.address[1] + 100)
    second.call("305")
    leg = box.offered[-1]
    leg.answer()
    box.net.run(0.2)
    second.ack()
    box.net.run(0.2)
    return leg


def naming(leg: SipCall) -> str:
    """A Refer-To that names this leg, escaped as RFC 3261 clause 19.1.4 wants it."""
    assert leg.dialog is not None
    call_id, ours, theirs = leg.dialog.id
    claim = f"{call_id}%3Bto-tag%3D{ours}%3Bfrom-tag%3D{theirs}"
    return f"<sip:305@192.0.2.1?Replaces={claim}>"


# -- blind --------------------------------------------------------------------------


def test_blind_transfer_from_wish_to_end(box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    assert refer(box, phone, BLIND, ("Referred-By", "<sip:201@192.0.2.1>")) == 202
    assert events == [TransferAsked("305")]
    assert notifies(phone) == [("SIP/2.0 100 Trying", "active")]
    leg.report_transfer(TransferState.RINGING)
    leg.report_transfer(TransferState.RINGING)
    box.net.run(0.2)
    leg.report_transfer(TransferState.DONE)
    box.net.run(0.2)
    assert notifies(phone)[1:] == [
        ("SIP/2.0 180 Ringing", "active"),
        ("SIP/2.0 200 OK", "terminated;reason=noresource"),
    ]
    (first, *_) = (r for r in phone.requests if r.method == "NOTIFY")
    assert first.first("Event") == "refer"
    assert first.content_type == "message/sipfrag"
    assert first.contacts
    assert leg.state is State.ANSWERED  # ending it is for the call layer


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        (Cause.USER_BUSY, "SIP/2.0 486 Busy Here"),
        (Cause.NO_ANSWER, "SIP/2.0 480 Temporarily Unavailable"),
        (Cause.REJECTED, "SIP/2.0 403 Forbidden"),
        (Cause.UNALLOCATED, "SIP/2.0 404 Not Found"),
    ],
)
def test_failed_transfer_says_why(box: Box, phone: Phone, cause: Cause, line: str) -> None:
    leg, events = talking(box, phone)
    refer(box, phone, BLIND)
    leg.report_transfer(TransferState.FAILED, cause)
    box.net.run(0.2)
    assert notifies(phone)[-1] == (line, "terminated;reason=noresource")
    assert [type(e) for e in events] == [TransferAsked]
    assert refer(box, phone, BLIND) == 202  # and may try again


def test_second_refer_names_itself_in_its_notifies(box: Box, phone: Phone) -> None:
    """RFC 3515 clause 2.4.6."""
    leg, _ = talking(box, phone)
    refer(box, phone, BLIND)
    leg.report_transfer(TransferState.FAILED)
    box.net.run(0.2)
    refer(box, phone, BLIND)
    events = [r.first("Event") for r in phone.requests if r.method == "NOTIFY"]
    assert events == ["refer", "refer", f"refer;id={phone.cseq}"]


def test_one_at_a_time(box: Box, phone: Phone) -> None:
    _, events = talking(box, phone)
    assert refer(box, phone, BLIND) == 202
    assert refer(box, phone, BLIND) == 491
    assert events == [TransferAsked("305")]


def test_no_notify_wanted(box: Box, phone: Phone) -> None:
    """RFC 4488 clause 4."""
    leg, events = talking(box, phone)
    sent = refer(box, phone, BLIND, ("Refer-Sub", "false"), ("Require", "norefersub"))
    leg.report_transfer(TransferState.DONE)
    leg.release()
    box.net.run(0.5)
    assert sent == 200
    (answer,) = (r for r in phone.responses if r.first("Refer-Sub"))
    assert answer.first("Refer-Sub") == "false"
    assert events[0] == TransferAsked("305")
    assert [r.method for r in phone.requests] == ["INVITE", "BYE"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((), 400),
        ((BLIND, BLIND), 400),
        ((("Refer-To", "<sip:305@192.0.2.1"),), 400),
        ((("Refer-To", "<sip:305@192.0.2.1;method=BYE>"),), 403),
        ((("Refer-To", "<http://192.0.2.1/>"),), 416),
        ((("Refer-To", "<sip:192.0.2.1>"),), 404),
        ((("Refer-To", "<sip:305@192.0.2.1?Replaces=abc>"),), 400),
        ((("Refer-To", "<sip:305@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&replaces=b>"),), 400),
    ],
)
def test_wishes_that_cannot_be_read(
    box: Box, phone: Phone, headers: tuple[tuple[str, str], ...], status: int
) -> None:
    leg, events = talking(box, phone)
    assert refer(box, phone, *headers) == status
    assert events == []
    assert leg.state is State.ANSWERED
    assert notifies(phone) == []


def test_outside_a_call(box: Box, phone: Phone) -> None:
    phone.request("REFER", "sip:201@192.0.2.1", BLIND)
    box.net.run(0.5)
    assert (phone.responses[-1].status, phone.responses[-1].reason) == (
        403,
        "REFER only within a call",
    )


# -- the NOTIFYs --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [481, 489, 500, 0])
def test_a_refused_notify_hurts_nothing(box: Box, phone: Phone, status: int) -> None:
    leg, events = talking(box, phone)
    phone.refusals["NOTIFY"] = status
    refer(box, phone, BLIND)
    leg.report_transfer(TransferState.RINGING)
    leg.report_transfer(TransferState.DONE)
    box.net.run(40)
    assert leg.state is State.ANSWERED
    assert events == [TransferAsked("305")]
    assert {body for body, _ in notifies(phone)} == {"SIP/2.0 100 Trying"}
    leg.release()
    box.net.run(1)
    assert phone.requests[-1].method == "BYE"


def test_news_while_a_notify_is_out_are_joined(box: Box, phone: Phone) -> None:
    leg, _ = talking(box, phone)

    def at_once(event: LegEvent) -> None:
        leg.report_transfer(TransferState.RINGING)
        leg.report_transfer(TransferState.DONE)

    leg.listener = at_once
    refer(box, phone, BLIND)
    box.net.run(1)
    assert [body for body, _ in notifies(phone)] == ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]


def test_bye_comes_behind_the_last_notify(box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    refer(box, phone, BLIND)
    leg.report_transfer(TransferState.DONE)
    leg.release()
    assert events[-1] == Released(Cause.NORMAL, HangupBy.BOX, "released")
    box.net.run(1)
    assert [r.method for r in phone.requests][-2:] == ["NOTIFY", "BYE"]
    assert notifies(phone)[-1][0] == "SIP/2.0 200 OK"
    assert not box.agent.calls


def test_phone_hangs_up_first_when_told(box: Box, phone: Phone) -> None:
    """RFC 5589 clause 6.1: the transferor sends BYE when it has the 200."""
    leg, _ = talking(box, phone)
    refer(box, phone, BLIND)
    phone.refusals["NOTIFY"] = 0
    leg.report_transfer(TransferState.DONE)
    leg.release()
    box.net.run(0.1)
    phone.within("BYE")
    box.net.run(5)
    assert phone.responses[-1].status == 200
    assert "BYE" not in [r.method for r in phone.requests]


def test_bye_does_not_wait_long_for_a_silent_phone(box: Box, phone: Phone) -> None:
    leg, _ = talking(box, phone)
    refer(box, phone, BLIND)
    phone.refusals["NOTIFY"] = 0
    leg.report_transfer(TransferState.DONE)
    leg.release()
    box.net.run(1.5)
    assert "BYE" not in [r.method for r in phone.requests]
    box.net.run(1)
    assert "BYE" in [r.method for r in phone.requests]


def test_phone_hangs_up_right_after_202(box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    phone.within("REFER", BLIND)
    box.net.run(0.05)
    phone.within("BYE")
    box.net.run(0.3)
    assert events == [TransferAsked("305"), Released(Cause.NORMAL, HangupBy.PARTY, "BYE")]
    leg.report_transfer(TransferState.RINGING)
    box.net.run(0.3)
    leg.report_transfer(TransferState.DONE)
    box.net.run(0.3)
    assert [body for body, _ in notifies(phone)] == [
        "SIP/2.0 100 Trying",
        "SIP/2.0 180 Ringing",
        "SIP/2.0 200 OK",
    ]
    box.net.run(400)
    assert box.agent.snapshot().transactions == 0
    assert not box.switch.ports


def test_nobody_reports_how_it_ended(box: Box, phone: Phone) -> None:
    leg, _ = talking(box, phone)
    refer(box, phone, BLIND)
    box.net.run(EXPIRES_S)
    assert notifies(phone)[-1] == ("SIP/2.0 408 Request Timeout", "terminated;reason=timeout")
    leg.report_transfer(TransferState.DONE)
    box.net.run(1)
    assert len(notifies(phone)) == 2
    assert leg.state is State.ANSWERED


def test_report_without_a_refer(box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    leg.report_transfer(TransferState.DONE)
    box.net.run(1)
    assert notifies(phone) == []
    assert events == []


def subscribe(box: Box, phone: Phone, expires: str, event: str = "refer") -> int:
    """The phone asks for news once more; how it was answered."""
    sent = phone.within("SUBSCRIBE", ("Event", event), ("Expires", expires))
    box.net.run(0.3)
    (answer,) = (r for r in phone.responses if r.cseq.number == sent.request.cseq.number)
    return answer.status


def test_news_asked_for_again(box: Box, phone: Phone) -> None:
    """RFC 6665 clause 4.1.2.2: an accepted SUBSCRIBE gets a NOTIFY."""
    leg, _ = talking(box, phone)
    refer(box, phone, BLIND)
    leg.report_transfer(TransferState.RINGING)
    box.net.run(0.2)
    assert subscribe(box, phone, "3600") == 200
    assert notifies(phone)[-2:] == [("SIP/2.0 180 Ringing", "active")] * 2
    assert int(phone.responses[-1].first("Expires") or "") <= EXPIRES_S


def test_no_more_news_wanted(box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    refer(box, phone, BLIND)
    assert subscribe(box, phone, "0") == 200
    assert notifies(phone)[-1] == ("SIP/2.0 100 Trying", "terminated;reason=timeout")
    leg.report_transfer(TransferState.DONE)
    box.net.run(0.5)
    assert len(notifies(phone)) == 2
    assert subscribe(box, phone, "60") == 489
    assert events == [TransferAsked("305")]


@pytest.mark.parametrize(
    ("event", "expires", "status"), [("dialog", "60", 489), ("refer", "x", 400)]
)
def test_other_subscriptions_within_a_call(
    box: Box, phone: Phone, event: str, expires: str, status: int
) -> None:
    leg, _ = talking(box, phone)
    refer(box, phone, BLIND)
    assert subscribe(box, phone, expires, event) == status
    assert leg.state is State.ANSWERED


# -- attended --------------------------------------------------------------------------


def test_attended_transfer_names_the_other_leg(box: Box, phone: Phone) -> None:
    _, events = talking(box, phone)
    other = consult(box, phone)
    assert refer(box, phone, ("Refer-To", naming(other))) == 202
    assert events == [TransferAsked("305", other.id)]


def test_attended_to_a_call_that_is_over(box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    other = consult(box, phone)
    name = naming(other)
    other.release()
    box.net.run(1)
    assert refer(box, phone, ("Refer-To", name)) == 202
    box.net.run(0.5)
    assert not any(isinstance(e, TransferAsked) for e in events)
    assert notifies(phone)[-1] == (
        "SIP/2.0 481 Call Does Not Exist",
        "terminated;reason=noresource",
    )
    assert leg.state is State.ANSWERED


def test_attended_to_itself_or_to_the_call_of_another(box: Box, phone: Phone) -> None:
    leg, events = talking(box, phone)
    stranger = Phone(box.net, "202", 5072)
    stranger.register()
    theirs, _ = talking(box, stranger)
    for other in (leg, theirs):
        refer(box, phone, ("Refer-To", naming(other)))
        box.net.run(0.5)
        assert notifies(phone)[-1][0] == "SIP/2.0 481 Call Does Not Exist"
    assert not any(isinstance(e, TransferAsked) for e in events)


# -- a bad wire --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_transfers_survive_loss_repeats_and_reordering(switch: FakeSwitch, seed: int) -> None:
    """20 % lost and 20 % doubled: asked once, told once and in order, nothing left behind."""
    net = Net(seed)
    box = Box(net, switch, qualify_s=1e6)
    phone = Phone(net, "201", 5071)
    phone.register()
    leg, events = talking(box, phone)
    net.loss = net.repeat = 0.2
    phone.within("REFER", BLIND)
    net.run(20)
    assert events == [TransferAsked("305")]
    leg.report_transfer(TransferState.RINGING)
    net.run(20)
    leg.report_transfer(TransferState.DONE)
    leg.release()
    net.run(70)
    told = [body for body, _ in notifies(phone)]
    assert told == ["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK"]
    assert [r.method for r in phone.requests].count("BYE") == 1
    net.run(70)
    assert box.agent.snapshot().transactions == 0
    assert not switch.ports


# -- reading --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number", "claim"),
    [
        ("<sip:dave@denver.example.org>", "dave", None),
        (
            "<sips:bob@biloxi.example.com?Replaces=12345%40192.168.118.3%3B"
            "to-tag%3D12345%3Bfrom-tag%3D5FFE-3994>",
            "bob",
            Replaces("12345@192.168.118.3", "12345", "5FFE-3994"),
        ),  # RFC 3515's and RFC 3891's own examples
        ("<tel:+15551234;phone-context=x>", "+15551234", None),
        (
            "sip:305@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2%3Bearly-only",
            "305",
            Replaces("a", "1", "2", is_early_only=True),
        ),
        ('"Bob" <sip:%2A21%23@h;method=INVITE?Require=replaces&Subject=x>;x=y', "*21#", None),
    ],
)
def test_refer_to(text: str, number: str, claim: Replaces | None) -> None:
    assert ReferTo.parse(text) == ReferTo(number, claim)


def test_refer_to_must_be_there_once() -> None:
    with pytest.raises(BadMessage, match="0 headers"):
        ReferTo.of(Request("REFER", SipUri("h")))


def test_any_text_is_read_or_refused() -> None:
    """Mutations of a good header: a value or `BadMessage`, never anything else."""
    chance = random.Random(3515)
    good = "<sips:bob@biloxi.example.com?Replaces=12%40h%3Bto-tag%3D1%3Bfrom-tag%3D2&a=b>;c=d"
    letters = '<>%;=&?@:,"\\ \t0aZ\x00\udcff'
    read = 0
    for _ in range(3000):
        text = list(good)
        for _ in range(chance.randint(1, 4)):
            text[chance.randrange(len(text))] = chance.choice(letters)
        try:
            assert isinstance(ReferTo.parse("".join(text)).number, str)
            read += 1
        except BadMessage:
            continue
    assert 0 < read < 3000


def test_every_standing_but_the_last_is_left_and_none_comes_back() -> None:
    assert {before for before, _ in TABLE} == set(Standing) - {Standing.OVER}
    assert set(TABLE.values()) == {Standing.RINGING, Standing.OVER}
