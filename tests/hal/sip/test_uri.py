"""Addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sip.errors import BadMessage
from hal.sip.uri import SipUri, escape_user, parse_uri


@pytest.mark.parametrize(
    "text",
    [  # RFC 3261 clause 19.1.3
        "sip:alice@atlanta.com",
        "sip:alice:secretword@atlanta.com;transport=tcp",
        "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "sips:1212@gateway.com",
        "sip:alice@192.0.2.4",
        "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
        "sip:alice;day=tuesday@atlanta.com",
        "sip:user@[2001:db8::1]:5070;lr",
        "tel:+358-555-1234567;postd=pp22",
        "sip:*21#@h",
    ],
)
def test_inverse(text: str) -> None:
    assert str(parse_uri(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "sip", "sip:", "sip:@h", "sip:a@", "sip:a@h:0", "sip:a@h:65536", "sip:a@h:x", "sip:a b@h",
     "sip:a@h;", "sip:a@h;;x", "sip:a@h;x=%g", "sip:a@[::g]", "sip:a@[::1", "sip:2001:db8::10",
     "<sip:a@h>", "sip:a@h\r\n", "1sip:a", "sip:a@h;x=\"", "sip:a@[fe80::1%eth0]"],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        parse_uri(text)


def test_number_is_what_was_dialled() -> None:
    uri = parse_uri("sip:%2b49%2030;phone-context=x@h")
    assert isinstance(uri, SipUri)
    assert uri.number == "+49 30"


@given(st.text(min_size=1, max_size=20))
def test_any_number_survives_escaping(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    uri = parse_uri(f"sip:{escape_user(text)}@h")
    assert isinstance(uri, SipUri)
    assert uri.number == text
