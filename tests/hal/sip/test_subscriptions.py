"""Subscriptions as phones make them: raw requests over a network on a fake clock."""

from __future__ import annotations

import pytest

from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch)


def test_an_unknown_package_is_a_bad_event(box: Box) -> None:
    phone = Phone(box.net, "201", 5071)
    phone.request("SUBSCRIBE", "sip:202@192.0.2.1", ("Event", "tea-time"))
    box.net.run(1)
    (answer,) = phone.responses
    assert (answer.status, answer.reason) == (489, "Bad Event")
    assert answer.first("Allow-Events") == "dialog, message-summary, presence"
