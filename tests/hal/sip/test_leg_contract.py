"""SIP legs keep the contract of every leg (hal/leg.py)."""

from __future__ import annotations

import pytest

from hal.leg import Cause, Direction, HangupBy, LegEvent, Party
from hal.sip.call import SipCall
from tests.hal.fake_switch import FakeSwitch
from tests.hal.leg_contract import (
    check_dead,
    check_events_wait_for_a_listener,
    check_fresh,
    check_released_once,
    check_story,
)
from tests.hal.sip.wire import Box, Net, Phone


@pytest.fixture
def box(switch: FakeSwitch) -> Box:
    return Box(Net(), switch)


@pytest.fixture
def phone(box: Box) -> Phone:
    phone = Phone(box.net, "201", 5071)
    phone.register()
    return phone


def incoming(box: Box, phone: Phone) -> SipCall:
    phone.call("600")
    return box.offered[-1]


def outgoing(box: Box, phone: Phone) -> SipCall:
    return box.agent.dial("201", Party("5551234"), timeout_s=20)


def test_fresh_legs(box: Box, phone: Phone) -> None:
    check_fresh(incoming(box, phone), Direction.INCOMING)
    check_fresh(outgoing(box, phone), Direction.OUTGOING)


@pytest.mark.parametrize("make", [incoming, outgoing])
def test_events_wait(box: Box, phone: Phone, make: type[SipCall]) -> None:
    leg = make(box, phone)
    told = check_events_wait_for_a_listener(leg)
    check_released_once(told, Cause.NORMAL, HangupBy.BOX)
    check_dead(leg)


@pytest.mark.parametrize("end", ["box", "phone"])
def test_the_story_of_a_call(box: Box, phone: Phone, end: str) -> None:
    phone.policy = "ring"
    leg = outgoing(box, phone)
    events: list[LegEvent] = []
    leg.listener = events.append
    box.net.run(1)
    phone.pick_up()
    box.net.run(1)
    {"box": leg.release, "phone": lambda: phone.within("BYE")}[end]()
    box.net.run(1)
    check_story(events)
    by = {"box": HangupBy.BOX, "phone": HangupBy.PARTY}[end]
    check_released_once(events, Cause.NORMAL, by)
    check_dead(leg)
