"""Replaces: reading the header, and the answers of RFC 3891 clause 3 to calls that carry it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hal.leg import Cause, Party, State
from hal.sip.call import SipCall
from hal.sip.calls import REMEMBERED, Calls
from hal.sip.errors import BadMessage
from hal.sip.message import Request
from hal.sip.replaces import Replaces, Stage
from hal.sip.uri import SipUri
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone


@pytest.mark.parametrize(
    ("text", "claim"),
    [  # the examples of RFC 3891 clause 6.1
        (
            "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff",
            Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r"),
        ),
        (
            "12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only",
            Replaces("12adf2f34456gs5", "12345", "54321", is_early_only=True),
        ),
        (
            "87134@171.161.34.23;to-tag=24796;from-tag=0",
            Replaces("87134@171.161.34.23", "24796", "0"),
        ),
    ],
)
def test_reads_and_writes(text: str, claim: Replaces) -> None:
    assert Replaces.parse(text) == claim
    assert Replaces.parse(str(claim)) == claim


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";to-tag=1;from-tag=2",
        "a;to-tag=1",
        "a;from-tag=1",
        "a;to-tag=1;from-tag=2;to-tag=3",
        "a;to-tag;from-tag=2",
        "a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2",
        "a b;to-tag=1;from-tag=2",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(BadMessage):
        Replaces.parse(text)


@pytest.mark.parametrize(
    ("stage", "is_early_only", "status"),
    [
        (None, False, 481),
        (Stage.EARLY_THEIRS, False, 481),
        (Stage.EARLY_OURS, True, None),
        (Stage.CONFIRMED, False, None),
        (Stage.CONFIRMED, True, 486),
        (Stage.ENDED, False, 603),
    ],
)
def test_which_claims_are_refused(
    stage: Stage | None, is_early_only: bool, status: int | None
) -> None:
    """RFC 3891 clause 3."""
    assert Replaces("a", "1", "2", is_early_only).refusal(stage) == status


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("REFER", ("Replaces",)),
        ("INVITE", ("Replaces", "Replaces")),
        ("INVITE", ("Replaces", "Join")),
    ],
)
def test_contradictions(method: str, headers: tuple[str, ...]) -> None:
    fields = tuple((name, "a;to-tag=1;from-tag=2") for name in headers)
    with pytest.raises(BadMessage) as refused:
        Replaces.of(Request(method, SipUri("h"), fields))
    assert refused.value.status == 400


# -- calls that carry it --------------------------------------------------------------------------


@pytest.fixture
def box(switch: FakeSwitch) -> Box:
    return Box(Net(), switch)


@pytest.fixture
def phone(box: Box) -> Phone:
    """201, whose call is to be replaced."""
    phone = Phone(box.net, "201", 5071)
    phone.register()
    return phone


def taking(box: Box, claim: str, *more: tuple[str, str]) -> Phone:
    """202 calls with this Replaces."""
    other = Phone(box.net, "202", 5072)
    other.call("201", more=(("Replaces", claim), *more))
    return other


def ringing(box: Box, phone: Phone) -> tuple[SipCall, str]:
    leg = box.agent.dial("201", Party("5551234", "Ann"), timeout_s=20)
    box.net.run(1)
    return leg, f"{leg.call_id};to-tag={leg.tag};from-tag={phone.tag}"


def test_picks_up_what_rings(box: Box, phone: Phone) -> None:
    leg, claim = ringing(box, phone)
    other = taking(box, claim + ";early-only")
    (picked,) = box.offered
    assert picked.replaces == leg.id
    assert (picked.caller.number, picked.called.number) == ("202", "201")
    picked.answer()  # what the call layer does
    leg.release(Cause.ANSWERED_ELSEWHERE)
    box.net.run(0.5)
    assert other.responses[-1].status == 200
    assert phone.cancelled == 1
    (cancel,) = box.net.sent("CANCEL")
    assert 'text="Call completed elsewhere"' in cancel


def test_tags_as_the_watched_phone_has_them(box: Box, phone: Phone) -> None:
    leg, _ = ringing(box, phone)
    taking(box, f"{leg.call_id};to-tag={phone.tag};from-tag={leg.tag};early-only")
    assert [c.replaces for c in box.offered] == [leg.id]


def test_takes_over_what_was_answered(box: Box, phone: Phone) -> None:
    phone.policy = "answer"
    leg, claim = ringing(box, phone)
    assert leg.state is State.ANSWERED
    taking(box, claim)
    assert [c.replaces for c in box.offered] == [leg.id]


def test_takes_over_a_call_the_phone_placed(box: Box, phone: Phone) -> None:
    phone.call("600")
    (leg,) = box.offered
    leg.answer()
    box.net.run(0.2)
    phone.ack()
    box.net.run(0.2)
    taking(box, f"{leg.call_id};to-tag={leg.tag};from-tag={phone.tag}")
    assert box.offered[-1].replaces == leg.id


def test_an_ordinary_call_replaces_nothing(box: Box, phone: Phone) -> None:
    phone.call("600")
    assert [c.replaces for c in box.offered] == [None]


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (lambda claim: "never;to-tag=1;from-tag=2", 481),
        (lambda claim: claim + "0", 481),  # not the phone's tag
        (lambda claim: claim.replace("to-tag=", "to-tag=0"), 481),
        (lambda claim: claim.partition(";from-tag")[0], 400),
    ],
)
def test_claims_on_nothing(
    box: Box, phone: Phone, spoil: Callable[[str], str], status: int
) -> None:
    leg, claim = ringing(box, phone)
    other = taking(box, spoil(claim))
    assert other.responses[-1].status == status
    assert box.offered == []
    assert leg.state is State.RINGING


def test_too_late_for_who_wants_only_what_rings(box: Box, phone: Phone) -> None:
    phone.policy = "answer"
    leg, claim = ringing(box, phone)
    assert taking(box, claim + ";early-only").responses[-1].status == 486
    assert leg.state is State.ANSWERED


def test_a_call_that_the_phone_is_placing_is_not_ours_to_give(box: Box, phone: Phone) -> None:
    phone.call("600")
    (leg,) = box.offered
    leg.alert()
    box.net.run(0.2)
    other = taking(box, f"{leg.call_id};to-tag={leg.tag};from-tag={phone.tag}")
    assert other.responses[-1].status == 481


def test_a_call_that_is_over_is_declined(box: Box, phone: Phone) -> None:
    phone.policy = "answer"
    leg, claim = ringing(box, phone)
    leg.release()
    box.net.run(1)
    assert taking(box, claim).responses[-1].status == 603


def test_a_stranger_learns_nothing(box: Box, phone: Phone) -> None:
    """The password comes first: 481 would tell that there is no such call."""
    thief = Phone(box.net, "202", 5073, secret="guess")
    for claim in ("never;to-tag=1;from-tag=2", ringing(box, phone)[1]):
        thief.call("201", more=(("Replaces", claim),))
        assert thief.responses[-1].status == 403


def test_only_calls_are_replaced(box: Box, phone: Phone) -> None:
    _, claim = ringing(box, phone)
    phone.request("OPTIONS", "sip:box@192.0.2.1", ("Replaces", claim))
    box.net.run(0.5)
    assert phone.responses[-1].status == 400


def test_what_is_remembered_is_bounded() -> None:
    class Ended:
        state = State.RELEASED

        def __init__(self, number: int) -> None:
            self.call_id, self.tag = f"c{number}", "t"

    calls = Calls()
    for number in range(REMEMBERED + 10):
        calls.add(Ended(number))  # type: ignore[arg-type] # a call as far as it is looked at
        calls.forget(f"c{number}", "t")
    assert calls.named(Replaces("c0", "t", "x")) == (None, None)
    assert calls.named(Replaces("c99", "t", "x")) == (None, Stage.ENDED)
    assert len(calls._ended) == REMEMBERED
