"""What is in a phone's file."""

from __future__ import annotations

from typing import Any

from firmware.config.codes import Action, find
from firmware.config.schema import Office
from firmware.phones.facts import MOST_COLLEAGUES, Ports, facts

PHONE = {"mac": "001565a1b2c3", "extension": "201", "secret": "own-secret",
         "admin_password": "admin-word"}  # fmt: skip


def office(**more: Any) -> Office:
    people = [
        {"number": n, "name": f"Person {n}", "secret": "secret-of-them"}
        for n in ("201", "202", "203")
    ]
    return Office.model_validate({"extensions": people, "phone_sets": [PHONE], **more})


def keys(of: Office) -> list[str]:
    return [k.number for k in facts(of, of.phone_sets[0], Ports(5060, None)).keys]


def test_account_and_place() -> None:
    plain = office(site={"country": "DE", "timezone": "Europe/Berlin", "language": "de"})
    found = facts(plain, plain.phone_sets[0], Ports(5060, 5061))
    assert (found.account, found.secret, found.name) == ("201-a1b2c3", "own-secret", "Person 201")
    assert (found.sip_port, found.tls_port) == (5060, 5061)
    assert (found.timezone, found.language, found.ntp) == (
        "Europe/Berlin", "de", "de.pool.ntp.org",
    )  # fmt: skip


def test_usual_keys_without_a_queue_are_colleagues_and_parking() -> None:
    assert keys(office()) == ["202", "203", "71", "72", "73"]


def test_who_serves_a_queue_gets_a_log_in_key_and_its_members_first() -> None:
    queue = {"id": "sales", "name": "Sales", "members": ["203", "201"]}
    assert keys(office(queues=[queue], parking={"is_enabled": False})) == ["*45201", "203", "202"]


def test_its_codes_are_codes_of_the_box() -> None:
    plain = office()
    found = facts(plain, plain.phone_sets[0], Ports(5060, None))
    dialled = find(f"{found.pick_up_code}202")
    assert dialled is not None
    assert (dialled.code.action, dialled.argument) == (Action.PICK_UP, "202")


def test_own_choice_of_keys() -> None:
    chosen = {**PHONE, "keys": [{"kind": "dial", "number": "00215550000", "label": "Bank"}]}
    assert keys(office(phone_sets=[chosen])) == ["00215550000"]
    assert keys(office(phone_sets=[{**PHONE, "keys": []}])) == []


def test_a_large_office_does_not_make_a_large_file() -> None:
    people = [
        {"number": str(n), "name": f"Person {n}", "secret": "secret-of-them"}
        for n in range(201, 299)
    ]
    found = keys(office(extensions=people, parking={"is_enabled": False}))
    assert len(found) == MOST_COLLEAGUES
