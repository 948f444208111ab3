"""Agent and registrar: signing in and out, qualifying, methods, floods."""

from __future__ import annotations

import json

import pytest

from hal.leg import Party
from hal.sip.flow import Flow
from hal.sip.message import Request
from hal.sip.registrar import MAX_CONTACTS
from hal.sip.shutout import Shut
from hal.sip.uri import SipUri
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import SECRETS, Box, Net, Phone


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch) -> Box:
    return Box(net, switch)


@pytest.fixture
def phone(net: Net, box: Box) -> Phone:
    return Phone(net, "201", 5071)


def signed(phone: Phone, *more: tuple[str, str]) -> int:
    """A REGISTER of one's own making, challenge answered; its status."""
    to = f"<sip:{phone.user}@192.0.2.1>"
    phone.request("REGISTER", "sip:192.0.2.1", to=to)
    phone.net.run(0.2)
    auth = ("Authorization", phone.digest("REGISTER", "sip:192.0.2.1"))
    phone.request("REGISTER", "sip:192.0.2.1", auth, *more, to=to)
    phone.net.run(0.2)
    return phone.responses[-1].status


def test_signs_in_and_out(box: Box, phone: Phone) -> None:
    assert phone.register(600).status == 200
    (registration,) = box.agent.registrations()
    assert (registration.extension, registration.reachable) == ("201", True)
    assert 595 < registration.expires_in_s <= 600
    assert phone.responses[-1].first("Contact") == f"{phone.contact};expires=600"
    assert phone.register(0).status == 200
    assert box.agent.registrations() == ()
    assert box.registered == [("201", True), ("201", False)]


def test_registration_expires(box: Box, phone: Phone) -> None:
    phone.register(60)
    box.net.run(61)
    assert box.agent.registrations() == ()


def test_renewal_keeps_one_binding(box: Box, phone: Phone) -> None:
    phone.register(60)
    box.net.run(40)
    phone.register(60)
    box.net.run(40)
    assert len(box.agent.registrations()) == 1
    assert box.registered == [("201", True)]


def test_too_brief_gets_423(box: Box, phone: Phone) -> None:
    response = phone.register(10)
    assert response.status == 423
    assert response.first("Min-Expires") == "60"
    assert box.agent.registrations() == ()


def test_sha_256(box: Box, phone: Phone) -> None:
    assert phone.register(600, algorithm="SHA-256").status == 200


def test_wrong_password(net: Net, box: Box) -> None:
    assert Phone(net, "201", 5072, secret="guess").register().status == 403
    assert Phone(net, "999", 5073, secret="x").register().status == 403
    assert box.agent.registrations() == ()
    assert box.agent.snapshot().sign_ins_failed == 2


def test_of_many_failed_sign_ins_a_few_are_told_and_all_counted(net: Net, box: Box) -> None:
    guesser = Phone(net, "201", 5072, secret="guess")
    for _ in range(8):
        guesser.register()
        net.run(5)
        assert guesser.responses[-1].status == 403
    assert box.agent.snapshot().sign_ins_failed == 8
    assert 5 <= len(box.failed) <= 6
    net.run(120)
    guesser.register()
    assert 6 <= len(box.failed) <= 7


def test_whoever_guesses_is_shut_out_and_the_good_phone_there_goes_on(net: Net, box: Box) -> None:
    shut: list[Shut] = []
    box.agent.registrar.on_shut_out = shut.append
    good, guesser = Phone(net, "202", 5071), Phone(net, "201", 5072, secret="guess")
    assert good.register().status == 200
    late: list[bool] = []
    while not shut:
        late.append(guesser.register().status == 401)  # no answer within a second
        net.run(3)
        assert guesser.responses[-1].status == 403
    assert late[:3] == [False] * 3
    assert late[4:] == [True] * len(late[4:])
    assert box.agent.snapshot().sign_ins_failed == 11
    assert (shut[0].source, shut[0].user) == ("192.0.2.77", "")
    # Also the right password gets the same answer now, and is not counted as wrong.
    guesser.secret = SECRETS["201"]
    guesser.register()
    net.run(3)
    assert guesser.responses[-1].status == 403
    assert box.agent.snapshot().sign_ins_failed == 11
    assert good.register().status == 200
    good.call("600")
    assert len(box.offered) == 1
    assert box.agent.registrar.shut_out.release("192.0.2.77")
    assert guesser.register().status == 200


