"""Every table has a limit, and at its limit the box still serves whom it can."""

from __future__ import annotations

import pytest

from hal.sip import agent, registrar, transactions
from hal.sip.flow import Flow
from hal.sip.rates import Rates
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

STRANGER = Flow("udp", "203.0.113.66", 5060)


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch)


def ask(box: Box, n: int, method: str = "OPTIONS") -> None:
    """A stranger's request, another one for each number."""
    data = (
        f"{method} sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.66;branch=z9hG4bK{n};rport"
        f"\r\nFrom: <sip:x@h>;tag={n}\r\nTo: <sip:x@192.0.2.1>\r\nCall-ID: {n}\r\nCSeq: 1 {method}"
        "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
    box.agent.receive(data.encode(), STRANGER)


def used(box: Box, what: str) -> int:
    return next(fill.used for fill in box.agent.fills() if fill.what == what)


def test_a_flood_of_requests_leaves_room_for_calls(
    net: Net, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "MAX_TRANSACTIONS", 50)
    monkeypatch.setattr(transactions, "CROWDED", 25)
    phone = Phone(net, "201", 5071)
    assert phone.register().status == 200
    for n in range(500):
        ask(box, n)
    assert used(box, "transactions") <= 25
    phone.call("600")
    assert len(box.offered) == 1


def test_at_the_limit_new_requests_are_dropped(
    net: Net, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "MAX_TRANSACTIONS", 10)
    for n in range(100):
        ask(box, n)
    assert used(box, "transactions") == 10
    net.run(40)
    ask(box, 1000)
    assert used(box, "transactions") == 1


def test_strangers_that_call_leave_nothing_behind(net: Net, box: Box) -> None:
    for n in range(100):
        ask(box, n, "INVITE")
        ask(box, n, "REGISTER")
    assert used(box, "transactions") == 0


def test_calls_are_bounded(net: Net, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "MAX_CALLS", 1)
    first, second = Phone(net, "201", 5071), Phone(net, "202", 5072)
    first.register()
    second.register()
    first.call("600")
    second.call("600")
    assert second.responses[-1].status == 503
    assert second.responses[-1].first("Retry-After") == "10"
    assert used(box, "calls") == 1


def test_registrations_are_bounded(net: Net, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "MAX_BINDINGS", 1)
    first, second = Phone(net, "201", 5071), Phone(net, "202", 5072)
    assert first.register().status == 200
    assert second.register().status == 503
    assert first.register(0).status == 200  # who signs out is always heard
    assert second.register().status == 200
    assert used(box, "phones signed in") == 1


def test_sources_are_bounded() -> None:
    rates = Rates(1, 1, max_sources=10)
    for n in range(100):
        rates.allow(str(n), 0.0)
    assert len(rates) == 10
    assert not rates.allow("99", 0.0)


def test_timers_that_were_stopped_are_forgotten_in_time(net: Net) -> None:
    for _ in range(100):
        net.timers.start(5.0, lambda: None).stop()
    assert len(net.timers) == 100
    net.run(6.0)
    net.timers.fire()
    assert len(net.timers) == 0
