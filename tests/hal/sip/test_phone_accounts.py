"""Phones with accounts of their own: one extension, and each phone for itself."""

from __future__ import annotations

import json

import pytest

from hal.sip.digest import Account
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import SECRETS, Box, Net, Phone

OWN = "201-a1b2c3"


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def box(net: Net, switch: FakeSwitch, monkeypatch: pytest.MonkeyPatch) -> Box:
    monkeypatch.setitem(SECRETS, OWN, Account("own secret", "201"))
    return Box(net, switch)


def own_phone(net: Net, port: int = 5072) -> Phone:
    return Phone(net, OWN, port, secret="own secret")


class Leaving(Phone):
    """Signs out everything it may: Contact: * (RFC 3261 clause 10.2.2)."""

    contact = "*"


def test_a_phone_signs_in_to_its_extension_by_its_own_name(net: Net, box: Box) -> None:
    assert own_phone(net).register().status == 200
    assert Phone(net, "201", 5071).register().status == 200
    assert [r.extension for r in box.agent.registrations()] == ["201", "201"]


def test_it_calls_as_its_extension(net: Net, box: Box) -> None:
    own_phone(net).call("202")
    assert box.offered[0].caller.number == "201"


def test_a_secret_is_of_one_account_only(net: Net, box: Box) -> None:
    assert Phone(net, "201", 5072, secret="own secret").register().status == 403
    assert Phone(net, OWN, 5073, secret="secret").register().status == 403


def test_only_phones_of_the_account_are_signed_out(net: Net, box: Box) -> None:
    own_phone(net).register()
    Phone(net, "201", 5071).register()
    box.agent.registrar.sign_out(OWN)
    assert [r.contact for r in box.agent.registrations()] == ["sip:201@192.0.2.77:5071"]
    box.agent.registrar.sign_out("201")
    assert box.agent.registrations() == ()
    assert box.registered[-1] == ("201", False)


def test_star_is_about_the_phones_of_the_account(net: Net, box: Box) -> None:
    own_phone(net).register()
    Phone(net, "201", 5071).register()
    assert Leaving(net, OWN, 5074, secret="own secret").register(0).status == 200
    assert [r.contact for r in box.agent.registrations()] == ["sip:201@192.0.2.77:5071"]


def test_the_account_outlives_a_restart_and_older_rows_have_none(net: Net, box: Box) -> None:
    own_phone(net).register()
    Phone(net, "201", 5071).register()
    saved = json.loads(json.dumps(box.agent.registrar.save()))
    older = [{k: v for k, v in row.items() if k != "account"} for row in saved]
    for rows, left in ((saved, 1), (older, 0)):  # older ones are taken as the extension's own
        box.agent.registrar.sign_out("201")
        box.agent.registrar.sign_out(OWN)
        box.agent.registrar.restore(rows)
        box.agent.registrar.sign_out("201")
        assert len(box.agent.registrations()) == left
