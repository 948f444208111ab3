"""A phone's own forwarding: 3xx answers to our INVITE (RFC 3261 clauses 8.1.3.4 and 21.3)."""

from __future__ import annotations

import pytest

from hal.leg import Cause, LegEvent, Party, Released
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone


@pytest.fixture
def box(switch: FakeSwitch) -> Box:
    return Box(Net(), switch)


@pytest.fixture
def phone(box: Box) -> Phone:
    phone = Phone(box.net, "201", 5071)
    phone.register()
    phone.policy = "later"
    return phone


def dialled(box: Box) -> list[LegEvent]:
    events: list[LegEvent] = []
    leg = box.agent.dial("201", Party("5551234"), timeout_s=20)
    leg.listener = events.append
    box.net.run(0.5)
    return events


def divert(phone: Phone, status: int, contact: str) -> None:
    headers = (("Contact", contact),) if contact else ()
    phone.invites[-1].answer(status, *headers, tag=phone.tag)
    phone.net.run(0.5)


@pytest.mark.parametrize(
    ("status", "contact", "number"),
    [
        (302, "<sip:305@192.0.2.1>", "305"),
        (302, "<sip:0215557788@pbx.example.com>;expires=60", "0215557788"),
        (301, "<tel:+12015550123>", "+12015550123"),
        (300, "<sip:305@192.0.2.1>;q=0.1, <sip:306@192.0.2.1>", "305"),
        (302, "<sip:%2A21%23@192.0.2.1>", "*21#"),
        (302, "<sip:bob@biloxi.example.com>", ""),
        (302, "<sip:192.0.2.9>", ""),
        (302, "<https://example.com/>", ""),
        (302, "<sip:" + "5" * 41 + "@192.0.2.1>", ""),
        (302, "", ""),
        (305, "<sip:305@192.0.2.1>", ""),
        (380, "<sip:305@192.0.2.1>", ""),
    ],
)
def test_where_it_diverts_to(
    box: Box, phone: Phone, status: int, contact: str, number: str
) -> None:
    events = dialled(box)
    divert(phone, status, contact)
    (released,) = events
    assert isinstance(released, Released)
    assert (released.cause, released.redirect) == (Cause.REJECTED, number)
    assert len(box.net.sent("ACK", phone.address)) == 1
    assert not box.switch.ports


def test_another_phone_goes_on_ringing_and_may_answer(box: Box, phone: Phone) -> None:
    other = Phone(box.net, "201", 5072)
    other.register()
    events = dialled(box)
    divert(phone, 302, "<sip:305@192.0.2.1>")
    assert not any(isinstance(e, Released) for e in events)
    other.pick_up()
    box.net.run(0.5)
    assert not any(isinstance(e, Released) for e in events)


def test_it_tells_more_than_that_another_was_busy(box: Box, phone: Phone) -> None:
    """RFC 3261 clause 16.7 step 6: the lowest class, unless there is a 6xx."""
    other = Phone(box.net, "201", 5072)
    other.register()
    other.policy = "busy"
    events = dialled(box)
    divert(phone, 302, "<sip:305@192.0.2.1>")
    (released,) = events
    assert isinstance(released, Released)
    assert released.redirect == "305"


def test_refused_everywhere_goes_before_a_diversion(box: Box, phone: Phone) -> None:
    other = Phone(box.net, "201", 5072)
    other.register()
    other.policy = "later"
    events = dialled(box)
    divert(phone, 302, "<sip:305@192.0.2.1>")
    other.invites[-1].answer(603, tag=other.tag)
    box.net.run(0.5)
    (released,) = events
    assert isinstance(released, Released)
    assert released.redirect == ""