def test_a_forged_address_is_not_blamed(net: Net, box: Box) -> None:
    """Credentials count only with a nonce that was given to that very address."""
    victim, forger = Phone(net, "201", 5071), Phone(net, "201", 5072, secret="guess")
    forger.request("REGISTER", "sip:192.0.2.1", to="<sip:201@192.0.2.1>")
    net.run(1)
    signed = ("Authorization", forger.digest("REGISTER", "sip:192.0.2.1"))
    forger.request("REGISTER", "sip:192.0.2.1", signed, to="<sip:201@192.0.2.1>")
    forged = net.log[-1][1]
    for n in range(30):
        copy = forged.replace(b"branch=z9hG4bK", b"branch=z9hG4bK%d" % n)
        box.agent.receive(copy, Flow("udp", "198.51.100.1", 5060))
    assert box.agent.snapshot().sign_ins_failed == 0
    assert victim.register().status == 200


def test_may_not_sign_in_another(net: Net, box: Box) -> None:
    phone = Phone(net, "202", 5072)
    to = "<sip:201@192.0.2.1>"
    phone.request("REGISTER", "sip:192.0.2.1", to=to)
    net.run(0.2)
    auth = ("Authorization", phone.digest("REGISTER", "sip:192.0.2.1"))
    phone.request("REGISTER", "sip:192.0.2.1", auth, to=to)
    net.run(0.2)
    assert phone.responses[-1].status == 403


def test_replayed_credentials_are_stale(box: Box, phone: Phone) -> None:
    phone.register()
    auth = next(m for m in box.net.sent("REGISTER") if "Authorization" in m)
    value = auth.split("Authorization: ")[1].split("\r\n")[0]
    phone.request("REGISTER", "sip:192.0.2.1", ("Authorization", value), to="<sip:201@192.0.2.1>")
    box.net.run(0.2)
    assert phone.responses[-1].status == 401
    assert "stale=true" in (phone.responses[-1].first("WWW-Authenticate") or "")


def test_star_removes_all(net: Net, box: Box, phone: Phone) -> None:
    phone.register()
    Phone(net, "201", 5072).register()
    assert len(box.agent.registrations()) == 2
    to = "<sip:201@192.0.2.1>"
    phone.request("REGISTER", "sip:192.0.2.1", to=to)
    net.run(0.2)
    auth = ("Authorization", phone.digest("REGISTER", "sip:192.0.2.1"))
    phone.cseq += 1
    star = Request(
        "REGISTER", SipUri("h"),
        (("From", f"{to};tag=x"), ("To", to), ("Call-ID", "star"), ("CSeq", "1 REGISTER"),
         ("Contact", "*"), ("Expires", "0"), auth),
    )  # fmt: skip
    phone.layer.request(star, phone.flow, phone._answered)
    net.run(0.2)
    assert phone.responses[-1].status == 200
    assert box.agent.registrations() == ()


def test_star_needs_expires_zero(box: Box, phone: Phone) -> None:
    phone.register()
    assert signed(phone, ("Contact", "*")) == 400
    assert len(box.agent.registrations()) == 1


def test_contacts_are_bounded(net: Net, box: Box) -> None:
    for port in range(6000, 6000 + MAX_CONTACTS + 3):
        Phone(net, "201", port).register()
    assert len(box.agent.registrations()) == MAX_CONTACTS


