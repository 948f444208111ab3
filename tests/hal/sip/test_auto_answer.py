"""Paging and intercom: what a phone is told that shall answer by itself."""

from __future__ import annotations

import pytest

from hal.leg import Party
from hal.sip.headers import NameAddr
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone


@pytest.fixture
def box(switch: FakeSwitch) -> Box:
    return Box(Net(), switch)


@pytest.fixture
def phone(box: Box) -> Phone:
    phone = Phone(box.net, "201", 5071)
    phone.register()
    return phone


def test_every_habit_at_once(box: Box, phone: Phone) -> None:
    box.agent.dial("201", Party("202"), timeout_s=5, is_auto_answer=True)
    box.net.run(1)
    invite = phone.invites[-1].request
    call_info = NameAddr.parse(invite.first("Call-Info") or "", "Call-Info")
    alert_info = NameAddr.parse(invite.first("Alert-Info") or "", "Alert-Info")
    assert call_info.param("answer-after") == "0"
    assert (alert_info.param("info"), alert_info.param("delay")) == ("alert-autoanswer", "0")
    assert invite.first("Answer-Mode") == "Auto"  # RFC 5373 clause 4.1


def test_also_when_it_is_asked_again_with_a_longer_session(box: Box, phone: Phone) -> None:
    phone.too_brief = [3600]
    box.agent.dial("201", Party("202"), timeout_s=5, is_auto_answer=True)
    box.net.run(1)
    assert [i.request.first("Answer-Mode") for i in phone.invites] == ["Auto", "Auto"]


def test_an_ordinary_call_asks_for_nothing(box: Box, phone: Phone) -> None:
    box.agent.dial("201", Party("202"), timeout_s=5)
    box.net.run(1)
    names = {name for name, _ in phone.invites[-1].request.headers}
    assert not names & {"Call-Info", "Alert-Info", "Answer-Mode"}
