"""A call that is over is freed at once, without anybody looking for cycles: by weak references,
while the garbage collector is off."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from functools import partial

import pytest

from hal.leg import Cause, LegEvent, Party, State
from hal.sip.call import SipCall
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

ANN = Party("5551234", "Ann")


@pytest.fixture(autouse=True)
def nobody_looks() -> Iterator[None]:
    """No collection while the test runs."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


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


def watched(leg: SipCall) -> list[weakref.ref[object]]:
    """The call and its parts."""
    parts = (leg, leg.media, leg._session, leg._probe, leg._transfers, leg._renegotiation)
    return [weakref.ref(part) for part in parts if part is not None]


def keep(leg: SipCall) -> None:
    """Listen as a visit does: by something that knows the leg."""
    leg.listener = partial(_hear, leg)


def _hear(leg: SipCall, event: LegEvent) -> None:
    """Nothing: that it has the leg is what matters."""


def survivors(parts: list[weakref.ref[object]]) -> list[object]:
    return [part() for part in parts if part() is not None]


def hang_up(phone: Phone) -> None:
    phone.within("BYE")
    phone.net.run(0.2)


def dial(box: Box, phone: Phone, policy: str) -> SipCall:
    phone.policy = policy
    leg = box.agent.dial("201", ANN, timeout_s=20)
    keep(leg)
    box.net.run(1)
    return leg


def test_a_call_that_was_answered_and_released(box: Box, phone: Phone) -> None:
    leg = dial(box, phone, "answer")
    assert leg.state is State.ANSWERED
    parts = watched(leg)
    leg.release()
    del leg
    box.net.run(0.2)
    assert survivors(parts) == []


def test_a_call_that_the_phone_ended(box: Box, phone: Phone) -> None:
    leg = dial(box, phone, "answer")
    parts = watched(leg)
    hang_up(phone)
    assert leg.state is State.RELEASED
    del leg
    assert survivors(parts) == []


@pytest.mark.parametrize("policy", ["ring", "busy"])
def test_a_call_that_nobody_took(box: Box, phone: Phone, policy: str) -> None:
    leg = dial(box, phone, policy)
    parts = watched(leg)
    leg.release(Cause.NO_ANSWER)
    del leg
    box.net.run(0.2)
    assert survivors(parts) == []


def test_a_call_from_a_phone(box: Box, phone: Phone) -> None:
    phone.call("600")
    leg = box.offered.pop()
    keep(leg)
    leg.alert()
    leg.answer()
    box.net.run(1)
    phone.ack()
    box.net.run(1)
    parts = watched(leg)
    leg.hold()
    box.net.run(1)
    hang_up(phone)
    assert leg.state is State.RELEASED
    del leg
    assert parts[0]() is None
    box.net.run(100)  # our offer, rung for and never answered, is waited for no longer
    assert survivors(parts) == []


def test_a_call_from_a_phone_refused(box: Box, phone: Phone) -> None:
    phone.call("600")
    leg = box.offered.pop()
    keep(leg)
    parts = watched(leg)
    leg.release(Cause.USER_BUSY)
    del leg
    assert survivors(parts) == []


def test_a_200_that_comes_again_is_acknowledged_and_not_hung_up_twice(
    box: Box, phone: Phone
) -> None:
    leg = dial(box, phone, "answer")
    leg.release()
    box.net.run(1)
    before = len(box.net.sent("ACK")), len(box.net.sent("BYE"))
    again = phone.invites[-1].last_response
    assert again is not None
    phone.layer.wire.send(bytes(again), phone.flow)
    box.net.run(1)
    assert len(box.net.sent("ACK")) == before[0] + 1
    assert len(box.net.sent("BYE")) == before[1]