def test_bindings_survive_a_restart(net: Net, box: Box, phone: Phone, switch: FakeSwitch) -> None:
    phone.register(600)
    saved = json.loads(json.dumps(box.agent.registrar.save()))
    again = Box(net, FakeSwitch())
    again.agent.registrar.restore(saved)
    assert again.agent.is_reachable("201")
    again.agent.dial("201", Party("1"), timeout_s=5)
    net.run(1)
    assert len(phone.invites) == 1
    again.switch.close_all()


def test_of_spoilt_saved_bindings_the_good_ones_are_taken_up(
    net: Net, box: Box, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    """A file of another release must not keep the telephones from working."""
    phone.register(600)
    [good] = json.loads(json.dumps(box.agent.registrar.save()))
    spoilt = [
        {},
        "201",
        {**good, "contact": "not a uri"},
        {**good, "port": 0},
        {**good, "expires_in_s": "soon"},
        {key: value for key, value in good.items() if key != "instance"},
    ]
    again = Box(net, FakeSwitch())
    again.agent.registrar.restore([*spoilt, good])
    assert [r.extension for r in again.agent.registrations()] == ["201"]
    assert caplog.text.count("left out") == len(spoilt)


def test_a_challenge_leaves_nothing_behind(box: Box, phone: Phone) -> None:
    """RFC 3261 clause 8.2.7: strangers who only ask cost no state."""
    phone.request("INVITE", "sip:600@192.0.2.1", body=phone.sdp())
    phone.request("REGISTER", "sip:192.0.2.1")
    box.net.run(0.2)
    assert [r.status for r in phone.responses if r.status != 100] == [401, 401]
    assert box.agent.snapshot().transactions == 0


def test_qualify_finds_the_dead_and_the_risen(box: Box, phone: Phone) -> None:
    phone.register()
    net = box.net
    del net.endpoints[phone.address]
    net.run(70)
    assert not box.agent.is_reachable("201")
    net.endpoints[phone.address] = phone.receive
    net.run(70)
    assert box.registered == [("201", True), ("201", False), ("201", True)]


def test_closed_connection_makes_unreachable(net: Net, box: Box) -> None:
    phone = Phone(net, "201", 5071, transport="tcp")
    phone.register()
    (binding,) = box.agent.registrar.all()
    box.agent.flow_closed(binding.flow)
    assert box.registered == [("201", True), ("201", False)]


@pytest.mark.parametrize(("method", "status"), [("REFER", 403), ("BYE", 481), ("OPTIONS", 200)])
def test_methods(box: Box, phone: Phone, method: str, status: int) -> None:
    phone.request(method, "sip:box@192.0.2.1")
    box.net.run(1)
    assert phone.responses[-1].status == status
    assert status in (403, 481) or "INVITE" in (phone.responses[-1].first("Allow") or "")


def test_unsupported_require(box: Box, phone: Phone) -> None:
    phone.request("OPTIONS", "sip:box@192.0.2.1", ("Require", "foo, bar"))
    box.net.run(1)
    assert phone.responses[-1].status == 420
    assert phone.responses[-1].first("Unsupported") == "foo, bar"


def test_too_many_hops(box: Box, phone: Phone) -> None:
    request = Request(
        "INVITE", SipUri("192.0.2.1", "600"),
        (("Max-Forwards", "0"), ("From", "<sip:201@h>;tag=x"), ("To", "<sip:600@h>"),
         ("Call-ID", "h"), ("CSeq", "1 INVITE"), ("Contact", phone.contact)),
    )  # fmt: skip
    phone.layer.request(request, phone.flow, phone._answered)
    box.net.run(1)
    assert phone.responses[-1].status == 483


def test_answers_to_broken_messages_are_limited(box: Box) -> None:
    broken = b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h:99999999\r\n\r\n"
    for _ in range(5000):
        box.agent.receive(broken, Flow("udp", "192.0.2.99", 5060))
    assert len(box.net.log) == 100
    assert box.agent.snapshot().messages_refused == 5000
