"""What phones sign in with, and whom a change of it signs out."""

from __future__ import annotations

from typing import Any

from firmware.config.schema import Office
from firmware.phones.accounts import accounts, no_longer_good


def office(*phones: tuple[str, str], secret: str = "secret-201") -> Office:
    rows: list[dict[str, Any]] = [
        {"mac": mac, "extension": "201", "secret": word, "admin_password": "admin-word"}
        for mac, word in phones
    ]
    person = {"number": "201", "name": "Anna", "secret": secret}
    return Office.model_validate({"extensions": [person], "phone_sets": rows})


ONE, OTHER = ("001565a1b2c3", "own-secret-1"), ("001565a1b2c4", "own-secret-2")


def test_the_extension_and_each_of_its_phones() -> None:
    found = accounts(office(ONE, OTHER))
    assert {user: a.secret for user, a in found.items()} == {
        "201": "secret-201", "201-a1b2c3": "own-secret-1", "201-a1b2c4": "own-secret-2",
    }  # fmt: skip
    assert {a.extension for a in found.values()} == {"201"}


def test_who_is_signed_out() -> None:
    before = accounts(office(ONE, OTHER))
    assert no_longer_good(before, accounts(office(ONE, OTHER))) == []
    assert no_longer_good(before, accounts(office(OTHER))) == ["201-a1b2c3"]
    assert no_longer_good(before, accounts(office(ONE, OTHER, secret="new-secret"))) == ["201"]
    other_secret = (ONE[0], "own-secret-9")
    assert no_longer_good(before, accounts(office(other_secret, OTHER))) == ["201-a1b2c3"]
