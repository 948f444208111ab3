"""One subscriber in all forms. The forms are those of each country's numbering plan as published
by the ITU (Operational Bulletin, national numbering plans, E.129 communications)."""

from __future__ import annotations

import pytest

from firmware.config.subscriber import (
    beginnings,
    begins_with,
    international_prefix,
    subscriber,
    written,
)

CAPE_TOWN = "+27215557788"


@pytest.mark.parametrize(
    ("delivered", "country", "whose"),
    [
        ("0215557788", "ZA", CAPE_TOWN),
        ("+27215557788", "ZA", CAPE_TOWN),
        ("0027215557788", "ZA", CAPE_TOWN),
        ("27215557788", "ZA", CAPE_TOWN),
        ("021 555 7788", "ZA", CAPE_TOWN),
        ("+27 (21) 555-7788", "ZA", CAPE_TOWN),
        ("0027215557788", "FR", CAPE_TOWN),
        ("01127215557788", "US", CAPE_TOWN),
        ("2125551234", "US", "+12125551234"),
        ("12125551234", "US", "+12125551234"),
        ("0142685300", "FR", "+33142685300"),
        ("0033142685300", "FR", "+33142685300"),
        ("0303020510", "DE", "+49303020510"),
        ("0636960000", "IT", "+390636960000"),  # the zero stays, since 1998
        ("89161234567", "RU", "+79161234567"),
        ("21234567", "NO", "+4721234567"),  # no national prefix
    ],
)
def test_a_number_is_its_subscribers_in_every_form(
    delivered: str, country: str, whose: str
) -> None:
    assert subscriber(delivered, country) == whose


@pytest.mark.parametrize(
    "delivered",
    [
        "",
        "201",
        "112",
        "10",
        "*72",
        "anonymous",
        "Anna <x@y>",
        "+",
        "0",
        "9" * 40,
        "+12",
    ],
)
def test_what_is_no_subscribers_number_stays_itself(delivered: str) -> None:
    assert subscriber(delivered, "ZA") == delivered


def test_a_country_without_a_plan_has_international_numbers_only() -> None:
    assert subscriber(CAPE_TOWN, "ZZ") == CAPE_TOWN
    assert subscriber("0215557788", "ZZ") == "0215557788"
    assert international_prefix("ZZ") == "00"


def test_two_subscribers_are_not_one() -> None:
    forms = ("0215557788", "0315557788", "+442155577880", "+33215557788", "0021555778")
    assert len({subscriber(form, "ZA") for form in forms}) == len(forms)


@pytest.mark.parametrize(
    ("number", "prefix", "is_so"),
    [
        ("0215557788", "021", True),
        ("+27215557788", "021", True),
        ("0027215557788", "021", True),
        ("0215557788", "+2721", True),
        ("0215557788", "002721", True),
        ("0215557788", "00", False),
        ("+442079460000", "00", True),
        ("+442079460000", "+", True),
        ("0215557788", "+", False),
        ("+442079460000", "0044", True),
        ("00442079460000", "+44", True),
        ("+442079460000", "021", False),
        ("112", "11", True),
        ("112", "+27", False),
        ("", "0", False),
        ("0215557788", "21", False),
        ("+27215557788", "27", False),
    ],
)
def test_the_beginning_of_a_number_in_any_form(number: str, prefix: str, is_so: bool) -> None:
    assert begins_with(number, prefix, "ZA") is is_so


def test_a_number_as_people_write_it_down() -> None:
    assert set(written(CAPE_TOWN, "ZA")) == {
        "+27215557788",
        "0027215557788",
        "27215557788",
        "0215557788",
        "215557788",
    }
    assert set(written("+442079460000", "ZA")) == {"+442079460000", "00442079460000"}
    assert written("201", "ZA") == ("201",)


def test_a_beginning_is_not_taken_for_the_countrys_code() -> None:
    # Norway has no national prefix, and gives out numbers that begin with its own code, 47.
    assert begins_with("+4747123456", "47", "NO")
    assert not begins_with("+4721234567", "47", "NO")
    assert not begins_with("+442079460000", "44", "NO")


@pytest.mark.parametrize(
    ("typed", "country", "digits"),
    [
        ("021 555", "ZA", "2721555"),
        ("+27 21 5", "ZA", "27215"),
        ("0027 21", "ZA", "2721"),
        ("21555", "ZA", "2721555"),
        ("030 12", "DE", "493012"),
        ("00 44 20", "DE", "4420"),
        ("011 44 20", "US", "4420"),
        ("212 555", "US", "1212555"),
    ],
)
def test_what_a_number_begins_with(typed: str, country: str, digits: str) -> None:
    assert digits in beginnings(typed, country)


def test_a_beginning_without_a_plan_is_only_itself() -> None:
    assert beginnings("021 555", "ZZ") == ("021555",)
