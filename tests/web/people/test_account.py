"""The account as a SIP URI and as a code."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import segno

from web.people.account import SipAccount, qr_svg


@pytest.mark.parametrize(
    ("account", "uri"),
    [  # forms of RFC 3261 clause 19.1.1
        (
            SipAccount("192.168.1.20", 5060, "201", "abcDEF23"),
            "sip:201:abcDEF23@192.168.1.20:5060;transport=udp",
        ),
        (
            SipAccount("box.example", 5061, "201", "a:b@c/d%", "tls"),
            "sip:201:a%3Ab%40c%2Fd%25@box.example:5061;transport=tls",
        ),
        (
            SipAccount("2001:db8::9", 5060, "201", "x"),
            "sip:201:x@[2001:db8::9]:5060;transport=udp",
        ),
    ],
)
def test_uri(account: SipAccount, uri: str) -> None:
    assert str(account) == uri


def test_code_is_an_svg_of_the_right_size() -> None:
    account = SipAccount("192.168.1.20", 5060, "201", "abcDEF23")
    svg = ElementTree.fromstring(qr_svg(account, "Account <201>"))
    modules = segno.make(str(account), error="m", micro=False).symbol_size(border=2)[0]
    assert svg.get("viewBox") == f"0 0 {modules} {modules}"
    assert svg.find("{http://www.w3.org/2000/svg}title").text == "Account <201>"
