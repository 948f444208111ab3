"""Who is at the other side, as the phone is told: P-Asserted-Identity and Remote-Party-ID."""

from __future__ import annotations

import pytest

from hal.leg import Answered, LegEvent, Party, State
from hal.sip.call import SipCall
from hal.sip.identity import asserted
from hal.sip.message import Request
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

BOB = Party("202", "Bob")
TAKES_UPDATE = ("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE")
SHOWN = '"Bob" <sip:202@192.0.2.1>'


@pytest.fixture
def box(switch: FakeSwitch) -> Box:
    return Box(Net(), switch)


@pytest.fixture
def phone(box: Box) -> Phone:
    phone = Phone(box.net, "201", 5071)
    phone.register()
    return phone


def called(box: Box, phone: Phone, *extra: tuple[str, str]) -> tuple[SipCall, list[LegEvent]]:
    """The box calls the phone, which does not answer yet."""
    phone.extra = extra
    leg = box.agent.dial("201", Party("5551234", "Ann"), timeout_s=20)
    events: list[LegEvent] = []
    leg.listener = events.append
    box.net.run(1)
    return leg, events


def updates(phone: Phone) -> list[Request]:
    return [r for r in phone.requests if r.method == "UPDATE"]


def test_a_caller_is_shown_whom_it_reached(box: Box, phone: Phone) -> None:
    phone.call("600")
    (leg,) = box.offered
    leg.alert()
    box.net.run(0.2)
    leg.identify(BOB)
    leg.answer()
    box.net.run(0.2)
    ringing, answer = phone.responses[-2:]
    assert (ringing.status, ringing.first("P-Asserted-Identity")) == (180, None)
    assert (answer.status, answer.first("P-Asserted-Identity")) == (200, SHOWN)
    assert answer.first("Remote-Party-ID") == f"{SHOWN};party=called;privacy=off;screen=yes"
    phone.ack()
    box.net.run(1)
    assert updates(phone) == []  # it knows


def test_known_before_it_rings(box: Box, phone: Phone) -> None:
    phone.call("600")
    (leg,) = box.offered
    leg.identify(BOB)
    leg.alert()
    box.net.run(0.2)
    assert phone.responses[-1].first("P-Asserted-Identity") == SHOWN


def test_changed_while_the_ack_is_on_its_way(box: Box, phone: Phone) -> None:
    phone.call("600", more=(TAKES_UPDATE,))
    (leg,) = box.offered
    leg.answer()
    leg.identify(BOB)
    box.net.run(0.2)
    assert updates(phone) == []
    phone.ack()
    box.net.run(0.2)
    assert [u.first("P-Asserted-Identity") for u in updates(phone)] == [SHOWN]


def test_changed_during_the_call(box: Box, phone: Phone) -> None:
    leg, events = called(box, phone, TAKES_UPDATE)
    phone.pick_up()
    box.net.run(0.5)
    leg.identify(BOB)
    leg.identify(BOB)
    box.net.run(0.5)
    (update,) = updates(phone)
    assert update.first("P-Asserted-Identity") == SHOWN
    assert update.body == b""
    assert isinstance(events[-1], Answered)


def test_changed_while_it_rings_comes_with_the_answer(box: Box, phone: Phone) -> None:
    leg, _ = called(box, phone, TAKES_UPDATE)
    leg.identify(BOB)
    box.net.run(0.2)
    assert updates(phone) == []
    phone.pick_up()
    box.net.run(0.5)
    assert len(updates(phone)) == 1


def test_not_for_who_takes_no_update(box: Box, phone: Phone) -> None:
    leg, _ = called(box, phone, ("Allow", "INVITE, ACK, BYE, CANCEL"))
    phone.pick_up()
    box.net.run(0.5)
    leg.identify(BOB)
    box.net.run(0.5)
    assert {r.method for r in phone.requests} == {"INVITE"}


@pytest.mark.parametrize("status", [405, 481, 491, 500, 0])
def test_a_refusal_costs_only_the_display(box: Box, phone: Phone, status: int) -> None:
    leg, events = called(box, phone, TAKES_UPDATE)
    phone.pick_up()
    box.net.run(0.5)
    events.clear()
    phone.refusals["UPDATE"] = status
    leg.identify(BOB)
    box.net.run(40)
    assert leg.state is State.ANSWERED
    assert events == []


@pytest.mark.parametrize(
    ("party", "identity", "remote"),
    [
        (
            Party("*21#", 'Ann "A" Lee'),
            '"Ann \\"A\\" Lee" <sip:*21%23@h>',
            '"Ann \\"A\\" Lee" <sip:*21%23@h>;party=called;privacy=off;screen=yes',
        ),
        (
            Party(),
            '"Anonymous" <sip:anonymous@anonymous.invalid>',
            '"Anonymous" <sip:anonymous@anonymous.invalid>;party=called;privacy=full;screen=yes',
        ),
    ],
)
def test_spelling(party: Party, identity: str, remote: str) -> None:
    assert asserted(party, "h") == (("P-Asserted-Identity", identity), ("Remote-Party-ID", remote))
