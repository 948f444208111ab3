"""Phone sets in the configuration: addresses, whose they are, and what they sign in with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmware.config.errors import InvalidOffice
from firmware.config.schema import Office
from firmware.config.store import ConfigStore
from firmware.config.validate import office_from


def office(*phones: dict[str, Any]) -> dict[str, Any]:
    usual = {"extension": "201", "secret": "a-long-secret", "admin_password": "admin-word"}
    person = {"number": "201", "name": "Anna", "secret": "secret-201"}
    return {"extensions": [person], "phone_sets": [{**usual, **p} for p in phones]}


@pytest.mark.parametrize("mac", ["00:15:65:A1:B2:C3", "00-15-65-a1-b2-c3", "001565a1b2c3"])
def test_any_usual_spelling_of_an_address(mac: str) -> None:
    [phone] = office_from(office({"mac": mac})).phone_sets
    assert (phone.mac, phone.account) == ("001565a1b2c3", "201-a1b2c3")


@pytest.mark.parametrize(
    "mac",
    ["", "001565a1b2", "001565a1b2c3d4", "../etc/passwd", "00156_a1b2c3", "010000000000",
     "ffffffffffff", "000000000000"],
)  # fmt: skip
def test_what_is_no_address_of_a_phone(mac: str) -> None:
    with pytest.raises(InvalidOffice, match="expected a MAC address"):
        office_from(office({"mac": mac}))


def test_it_belongs_to_somebody() -> None:
    with pytest.raises(InvalidOffice, match="no extension '299'"):
        office_from(office({"mac": "001565a1b2c3", "extension": "299"}))


def test_each_once_and_each_with_a_name_of_its_own() -> None:
    with pytest.raises(InvalidOffice, match="used 2 times"):
        office_from(office({"mac": "001565a1b2c3"}, {"mac": "00:15:65:a1:b2:c3"}))
    with pytest.raises(InvalidOffice, match="signs in as 201-a1b2c3"):
        office_from(office({"mac": "001565a1b2c3"}, {"mac": "0004f2a1b2c3"}))


def test_it_is_stored(tmp_path: Path) -> None:
    keys = [{"number": "202", "label": "Ben"}, {"kind": "dial", "number": "*45"}]
    with ConfigStore(tmp_path / "config", initial=Office) as store:
        store.change(office({"mac": "001565a1b2c3", "keys": keys}), store.generation, "me")
    with ConfigStore(tmp_path / "config") as again:
        [phone] = again.office.phone_sets
    assert phone.keys is not None
    assert [(k.kind, k.number, k.label) for k in phone.keys] == [
        ("lamp", "202", "Ben"), ("dial", "*45", ""),
    ]  # fmt: skip
