"""Caller identity messages: ETSI EN 300 659-3 clause 5, GR-30 SDMF, DTMF forms of Annex B."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.switch.callerid import Identity, parse_dtmf, parse_fsk


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        # TR-NWT-000031: SDMF, 1 Sept 15:30, 6095551212
        ("0412303930313135333036303935353531323132", Identity("6095551212")),
        ("040930393031313533304f", Identity(number_absent="O")),
        ("0409303930313135333050", Identity(number_absent="P")),
        # MDMF with date, number and name
        (
            "801c01083039313031313533020830353535313233340706424f42204d45",
            Identity("05551234", "BOB ME"),
        ),
        ("8006040150080150", Identity(number_absent="P", name_absent="P")),
        ("80030401 45".replace(" ", ""), Identity(number_absent="O")),  # a reason we do not know
    ],
)
def test_fsk_messages(message: str, expected: Identity) -> None:
    assert parse_fsk(bytes.fromhex(message)) == expected


@pytest.mark.parametrize(
    "message",
    ["", "80", "8005", "82030b01ff", "8000", "80040210ff31", "0408" + "30" * 8],
    ids=["empty", "no length", "cut", "message waiting", "nothing", "long field", "date only"],
)
def test_what_names_no_caller_is_none(message: str) -> None:
    assert parse_fsk(bytes.fromhex(message)) is None


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("A0405551#", Identity("0405551")),
        ("D0405551C", Identity("0405551")),
        ("A0405551D0901C", Identity("0405551")),
        ("45671234#", Identity("45671234")),
        ("D1#", Identity(number_absent="P")),
        ("B00C", Identity(number_absent="P")),
        ("D3#", Identity(number_absent="O")),
        ("B10C", Identity(number_absent="O")),
        ("A123", None),
        ("A#", None),
        ("", None),
        ("A12*4#", None),
    ],
)
def test_dtmf_messages(digits: str, expected: Identity | None) -> None:
    assert parse_dtmf(digits) == expected


@given(st.binary(max_size=80))
def test_any_octets_give_an_identity_or_none(octets: bytes) -> None:
    found = parse_fsk(octets)
    assert found is None or found != Identity()
    assert found is None or found.number_absent in ("", "O", "P")
